"""What readers learns from params and cards, in any order and more than once."""

from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.readers.consumer import follow_classes, follow_grades
from shared.contracts.param import ClassChanged, ClassCreated, ClassDeleted, GradeChanged, GradeCreated, GradeDeleted
from shared.database import Database
from shared.envelope import Event
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import WORKER, Caller, Scope, system_actor
from tests.readers.people import LIBRARY, READERS, CardsOf, create, fetch, id_number, said
from tests.running_service import publish
from tests.waiting import eventually

CALLER = Caller(WORKER, system_actor("readers"))
FIRST, SECOND, THIRD = "500103260000011", "500103260000029", "500103260000037"


def grade_facts(school: Scope, grade_id: UUID) -> list[Event]:
    one: dict[str, Any] = {"actor": LIBRARY, "grade_id": grade_id}
    return [
        said(school, GradeCreated(**one, version=1, name="三年级", sort_order=3), grade_id),
        said(school, GradeChanged(**one, version=2, name="3年级", sort_order=4, disabled=True), grade_id),
        said(school, GradeDeleted(**one, version=3, name="3年级", sort_order=4, disabled=True), grade_id),
    ]


def class_facts(school: Scope, class_id: UUID, grade_id: UUID, other_grade_id: UUID) -> list[Event]:
    one: dict[str, Any] = {"actor": LIBRARY, "class_id": class_id}
    return [
        said(school, ClassCreated(**one, version=1, grade_id=grade_id, name="1班"), class_id),
        said(school, ClassChanged(**one, version=2, grade_id=other_grade_id, name="2班", sort_order=7), class_id),
        said(school, ClassDeleted(**one, version=3, grade_id=other_grade_id, name="2班", sort_order=7), class_id),
    ]


@pytest.mark.parametrize("together", [True, False])
async def test_the_latest_version_wins_whatever_the_order(
    database: Database, school: Scope, administrator: "asyncpg.Connection[asyncpg.Record]", together: bool
) -> None:
    for order in permutations(range(3)):
        grade_id, class_id, other = uuid4(), uuid4(), uuid4()
        grades = [grade_facts(school, grade_id)[place] for place in [*order, order[0]]]
        classes = [class_facts(school, class_id, grade_id, other)[place] for place in [*order, order[0]]]
        for batch in [grades] if together else [[event] for event in grades]:
            await database.run(CALLER, follow_grades, batch)
        for batch in [classes] if together else [[event] for event in classes]:
            await database.run(CALLER, follow_classes, batch)
        grade = await administrator.fetchrow(
            "select name, disabled, deleted, sort_order, version from readers.grades where grade_id = $1", grade_id
        )
        school_class = await administrator.fetchrow(
            "select school_id, grade_id, name, deleted, sort_order, version from readers.classes where class_id = $1",
            class_id,
        )
        assert tuple(grade or ()) == ("3年级", True, True, 4, 3)
        assert tuple(school_class or ()) == (school.school_id, other, "2班", True, 7, 3)


async def approved(teacher: httpx.AsyncClient, n: int) -> str:
    made = await create(teacher, n)
    assert (await teacher.post(f"{READERS}/{made['id']}/approve")).status_code == 200
    return str(made["id"])


def outcome(reader: dict[str, Any]) -> tuple[str, str | None, str | None, str | None]:
    return reader["status"], reader["card_no"], reader["reason_code"], reader["reason"]


async def test_a_cards_life_reaches_the_reader(teacher: httpx.AsyncClient, cards: CardsOf) -> None:
    reader_id = await approved(teacher, 1)
    await cards.say(cards.issued(reader_id, FIRST))
    assert outcome(await fetch(teacher, reader_id)) == ("carded", FIRST, None, None)
    await cards.say(cards.replaced(reader_id, FIRST, SECOND))
    assert outcome(await fetch(teacher, reader_id)) == ("carded", SECOND, None, None)
    await cards.say(cards.closed(reader_id, SECOND, 3))
    assert outcome(await fetch(teacher, reader_id)) == ("returned", None, "card_closed", "读者证已注销：转学")


async def test_a_pupil_whose_card_was_closed_can_have_another(teacher: httpx.AsyncClient, cards: CardsOf) -> None:
    reader_id = await approved(teacher, 1)
    await cards.say(cards.issued(reader_id, FIRST))
    await cards.say(cards.closed(reader_id, FIRST))
    path = f"{READERS}/{reader_id}"
    assert (await teacher.patch(path, json={"name": "赵新名"})).json()["status"] == "pending"
    assert (await teacher.post(f"{path}/approve")).status_code == 200
    # What was said of the old card comes once more, late.
    await cards.say(cards.issued(reader_id, FIRST))
    await cards.say(cards.closed(reader_id, FIRST))
    assert outcome(await fetch(teacher, reader_id)) == ("approved", None, None, None)
    await cards.say(cards.issued(reader_id, SECOND, uuid4()))
    assert outcome(await fetch(teacher, reader_id)) == ("carded", SECOND, None, None)


@pytest.mark.parametrize("together", [True, False])
async def test_card_facts_in_any_order_end_alike(teacher: httpx.AsyncClient, cards: CardsOf, together: bool) -> None:
    for number, order in enumerate(permutations(range(4))):
        reader_id = await approved(teacher, number)
        numbers = [f"50010326{number:05}{place}1" for place in range(3)]
        life = [
            cards.issued(reader_id, numbers[0]),
            cards.replaced(reader_id, numbers[0], numbers[1], 2),
            cards.replaced(reader_id, numbers[1], numbers[2], 3),
            cards.closed(reader_id, numbers[2], 4),
        ]
        events = [life[place] for place in [*order, order[0]]]
        for batch in [events] if together else [[event] for event in events]:
            await cards.say(*batch)
        assert outcome(await fetch(teacher, reader_id)) == ("returned", None, "card_closed", "读者证已注销：转学"), (
            order
        )


async def test_the_issuing_told_again_is_no_news(teacher: httpx.AsyncClient, cards: CardsOf) -> None:
    reader_id = await approved(teacher, 1)
    await cards.say(cards.issued(reader_id, FIRST))
    before = await fetch(teacher, reader_id)
    await cards.say(cards.issued(reader_id, FIRST), cards.refused(reader_id))
    assert await fetch(teacher, reader_id) == before


async def test_facts_of_readers_that_are_not_there(
    teacher: httpx.AsyncClient, stranger: httpx.AsyncClient, cards: CardsOf
) -> None:
    gone = (await create(teacher, 1))["id"]
    assert (await teacher.delete(f"{READERS}/{gone}")).status_code == 204
    pending, theirs = (await create(teacher, 2))["id"], await approved(stranger, 3)
    await cards.say(
        *(cards.issued(reader_id, FIRST) for reader_id in (gone, pending, theirs, str(uuid4()))),
        *(cards.refused(reader_id) for reader_id in (gone, pending, theirs, str(uuid4()))),
    )
    assert (await teacher.get(f"{READERS}/{gone}")).status_code == 404
    assert outcome(await fetch(teacher, pending)) == ("pending", None, None, None)
    assert outcome(await fetch(stranger, theirs)) == ("approved", None, None, None)


async def test_over_the_stream_in_one_batch_and_twice(
    teacher: httpx.AsyncClient, cards: CardsOf, settings: Settings, secrets: Secrets
) -> None:
    good, bad = await approved(teacher, 1), await approved(teacher, 2)
    events = [cards.issued(good, FIRST), cards.replaced(good, FIRST, SECOND), cards.refused(bad)]
    await publish(settings, secrets, [*events, *events])

    async def is_returned() -> bool:
        return bool((await fetch(teacher, bad))["status"] == "returned")

    await eventually(is_returned)
    assert outcome(await fetch(teacher, good)) == ("carded", SECOND, None, None)
    assert outcome(await fetch(teacher, bad)) == ("returned", None, "person_has_card", "该身份证号已办证。")
    assert (await fetch(teacher, bad))["version"] == 3
    found = (await teacher.get(READERS, params={"card_no": SECOND})).json()
    assert [reader["id_number"][-4:] for reader in found["items"]] == [id_number(1)[-4:]]
