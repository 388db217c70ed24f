"""Grades over HTTP: create, change, order, delete, list, and what is refused."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.tenancy import CITY, Scope
from tests.running_service import RunningService, a_school

GRADES = "/api/params/grades"


async def create(client: httpx.AsyncClient, name: str, **more: object) -> dict[str, Any]:
    response = await client.post(GRADES, json={"name": name, **more})
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_created_grade_can_be_read_back(teacher: httpx.AsyncClient, school: Scope) -> None:
    grade = await create(teacher, " 一年级 ", sort_order=3, remark=" 备注 ")
    assert grade == {
        "id": grade["id"],
        "school_id": str(school.school_id),
        "name": "一年级",
        "disabled": False,
        "sort_order": 3,
        "remark": "备注",
        "version": 1,
        "classes": 0,
        "readers": 0,
    }
    response = await teacher.get(f"{GRADES}/{grade['id']}")
    assert response.json() == grade
    assert response.headers["etag"] == '"1"'


async def test_names_are_unique_however_they_are_written(teacher: httpx.AsyncClient) -> None:
    await create(teacher, "1 年级")
    response = await teacher.post(GRADES, json={"name": "１  年级 "})
    assert response.status_code == 409
    assert response.json()["code"] == "name_taken"
    assert response.json()["errors"][0]["field"] == "name"
    other = await create(teacher, "2 年级")
    renamed = await teacher.patch(f"{GRADES}/{other['id']}", json={"name": "1 年级"})
    assert (renamed.status_code, renamed.json()["code"]) == (409, "name_taken")


async def test_two_schools_may_use_the_same_name(params: RunningService) -> None:
    for _ in range(2):
        async with params.client(a_school()) as client:
            await create(client, "一年级")


async def test_many_at_once_make_one(teacher: httpx.AsyncClient) -> None:
    responses = await asyncio.gather(*(teacher.post(GRADES, json={"name": "一年级"}) for _ in range(8)))
    assert sorted(response.status_code for response in responses) == [201] + [409] * 7


async def test_change_names_only_what_changes(teacher: httpx.AsyncClient) -> None:
    grade = await create(teacher, "一年级", sort_order=3)
    path = f"{GRADES}/{grade['id']}"
    changed = (await teacher.patch(path, json={"disabled": True}, headers={"If-Match": '"1"'})).json()
    assert changed == grade | {"disabled": True, "version": 2}
    same = await teacher.patch(path, json={"disabled": True})
    assert same.json()["version"] == 2
    for stale in ({"headers": {"If-Match": '"1"'}, "json": {}}, {"json": {"version": 1}}):
        response = await teacher.patch(path, **stale)
        assert (response.status_code, response.json()["code"]) == (412, "stale_version")
    assert (await teacher.delete(path, headers={"If-Match": "nonsense"})).status_code == 412


async def test_deleted_grade_is_gone(teacher: httpx.AsyncClient) -> None:
    grade = await create(teacher, "一年级")
    path = f"{GRADES}/{grade['id']}"
    assert (await teacher.delete(path)).status_code == 204
    missing = await teacher.get(path)
    assert (missing.status_code, missing.json()["code"]) == (404, "grade_not_found")
    assert (await teacher.delete(path)).status_code == 404


async def test_list_is_ordered_searched_and_paged(teacher: httpx.AsyncClient) -> None:
    await create(teacher, "丙", sort_order=1)
    await create(teacher, "乙_100%", sort_order=2, disabled=True)
    await create(teacher, "甲", sort_order=2)

    async def names(**query: str | int) -> tuple[list[str], int]:
        answer = (await teacher.get(GRADES, params=query)).json()
        return [item["name"] for item in answer["items"]], answer["total"]

    assert await names() == (["丙", "乙_100%", "甲"], 3)
    assert await names(page=2, page_size=2) == (["甲"], 3)
    assert await names(q="0%") == (["乙_100%"], 1)
    assert await names(q="%") == (["乙_100%"], 1)
    assert await names(q="１００") == (["乙_100%"], 1)
    assert await names(q="'\\") == ([], 0)
    assert await names(disabled="true") == (["乙_100%"], 1)
    assert await names(disabled="false") == (["丙", "甲"], 2)
    assert await names(unknown="x") == (["丙", "乙_100%", "甲"], 3)


async def test_order_numbers_those_named(teacher: httpx.AsyncClient, params: RunningService) -> None:
    one, two = await create(teacher, "一"), await create(teacher, "二")
    async with params.client(a_school()) as client:
        foreign = await create(client, "三")
    response = await teacher.put(f"{GRADES}/order", json={"ids": [two["id"], foreign["id"], one["id"]]})
    assert response.json() == {"changed": 2}
    repeated = await teacher.put(f"{GRADES}/order", json={"ids": [one["id"], one["id"]]})
    assert (repeated.status_code, repeated.json()["code"]) == (422, "param_invalid")
    items = (await teacher.get(GRADES)).json()["items"]
    assert [(item["name"], item["sort_order"], item["version"]) for item in items] == [("二", 1, 2), ("一", 3, 2)]


async def test_districts_and_the_city_read_and_do_not_write(teacher: httpx.AsyncClient, params: RunningService) -> None:
    grade = await create(teacher, "一年级")
    path = f"{GRADES}/{grade['id']}"
    for scope in (Scope("district", "500103"), CITY):
        async with params.client(scope) as admin:
            assert (await admin.get(path)).json() == grade
            assert (await admin.get(GRADES, params={"school_id": grade["school_id"]})).json()["total"] == 1
            assert (await admin.get(GRADES, params={"school_id": str(uuid4())})).json()["total"] == 0
            for refused in (
                await admin.post(GRADES, json={"name": "二年级"}),
                await admin.patch(path, json={}),
                await admin.delete(path),
                await admin.put(f"{GRADES}/order", json={"ids": [grade["id"]]}),
                await admin.post("/api/params/setup", json={"stage": "primary"}),
            ):
                assert (refused.status_code, refused.json()["code"]) == (403, "scope_forbidden")


async def test_strangers_get_what_an_unknown_id_gets(teacher: httpx.AsyncClient, params: RunningService) -> None:
    grade = await create(teacher, "一年级")
    for scope in (a_school(), Scope("district", "500106")):
        async with params.client(scope) as stranger:
            assert (await stranger.get(GRADES)).json() == {"items": [], "total": 0}
            assert (await stranger.get(GRADES, params={"school_id": grade["school_id"]})).json()["total"] == 0
            known, unknown = [
                (await stranger.get(f"{GRADES}/{id_}", headers={"X-Request-Id": "same"}))
                for id_ in (grade["id"], uuid4())
            ]
            assert (known.status_code, known.content) == (404, unknown.content)
    async with params.client(a_school()) as stranger:
        for method, body in (("PATCH", {"name": "x"}), ("DELETE", None)):
            response = await stranger.request(method, f"{GRADES}/{grade['id']}", json=body)
            assert response.status_code == 404
    async with params.stranger() as nobody:
        assert (await nobody.get(GRADES)).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"name": "x", "colour": "red"}, 400),
        ({"name": 5}, 400),
        ({"name": ""}, 400),
        ({"name": "长" * 51}, 400),
        ({"name": "x", "sort_order": -1}, 400),
        ({"name": "x", "sort_order": 2**40}, 400),
        ({"name": " \u3000"}, 422),
        ({"name": "a\0b"}, 422),
        ({"name": "a\u202eb"}, 422),
        ({"name": "a", "remark": "a\0b"}, 422),
        ({"name": None}, 400),
    ],
)
async def test_bad_input_is_a_problem(teacher: httpx.AsyncClient, body: dict[str, object], status: int) -> None:
    response = await teacher.post(GRADES, json=body)
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/problem+json")
    assert (await teacher.get(GRADES)).json()["total"] == 0


async def test_bad_queries_are_problems(teacher: httpx.AsyncClient) -> None:
    for query in (
        {"page": 0},
        {"page_size": 201},
        {"school_id": "x"},
        {"disabled": "perhaps"},
        {"q": "x" * 51},
        {"q": "\0"},
    ):
        response = await teacher.get(GRADES, params=query)
        assert response.status_code == 400, query
    assert (await teacher.get(f"{GRADES}/not-an-id")).status_code == 404
    lone_surrogate = await teacher.post(
        GRADES, content=b'{"name": "\\ud800"}', headers={"Content-Type": "application/json"}
    )
    assert lone_surrogate.status_code in (400, 422)


async def test_the_same_key_creates_once(teacher: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "k1"}
    first = await teacher.post(GRADES, json={"name": "一年级"}, headers=key)
    again = await teacher.post(GRADES, json={"name": "一年级"}, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    other = await teacher.post(GRADES, json={"name": "二年级"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
