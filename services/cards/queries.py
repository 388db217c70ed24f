"""Typed wrappers of `queries.sql`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from services.cards.schemas import CardFilter
from shared.conditions import Conditions
from shared.database import Connection
from shared.sql import beside

SQL = beside(__file__)


async def list_cards(connection: Connection, search: CardFilter, limit: int, offset: int) -> list[asyncpg.Record]:
    """Newest first."""
    text, values = page_statement(search, limit, offset)
    return await connection.fetch(text, *values)


async def fetch_after(
    connection: Connection, search: CardFilter, issued_at: datetime, card_no: str, limit: int
) -> list[asyncpg.Record]:
    """Newest first, from the card after this place on, for exports."""
    text, values = after_statement(search, issued_at, card_no, limit)
    return await connection.fetch(text, *values)


async def count_cards(connection: Connection, search: CardFilter) -> int:
    text, values = count_statement(search)
    total: int = await connection.fetchval(text, *values)
    return total


async def fetch_card(connection: Connection, card_no: str) -> asyncpg.Record | None:
    return await connection.fetchrow(card_statement(), card_no)


def conditions(search: CardFilter) -> Conditions:
    """Of cards `c`. Only what is asked for: a plan that holds for each search is the best for none."""
    found = Conditions(SQL)
    found.add("matching_status", search.status)
    found.add("matching_kind", search.kind)
    found.add("matching_physical", search.physical)
    found.add("matching_reader", search.reader_id)
    found.add("matching_class", search.class_id, search.class_id)
    found.add("matching_school", search.school_id)
    found.add("matching_number", search.card_no)
    found.add("matching_grade", search.grade_id, search.grade_id)
    return found


def page_statement(search: CardFilter, limit: int, offset: int) -> tuple[str, list[object]]:
    found = conditions(search)
    position = len(found.values)
    # The page is chosen by its index alone, before names are joined to its few cards.
    text = (
        f"select {SQL['card_columns']} from (select c.school_id, c.card_no from cards c {found.where} "
        f"{SQL['newest_first']} limit ${position + 1} offset ${position + 2}) p "
        f"join cards c on c.school_id = p.school_id and c.card_no = p.card_no {SQL['card_joins']} "
        f"{SQL['newest_first']}"
    )
    return text, [*found.values, limit, offset]


def after_statement(search: CardFilter, issued_at: datetime, card_no: str, limit: int) -> tuple[str, list[object]]:
    found = conditions(search)
    found.add("matching_after", issued_at, card_no)
    text = (
        f"select {SQL['card_columns']} from (select c.school_id, c.card_no from cards c {found.where} "
        f"{SQL['newest_first']} limit ${len(found.values) + 1}) p "
        f"join cards c on c.school_id = p.school_id and c.card_no = p.card_no {SQL['card_joins']} "
        f"{SQL['newest_first']}"
    )
    return text, [*found.values, limit]


def count_statement(search: CardFilter) -> tuple[str, list[object]]:
    """By the maintained counts; a reader's or a number's few cards are counted themselves."""
    if search.reader_id is not None or search.card_no is not None:
        found = conditions(search)
        return f"select count(*) from cards c {found.where}", found.values
    found = Conditions(SQL)
    found.add("counted_status", search.status)
    found.add("counted_kind", search.kind)
    found.add("counted_physical", search.physical)
    found.add("counted_class", search.class_id)
    found.add("counted_school", search.school_id)
    found.add("counted_grade", search.grade_id)
    return f"{SQL['count_by_totals']} {found.where}", found.values


def card_statement() -> str:
    return f"select {SQL['card_columns']} from cards c {SQL['card_joins']} where c.card_no = $1"


async def follow_grades(connection: Connection, *columns: Sequence[object]) -> None:
    """Schools, districts, grades, names, sort orders, versions."""
    await connection.execute(SQL["follow_grades"], *columns)


async def follow_classes(connection: Connection, *columns: Sequence[object]) -> None:
    """Schools, districts, classes, grades, names, sort orders, versions."""
    await connection.execute(SQL["follow_classes"], *columns)


async def follow_readers(
    connection: Connection,
    school_ids: Sequence[UUID],
    reader_ids: Sequence[UUID],
    class_ids: Sequence[UUID | None],
    versions: Sequence[int],
) -> None:
    """Each reader once; the class of living cards follows the newest version."""
    await connection.execute(SQL["follow_readers"], school_ids, reader_ids, class_ids, versions)
