"""A step for all that a filter finds: it touches those cards that a list of the filter shows, and no others."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, TypeAlias
from uuid import uuid4

import asyncpg
import httpx
import openpyxl
import pytest

from services.cards.consumer import follow_classes, follow_grades
from services.cards.schemas import CardFilter
from shared.contracts.param import ClassCreated, GradeCreated
from shared.database import Database
from shared.envelope import event_of
from shared.tenancy import WORKER, Caller, Scope, system_actor
from tests.cards.approvals import TEACHER, approval, follow
from tests.running_service import RunningService, a_school

CARDS = "/api/cards"
Administrator: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
GRADE, FIRST_CLASS, SECOND_CLASS, READER = uuid4(), uuid4(), uuid4(), uuid4()


@pytest.fixture
async def library(
    cards: RunningService, school: Scope, database: Database, administrator: Administrator
) -> AsyncIterator[httpx.AsyncClient]:
    """A district's library admin and eleven cards: of two schools, two classes and a grade, in every state."""
    await _follow_classes(database, school)
    of_school = [approval(school, "reader", READER, class_id=FIRST_CLASS)]
    of_school += [approval(school, f"first-{n}", class_id=FIRST_CLASS) for n in range(4)]
    of_school += [approval(school, f"second-{n}", class_id=SECOND_CLASS) for n in range(3)]
    await follow(database, of_school)
    await follow(database, [approval(a_school(school.district or ""), f"other-{n}") for n in range(2)])
    async with cards.client(Scope("district", school.district)) as client:
        numbers = [
            row["card_no"]
            for row in await administrator.fetch(
                "select card_no from cards.cards where school_id = $1 and reader_id <> $2 order by card_no",
                school.school_id,
                READER,
            )
        ]
        for name, number, body in (
            ("make-physical", numbers[0], {}),
            ("make-physical", numbers[1], {}),
            ("print", numbers[1], {}),
            ("suspend", numbers[2], {"reason_code": "overdue"}),
            ("replace", numbers[3], {"reason_code": "lost"}),
            ("close", numbers[5], {"reason_code": "other"}),
        ):
            assert (await client.post(f"{CARDS}/{number}/{name}", json=body)).status_code == 200
        yield client


async def test_every_condition_means_the_same_to_a_list_an_export_and_a_step(
    library: httpx.AsyncClient, school: Scope, administrator: Administrator
) -> None:
    number = await administrator.fetchval("select card_no from cards.cards where reader_id = $1", READER)
    conditions: dict[str, list[tuple[str, int]]] = {
        "status": [("active", 8), ("suspended", 1), ("closed", 1), ("replaced", 1)],
        "kind": [("online", 9), ("physical", 2)],
        "physical": [("wanted", 1), ("printed", 1), ("lost", 0)],
        "reader_id": [(str(READER), 1), (str(uuid4()), 0)],
        "grade_id": [(str(GRADE), 6), (str(uuid4()), 0)],
        "class_id": [(str(FIRST_CLASS), 6), (str(SECOND_CLASS), 3)],
        "school_id": [(str(school.school_id), 9), (str(uuid4()), 0)],
        "card_no": [(number, 1), ("9" * 15, 0), ("12", 0), ("\x00", 0)],
    }
    assert set(conditions) == set(CardFilter.__struct_fields__)
    for field, cases in conditions.items():
        for value, count in cases:
            shown = (await library.get(CARDS, params={field: value})).json()
            assert len(shown["items"]) == shown["total"] == count, (field, value)
            exported = await library.get(f"{CARDS}/export.xlsx", params={field: value})
            rows = openpyxl.load_workbook(BytesIO(exported.content)).worksheets[0].max_row - 1
            touched = await _touched(library, administrator, {field: value})
            assert touched == {card["card_no"] for card in shown["items"]}, (field, value)
            assert rows == len(touched), (field, value)


async def test_one_readers_card_is_closed_and_no_others(
    library: httpx.AsyncClient, administrator: Administrator
) -> None:
    closing = {"step": "close", "reason_code": "left_school", "filter": {"reader_id": str(READER)}}
    done = (await library.post(f"{CARDS}/steps", json=closing)).json()
    assert (done["done"], done["refused"]) == (1, 0)
    closed = await administrator.fetch("select reader_id from cards.cards where reason_code = 'left_school'")
    assert [row["reader_id"] for row in closed] == [READER]


async def _touched(library: httpx.AsyncClient, administrator: Administrator, search: dict[str, Any]) -> set[str]:
    """Those that a step finds: none of them is lost, so each is refused by its number."""
    answer = await library.post(f"{CARDS}/steps", json={"step": "report_found", "filter": search})
    assert answer.status_code == 200, answer.text
    assert answer.json()["done"] == 0
    return {refusal["card_no"] for refusal in answer.json()["refusals"]}


async def _follow_classes(database: Database, school: Scope) -> None:
    """The first class is in a grade, the second in another."""
    for handler, facts in (
        (follow_grades, [GradeCreated(actor=TEACHER, version=1, grade_id=GRADE, name="一年级")]),
        (
            follow_classes,
            [
                ClassCreated(actor=TEACHER, version=1, class_id=class_id, grade_id=grade_id, name="一班")
                for class_id, grade_id in ((FIRST_CLASS, GRADE), (SECOND_CLASS, uuid4()))
            ],
        ),
    ):
        events = [
            event_of(
                fact,
                source="params",
                subject_id=uuid4(),
                time=datetime.now(UTC),
                district=school.district,
                school_id=school.school_id,
            )
            for fact in facts
        ]
        await database.run(Caller(WORKER, system_actor("cards")), handler, events)
