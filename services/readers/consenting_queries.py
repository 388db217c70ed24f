"""Typed wrappers of `consenting.sql`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from services.readers.consenting_schemas import ConsentState
from shared.contracts.consent import ConsentMode
from shared.database import Connection
from shared.sql import beside
from shared.tenancy import Scope

SQL = beside(__file__, "consenting.sql")


class NewConsent(msgspec.Struct, frozen=True, kw_only=True):
    """A row to insert. `signature_digest` and `receipt_digest` for those signed on a phone."""

    id: UUID
    reader_id: UUID
    how: str
    relation: str
    signed_at: datetime
    text_version: int
    text_digest: bytes
    signature_digest: bytes | None
    sealed: bytes
    receipt_digest: bytes | None


class Standing(msgspec.Struct, frozen=True):
    """How it stands with a reader's consent; `version` is higher with every word about it."""

    consent: ConsentState
    version: int


class SchoolRow(msgspec.Struct, frozen=True):
    """What is known of a school; a later version wins."""

    school_id: UUID
    district: str
    name: str
    disabled: bool
    version: int


async def fetch_texts(connection: Connection, district: str | None) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["fetch_texts"], district)


async def fetch_current_text(connection: Connection, district: str) -> asyncpg.Record:
    """There is always one: the city's first."""
    row = await connection.fetchrow(SQL["fetch_current_text"], district)
    if row is None:
        raise LookupError("the city's first consent text is missing")
    return row


async def fetch_text_of_day(connection: Connection, district: str, day_after: datetime) -> asyncpg.Record:
    """The newest that was published before this moment; there is always one."""
    row = await connection.fetchrow(SQL["fetch_text_of_day"], district, day_after)
    if row is None:
        raise LookupError("the city's first consent text is missing")
    return row


async def insert_text(
    connection: Connection, district: str, version: int, title: str, body: str, by: str, now: datetime
) -> bool:
    """False when somebody published this version in the same moment."""
    return await connection.fetchval(SQL["insert_text"], district, version, title, body, by, now) is not None


async def fetch_setting(connection: Connection, district: str) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["fetch_setting"], district)


async def fetch_consent_mode(connection: Connection, district: str) -> ConsentMode:
    """What holds in a district that has set nothing: a warning."""
    row = await fetch_setting(connection, district)
    return "warn" if row is None else row["mode"]


async def save_setting(connection: Connection, district: str, mode: str, by: str, now: datetime) -> int | None:
    """The new version; None when it was so already."""
    version: int | None = await connection.fetchval(SQL["save_setting"], district, mode, by, now)
    return version


async def lock_readers(connection: Connection, reader_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["lock_readers"], reader_ids)


async def insert_consents(
    connection: Connection, scope: Scope, new: Sequence[NewConsent], by: str, now: datetime
) -> dict[UUID, int]:
    """Consent → its reader's consent version. The readers are locked."""
    rows = await connection.fetch(
        SQL["insert_consents"],
        scope.school_id,
        scope.district,
        [consent.id for consent in new],
        [consent.reader_id for consent in new],
        [consent.how for consent in new],
        [consent.relation for consent in new],
        [consent.signed_at for consent in new],
        [consent.text_version for consent in new],
        [consent.text_digest for consent in new],
        [consent.signature_digest for consent in new],
        [consent.sealed for consent in new],
        [consent.receipt_digest for consent in new],
        by,
        now,
    )
    return {row["id"]: row["consent_version"] for row in rows}


async def lock_in_force(connection: Connection, reader_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["lock_in_force"], reader_ids)


async def withdraw(
    connection: Connection,
    ids: Sequence[UUID],
    now: datetime,
    by: str,
    reason: str,
    *,
    mistake: bool = False,
    superseded: bool = False,
) -> None:
    await connection.execute(SQL["withdraw"], ids, now, by, reason, mistake, superseded)


async def fetch_standings(connection: Connection, reader_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    rows = await connection.fetch(SQL["fetch_standings"], reader_ids)
    return {row["id"]: Standing(row["consent"], row["consent_version"]) for row in rows}


async def fetch_withdrawal_moments(connection: Connection, reader_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """Those of these readers whose guardian has said no, and when."""
    rows = await connection.fetch(SQL["fetch_withdrawal_moments"], reader_ids)
    return {row["id"]: row["withdrawn_at"] for row in rows}


async def fetch_consents(connection: Connection, reader_id: UUID) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["fetch_consents"], reader_id)


async def fetch_sealed(connection: Connection, reader_id: UUID, consent_id: UUID) -> bytes | None:
    sealed: bytes | None = await connection.fetchval(SQL["fetch_sealed"], reader_id, consent_id)
    return sealed


async def fetch_forms(connection: Connection, class_id: UUID) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["fetch_forms"], class_id)


async def fetch_school_name(connection: Connection, school_id: UUID) -> str:
    """Empty while nothing has been heard of the school."""
    name: str | None = await connection.fetchval(SQL["fetch_school_name"], school_id)
    return name or ""


async def fetch_withdrawn(
    connection: Connection, school_ids: Sequence[UUID], reader_ids: Sequence[UUID]
) -> list[asyncpg.Record]:
    """Those of these readers whose guardian has said no."""
    return await connection.fetch(SQL["fetch_withdrawn"], school_ids, reader_ids)


async def fetch_told_more_than_once(
    connection: Connection, school_ids: Sequence[UUID], reader_ids: Sequence[UUID]
) -> list[asyncpg.Record]:
    """Those (school, reader) of whose consent more has been said than that it is there."""
    return await connection.fetch(SQL["fetch_told_more_than_once"], school_ids, reader_ids)


async def fetch_given_again(
    connection: Connection, school_ids: Sequence[UUID], reader_ids: Sequence[UUID]
) -> list[asyncpg.Record]:
    """Those of these readers whose guardian has said no, and then yes again."""
    return await connection.fetch(SQL["fetch_given_again"], school_ids, reader_ids)


async def follow_schools(connection: Connection, schools: Sequence[SchoolRow]) -> None:
    await connection.execute(
        SQL["follow_schools"],
        [school.school_id for school in schools],
        [school.district for school in schools],
        [school.name for school in schools],
        [school.disabled for school in schools],
        [school.version for school in schools],
    )
