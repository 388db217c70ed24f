"""Use case: a usual set of grades and classes at once; what is there already stays as it is."""

from collections import defaultdict
from uuid import UUID

from services.params import queries, rules
from services.params.errors import ParamInvalid
from services.params.queries import ClassRow, GradeRow
from services.params.schemas import Setup, SetupDone
from services.params.service import class_fact, grade_fact
from shared import outbox, plain_name
from shared.contracts.param import ClassCreated, GradeCreated
from shared.database import Transaction
from shared.errors import FieldError
from shared.ids import new_id


async def set_up(tx: Transaction, setup: Setup) -> SetupDone:
    """One transaction, one statement for all grades and one for all classes. Raises ParamInvalid."""
    wanted = rules.usual_grades(setup.stage, setup.grades)
    errors = [error for name in wanted for error in plain_name.check(name, "grades")]
    if not wanted:
        errors.append(FieldError("grades_missing", "请选择学段，或填写年级名称。", "grades"))
    if errors:
        raise ParamInvalid(errors=errors)
    created = await _create_grades(tx, setup, wanted)
    grades = {row["name"]: row["id"] for row in await queries.keep_grades(tx.connection)}
    found = {rules.find_grade(name, grades) for name in wanted}
    classes = await _create_classes(tx, [grades[name] for name in found if name is not None], setup.classes_per_grade)
    return SetupDone(
        grades_created=created,
        grades_existing=len(wanted) - created,
        classes_created=classes,
        classes_existing=len(wanted) * setup.classes_per_grade - classes,
    )


async def _create_grades(tx: Transaction, setup: Setup, wanted: list[str]) -> int:
    existing = {row["name"]: row["sort_order"] for row in await queries.keep_grades(tx.connection)}
    first = rules.FIRST_PLACES[setup.stage] if setup.stage else max(existing.values(), default=0) + 1
    new = [
        GradeRow(id=new_id(), name=name, disabled=False, sort_order=first + at, remark="")
        for at, name in enumerate(wanted)
        if rules.find_grade(name, existing) is None
    ]
    inserted = await queries.insert_grades(tx.connection, tx.scope, new, tx.now) if new else set()
    facts = [(row.id, grade_fact(tx, GradeCreated, row, 1)) for row in new if row.id in inserted]
    await outbox.publish(tx, facts)
    return len(facts)


async def _create_classes(tx: Transaction, grade_ids: list[UUID], per_grade: int) -> int:
    existing: dict[UUID, list[str]] = defaultdict(list)
    for row in await queries.fetch_class_names(tx.connection, grade_ids):
        existing[row["grade_id"]].append(row["name"])
    wanted = rules.class_names(per_grade)
    new = [
        ClassRow(
            id=new_id(), grade_id=grade_id, name=name, disabled=False, sort_order=wanted.index(name) + 1, remark=""
        )
        for grade_id in grade_ids
        for name in rules.missing_classes(wanted, existing[grade_id])
    ]
    inserted = await queries.insert_classes(tx.connection, tx.scope, new, tx.now) if new else set()
    facts = [(row.id, class_fact(tx, ClassCreated, row, 1)) for row in new if row.id in inserted]
    await outbox.publish(tx, facts)
    return len(facts)
