"""Typed wrappers of `queries.sql`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from services.batches.rules import Header, Item
from services.batches.schemas import BatchFilter, Outcome
from shared.database import Connection
from shared.sql import beside

SQL = beside(__file__)


async def apply_facts(
    connection: Connection, headers: Sequence[Header], items: Sequence[Item]
) -> list[tuple[UUID, str]]:
    """Keep items that are not final yet, count them, join headers: one statement for batches of many schools.

    `headers` has each batch once. Returns the batches touched; their rows are locked in one order until the commit.
    """
    rows = await connection.fetch(
        SQL["apply_facts"],
        [item.school_id for item in items],
        [item.district for item in items],
        [item.batch_no for item in items],
        [item.item_no for item in items],
        [item.outcome for item in items],
        [item.reader_id for item in items],
        [item.row for item in items],
        [item.code for item in items],
        [item.detail for item in items],
        [header.school_id for header in headers],
        [header.district for header in headers],
        [header.batch_no for header in headers],
        [header.kind for header in headers],
        [header.total for header in headers],
        [header.opened_by for header in headers],
        [header.opened_at for header in headers],
        [header.filename for header in headers],
        [header.confirmed for header in headers],
        [header.cancelled for header in headers],
        [header.undone_at for header in headers],
    )
    return [(row["school_id"], row["batch_no"]) for row in rows]


async def complete_batches(
    connection: Connection, touched: Sequence[tuple[UUID, str]], now: datetime
) -> list[asyncpg.Record]:
    """Those of the batches touched whose last item has become final."""
    schools, numbers = [school_id for school_id, _ in touched], [batch_no for _, batch_no in touched]
    return await connection.fetch(SQL["complete_batches"], schools, numbers, now)


async def count_days(
    connection: Connection, since: datetime, until: datetime, school_id: UUID | None, district: str | None
) -> list[asyncpg.Record]:
    """By day and kind."""
    return await connection.fetch(SQL["count_days"], since, until, school_id, district)


async def list_batches(connection: Connection, search: BatchFilter, limit: int, offset: int) -> list[asyncpg.Record]:
    """Newest first."""
    return await connection.fetch(
        f"select {SQL['batch_columns']} from batches {SQL['matching']} "
        "order by opened_at desc, batch_no desc limit $7 offset $8",
        *_values(search),
        limit,
        offset,
    )


async def count_batches(connection: Connection, search: BatchFilter) -> int:
    total: int = await connection.fetchval(f"select count(*) from batches {SQL['matching']}", *_values(search))
    return total


async def fetch_batch(connection: Connection, batch_no: str) -> asyncpg.Record | None:
    """Numbers are unique within a school; above it the newest of equal numbers answers."""
    return await connection.fetchrow(
        f"select {SQL['batch_columns']} from batches where batch_no = $1 and opened_at is not null "
        "order by opened_at desc limit 1",
        batch_no,
    )


async def fetch_batches(connection: Connection, keys: Sequence[tuple[UUID, str]]) -> list[asyncpg.Record]:
    return await connection.fetch(
        f"select {SQL['batch_columns']} from unnest($1::uuid[], $2::text[]) as n (of_school, number) "
        "join batches on school_id = of_school and batch_no = number where opened_at is not null",
        [school_id for school_id, _ in keys],
        [batch_no for _, batch_no in keys],
    )


async def list_items(
    connection: Connection, school_id: UUID, batch_no: str, total: int, limit: int, offset: int
) -> list[asyncpg.Record]:
    """All items by number, those that wait among them."""
    return await connection.fetch(
        SQL["list_items"], school_id, batch_no, min(offset, total) + 1, min(offset + limit, total)
    )


async def list_items_of(
    connection: Connection, school_id: UUID, batch_no: str, outcome: Outcome, total: int, limit: int, offset: int
) -> list[asyncpg.Record]:
    """Items of one outcome by number."""
    if outcome == "waiting":
        return await connection.fetch(SQL["list_waiting_items"], school_id, batch_no, total, limit, offset)
    return await connection.fetch(SQL["list_items_of_outcome"], school_id, batch_no, outcome, limit, offset)


def _values(search: BatchFilter) -> tuple[object, ...]:
    return search.school_id, search.kind, search.status, search.batch_no, search.since, search.until
