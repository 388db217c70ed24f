"""Typed wrappers of `queries.sql`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from services.cards.schemas import CardFilter
from shared.database import Connection
from shared.sql import beside

SQL = beside(__file__)


async def list_cards(connection: Connection, search: CardFilter, limit: int, offset: int) -> list[asyncpg.Record]:
    """Newest first."""
    return await connection.fetch(page_statement(), *search_values(search), limit, offset)


async def fetch_after(
    connection: Connection, search: CardFilter, issued_at: datetime, card_no: str, limit: int
) -> list[asyncpg.Record]:
    """Newest first, from the card after this place on, for exports."""
    return await connection.fetch(after_statement(), *search_values(search), issued_at, card_no, limit)


async def count_cards(connection: Connection, search: CardFilter) -> int:
    """By the maintained counts; a reader's or a number's few cards are counted themselves."""
    total: int
    if search.reader_id is None and search.card_no is None:
        total = await connection.fetchval(
            SQL["count_by_totals"],
            search.status,
            search.kind,
            search.physical,
            search.class_id,
            search.school_id,
            search.grade_id,
        )
    else:
        total = await connection.fetchval(
            f"select count(*) from cards c where {SQL['matching']}", *search_values(search)
        )
    return total


async def fetch_card(connection: Connection, card_no: str) -> asyncpg.Record | None:
    return await connection.fetchrow(card_statement(), card_no)


def page_statement() -> str:
    """After a search's values: how many, past how many."""
    # The page is chosen by its index alone, before names are joined to its few cards.
    return (
        f"select {SQL['card_columns']} from (select c.school_id, c.card_no from cards c where {SQL['matching']} "
        "order by c.issued_at desc, c.card_no desc limit $9 offset $10) p "
        f"join cards c on c.school_id = p.school_id and c.card_no = p.card_no {SQL['card_joins']} "
        "order by c.issued_at desc, c.card_no desc"
    )


def after_statement() -> str:
    """After a search's values: the place, and how many."""
    return (
        f"select {SQL['card_columns']} from (select c.school_id, c.card_no from cards c where {SQL['matching']} "
        f"{SQL['after_place']} order by c.issued_at desc, c.card_no desc limit $11) p "
        f"join cards c on c.school_id = p.school_id and c.card_no = p.card_no {SQL['card_joins']} "
        "order by c.issued_at desc, c.card_no desc"
    )


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


def search_values(search: CardFilter) -> tuple[object, ...]:
    """In the order in which `matching` numbers them."""
    return (
        search.status,
        search.kind,
        search.physical,
        search.reader_id,
        search.class_id,
        search.school_id,
        search.card_no,
        search.grade_id,
    )
