"""Search, single batches, items: what each scope sees and what is refused."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.database import Database
from shared.tenancy import CITY, Scope
from tests.batches.facts import OPENED_AT, TEACHER, BatchFacts, Said, follow
from tests.running_service import RunningService, a_school

BATCHES = "/api/batches"


async def test_a_batch_as_everybody_sees_it(teacher: httpx.AsyncClient, school: Scope, database: Database) -> None:
    facts = BatchFacts(school, 3)
    await follow(database, [facts.opened(), facts.confirmed(), facts.item(2, "failed"), facts.item(3)])
    batch = (await teacher.get(f"{BATCHES}/{facts.batch_no}")).json()
    assert batch == {
        "batch_no": facts.batch_no,
        "school_id": str(school.school_id),
        "district": "500103",
        "kind": "import",
        "status": "running",
        "total": 3,
        "waiting": 1,
        "succeeded": 1,
        "failed": 1,
        "skipped": 0,
        "opened_by": TEACHER.name,
        "opened_at": "2026-09-01T01:02:03Z",
        "completed_at": None,
        "undone_at": None,
        "filename": "名单.xlsx",
    }
    await follow(database, [facts.item(1)])
    assert (await teacher.get(f"{BATCHES}/{facts.batch_no}")).json()["completed_at"] is not None


async def test_an_undone_batch_keeps_its_counts(teacher: httpx.AsyncClient, school: Scope, database: Database) -> None:
    facts = BatchFacts(school, 2)
    await follow(database, [facts.undone()])
    await follow(database, [facts.opened(), facts.confirmed(), facts.item(1), facts.item(2, "failed")])
    await follow(database, [facts.undone()])
    batch = (await teacher.get(f"{BATCHES}/{facts.batch_no}")).json()
    assert (batch["status"], batch["succeeded"], batch["failed"]) == ("completed", 1, 1)
    assert batch["undone_at"] == "2026-09-01T01:02:03Z"


async def test_what_is_reported_in_a_moment_is_waited_for(
    teacher: httpx.AsyncClient, school: Scope, database: Database
) -> None:
    facts = BatchFacts(school, 1)
    asked = asyncio.create_task(teacher.get(f"{BATCHES}/{facts.batch_no}"))
    await asyncio.wait([asked], timeout=0.1)
    await follow(database, [facts.item(1)])
    await asyncio.wait([asked], timeout=0.1)
    assert not asked.done()
    await follow(database, [facts.opened()])
    assert (await asked).json()["status"] == "draft"


async def test_search(teacher: httpx.AsyncClient, school: Scope, database: Database) -> None:
    stories = [
        BatchFacts(
            school,
            number,
            "approval" if number % 2 else "import",
            batch_no=f"17000000000{number}",
            opened_at=OPENED_AT + timedelta(days=number),
        )
        for number in range(4)
    ]
    await follow(database, [facts.opened() for facts in stories])
    await follow(database, [stories[0].confirmed(), stories[1].cancelled(), stories[2].confirmed()])

    async def found(**query: str | int) -> tuple[list[int], int]:
        answer = (await teacher.get(BATCHES, params=query)).json()
        return [item["total"] for item in answer["items"]], answer["total"]

    assert await found() == ([3, 2, 1, 0], 4)
    assert await found(page=2, page_size=3) == ([0], 4)
    assert await found(page=9) == ([], 4)
    assert await found(kind="import") == ([2, 0], 2)
    assert await found(status="draft") == ([3], 1)
    assert await found(status="completed") == ([0], 1)
    assert await found(status="cancelled", kind="approval") == ([1], 1)
    assert await found(batch_no="170000000002") == ([2], 1)
    assert await found(batch_no="1700") == ([3, 2, 1, 0], 4)
    assert await found(batch_no="%") == ([], 0)
    assert await found(**{"from": "2026-09-02", "to": "2026-09-03"}) == ([2, 1], 2)
    assert await found(**{"from": "2026-09-04T01:02:03Z"}) == ([3], 1)
    assert await found(to="2026-09-01T09:02:03+08:00") == ([0], 1)


async def test_items(teacher: httpx.AsyncClient, school: Scope, database: Database) -> None:
    facts = BatchFacts(school, 7)
    await follow(database, [facts.confirmed(), facts.item(2, "failed"), facts.item(4)])
    await follow(database, [facts.item(5, "skipped"), facts.item(6, "unchanged")])

    async def found(**query: str | int) -> tuple[list[tuple[int, str]], int]:
        answer = (await teacher.get(f"{BATCHES}/{facts.batch_no}/items", params=query)).json()
        return [(item["item_no"], item["outcome"]) for item in answer["items"]], answer["total"]

    assert await found(page_size=4) == ([(1, "waiting"), (2, "failed"), (3, "waiting"), (4, "succeeded")], 7)
    assert await found(page_size=4, page=2) == ([(5, "skipped"), (6, "succeeded"), (7, "waiting")], 7)
    assert await found(page=3) == ([], 7)
    assert await found(outcome="waiting", page_size=2) == ([(1, "waiting"), (3, "waiting")], 3)
    assert await found(outcome="waiting", page_size=2, page=2) == ([(7, "waiting")], 3)
    assert await found(outcome="succeeded") == ([(4, "succeeded"), (6, "succeeded")], 2)
    assert await found(outcome="skipped") == ([(5, "skipped")], 1)
    failed = (await teacher.get(f"{BATCHES}/{facts.batch_no}/items", params={"outcome": "failed"})).json()["items"]
    assert [{**item, "reader_id": "…"} for item in failed] == [
        {
            "item_no": 2,
            "outcome": "failed",
            "reader_id": "…",
            "row": "3",
            "code": "phone_format",
            "detail": "联系电话不正确。",
        }
    ]
    waiting = (await teacher.get(f"{BATCHES}/{facts.batch_no}/items", params={"outcome": "waiting"})).json()["items"]
    assert waiting[0] == {"item_no": 1, "outcome": "waiting"}


async def test_scopes(batches: RunningService, school: Scope, database: Database) -> None:
    facts = BatchFacts(school, 1)
    await follow(database, [facts.confirmed(), facts.item(1, "failed")])
    paths = [f"{BATCHES}/{facts.batch_no}", f"{BATCHES}/{facts.batch_no}/items", f"{BATCHES}/{facts.batch_no}/progress"]
    for scope in (school, Scope("district", "500103"), CITY):
        async with batches.client(scope) as client:
            assert (await client.get(BATCHES)).json()["total"] == 1
            assert [(await client.get(path)).status_code for path in paths] == [200] * 3
    for scope in (a_school(), Scope("district", "500106")):
        async with batches.client(scope) as client:
            assert (await client.get(BATCHES)).json() == {"items": [], "total": 0}
            query = {"school_id": str(school.school_id)}
            assert (await client.get(BATCHES, params=query)).json()["total"] == 0
            asked = [*paths, *(path.replace(facts.batch_no, "1788225723000000009") for path in paths)]
            answers = await asyncio.gather(*(client.get(path, headers={"X-Request-Id": "same"}) for path in asked))
            assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "batch_not_found")}
            assert len({answer.content for answer in answers}) == 1
    async with batches.stranger() as nobody:
        assert [(await nobody.get(path)).status_code for path in [BATCHES, *paths]] == [401] * 4


async def test_equal_numbers_of_two_schools_stay_apart(
    batches: RunningService, school: Scope, database: Database
) -> None:
    other = a_school()
    await follow(database, [BatchFacts(school, 1).opened(), BatchFacts(other, 2).opened()])
    for scope, total in ((school, 1), (other, 2)):
        async with batches.client(scope) as client:
            assert (await client.get(f"{BATCHES}/{BatchFacts(scope, 0).batch_no}")).json()["total"] == total


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "x"},
        {"status": "unopened"},
        {"batch_no": "1" * 21},
        {"batch_no": "\0"},
        {"from": "yesterday"},
        {"from": "2026-13-01"},
        {"to": "9999-12-31"},
        {"page": "0"},
        {"page_size": "1000"},
        {"school_id": "x"},
    ],
)
async def test_bad_queries_are_problems(teacher: httpx.AsyncClient, query: dict[str, str]) -> None:
    response = await teacher.get(BATCHES, params=query)
    assert response.status_code == 400, response.text
    assert response.headers["content-type"].startswith("application/problem+json")


async def test_numbers_that_are_none_are_not_found_at_once(teacher: httpx.AsyncClient) -> None:
    for number in ("x", "1%27", "%00", "1" * 300, "..%2f"):
        response = await teacher.get(f"{BATCHES}/{number}")
        problem: dict[str, Any] = response.json()
        assert response.status_code in (400, 404), problem
    refused = await teacher.get(f"{BATCHES}/1/items", params={"outcome": "lost"})
    assert refused.status_code == 400


async def test_numbers_do_not_hide_other_routes(teacher: httpx.AsyncClient) -> None:
    assert (await teacher.get(f"{BATCHES}/health/live")).json() == {"status": "live"}
    assert "schoolcard_consumer_applied" in (await teacher.get(f"{BATCHES}/metrics")).text
    paths = (await teacher.get(f"{BATCHES}/schema/openapi.json")).json()["paths"]
    assert f"{BATCHES}/{{batch_no}}/progress" in paths


async def test_days_are_counted_within_ones_scope(
    batches: RunningService, teacher: httpx.AsyncClient, school: Scope, database: Database
) -> None:
    """Confirmed batches alone, by the day in Shanghai on which they were opened."""
    other, far = a_school(), a_school("500106")
    next_day = OPENED_AT + timedelta(hours=15)  # 01:02 UTC is 09:02 in Shanghai
    opened = (
        BatchFacts(school, 2, "import", "1788225723000000101"),
        BatchFacts(school, 2, "approval", "1788225723000000102"),
        BatchFacts(school, 2, "approval", "1788225723000000103", next_day),
        BatchFacts(other, 2, "approval", "1788225723000000104"),
        BatchFacts(far, 2, "approval", "1788225723000000105"),
    )
    for facts in opened:
        said: Said = "imported" if facts.kind == "import" else "issued"
        await follow(database, [facts.opened(), facts.confirmed(), facts.item(1, said), facts.item(2, "failed")])
    await follow(database, [BatchFacts(school, 9, "approval", "1788225723000000199").opened()])

    async def days(client: httpx.AsyncClient, **more: str) -> list[tuple[str, str, int, int]]:
        response = await client.get(f"{BATCHES}/days", params={"from": "2026-09-01", "to": "2026-09-30", **more})
        return [(day["day"], day["kind"], day["batches"], day["succeeded"]) for day in response.json()]

    own = [("2026-09-01", "approval", 1, 1), ("2026-09-01", "import", 1, 1), ("2026-09-02", "approval", 1, 1)]
    assert await days(teacher) == own
    assert await days(teacher, school_id=str(other.school_id)) == []
    assert await days(teacher, district="500106") == []
    async with batches.client(Scope("district", "500103")) as district, batches.client(CITY) as city:
        assert (await days(district))[0] == ("2026-09-01", "approval", 2, 2)
        assert await days(district, district="500106") == []
        assert await days(district, school_id=str(school.school_id)) == own
        assert (await days(city))[0] == ("2026-09-01", "approval", 3, 3)
        assert await days(city, district="500106") == [("2026-09-01", "approval", 1, 1)]


@pytest.mark.parametrize(
    ("window", "code"),
    [
        ({"from": "2026-01-01", "to": "2026-12-31"}, "window_too_wide"),
        ({"from": "yesterday", "to": "2026-12-31"}, "moment_malformed"),
        ({"from": "", "to": "2026-12-31"}, "moment_malformed"),
    ],
)
async def test_days_refuse_what_is_no_window(teacher: httpx.AsyncClient, window: dict[str, str], code: str) -> None:
    response = await teacher.get(f"{BATCHES}/days", params=window)
    assert response.status_code == 400
    assert response.json()["code"] == code
