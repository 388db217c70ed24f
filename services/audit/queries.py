"""Typed wrappers of `queries.sql`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

import asyncpg

from services.audit.chain import START, Entry, Head, Key, Link
from services.audit.rules import left_out
from services.audit.schemas import Cursor, LogFilter, Window
from shared.conditions import Conditions
from shared.database import Connection
from shared.sql import beside

SQL = beside(__file__)


async def ensure_months(connection: Connection, months: Sequence[date]) -> int:
    """Makes missing partitions; returns how many."""
    made: int = await connection.fetchval(SQL["ensure_months"], months)
    return made


async def lock_chains(connection: Connection, chains: Iterable[Key]) -> dict[Key, Head]:
    """The ends of these chains, locked in one order until the commit; new chains begin."""
    keys = sorted(chains)
    rows = await connection.fetch(SQL["lock_chains"], [key[0] for key in keys], [key[1] for key in keys], START)
    return {(row["school_id"], row["district"]): Head(row["seq"], row["hash"]) for row in rows}


async def fetch_logged(connection: Connection, entries: Sequence[Entry]) -> set[UUID]:
    """Which of these are in the log already."""
    rows = await connection.fetch(
        SQL["fetch_logged"],
        [entry.school_id for entry in entries],
        [entry.occurred_at for entry in entries],
        [entry.event_id for entry in entries],
        min(entry.occurred_at for entry in entries),
        max(entry.occurred_at for entry in entries),
    )
    return {row["event_id"] for row in rows}


async def insert_entries(connection: Connection, placed: Sequence[tuple[Entry, Head]]) -> None:
    """Each with the end of its chain after it."""
    entries = [entry for entry, _ in placed]
    await connection.execute(
        SQL["insert_entries"],
        [entry.school_id for entry in entries],
        [entry.district for entry in entries],
        [entry.occurred_at for entry in entries],
        [entry.event_id for entry in entries],
        [entry.recorded_at for entry in entries],
        [entry.operator for entry in entries],
        [entry.actor_id for entry in entries],
        [entry.entity for entry in entries],
        [entry.fact for entry in entries],
        [entry.subject_id for entry in entries],
        [entry.reader_id for entry in entries],
        [entry.batch_no for entry in entries],
        [entry.body for entry in entries],
        [head.seq for _, head in placed],
        [head.hash for _, head in placed],
    )


async def advance_chains(connection: Connection, heads: Mapping[Key, Head]) -> None:
    await connection.execute(
        SQL["advance_chains"],
        [school_id for school_id, _ in heads],
        [district for _, district in heads],
        [head.seq for head in heads.values()],
        [head.hash for head in heads.values()],
    )


def listing(search: LogFilter, cursor: Cursor | None, window: Window, limit: int) -> tuple[str, list[object]]:
    """The statement and its values for one stretch of a page, newest first."""
    if search.batch_no is not None and (search.entity is None or search.fact is None):
        return _listing_of_batch(search, cursor, window, limit)
    found = Conditions(SQL)
    found.add("matching_school", search.school_id)
    found.add("matching_batch", search.batch_no)
    found.add("matching_reader", search.reader_id)
    # Within one school these are read off its entries in order: an expression that no index has keeps the planner from
    # walking through the whole city's entries of an operator or a fact that is common there (measured: 87 ms for 2).
    within = "_in_school" if search.school_id is not None and search.batch_no is None else ""
    found.add(f"matching_operator{within}", search.operator)
    found.add(f"matching_entity{within}", search.entity)
    found.add(f"matching_fact{within}", search.fact)
    found.add("left_out", left_out(search))
    found.add("since", window.since)
    found.add("before", window.before)
    _add_place(found, search, cursor)
    values = [*found.values, limit]
    statement = f"select {SQL['entry_columns']} from log {found.where} {SQL['newest_first']} limit ${len(values)}"
    return statement, values


def _listing_of_batch(search: LogFilter, cursor: Cursor | None, window: Window, limit: int) -> tuple[str, list[object]]:
    """The newest of each kind that the batch has, and of these the newest: the index leads from one kind to the next,
    past all entries of a kind at once."""
    kinds = Conditions(SQL)
    kinds.add("matching_batch", search.batch_no)
    kinds.add("matching_entity", search.entity)
    kinds.add("matching_fact", search.fact)
    kinds.add("left_out", left_out(search))
    kinds.add("since", window.since)
    kinds.add("before", window.before)
    found = kinds.copy()
    found.add("matching_school", search.school_id)
    found.add("matching_reader", search.reader_id)
    found.add("matching_operator", search.operator)
    _add_place(found, search, cursor)
    values = [*found.values, limit]
    statement = (
        "with recursive kinds (of_entity, of_fact) as ("
        f"(select entity, fact from log {kinds.where} order by entity, fact limit 1) "
        "union all select n.entity, n.fact from kinds k cross join lateral ("
        f"select entity, fact from log {kinds.where} and {SQL['after_kind']} order by entity, fact limit 1) n) "
        f"select {SQL['entry_columns']} from kinds k cross join lateral ("
        f"select {SQL['entry_columns']} from log {found.where} and {SQL['of_kind']} "
        f"{SQL['newest_first']} limit ${len(values)}) e {SQL['newest_first']} limit ${len(values)}"
    )
    return statement, values


def _add_place(found: Conditions, search: LogFilter, cursor: Cursor | None) -> None:
    found.add("until", search.until)
    if cursor is not None:
        # Partitions are chosen by the plain comparison, the row by the other.
        found.add("until", cursor.occurred_at)
        found.add("before_key", cursor.occurred_at, cursor.event_id)


async def list_entries(
    connection: Connection, search: LogFilter, cursor: Cursor | None, window: Window, limit: int
) -> list[asyncpg.Record]:
    """Newest first."""
    statement, values = listing(search, cursor, window, limit)
    return await connection.fetch(statement, *values)


async def fetch_entry(connection: Connection, event_id: UUID, window: Window) -> asyncpg.Record | None:
    found = Conditions(SQL)
    found.add("since", window.since)
    found.add("before", window.before)
    found.add("matching_event", event_id)
    return await connection.fetchrow(f"select {SQL['entry_columns']} from log {found.where}", *found.values)


async def fetch_districts(connection: Connection, school_id: UUID) -> list[str]:
    """The districts of a school's chains, of those that have lost their end or their entries, too."""
    return [row["district"] for row in await connection.fetch(SQL["fetch_districts"], school_id)]


def chain_page(
    district: str | None, school_id: UUID | None, after: Link | None, limit: int
) -> tuple[str, list[object]]:
    """The statement and its values for the next links after one (from the first for None), chain by chain.

    Of one chain, of a district's, or of all that are seen. What is the same in all of them is compared by itself:
    together with the rest the index would be read from the beginning for each page.
    """
    if after is None:
        last: tuple[object, ...] = ("", UUID(int=0), 0, UUID(int=0))
    else:
        last = (after.entry.district, after.entry.school_id, after.seq, after.entry.event_id)
    found = Conditions(SQL)
    found.add("matching_district", district)
    found.add("matching_school", school_id)
    if district is None:
        found.add("after_link", *last)
    elif school_id is None:
        found.add("after_link_of_district", *last[1:])
    else:
        found.add("after_link_of_chain", *last[2:])
    values = [*found.values, limit]
    statement = (
        f"select {SQL['link_columns']} from ("
        f"select {SQL['chained_columns']} from log {found.where} "
        f"order by district, school_id, chain_seq, event_id limit ${len(values)}"
        ") l left join chain_heads h on h.school_id = l.school_id and h.district = l.district "
        "order by l.district, l.school_id, l.chain_seq, l.event_id"
    )
    return statement, values


async def fetch_chain_page(
    connection: Connection, district: str | None, school_id: UUID | None, after: Link | None, limit: int
) -> list[Link]:
    """A school is named with the district of its chain."""
    statement, values = chain_page(district, school_id, after, limit)
    return [_link(row) for row in await connection.fetch(statement, *values)]


async def fetch_head_without_entries(connection: Connection, school_id: UUID | None) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["fetch_head_without_entries"], school_id)


def _link(row: asyncpg.Record) -> Link:
    values = dict(row)
    head_seq, head_hash = values.pop("head_seq"), values.pop("head_hash")
    seq, hash_ = values.pop("chain_seq"), values.pop("hash")
    head = None if head_seq is None else Head(head_seq, head_hash)
    return Link(entry=Entry(**values), seq=seq, hash=hash_, head=head)
