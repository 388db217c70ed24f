"""Typed wrappers of `queries.sql`."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from services.readers.schemas import ReaderFilter, Sort
from shared.conditions import Conditions
from shared.database import Connection, Database
from shared.sql import beside
from shared.tenancy import Caller, Scope

SQL = beside(__file__)

_ORDERS: dict[Sort, str] = {
    "created_at": "r.created_at, r.id",
    "-created_at": "r.created_at desc, r.id",
    "updated_at": "r.updated_at, r.id",
    "-updated_at": "r.updated_at desc, r.id",
    "name": "r.name, r.id",
    "-name": "r.name desc, r.id",
    "status": "r.status, r.created_at desc, r.id",
    "-status": "r.status desc, r.created_at desc, r.id",
    "class": "r.grade_order, r.grade_name, r.class_order, r.class_name, r.created_at desc, r.id",
    "-class": "r.grade_order desc, r.grade_name desc, r.class_order desc, r.class_name desc, r.created_at desc, r.id",
}


class NewReader(msgspec.Struct, frozen=True):
    """A row to insert, or (with `status`) what a row becomes."""

    id: UUID
    class_id: UUID | None
    name: str
    guardian_name: str
    home_district: str
    sealed: bytes
    id_digest: bytes
    id_tail: bytes
    wanted_card_no: str | None
    status: str = "pending"


def conditions(
    search: ReaderFilter,
    *,
    digest: bytes | None = None,
    ids: Sequence[UUID] | None = None,
    name_bounds: tuple[str, str | None] | None = None,
) -> Conditions:
    """`digest` of a whole ID number, or `ids` found by its last characters, stand for the filter's `id_number`.

    `name_bounds` (from, before) look for a beginning by an index, which LIKE cannot use below a policy; without them
    the filter's name is looked for in any part.
    """
    found = Conditions(SQL)
    found.add("matching_school", search.school_id)
    found.add("matching_district", search.district)
    found.add("matching_grade", search.grade_id)
    found.add("matching_class", search.class_id, search.class_id)
    found.add("matching_status", search.status)
    found.add("matching_consent", search.consent)
    found.add("matching_card", search.card_no.strip() if search.card_no else None)
    found.add("matching_digest", digest)
    found.add("matching_ids", ids)
    if name_bounds is not None:
        found.add("matching_name_from", name_bounds[0])
        found.add("matching_name_before", name_bounds[1])
    elif search.name:
        found.add("matching_name_part", f"%{_escape(search.name)}%")
    return found


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def fetch_page(
    connection: Connection, found: Conditions, sort: Sort, limit: int, offset: int
) -> list[asyncpg.Record]:
    text, values = page_statement(found, sort, limit, offset)
    return await connection.fetch(text, *values)


def page_statement(found: Conditions, sort: Sort, limit: int, offset: int) -> tuple[str, list[Any]]:
    position = len(found.values)
    text = (
        f"select {SQL['reader_columns']} from reader_rows r {found.where} "
        f"order by {_ORDERS[sort]} limit ${position + 1} offset ${position + 2}"
    )
    return text, [*found.values, limit, offset]


async def fetch_after(
    connection: Connection, found: Conditions, last: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """The next readers by (created_at, id), for exports."""
    text, values = after_statement(found, last, limit)
    return await connection.fetch(text, *values)


def after_statement(found: Conditions, last: tuple[datetime, UUID] | None, limit: int) -> tuple[str, list[Any]]:
    keyed = found.copy()
    if last is not None:
        keyed.add("after_key", *last)
    text = (
        f"select {SQL['reader_columns']} from reader_rows r {keyed.where} "
        f"order by r.created_at, r.id limit ${len(keyed.values) + 1}"
    )
    return text, [*keyed.values, limit]


async def count(connection: Connection, found: Conditions) -> int:
    total: int = await connection.fetchval(f"select count(*) from readers r {found.where}", *found.values)
    return total


async def count_by_totals(connection: Connection, search: ReaderFilter) -> int:
    """From the maintained counts: for searches by class, status, school or district alone."""
    text, values = totals_statement(search)
    total: int = await connection.fetchval(text, *values)
    return total


def totals_statement(search: ReaderFilter) -> tuple[str, list[object]]:
    found = Conditions(SQL)
    found.add("counted_class", search.class_id)
    found.add("counted_status", search.status)
    found.add("counted_school", search.school_id)
    found.add("counted_district", search.district)
    return f"{SQL['count_by_totals']} {found.where}", found.values


async def weigh_statuses(connection: Connection, district: str | None) -> dict[str, int]:
    """How many readers seen (of `district` alone, if it is given) have which status; from the maintained counts."""
    text, values = weights_statement(district)
    return {row["status"]: row["readers"] for row in await connection.fetch(text, *values)}


def weights_statement(district: str | None) -> tuple[str, list[object]]:
    found = Conditions(SQL)
    found.add("counted_district", district)
    return f"{SQL['weigh_statuses']} {found.where} {SQL['by_status']}", found.values


async def fetch_of_status(connection: Connection, status: str, district: str | None) -> list[UUID]:
    """The ids of all readers seen (of `district` alone, if it is given) that have it."""
    text, values = rare_statement(status, district)
    return [row["id"] for row in await connection.fetch(text, *values)]


def rare_statement(status: str, district: str | None) -> tuple[str, list[object]]:
    found = Conditions(SQL)
    found.add("counted_status", status)
    found.add("counted_district", district)
    return f"{SQL['fetch_of_status']} {found.where}", found.values


async def fetch_reader(connection: Connection, reader_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(f"select {SQL['reader_columns']} from reader_rows r where r.id = $1", reader_id)


async def show_reader(database: Database, caller: Caller, reader_id: UUID) -> asyncpg.Record | None:
    """As `fetch_reader`, in one round trip."""
    rows = await database.ask(caller, f"select {SQL['reader_columns']} from one_reader($1, $2, $3, $4) r", reader_id)
    return rows[0] if rows else None


async def find_person(connection: Connection, digest: bytes) -> asyncpg.Record | None:
    """The reader with this ID number, of the school in whose scope this runs."""
    return await connection.fetchrow(SQL["find_person"], digest)


async def fetch_tail_candidates(connection: Connection, tail: bytes) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["fetch_tail_candidates"], tail)


async def lock_reader(connection: Connection, reader_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["lock_reader"], reader_id)


async def insert_readers(connection: Connection, scope: Scope, new: Sequence[NewReader], now: datetime) -> set[UUID]:
    """Returns the ids that went in; a person the school has already stays out."""
    rows = await connection.fetch(
        SQL["insert_readers"],
        scope.school_id,
        scope.district,
        [reader.id for reader in new],
        [reader.class_id for reader in new],
        [reader.name for reader in new],
        [reader.guardian_name for reader in new],
        [reader.home_district for reader in new],
        [reader.sealed for reader in new],
        [reader.id_digest for reader in new],
        [reader.id_tail for reader in new],
        [reader.wanted_card_no for reader in new],
        now,
    )
    return {row["id"] for row in rows}


async def update_readers(connection: Connection, changed: Sequence[NewReader], now: datetime) -> None:
    """Raises `asyncpg.UniqueViolationError` when an ID number became another reader's."""
    await connection.execute(
        SQL["update_readers"],
        [reader.id for reader in changed],
        [reader.class_id for reader in changed],
        [reader.name for reader in changed],
        [reader.guardian_name for reader in changed],
        [reader.home_district for reader in changed],
        [reader.sealed for reader in changed],
        [reader.id_digest for reader in changed],
        [reader.id_tail for reader in changed],
        [reader.wanted_card_no for reader in changed],
        [reader.status for reader in changed],
        now,
    )


async def set_status(
    connection: Connection, reader_id: UUID, status: str, code: str | None, reason: str | None, now: datetime
) -> None:
    await connection.execute(SQL["set_status"], reader_id, status, code, reason, now)


async def delete_reader(connection: Connection, reader_id: UUID) -> None:
    await connection.execute(SQL["delete_reader"], reader_id)


async def find_class(connection: Connection, class_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["find_class"], class_id)


async def count_classes(connection: Connection, class_ids: Collection[UUID]) -> int:
    """How many of these this service has heard of."""
    known: int = await connection.fetchval(SQL["count_classes"], list(class_ids))
    return known


async def find_class_name(connection: Connection, class_id: UUID) -> asyncpg.Record | None:
    """class_name and grade_name, of a deleted class too."""
    return await connection.fetchrow(SQL["find_class_name"], class_id)


async def find_grade_name(connection: Connection, grade_id: UUID) -> str | None:
    name: str | None = await connection.fetchval(SQL["find_grade_name"], grade_id)
    return name


async def fetch_classes(connection: Connection) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["fetch_classes"])


async def fetch_counts(connection: Connection, school_id: UUID | None) -> list[asyncpg.Record]:
    text, values = counts_statement(school_id)
    return await connection.fetch(text, *values)


def counts_statement(school_id: UUID | None) -> tuple[str, list[object]]:
    found = Conditions(SQL)
    found.add("counted_school", school_id)
    return f"{SQL['fetch_counts']} {found.where}", found.values


async def fetch_overview(connection: Connection, by_school: bool, district: str | None) -> list[asyncpg.Record]:
    text, values = overview_statement(by_school, district)
    return await connection.fetch(text, *values)


def overview_statement(by_school: bool, district: str | None) -> tuple[str, list[object]]:
    found = Conditions(SQL)
    found.add("counted_district", district)
    if by_school:
        return f"{SQL['counts_of_schools']} {found.where} {SQL['by_school']}", found.values
    return f"{SQL['counts_of_districts']} {found.where} {SQL['by_district']}", found.values


async def follow(connection: Connection, statement: str, *columns: object) -> None:
    """Apply others' facts: one statement, its columns as arrays."""
    await connection.execute(SQL[statement], *columns)
