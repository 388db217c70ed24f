"""Use cases of grades and classes (年级参数, 班级参数): create, change, order, delete, list."""

from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET

from services.params import queries, rules
from services.params.errors import (
    ClassNameTaken,
    ClassNotFound,
    GradeHasClasses,
    GradeNameTaken,
    GradeNotFound,
    InUse,
    ParamInvalid,
)
from services.params.queries import ClassRow, GradeRow
from services.params.schemas import (
    ClassChange,
    ClassCreate,
    Grade,
    GradeChange,
    GradeCreate,
    NewOrder,
    Ordered,
    ParamFilter,
    SchoolClass,
)
from shared import outbox, plain_name
from shared.contracts.param import (
    ClassChanged,
    ClassCreated,
    ClassDeleted,
    GradeChanged,
    GradeCreated,
    GradeDeleted,
)
from shared.database import Transaction
from shared.errors import FieldError, NotFound, Stale
from shared.ids import new_id
from shared.pagination import Page, offset, page_of

Row = TypeVar("Row", bound=GradeRow)

_GRADE_UNKNOWN = FieldError("grade_unknown", "没有这个年级，请重新选择。", "grade_id")

# --- grades


async def list_grades(tx: Transaction, search: ParamFilter, page: int, page_size: int) -> Page[Grade]:
    rows = await queries.list_grades(tx.connection, search, page_size, offset(page, page_size))
    grades = [Grade(**row) for row in rows]
    return await page_of(grades, page, page_size, lambda: queries.count_grades(tx.connection, search))


async def fetch_grade(tx: Transaction, grade_id: UUID) -> Grade:
    """Raises GradeNotFound."""
    row = await queries.fetch_grade(tx.connection, grade_id)
    if row is None:
        raise GradeNotFound
    return Grade(**row)


async def create_grade(tx: Transaction, new: GradeCreate) -> Grade:
    """Raises ParamInvalid, GradeNameTaken."""
    row = _checked(GradeRow(id=new_id(), **msgspec.structs.asdict(new)))
    if not await queries.insert_grades(tx.connection, tx.scope, [row], tx.now):
        raise _taken(GradeNameTaken)
    await outbox.publish(tx, [(row.id, grade_fact(tx, GradeCreated, row, 1))])
    return await fetch_grade(tx, row.id)


async def change_grade(tx: Transaction, grade_id: UUID, change: GradeChange, version: int | None) -> Grade:
    """Raises GradeNotFound, Stale, ParamInvalid, GradeNameTaken."""
    kept = await _lock_grade(tx, grade_id, version if change.version is UNSET else change.version)
    before = msgspec.convert(kept, GradeRow)
    after = _checked(_changed(before, change))
    if after != before:
        try:
            await queries.update_grade(tx.connection, after, tx.now)
        except asyncpg.UniqueViolationError as exc:
            raise _taken(GradeNameTaken) from exc
        await outbox.publish(tx, [(grade_id, grade_fact(tx, GradeChanged, after, kept["version"] + 1))])
    return await fetch_grade(tx, grade_id)


async def delete_grade(tx: Transaction, grade_id: UUID, version: int | None) -> None:
    """Raises GradeNotFound, Stale, InUse, GradeHasClasses: classes, even empty ones, are not deleted along."""
    kept = await _lock_grade(tx, grade_id, version)
    usage = await fetch_grade(tx, grade_id)
    if usage.readers:
        raise _in_use("年级", usage.readers)
    if usage.classes:
        raise GradeHasClasses(f"该年级下还有{usage.classes}个班级，不能删除；请先删除这些班级，或将年级改为禁用。")
    await queries.delete_grade(tx.connection, grade_id)
    row = msgspec.convert(kept, GradeRow)
    await outbox.publish(tx, [(grade_id, grade_fact(tx, GradeDeleted, row, kept["version"] + 1))])


async def order_grades(tx: Transaction, order: NewOrder) -> Ordered:
    """Number those named from 1; ids of others are passed over. Raises ParamInvalid when an id comes twice."""
    _refuse_repeated(order)
    rows = await queries.order_grades(tx.connection, order.ids, tx.now)
    facts = [
        (row["id"], grade_fact(tx, GradeChanged, msgspec.convert(dict(row), GradeRow), row["version"])) for row in rows
    ]
    await outbox.publish(tx, facts)
    return Ordered(changed=len(rows))


# --- classes


async def list_classes(tx: Transaction, search: ParamFilter, page: int, page_size: int) -> Page[SchoolClass]:
    rows = await queries.list_classes(tx.connection, search, page_size, offset(page, page_size))
    classes = [SchoolClass(**row) for row in rows]
    return await page_of(classes, page, page_size, lambda: queries.count_classes(tx.connection, search))


async def fetch_class(tx: Transaction, class_id: UUID) -> SchoolClass:
    """Raises ClassNotFound."""
    row = await queries.fetch_class(tx.connection, class_id)
    if row is None:
        raise ClassNotFound
    return SchoolClass(**row)


async def create_class(tx: Transaction, new: ClassCreate) -> SchoolClass:
    """Raises ParamInvalid, ClassNameTaken."""
    row = _checked(ClassRow(id=new_id(), **msgspec.structs.asdict(new)))
    await _keep_grade(tx, new.grade_id)
    if not await queries.insert_classes(tx.connection, tx.scope, [row], tx.now):
        raise _taken(ClassNameTaken)
    await outbox.publish(tx, [(row.id, class_fact(tx, ClassCreated, row, 1))])
    return await fetch_class(tx, row.id)


async def change_class(tx: Transaction, class_id: UUID, change: ClassChange, version: int | None) -> SchoolClass:
    """Raises ClassNotFound, Stale, ParamInvalid, ClassNameTaken."""
    kept = await _lock_class(tx, class_id, version if change.version is UNSET else change.version)
    before = msgspec.convert(kept, ClassRow)
    after = _checked(_changed(before, change))
    if after.grade_id != before.grade_id:
        await _keep_grade(tx, after.grade_id)
    if after != before:
        try:
            await queries.update_class(tx.connection, after, tx.now)
        except asyncpg.UniqueViolationError as exc:
            raise _taken(ClassNameTaken) from exc
        await outbox.publish(tx, [(class_id, class_fact(tx, ClassChanged, after, kept["version"] + 1))])
    return await fetch_class(tx, class_id)


async def delete_class(tx: Transaction, class_id: UUID, version: int | None) -> None:
    """Raises ClassNotFound, Stale, InUse.

    Usage is what readers has reported so far. A reader who comes into the class in the same moment keeps its name:
    readers marks deleted classes instead of forgetting them.
    """
    kept = await _lock_class(tx, class_id, version)
    usage = await fetch_class(tx, class_id)
    if usage.readers:
        raise _in_use("班级", usage.readers)
    await queries.delete_class(tx.connection, class_id)
    row = msgspec.convert(kept, ClassRow)
    await outbox.publish(tx, [(class_id, class_fact(tx, ClassDeleted, row, kept["version"] + 1))])


async def order_classes(tx: Transaction, order: NewOrder) -> Ordered:
    """Number those named from 1; ids of others are passed over. Raises ParamInvalid when an id comes twice."""
    _refuse_repeated(order)
    rows = await queries.order_classes(tx.connection, order.ids, tx.now)
    facts = [
        (row["id"], class_fact(tx, ClassChanged, msgspec.convert(dict(row), ClassRow), row["version"])) for row in rows
    ]
    await outbox.publish(tx, facts)
    return Ordered(changed=len(rows))


# --- pieces


def grade_fact(
    tx: Transaction, kind: type[GradeCreated | GradeChanged | GradeDeleted], row: GradeRow, version: int
) -> GradeCreated | GradeChanged | GradeDeleted:
    return kind(
        actor=tx.actor,
        version=version,
        grade_id=row.id,
        name=row.name,
        disabled=row.disabled,
        sort_order=row.sort_order,
        remark=row.remark,
    )


def class_fact(
    tx: Transaction, kind: type[ClassCreated | ClassChanged | ClassDeleted], row: ClassRow, version: int
) -> ClassCreated | ClassChanged | ClassDeleted:
    return kind(
        actor=tx.actor,
        version=version,
        class_id=row.id,
        grade_id=row.grade_id,
        name=row.name,
        disabled=row.disabled,
        sort_order=row.sort_order,
        remark=row.remark,
    )


def _checked(row: Row) -> Row:
    """The row with its texts cleaned. Raises ParamInvalid with every field at fault."""
    cleaned = msgspec.structs.replace(row, name=plain_name.clean(row.name), remark=row.remark.strip())
    errors = plain_name.check(cleaned.name) + rules.check_remark(cleaned.remark)
    if errors:
        raise ParamInvalid(errors=errors)
    return cleaned


def _changed(row: Row, change: GradeChange) -> Row:
    named = {field: value for field, value in msgspec.structs.asdict(change).items() if value is not UNSET}
    named.pop("version", None)
    return msgspec.structs.replace(row, **named)


async def _lock_grade(tx: Transaction, grade_id: UUID, version: int | None) -> dict[str, Any]:
    return _current(await queries.lock_grade(tx.connection, grade_id), GradeNotFound, version)


async def _lock_class(tx: Transaction, class_id: UUID, version: int | None) -> dict[str, Any]:
    return _current(await queries.lock_class(tx.connection, class_id), ClassNotFound, version)


def _current(row: asyncpg.Record | None, missing: type[NotFound], version: int | None) -> dict[str, Any]:
    if row is None:
        raise missing
    if version is not None and version != row["version"]:
        raise Stale
    return dict(row)


async def _keep_grade(tx: Transaction, grade_id: UUID) -> None:
    if not await queries.keep_grade(tx.connection, grade_id):
        raise ParamInvalid(errors=[_GRADE_UNKNOWN])


def _refuse_repeated(order: NewOrder) -> None:
    if len(set(order.ids)) != len(order.ids):
        raise ParamInvalid(errors=[FieldError("ids_repeated", "同一项不能排两次。", "ids")])


def _taken(kind: type[GradeNameTaken | ClassNameTaken]) -> GradeNameTaken | ClassNameTaken:
    error = kind()
    error.errors = (FieldError(error.code, error.detail, "name"),)
    return error


def _in_use(what: str, readers: int) -> InUse:
    return InUse(f"该{what}有{readers}名读者正在使用，不能删除；可以改为禁用：禁用后新读者不能选择，已有读者不受影响。")
