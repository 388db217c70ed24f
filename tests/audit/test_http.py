"""Search, single entries, verification: what each scope sees and what is refused."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from shared.china import local_day
from shared.contracts.card import CardsIssued, IssuedCard
from shared.database import Database
from shared.envelope import Event
from shared.ids import new_id
from shared.tenancy import CITY, Scope, system_actor
from tests.audit.story import (
    LIBRARY,
    an_event,
    batch_opened,
    card_issued,
    district_opened,
    log,
    many_readers,
    reader_created,
)
from tests.running_service import RunningService, a_school

LOGS = "/api/audit/logs"
BATCH = "1788225723000000001"


async def found(client: httpx.AsyncClient, **query: str | int) -> list[str]:
    answer = await client.get(LOGS, params=query)
    assert answer.status_code == 200, answer.text
    return [item["event_id"] for item in answer.json()["items"]]


def ids(*events: Event) -> list[str]:
    return [str(event.id) for event in events]


async def test_an_entry_as_everybody_sees_it(teacher: httpx.AsyncClient, school: Scope, database: Database) -> None:
    event = reader_created(school, batch_no=BATCH, at=datetime(2026, 9, 1, 1, 2, 3, tzinfo=UTC))
    await log(database, [event])
    answer = (await teacher.get(LOGS)).json()
    assert answer == {
        "items": [
            {
                "event_id": str(event.id),
                "occurred_at": "2026-09-01T01:02:03Z",
                "operator": "teacher-a",
                "entity": "reader",
                "fact": "created",
                "subject_id": event.subject_id,
                "reader_id": event.subject_id,
                "batch_no": BATCH,
                "school_id": str(school.school_id),
                "district": "500103",
                "summary": f"teacher-a 新增了读者王*明（5001**********1234）（批次{BATCH}）",
                "detail": {
                    "version": 1,
                    "batch_no": BATCH,
                    "reader_id": event.subject_id,
                    "masked_name": "王*明",
                    "masked_id_number": "5001**********1234",
                },
            }
        ],
        "next_cursor": None,
    }
    english = (await teacher.get(LOGS, params={"lang": "en"})).json()["items"][0]["summary"]
    assert english == f"teacher-a created reader 王*明 (5001**********1234) (batch {BATCH})"


async def test_what_repeats_single_facts_is_kept_and_listed_for_who_asks(
    teacher: httpx.AsyncClient, school: Scope, database: Database
) -> None:
    single = reader_created(school, batch_no=BATCH)
    card = IssuedCard(reader_id=uuid4(), card_id=uuid4(), card_no="500103260000011", version=1)
    told = CardsIssued(actor=system_actor("cards"), version=1, batch_no=BATCH, cards=(card, card))
    together = an_event(school, told)
    await log(database, [together, single])
    for search in ({}, {"batch_no": BATCH}):
        assert await found(teacher, **search) == ids(single)
    for search in ({"operator": "cards"}, {"fact": "issued"}, {"entity": "cards", "batch_no": BATCH}):
        assert await found(teacher, **search) == []
    for search in ({"entity": "cards", "fact": "issued"}, {"entity": "cards", "fact": "issued", "batch_no": BATCH}):
        assert await found(teacher, **search) == ids(together)
    entry = (await teacher.get(f"{LOGS}/{together.id}")).json()
    assert entry["summary"] == f"系统为2名读者办理了读者证（批次{BATCH}）"
    assert entry["detail"] == {"version": 1, "batch_no": BATCH}
    verdict = (await teacher.get("/api/audit/verify")).json()
    assert (verdict["intact"], verdict["entries"]) == (True, 2)


async def test_one_entry(teacher: httpx.AsyncClient, school: Scope, database: Database) -> None:
    event = card_issued(school)
    await log(database, [event, *many_readers(school, 3)])
    entry = (await teacher.get(f"{LOGS}/{event.id}")).json()
    assert entry["event_id"] == str(event.id)
    assert entry["summary"] == "系统为读者王*明办理了读者证500103260000011"
    for unknown in (new_id(), uuid4(), "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-7fff-bfff-ffffffffffff"):
        answer = await teacher.get(f"{LOGS}/{unknown}")
        assert (answer.status_code, answer.json()["code"]) == (404, "log_entry_not_found")


async def test_search(teacher: httpx.AsyncClient, school: Scope, database: Database) -> None:
    now = datetime.now(UTC)
    created = reader_created(school, at=now - timedelta(days=200), batch_no=BATCH)
    opened = batch_opened(school, BATCH, at=now - timedelta(days=100))
    issued = card_issued(school, at=now - timedelta(days=3))
    looked = reader_created(school, at=now - timedelta(days=1), actor=LIBRARY)
    await log(database, [looked, created, issued, opened])

    assert await found(teacher) == ids(looked, issued, opened, created)
    assert await found(teacher, batch_no=BATCH) == ids(opened, created)
    assert await found(teacher, batch_no=BATCH, entity="reader") == ids(created)
    assert await found(teacher, batch_no="1") == []
    assert await found(teacher, operator="teacher-a") == ids(opened, created)
    assert await found(teacher, operator="cards") == ids(issued)
    assert await found(teacher, operator="district-500103", fact="created") == ids(looked)
    assert await found(teacher, entity="card") == ids(issued)
    assert await found(teacher, fact="opened") == ids(opened)
    assert await found(teacher, reader=issued.subject_id) == ids(issued)
    assert await found(teacher, reader=str(uuid4())) == []
    assert await found(teacher, school_id=str(school.school_id)) == ids(looked, issued, opened, created)
    assert await found(teacher, school_id=str(uuid4())) == []
    assert await found(teacher, operator="", batch_no="") == ids(looked, issued, opened, created)

    at = opened.time.isoformat()
    assert await found(teacher, **{"from": at}) == ids(looked, issued, opened)
    assert await found(teacher, to=at) == ids(opened, created)
    assert await found(teacher, **{"from": at, "to": at}) == ids(opened)
    day = local_day(opened.time)
    around = {"from": (day - timedelta(days=1)).isoformat(), "to": day.isoformat()}
    assert ids(opened)[0] in await found(teacher, **around)
    assert await found(teacher, **{"from": "2001-01-01", "to": "2001-12-31"}) == []


async def test_pages_of_a_batch_mix_its_kinds(teacher: httpx.AsyncClient, school: Scope, database: Database) -> None:
    """Whatever is asked of it: each page goes on where the last one ended, nothing twice, nothing left out."""
    now = datetime.now(UTC)
    events = [
        batch_opened(school, BATCH, at=now - timedelta(days=3 * number // 2))
        if number % 5 == 0
        else reader_created(school, at=now - timedelta(days=3 * number // 2), batch_no=BATCH)
        for number in range(60)
    ]
    await log(database, [*events, *many_readers(school, 20)])
    newest = sorted(events, key=lambda event: (event.time, event.id), reverse=True)
    conditions: list[dict[str, str]] = [
        {},
        {"entity": "reader"},
        {"fact": "opened"},
        {"entity": "batch", "fact": "opened"},
    ]
    for more in conditions:
        wanted = [event for event in newest if {"entity": event.entity, "fact": event.fact}.items() >= more.items()]
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            answer = (await teacher.get(LOGS, params={"batch_no": BATCH, "limit": 7, "cursor": cursor, **more})).json()
            seen += [item["event_id"] for item in answer["items"]]
            cursor = answer["next_cursor"]
        assert seen == ids(*wanted), more


async def test_days_are_those_of_shanghai(teacher: httpx.AsyncClient, school: Scope, database: Database) -> None:
    moments = ["2026-08-31T15:59:59.999999Z", "2026-08-31T16:00:00Z", "2026-09-01T15:59:59.999999Z"]
    events = [reader_created(school, at=datetime.fromisoformat(moment)) for moment in moments]
    await log(database, events)
    assert await found(teacher, **{"from": "2026-09-01", "to": "2026-09-01"}) == ids(events[2], events[1])
    assert await found(teacher, **{"from": "2026-09-01T00:00:00"}) == ids(events[2], events[1])
    # A plus that was not escaped.
    answer = await teacher.get(f"{LOGS}?from=2026-09-01T00:00:00+08:00")
    assert [item["event_id"] for item in answer.json()["items"]] == ids(events[2], events[1])


async def test_pages_are_complete_while_entries_arrive(
    teacher: httpx.AsyncClient, school: Scope, database: Database
) -> None:
    now = datetime.now(UTC)
    # Thirteen months, several entries of one transaction (one moment), and a boundary of the months that are tried.
    events = [
        reader_created(school, at=now - timedelta(days=3 * (number // 4)) - timedelta(hours=1)) for number in range(500)
    ]
    await log(database, events)
    seen: list[str] = []
    cursor = ""
    while True:
        answer = (await teacher.get(LOGS, params={"limit": 37, "cursor": cursor})).json()
        seen += [item["event_id"] for item in answer["items"]]
        if answer["next_cursor"] is None:
            break
        assert len(answer["items"]) == 37
        cursor = answer["next_cursor"]
        await log(database, [reader_created(school), *many_readers(a_school(), 2)])
    newest_first = sorted(events, key=lambda event: (event.time, event.id.bytes), reverse=True)
    assert seen == ids(*newest_first)


async def test_a_page_may_end_with_the_log(teacher: httpx.AsyncClient, school: Scope, database: Database) -> None:
    await log(database, many_readers(school, 10))
    answer = (await teacher.get(LOGS, params={"limit": 10})).json()
    assert (len(answer["items"]), answer["next_cursor"]) == (10, None)


async def test_scopes(audit: RunningService, database: Database) -> None:
    one, neighbour, elsewhere = a_school(), a_school(), a_school("500106")
    events = {
        "one": reader_created(one, batch_no=BATCH),
        "neighbour": card_issued(neighbour),
        "elsewhere": reader_created(elsewhere),
        "district": district_opened("500103"),
        "city": district_opened(None),
    }
    await log(database, list(events.values()))
    sees = {
        "one": (one, {"one"}),
        "neighbour": (neighbour, {"neighbour"}),
        "stranger": (a_school(), set()),
        "district": (Scope("district", "500103"), {"one", "neighbour", "district"}),
        "other district": (Scope("district", "500106"), {"elsewhere"}),
        "city": (CITY, set(events)),
    }
    for scope, visible in sees.values():
        async with audit.client(scope) as client:
            assert set(await found(client)) == {str(events[name].id) for name in visible}
            for name, event in events.items():
                answer = await client.get(f"{LOGS}/{event.id}")
                assert answer.status_code == (200 if name in visible else 404)
                everything: Mapping[str, Any] = {"reader": event.subject_id} if "opened" not in event.ce_type else {}
                if everything:
                    assert set(await found(client, **everything)) == ({str(event.id)} if name in visible else set())
            assert set(await found(client, batch_no=BATCH)) == ({str(events["one"].id)} if "one" in visible else set())
            of_one = set(await found(client, school_id=str(one.school_id)))
            assert of_one == ({str(events["one"].id)} if "one" in visible else set())
            verdict = (await client.get("/api/audit/verify")).json()
            assert verdict == {"intact": True, "entries": len(visible), "first_broken": None}
            verdict = (await client.get("/api/audit/verify", params={"school_id": str(one.school_id)})).json()
            assert verdict["entries"] == len({"one"} & visible)


async def test_a_foreign_entry_answers_as_one_that_never_was(
    teacher: httpx.AsyncClient, audit: RunningService, database: Database
) -> None:
    foreign = reader_created(a_school("500106"))
    await log(database, [foreign])
    answers = [await teacher.get(f"{LOGS}/{event_id}") for event_id in (foreign.id, new_id())]
    bodies = [answer.json() | {"request_id": ""} for answer in answers]
    assert answers[0].status_code == 404
    assert bodies[0] == bodies[1]


async def test_strangers_are_refused_everywhere(audit: RunningService) -> None:
    async with audit.stranger() as client:
        for path in ("logs", f"logs/{new_id()}", "logs/export.xlsx", "verify"):
            answer = await client.get(f"/api/audit/{path}")
            assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


async def test_nobody_writes(teacher: httpx.AsyncClient) -> None:
    for path in ("logs", "logs/export.xlsx", "verify", f"logs/{new_id()}"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert (await teacher.request(method, f"/api/audit/{path}", json={})).status_code == 405


BAD_CONDITIONS = (
    {"from": "yesterday"},
    {"from": "2026-13-01"},
    {"from": "9999-12-31T23:59:59-14:00"},
    {"to": "9999-12-31"},
    {"to": "0001-01-01T00:00:00+14:00"},
    {"reader": "1"},
    {"school_id": "1"},
    {"lang": "fr"},
    {"operator": "x" * 101},
    {"operator": "a\0b"},
    {"batch_no": "\0"},
)
BAD_PAGES = (
    {"cursor": "nonsense"},
    {"cursor": "WzFd"},
    {"cursor": "WzFlMzAsIngiXQ"},
    {"cursor": base64.urlsafe_b64encode(f'[{2**62}, "{new_id()}"]'.encode()).decode()},
    {"cursor": base64.urlsafe_b64encode(f'[{2**70}, "{new_id()}"]'.encode()).decode()},
    {"limit": "0"},
    {"limit": "201"},
    {"limit": "many"},
)


async def test_bad_conditions(teacher: httpx.AsyncClient) -> None:
    for path, queries in (("logs", BAD_CONDITIONS + BAD_PAGES), ("logs/export.xlsx", BAD_CONDITIONS)):
        for query in queries:
            answer = await teacher.get(f"/api/audit/{path}", params=query)
            assert answer.status_code == 400, (query, answer.text)
            assert answer.json()["code"] in ("malformed_request", "moment_malformed")


async def test_cursors_at_the_ends_of_time(teacher: httpx.AsyncClient) -> None:
    for microseconds in (-62_135_596_800_000_000, 253_402_300_799_999_999):
        cursor = base64.urlsafe_b64encode(f'[{microseconds}, "{new_id()}"]'.encode()).decode()
        assert await found(teacher, cursor=cursor) == []
