"""Typed wrappers of `approving.sql`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from shared.conditions import Conditions
from shared.database import Connection
from shared.sql import beside
from shared.tenancy import Scope

SQL = beside(__file__, "approving.sql")


async def insert_approval(
    connection: Connection,
    scope: Scope,
    batch_no: str,
    readers: Sequence[asyncpg.Record],
    without_consent: int,
    opened_by: str,
    now: datetime,
) -> None:
    """A draft; its items are numbered from 1 in the order of `readers`."""
    where = (scope.school_id, scope.district, batch_no)
    await connection.execute(SQL["insert_approval"], *where, len(readers), opened_by, now, without_consent)
    await connection.execute(SQL["insert_chosen"], *where, [reader["id"] for reader in readers])


async def fetch_chosen(connection: Connection, reader_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["fetch_chosen"], reader_ids)


async def fetch_matching(connection: Connection, found: Conditions) -> list[asyncpg.Record]:
    return await connection.fetch(f"{SQL['fetch_matching']} {found.where} order by r.created_at, r.id", *found.values)


async def fetch_approval(connection: Connection, batch_no: str) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["fetch_approval"], batch_no)


async def lock_approval(connection: Connection, batch_no: str) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["lock_approval"], batch_no)


async def confirm_approval(connection: Connection, batch_no: str, now: datetime) -> None:
    await connection.execute(SQL["confirm_approval"], batch_no, now)


async def cancel_approval(connection: Connection, batch_no: str) -> None:
    await connection.execute(SQL["cancel_approval"], batch_no)
    await connection.execute(SQL["delete_items"], batch_no)


async def insert_chunks(connection: Connection, scope: Scope, batch_no: str, chunks: Sequence[tuple[int, int]]) -> None:
    """Each chunk as (first, last) item."""
    await connection.execute(
        SQL["insert_chunks"],
        scope.school_id,
        scope.district,
        batch_no,
        [first for first, _ in chunks],
        [last for _, last in chunks],
    )


async def lock_chunk(connection: Connection, batch_no: str, first: int) -> asyncpg.Record | None:
    """None when the chunk is done, or nobody's."""
    return await connection.fetchrow(SQL["lock_chunk"], batch_no, first)


async def finish_chunk(connection: Connection, batch_no: str, first: int) -> None:
    await connection.execute(SQL["finish_chunk"], batch_no, first)


async def fetch_items(connection: Connection, batch_no: str, first: int, last: int) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["fetch_items"], batch_no, first, last)


async def lock_readers(connection: Connection, reader_ids: Sequence[UUID]) -> dict[UUID, asyncpg.Record]:
    return {row["id"]: row for row in await connection.fetch(SQL["lock_readers"], reader_ids)}


async def approve_readers(connection: Connection, reader_ids: Sequence[UUID], now: datetime) -> None:
    await connection.execute(SQL["approve_readers"], reader_ids, now)


async def expire_drafts(connection: Connection, before: datetime) -> list[asyncpg.Record]:
    """Cancels drafts opened before; returns their school_id, district, batch_no."""
    return await connection.fetch(SQL["expire_drafts"], before)


async def erase_items(connection: Connection, before: datetime) -> int:
    """Erases the items of some batches confirmed before and carried out; returns of how many batches."""
    return len(await connection.fetch(SQL["erase_items"], before))
