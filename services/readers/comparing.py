"""What guardians sent, as the school looks at it: in a list, or beside the reader it meets, field by field.

ID numbers and phones are masked; in full they are shown by a call of its own, which the log tells.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg

from services.readers import queries as reader_queries
from services.readers import registering_queries as queries
from services.readers import rules, searching, sent, service
from services.readers.errors import RegistrationNotFound
from services.readers.registering_schemas import (
    FieldPair,
    Left,
    Numbers,
    Registration,
    RegistrationDetail,
    RegistrationNumbers,
    RegistrationStatus,
)
from services.readers.rules import Person
from services.readers.sealing import Private, Sealer
from services.readers.sent import Sent
from shared import outbox, phone, resident_id
from shared.contracts.consent import RegistrationRevealed
from shared.contracts.reader import ReaderRevealed
from shared.database import Transaction
from shared.district import by_code
from shared.pagination import Page, offset, page_of

_ORDER: Final = ("id_number", "name", "phone", "guardian_name", "guardian_phone", "class_id", "home_district")


async def list_registrations(
    tx: Transaction,
    sealer: Sealer,
    status: RegistrationStatus | None,
    class_id: UUID | None,
    link_id: UUID | None,
    page: int,
    page_size: int,
) -> Page[Registration]:
    """Newest first."""
    rows = await queries.fetch_registrations(
        tx.connection, status, class_id, link_id, page_size, offset(page, page_size)
    )
    return await page_of(
        [_registration(row, sent.unseal(sealer, row["id"], row["sealed"])) for row in rows],
        page,
        page_size,
        lambda: queries.count_registrations(tx.connection, status, class_id, link_id),
    )


async def fetch_registration(tx: Transaction, sealer: Sealer, registration_id: UUID) -> RegistrationDetail:
    """Raises RegistrationNotFound."""
    row = await _fetch(tx, registration_id)
    read = sent.unseal(sealer, row["id"], row["sealed"])
    reader_id = _reader_id(row)
    kept = None if reader_id is None else await reader_queries.fetch_reader(tx.connection, reader_id)
    existing = None if kept is None else searching.reader_of(kept, sealer)
    fields = _pairs(row, read, kept, sealer) if row["status"] == "submitted" else []
    return RegistrationDetail(registration=_registration(row, read), existing=existing, fields=fields)


async def fetch_signature(tx: Transaction, sealer: Sealer, registration_id: UUID) -> bytes:
    """The PNG. Raises RegistrationNotFound, also when it has been erased."""
    row = await _fetch(tx, registration_id)
    if not row["sealed"]:
        raise RegistrationNotFound
    return sent.unseal(sealer, row["id"], row["sealed"]).signature


async def reveal(tx: Transaction, sealer: Sealer, registration_id: UUID) -> RegistrationNumbers:
    """The full numbers of both sides; the log says who looked, at the reader's too. Raises RegistrationNotFound, also
    when it has been erased."""
    row = await _fetch(tx, registration_id)
    if not row["sealed"]:
        raise RegistrationNotFound
    read = sent.unseal(sealer, row["id"], row["sealed"])
    reader_id = met_by(row) if row["status"] == "submitted" else None
    kept = None if reader_id is None else await reader_queries.fetch_reader(tx.connection, reader_id)
    facts: list[tuple[UUID, RegistrationRevealed | ReaderRevealed]] = [
        (
            row["id"],
            RegistrationRevealed(
                actor=tx.actor,
                version=row["version"],
                registration_id=row["id"],
                link_id=row["link_id"],
                class_id=row["class_id"],
                **sent.masked(read),
            ),
        )
    ]
    private = None
    if kept is not None:
        private = sealer.open(kept["id"], kept["sealed"])
        fact = ReaderRevealed(actor=tx.actor, version=kept["version"], **service.masked(kept, private))
        facts.append((kept["id"], fact))
    await outbox.publish(tx, facts)
    return RegistrationNumbers(sent=_numbers(read.person), kept=None if private is None else _numbers(private))


# --- for those who decide


def met_by(row: asyncpg.Record) -> UUID | None:
    """The reader whom merging would change: who is there because of this registration, whatever its ID number has been
    corrected to, else who has the number."""
    own: UUID | None = row["own_id"] if row["made_reader"] else None
    existing: UUID | None = row["existing_id"]
    return existing if own is None else own


async def lock(tx: Transaction, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Raises RegistrationNotFound when one is not the school's."""
    rows = await queries.lock_registrations(tx.connection, ids)
    if len(rows) < len(ids):
        raise RegistrationNotFound
    return rows


def left(sealer: Sealer, row: asyncpg.Record) -> Left:
    """Why many at once leave this one out."""
    name = sent.unseal(sealer, row["id"], row["sealed"]).person.name
    return Left(row["id"], name, "meets" if row["status"] == "submitted" else "decided")


# --- pieces


async def _fetch(tx: Transaction, registration_id: UUID) -> asyncpg.Record:
    row = await queries.fetch_registration(tx.connection, registration_id)
    if row is None:
        raise RegistrationNotFound
    return row


def _reader_id(row: asyncpg.Record) -> UUID | None:
    decided: UUID | None = row["reader_id"]
    return met_by(row) if row["status"] == "submitted" else decided


def _numbers(of: Person | Private) -> Numbers:
    return Numbers(of.id_number, of.phone, of.guardian_phone)


def _pairs(row: asyncpg.Record, read: Sent, kept: asyncpg.Record | None, sealer: Sealer) -> list[FieldPair]:
    before = None if kept is None else service.person_of(kept, sealer)
    pairs = []
    for field in _ORDER:
        if field == "class_id":
            there = _class_text(row), "" if kept is None else _class_text(kept)
            same = kept is not None and row["class_id"] == kept["class_id"]
        else:
            there = _text(field, read.person), "" if before is None else _text(field, before)
            same = before is not None and getattr(read.person, field) == getattr(before, field)
        locked = kept is not None and not rules.may_change(kept["status"], [field])
        pairs.append(FieldPair(field, there[0], there[1], same, locked))
    return pairs


def _text(field: str, person: Person) -> str:
    text: str = getattr(person, field)
    match field:
        case "id_number":
            return resident_id.mask(text)
        case "phone" | "guardian_phone":
            return phone.mask(text)
        case "home_district":
            home = by_code(text)
            return text if home is None else home.name
        case _:
            return text


def _class_text(row: asyncpg.Record) -> str:
    return f"{row['grade_name'] or ''}{row['class_name'] or ''}"


def _registration(row: asyncpg.Record, read: Sent) -> Registration:
    person = read.person
    home = by_code(person.home_district)
    return Registration(
        id=row["id"],
        link_id=row["link_id"],
        status=row["status"],
        name=person.name,
        id_number=resident_id.mask(person.id_number),
        phone=phone.mask(person.phone),
        guardian_name=person.guardian_name,
        guardian_phone=phone.mask(person.guardian_phone),
        relation=read.relation,
        class_id=row["class_id"],
        grade_name=row["grade_name"],
        class_name=row["class_name"],
        home_district=person.home_district,
        home_district_name=home.name if home is not None else person.home_district,
        text_version=row["text_version"],
        signed_at=row["signed_at"],
        reason=row["reason"],
        reader_id=_reader_id(row),
        meets=row["status"] == "submitted" and met_by(row) is not None,
        version=row["version"],
        submitted_at=row["submitted_at"],
        updated_at=row["updated_at"],
        decided_at=row["decided_at"],
        decided_by=row["decided_by"],
    )
