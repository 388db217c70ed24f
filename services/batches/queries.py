"""Typed wrappers of `queries.sql`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from services.batches.rules import Header, Item
from services.batches.schemas import BatchFilter, Outcome
from shared.conditions import Conditions
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
    text, values = days_statement(since, until, school_id, district)
    return await connection.fetch(text, *values)


def days_statement(
    since: datetime, until: datetime, school_id: UUID | None, district: str | None
) -> tuple[str, list[object]]:
    found = Conditions(SQL)
    found.add("matching_confirmed")
    found.add("matching_since", since)
    found.add("matching_until", until)
    found.add("matching_school", school_id)
    found.add("matching_district", district)
    return f"{SQL['count_days']} {found.where} {SQL['by_day']}", found.values


async def list_batches(connection: Connection, search: BatchFilter, limit: int, offset: int) -> list[asyncpg.Record]:
    """Newest first."""
    text, values = page_statement(search, limit, offset)
    return await connection.fetch(text, *values)


def page_statement(search: BatchFilter, limit: int, offset: int) -> tuple[str, list[object]]:
    found = _conditions(search)
    position = len(found.values)
    text = (
        f"select {SQL['batch_columns']} from batches {found.where} "
        f"{SQL['newest_first']} limit ${position + 1} offset ${position + 2}"
    )
    return text, [*found.values, limit, offset]


async def count_batches(connection: Connection, search: BatchFilter) -> int:
    text, values = count_statement(search)
    total: int = await connection.fetchval(text, *values)
    return total


def count_statement(search: BatchFilter) -> tuple[str, list[object]]:
    found = _conditions(search)
    return f"select count(*) from batches {found.where}", found.values


def _conditions(search: BatchFilter) -> Conditions:
    """Only what is asked for: a plan that holds for each search is the best for none."""
    found = Conditions(SQL)
    found.add("matching_told")
    found.add("matching_school", search.school_id)
    found.add("matching_kind", search.kind)
    found.add("matching_status", search.status)
    found.add("matching_number", search.batch_no, search.batch_no)
    found.add("matching_since", search.since)
    found.add("matching_until", search.until)
    return found


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
