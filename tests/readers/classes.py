"""A school's grades and classes, as readers learns of them from params."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from services.readers.consumer import follow_classes, follow_grades
from shared.contracts.fact import Fact
from shared.contracts.param import ClassChanged, ClassCreated, GradeCreated
from shared.database import Database
from shared.envelope import Event, event_of
from shared.tenancy import WORKER, Caller, Scope, system_actor

_ACTOR = system_actor("params")
_WORKER = Caller(WORKER, system_actor("readers"))


async def open_classes(
    database: Database, school: Scope, names: Mapping[str, Sequence[str]], ids: Mapping[str, UUID] | None = None
) -> dict[str, UUID]:
    """Grade → its classes. Returns grade and class in one word → class id, which `ids` may give."""
    grades, classes = [], []
    made_ids: dict[str, UUID] = {}
    for order, (grade, members) in enumerate(names.items()):
        grade_id = uuid4()
        fact = GradeCreated(actor=_ACTOR, version=1, grade_id=grade_id, name=grade, sort_order=order)
        grades.append(_event(fact, school, grade_id))
        for place, name in enumerate(members):
            class_id = made_ids[grade + name] = (ids or {}).get(grade + name) or uuid4()
            made = ClassCreated(
                actor=_ACTOR, version=1, class_id=class_id, grade_id=grade_id, name=name, sort_order=place
            )
            classes.append(_event(made, school, made.class_id))
    await database.run(_WORKER, follow_grades, grades)
    await database.run(_WORKER, follow_classes, classes)
    return made_ids


async def disable_class(database: Database, school: Scope, class_id: UUID, grade_id: UUID, name: str) -> None:
    fact = ClassChanged(actor=_ACTOR, version=2, class_id=class_id, grade_id=grade_id, name=name, disabled=True)
    await database.run(_WORKER, follow_classes, [_event(fact, school, class_id)])


def _event(fact: Fact, school: Scope, subject_id: UUID) -> Event:
    return event_of(
        fact,
        source="params",
        subject_id=subject_id,
        time=datetime.now(UTC),
        district=school.district,
        school_id=school.school_id,
    )
