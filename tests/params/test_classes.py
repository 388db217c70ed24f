"""Classes over HTTP, their usage as readers reports it, usual sets, and the facts that are published."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.params.consumer import follow_readers
from shared.contracts.fact import Fact
from shared.contracts.reader import ReaderApproved, ReaderChanged, ReaderCreated, ReaderDeleted
from shared.database import Database
from shared.envelope import Event, event_of
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import WORKER, Actor, Caller, Scope, system_actor
from tests.running_service import RunningService, a_school, publish
from tests.waiting import eventually

GRADES = "/api/params/grades"
CLASSES = "/api/params/classes"
ACTOR = Actor(uuid4(), "teacher")


async def create(client: httpx.AsyncClient, path: str, **body: object) -> dict[str, Any]:
    response = await client.post(path, json=body)
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


@pytest.fixture
async def database(settings: Settings, secrets: Secrets) -> AsyncIterator[Database]:
    database = await Database.open("params", settings, secrets)
    yield database
    await database.close()


def said(school: Scope, fact: Fact) -> Event:
    return event_of(
        fact,
        source="readers",
        subject_id=uuid4(),
        time=datetime.now(UTC),
        district=school.district,
        school_id=school.school_id,
    )


def reader(**more: Any) -> dict[str, Any]:
    return {
        "actor": ACTOR,
        "version": 1,
        "reader_id": uuid4(),
        "masked_name": "王*",
        "masked_id_number": "5001**********1234",
        **more,
    }


async def test_created_class_can_be_read_back(teacher: httpx.AsyncClient, school: Scope) -> None:
    grade = await create(teacher, GRADES, name="一年级", disabled=True)
    made = await create(teacher, CLASSES, grade_id=grade["id"], name="1班", sort_order=1)
    assert made == {
        "id": made["id"],
        "school_id": str(school.school_id),
        "grade_id": grade["id"],
        "grade_name": "一年级",
        "grade_disabled": True,
        "name": "1班",
        "disabled": False,
        "sort_order": 1,
        "remark": "",
        "version": 1,
        "readers": 0,
    }
    response = await teacher.get(f"{CLASSES}/{made['id']}")
    assert (response.json(), response.headers["etag"]) == (made, '"1"')


async def test_names_are_unique_within_the_grade(teacher: httpx.AsyncClient) -> None:
    one, two = [await create(teacher, GRADES, name=name) for name in ("一年级", "二年级")]
    first = await create(teacher, CLASSES, grade_id=one["id"], name="1班")
    await create(teacher, CLASSES, grade_id=two["id"], name="1班")
    again = await teacher.post(CLASSES, json={"grade_id": one["id"], "name": "１班"})
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    moved = await teacher.patch(f"{CLASSES}/{first['id']}", json={"grade_id": two["id"]})
    assert (moved.status_code, moved.json()["code"]) == (409, "name_taken")
    moved = await teacher.patch(f"{CLASSES}/{first['id']}", json={"grade_id": two["id"], "name": "2班"})
    assert (moved.json()["grade_name"], moved.json()["version"]) == ("二年级", 2)


async def test_another_schools_grade_is_as_unknown_as_none(teacher: httpx.AsyncClient, params: RunningService) -> None:
    async with params.client(a_school()) as other:
        foreign = await create(other, GRADES, name="一年级")
    for grade_id in (foreign["id"], str(uuid4())):
        response = await teacher.post(CLASSES, json={"grade_id": grade_id, "name": "1班"})
        assert response.status_code == 422
        assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [
            ("grade_id", "grade_unknown")
        ]


async def test_list_by_grade(teacher: httpx.AsyncClient) -> None:
    one, two = [await create(teacher, GRADES, name=name) for name in ("一年级", "二年级")]
    for grade, name in ((one, "2班"), (one, "1班"), (two, "1班")):
        await create(teacher, CLASSES, grade_id=grade["id"], name=name, sort_order=1)
    answer = (await teacher.get(CLASSES, params={"grade_id": one["id"]})).json()
    assert ([item["name"] for item in answer["items"]], answer["total"]) == (["1班", "2班"], 2)
    assert (await teacher.get(CLASSES, params={"q": "2"})).json()["total"] == 1
    order = {"ids": [item["id"] for item in reversed(answer["items"])]}
    assert (await teacher.put(f"{CLASSES}/order", json=order)).json() == {"changed": 1}
    again = (await teacher.get(CLASSES, params={"grade_id": one["id"]})).json()
    assert [item["name"] for item in again["items"]] == ["2班", "1班"]


async def test_what_is_in_use_is_not_deleted(teacher: httpx.AsyncClient, school: Scope, database: Database) -> None:
    grade = await create(teacher, GRADES, name="一年级")
    made = await create(teacher, CLASSES, grade_id=grade["id"], name="1班")
    with_class = await teacher.delete(f"{GRADES}/{grade['id']}")
    assert (with_class.status_code, with_class.json()["code"]) == (409, "grade_has_classes")
    await follow(database, [said(school, ReaderCreated(**reader(class_id=UUID(made["id"])))) for _ in range(3)])
    for path in (f"{GRADES}/{grade['id']}", f"{CLASSES}/{made['id']}"):
        assert (await teacher.get(path)).json()["readers"] == 3
        refused = await teacher.delete(path)
        assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
        assert "3名读者" in refused.json()["detail"] and "禁用" in refused.json()["detail"]
        assert (await teacher.patch(path, json={"disabled": True})).json()["disabled"] is True


async def test_usage_follows_readers_in_any_order(
    teacher: httpx.AsyncClient, school: Scope, database: Database
) -> None:
    grade = await create(teacher, GRADES, name="一年级")
    one, two = [await create(teacher, CLASSES, grade_id=grade["id"], name=name) for name in ("1班", "2班")]
    from_one, to_two = UUID(one["id"]), UUID(two["id"])
    other = a_school()
    events = [
        said(school, ReaderCreated(**reader(class_id=from_one))),
        said(school, ReaderCreated(**reader(class_id=from_one))),
        said(school, ReaderCreated(**reader())),
        said(school, ReaderChanged(**reader(class_id=to_two, previous_class_id=from_one))),
        said(school, ReaderChanged(**reader(class_id=to_two, previous_class_id=to_two))),
        said(school, ReaderApproved(**reader(class_id=to_two, id_digest="00"))),
        said(school, ReaderDeleted(**reader(previous_class_id=from_one))),
        said(other, ReaderCreated(**reader(class_id=to_two))),
    ]
    for event in reversed(events):
        await follow(database, [event])
    readers = {item["name"]: item["readers"] for item in (await teacher.get(CLASSES)).json()["items"]}
    assert readers == {"1班": 0, "2班": 1}
    assert (await teacher.delete(f"{CLASSES}/{one['id']}")).status_code == 204


async def test_usage_arrives_by_the_broker_once(
    teacher: httpx.AsyncClient, school: Scope, settings: Settings, secrets: Secrets
) -> None:
    grade = await create(teacher, GRADES, name="一年级")
    made = await create(teacher, CLASSES, grade_id=grade["id"], name="1班")
    events = [said(school, ReaderCreated(**reader(class_id=UUID(made["id"])))) for _ in range(700)]
    await publish(settings, secrets, events)
    await publish(settings, secrets, events[:100])

    async def all_are_counted() -> bool:
        return bool((await teacher.get(f"{CLASSES}/{made['id']}")).json()["readers"] >= 700)

    await eventually(all_are_counted)
    administrator = await asyncpg.connect(settings.database_url)
    try:
        assert await administrator.fetchval("select sum(readers) from params.class_usage") == 700
    finally:
        await administrator.close()


async def test_setup_makes_what_is_missing(teacher: httpx.AsyncClient) -> None:
    grade = await create(teacher, GRADES, name="1年级")
    await create(teacher, CLASSES, grade_id=grade["id"], name="(2)班")
    setup = {"stage": "primary", "classes_per_grade": 3}
    first = await teacher.post("/api/params/setup", json=setup)
    assert first.status_code == 200
    assert first.json() == {"grades_created": 5, "grades_existing": 1, "classes_created": 17, "classes_existing": 1}
    again = await teacher.post("/api/params/setup", json=setup)
    assert again.json() == {"grades_created": 0, "grades_existing": 6, "classes_created": 0, "classes_existing": 18}
    named = await teacher.post("/api/params/setup", json={"grades": ["预备班"], "classes_per_grade": 1})
    assert (named.json()["grades_created"], named.json()["classes_created"]) == (1, 1)
    items = (await teacher.get(GRADES)).json()["items"]
    assert [item["name"] for item in items] == ["1年级", "二年级", "三年级", "四年级", "五年级", "六年级", "预备班"]


async def test_setup_that_names_nothing_is_refused(teacher: httpx.AsyncClient) -> None:
    for body in ({}, {"grades": [" "]}, {"grades": ["a\0"]}):
        response = await teacher.post("/api/params/setup", json=body)
        assert (response.status_code, response.json()["code"]) == (422, "param_invalid")


async def test_every_change_is_published_once(teacher: httpx.AsyncClient, school: Scope, settings: Settings) -> None:
    await teacher.post("/api/params/setup", json={"stage": "junior", "classes_per_grade": 2})
    grade = await create(teacher, GRADES, name="四年级")
    made = await create(teacher, CLASSES, grade_id=grade["id"], name="1班")
    for path in (f"{CLASSES}/{made['id']}", f"{GRADES}/{grade['id']}"):
        await teacher.patch(path, json={"remark": "新"})
        await teacher.patch(path, json={"remark": "新"})
        assert (await teacher.delete(path)).status_code == 204
    administrator = await asyncpg.connect(settings.database_url)
    try:
        rows = await administrator.fetch(
            "select split_part(subject, '.', 5) || '.' || split_part(subject, '.', 6) as fact, count(*), "
            "max((convert_from(body, 'utf8')::jsonb ->> 'version')::int) as version "
            "from params.outbox where school_id = $1 group by 1",
            school.school_id,
        )
    finally:
        await administrator.close()
    assert {row["fact"]: (row["count"], row["version"]) for row in rows} == {
        "grade.created": (4, 1),
        "class.created": (7, 1),
        "grade.changed": (1, 2),
        "class.changed": (1, 2),
        "grade.deleted": (1, 3),
        "class.deleted": (1, 3),
    }


async def follow(database: Database, events: list[Event]) -> None:
    await database.run(Caller(WORKER, system_actor("params")), follow_readers, events)
