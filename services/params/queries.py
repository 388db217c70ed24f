"""Typed wrappers of `queries.sql`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from services.params import rules
from services.params.schemas import ParamFilter
from shared.conditions import Conditions
from shared.database import Connection
from shared.sql import beside
from shared.tenancy import Scope

SQL = beside(__file__)


class GradeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A grade to insert, or what it becomes."""

    id: UUID
    name: str
    disabled: bool
    sort_order: int
    remark: str

    @property
    def name_key(self) -> str:
        return rules.name_key(self.name)


class ClassRow(GradeRow, frozen=True, kw_only=True):
    grade_id: UUID


async def insert_grades(connection: Connection, scope: Scope, new: Sequence[GradeRow], now: datetime) -> set[UUID]:
    """Returns the ids that went in; a grade whose name the school has already stays out."""
    rows = await connection.fetch(
        SQL["insert_grades"],
        scope.school_id,
        scope.district,
        [row.id for row in new],
        [row.name for row in new],
        [row.name_key for row in new],
        [row.disabled for row in new],
        [row.sort_order for row in new],
        [row.remark for row in new],
        now,
    )
    return {row["id"] for row in rows}


async def insert_classes(connection: Connection, scope: Scope, new: Sequence[ClassRow], now: datetime) -> set[UUID]:
    """Returns the ids that went in. Raises `asyncpg.ForeignKeyViolationError` when a grade is gone."""
    rows = await connection.fetch(
        SQL["insert_classes"],
        scope.school_id,
        scope.district,
        [row.id for row in new],
        [row.grade_id for row in new],
        [row.name for row in new],
        [row.name_key for row in new],
        [row.disabled for row in new],
        [row.sort_order for row in new],
        [row.remark for row in new],
        now,
    )
    return {row["id"] for row in rows}


async def update_grade(connection: Connection, row: GradeRow, now: datetime) -> None:
    """Raises `asyncpg.UniqueViolationError` when the name is another grade's."""
    await connection.execute(
        SQL["update_grade"], row.id, row.name, row.name_key, row.disabled, row.sort_order, row.remark, now
    )


async def update_class(connection: Connection, row: ClassRow, now: datetime) -> None:
    """Raises `asyncpg.UniqueViolationError` when the name is that of another class of the grade."""
    await connection.execute(
        SQL["update_class"],
        row.id,
        row.grade_id,
        row.name,
        row.name_key,
        row.disabled,
        row.sort_order,
        row.remark,
        now,
    )


async def order_grades(connection: Connection, ids: Sequence[UUID], now: datetime) -> list[asyncpg.Record]:
    """Returns those whose place changed, as they are now."""
    return await connection.fetch(SQL["order_grades"], ids, now)


async def order_classes(connection: Connection, ids: Sequence[UUID], now: datetime) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["order_classes"], ids, now)


async def delete_grade(connection: Connection, grade_id: UUID) -> None:
    await connection.execute(SQL["delete_grade"], grade_id)


async def delete_class(connection: Connection, class_id: UUID) -> None:
    await connection.execute(SQL["delete_class"], class_id)


async def lock_grade(connection: Connection, grade_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["lock_grade"], grade_id)


async def lock_class(connection: Connection, class_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["lock_class"], class_id)


async def keep_grade(connection: Connection, grade_id: UUID) -> bool:
    """Whether the grade is there; it cannot be deleted until the transaction ends."""
    return await connection.fetchval(SQL["keep_grade"], grade_id) is not None


async def keep_grades(connection: Connection) -> list[asyncpg.Record]:
    """All grades of the school; none can be deleted until the transaction ends."""
    return await connection.fetch(SQL["keep_grades"])


async def fetch_class_names(connection: Connection, grade_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["fetch_class_names"], grade_ids)


async def fetch_grade(connection: Connection, grade_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["fetch_grade"], grade_id)


async def fetch_class(connection: Connection, class_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["fetch_class"], class_id)


async def list_grades(connection: Connection, search: ParamFilter, limit: int, offset: int) -> list[asyncpg.Record]:
    text, values = grades_statement(search, limit, offset)
    return await connection.fetch(text, *values)


def grades_statement(search: ParamFilter, limit: int, offset: int) -> tuple[str, list[object]]:
    found = _grade_search(search)
    position = len(found.values)
    text = (
        f"with found as ({SQL['found_grades']} {found.where} {SQL['in_order']} "
        f"limit ${position + 1} offset ${position + 2}) {SQL['listed_grades']}"
    )
    return text, [*found.values, limit, offset]


async def count_grades(connection: Connection, search: ParamFilter) -> int:
    text, values = grade_count_statement(search)
    total: int = await connection.fetchval(text, *values)
    return total


def grade_count_statement(search: ParamFilter) -> tuple[str, list[object]]:
    found = _grade_search(search)
    return f"select count(*) from grades {found.where}", found.values


async def list_classes(connection: Connection, search: ParamFilter, limit: int, offset: int) -> list[asyncpg.Record]:
    text, values = classes_statement(search, limit, offset)
    return await connection.fetch(text, *values)


def classes_statement(search: ParamFilter, limit: int, offset: int) -> tuple[str, list[object]]:
    found = _class_search(search)
    position = len(found.values)
    text = (
        f"with found as ({SQL['found_classes']} {found.where} {SQL['in_order']} "
        f"limit ${position + 1} offset ${position + 2}) {SQL['listed_classes']}"
    )
    return text, [*found.values, limit, offset]


async def count_classes(connection: Connection, search: ParamFilter) -> int:
    text, values = class_count_statement(search)
    total: int = await connection.fetchval(text, *values)
    return total


def class_count_statement(search: ParamFilter) -> tuple[str, list[object]]:
    found = _class_search(search)
    return f"select count(*) from classes {found.where}", found.values


async def move_readers(connection: Connection, moves: Mapping[tuple[UUID, str, UUID], int]) -> None:
    """`moves`: by how many the readers of (school, district, class) grew or shrank."""
    await connection.execute(
        SQL["move_readers"],
        [school_id for school_id, _, _ in moves],
        [district for _, district, _ in moves],
        [class_id for _, _, class_id in moves],
        list(moves.values()),
    )


def _grade_search(search: ParamFilter) -> Conditions:
    """Only what is asked for: a plan that holds for each search is the best for none."""
    found = Conditions(SQL)
    found.add("matching_school", search.school_id)
    found.add("matching_disabled", search.disabled)
    found.add("matching_name", rules.name_key(search.q) if search.q else None)
    return found


def _class_search(search: ParamFilter) -> Conditions:
    found = _grade_search(search)
    found.add("matching_grade", search.grade_id)
    return found
