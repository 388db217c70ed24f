"""Typed wrappers of `registering.sql`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from shared.conditions import Conditions
from shared.database import Connection
from shared.sql import beside
from shared.tenancy import Scope

SQL = beside(__file__, "registering.sql")

Credential: TypeAlias = Literal["link", "receipt"]


class NewLink(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    token_digest: bytes
    class_id: UUID | None
    remark: str
    expires_at: datetime


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """What a guardian sent, as it is stored."""

    id_digest: bytes
    class_id: UUID | None
    sealed: bytes
    text_version: int
    text_digest: bytes
    signature_digest: bytes
    signed_at: datetime


# --- links


async def insert_link(connection: Connection, scope: Scope, new: NewLink, by: str, now: datetime) -> None:
    await connection.execute(
        SQL["insert_link"],
        scope.school_id,
        scope.district,
        new.id,
        new.token_digest,
        new.class_id,
        new.remark,
        by,
        now,
        new.expires_at,
    )


async def fetch_link(connection: Connection, link_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(f"{SQL['link_columns']} {SQL['one_link']}", link_id)


async def fetch_links(connection: Connection, school_id: UUID | None, limit: int, offset: int) -> list[asyncpg.Record]:
    text, values = links_statement(school_id, limit, offset)
    return await connection.fetch(text, *values)


def links_statement(school_id: UUID | None, limit: int, offset: int) -> tuple[str, list[object]]:
    found = _links(school_id)
    position = len(found.values)
    text = f"{SQL['link_columns']} {found.where} {SQL['newest_links']} limit ${position + 1} offset ${position + 2}"
    return text, [*found.values, limit, offset]


async def count_links(connection: Connection, school_id: UUID | None) -> int:
    found = _links(school_id)
    count: int = await connection.fetchval(f"select count(*) from registration_links l {found.where}", *found.values)
    return count


def _links(school_id: UUID | None) -> Conditions:
    found = Conditions(SQL)
    found.add("links_of_school", school_id)
    return found


async def count_by_link(connection: Connection, link_ids: Sequence[UUID]) -> dict[UUID, asyncpg.Record]:
    return {row["link_id"]: row for row in await connection.fetch(SQL["count_by_link"], link_ids)}


async def lock_link(connection: Connection, link_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["lock_link"], link_id)


async def revoke_link(connection: Connection, link_id: UUID, now: datetime, by: str) -> None:
    await connection.execute(SQL["revoke_link"], link_id, now, by)


# --- guardians


async def find_school(connection: Connection, kind: Credential, digest: bytes) -> asyncpg.Record | None:
    """`school_id` and `district` of what was presented, which may be out of date."""
    return await connection.fetchrow(SQL[f"find_school_of_{kind}"], digest)


async def present(connection: Connection, digest: bytes) -> None:
    """From here on, this transaction of a guardian sees what belongs to this digest."""
    await connection.execute(SQL["present"], digest)


async def find_link(connection: Connection, digest: bytes, now: datetime) -> asyncpg.Record | None:
    """Also one that `is_open` no more."""
    return await connection.fetchrow(SQL["find_link"], digest, now)


async def is_full(connection: Connection, most: int) -> bool:
    """Whether `most` of what came by the link presented are undecided."""
    full: bool = await connection.fetchval(SQL["is_full"], most)
    return full


async def fetch_classes(connection: Connection) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["fetch_classes"])


async def fetch_text(connection: Connection, district: str, version: int) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["fetch_text"], district, version)


async def insert_registration(
    connection: Connection,
    scope: Scope,
    registration_id: UUID,
    link_id: UUID,
    receipt_digest: bytes,
    first_digest: bytes,
    new: Entered,
) -> bool:
    """False when this receipt has been given before."""
    inserted = await connection.fetchval(
        SQL["insert_registration"],
        scope.school_id,
        scope.district,
        registration_id,
        link_id,
        receipt_digest,
        first_digest,
        new.id_digest,
        new.class_id,
        new.sealed,
        new.text_version,
        new.text_digest,
        new.signature_digest,
        new.signed_at,
    )
    return inserted is not None


async def fetch_own(connection: Connection, receipt_digest: bytes, *, lock: bool = False) -> asyncpg.Record | None:
    if lock:
        await connection.execute(SQL["lock_own"], receipt_digest)
    return await connection.fetchrow(SQL["fetch_own"], receipt_digest)


async def correct(connection: Connection, registration_id: UUID, new: Entered, now: datetime) -> None:
    await connection.execute(
        SQL["correct"],
        registration_id,
        new.id_digest,
        new.class_id,
        new.sealed,
        new.text_version,
        new.text_digest,
        new.signature_digest,
        new.signed_at,
        now,
    )


async def withdraw_own(connection: Connection, registration_id: UUID, now: datetime) -> None:
    await connection.execute(SQL["withdraw_own"], registration_id, now)


async def withdraw_own_consent(
    connection: Connection, receipt_digest: bytes, now: datetime, by: str, reason: str
) -> asyncpg.Record | None:
    """`id` and `reader_id` of the consent that was in force: a receipt never has two."""
    return await connection.fetchrow(SQL["withdraw_own_consent"], receipt_digest, now, by, reason)


async def fetch_consent_version(connection: Connection, consent_id: UUID) -> int:
    """The reader's, of a consent that the presented receipt leads to."""
    version: int = await connection.fetchval(SQL["fetch_consent_version"], consent_id)
    return version


# --- the school


async def fetch_registration(connection: Connection, registration_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(f"{SQL['registration_columns']} {SQL['one_registration']}", registration_id)


async def lock_registrations(connection: Connection, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Locked first, then read, so that what is read is what the lock keeps."""
    await connection.execute(SQL["lock_registrations"], ids)
    return await connection.fetch(f"{SQL['registration_columns']} {SQL['some_registrations']}", ids)


async def fetch_registrations(
    connection: Connection,
    status: str | None,
    class_id: UUID | None,
    link_id: UUID | None,
    limit: int,
    offset: int,
) -> list[asyncpg.Record]:
    text, values = page_statement(status, class_id, link_id, limit, offset)
    return await connection.fetch(text, *values)


def page_statement(
    status: str | None, class_id: UUID | None, link_id: UUID | None, limit: int, offset: int
) -> tuple[str, list[object]]:
    found = _registrations(status, class_id, link_id)
    position = len(found.values)
    text = (
        f"{SQL['registration_columns']} {found.where} "
        f"{SQL['newest_registrations']} limit ${position + 1} offset ${position + 2}"
    )
    return text, [*found.values, limit, offset]


async def count_registrations(
    connection: Connection, status: str | None, class_id: UUID | None, link_id: UUID | None
) -> int:
    text, values = count_statement(status, class_id, link_id)
    count: int = await connection.fetchval(text, *values)
    return count


def count_statement(status: str | None, class_id: UUID | None, link_id: UUID | None) -> tuple[str, list[object]]:
    found = _registrations(status, class_id, link_id)
    return f"select count(*) from registrations g {found.where}", found.values


def _registrations(status: str | None, class_id: UUID | None, link_id: UUID | None) -> Conditions:
    """Only what is asked for: a plan that holds for each search is the best for none."""
    found = Conditions(SQL)
    found.add("matching_status", status)
    found.add("matching_class", class_id)
    found.add("matching_link", link_id)
    return found


async def merge_registrations(
    connection: Connection, ids: Sequence[UUID], reader_ids: Sequence[UUID], now: datetime, by: str, made: bool
) -> None:
    await connection.execute(SQL["merge_registrations"], ids, reader_ids, now, by, made)


async def fetch_signed_for_others(
    connection: Connection, receipt_digests: Sequence[bytes], reader_ids: Sequence[UUID]
) -> list[UUID]:
    """Readers for whom a consent with one of these receipts is in force, and who are not the one it is for now."""
    rows = await connection.fetch(SQL["fetch_signed_for_others"], receipt_digests, reader_ids)
    return [row["reader_id"] for row in rows]


async def reject_registrations(
    connection: Connection, ids: Sequence[UUID], reason: str, now: datetime, by: str
) -> None:
    await connection.execute(SQL["reject_registrations"], ids, reason, now, by)


# --- what does not stay


async def erase(connection: Connection, decided_before: datetime, sent_before: datetime) -> None:
    """What was sent is kept longer: `sent_before` is the earlier of the two."""
    await connection.execute(SQL["erase_registrations"], decided_before, sent_before)
    await connection.execute(SQL["empty_registrations"], decided_before, sent_before)
    await connection.execute(SQL["erase_links"], decided_before)
