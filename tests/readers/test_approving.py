"""Approval batches: drafts, chunks, what became of every item, redelivery, expiry."""

import asyncio
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import uuid4

import asyncpg
import httpx
import pytest

from services.readers import approving
from services.readers.approving import ApprovalChunk, approve_chunk, confirm_approval
from services.readers.sealing import Private, Sealer
from services.readers.tidying import Tidying
from shared.database import Database
from shared.tenancy import Actor, Caller, Scope, system_actor
from tests.readers.conftest import Told
from tests.readers.people import APPROVALS, READERS, CardsOf, ParamsOf, create, fetch, id_number
from tests.running_service import RunningService
from tests.waiting import eventually

Administrator: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def open_batch(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    response = await client.post(APPROVALS, json=body)
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def statuses(client: httpx.AsyncClient) -> list[str]:
    items = (await client.get(READERS, params={"sort": "created_at", "page_size": 200})).json()["items"]
    return [item["status"] for item in items]


async def done(administrator: Administrator, batch_no: str, count: int) -> None:
    async def all_are() -> bool:
        carried_out = await administrator.fetchval(
            "select coalesce(sum(last - first + 1), 0) from readers.approval_chunks where batch_no = $1 and done",
            batch_no,
        )
        return bool(carried_out == count)

    await eventually(all_are)


async def test_a_batch_approves_all_that_match(
    teacher: httpx.AsyncClient, params: ParamsOf, told: Told, administrator: Administrator, school: Scope
) -> None:
    grade_id = await params.grade()
    one, two = [await params.school_class(grade_id, name) for name in ("1班", "2班")]
    for n in range(5):
        await create(teacher, n, class_id=str(one if n < 3 else two))
    draft = await open_batch(teacher, filter={"class_id": str(one)})
    assert {key: draft[key] for key in ("status", "total", "opened_by")} == {
        "status": "draft",
        "total": 3,
        "opened_by": "teacher",
    }
    assert len(draft["batch_no"]) == 19 and draft["batch_no"].isdigit()
    assert (await teacher.get(f"{APPROVALS}/{draft['batch_no']}")).json() == draft
    assert await statuses(teacher) == ["pending"] * 5
    confirmed = await teacher.post(f"{APPROVALS}/{draft['batch_no']}/confirm")
    assert (confirmed.status_code, confirmed.json()) == (202, draft | {"status": "running"})
    await done(administrator, draft["batch_no"], 3)
    assert await statuses(teacher) == ["approved"] * 3 + ["pending"] * 2
    facts = await told.facts("reader.approved")
    assert [(fact["batch_no"], fact["item_no"], fact["version"]) for fact in facts] == [
        (draft["batch_no"], item_no, 2) for item_no in (1, 2, 3)
    ]
    assert [fact["masked_id_number"][-4:] for fact in facts] == [id_number(n)[-4:] for n in range(3)]
    [together] = await told.facts("readers.approved")
    assert together["batch_no"] == draft["batch_no"]
    assert all(one.items() <= fact.items() for one, fact in zip(together["readers"], facts, strict=True))
    # The log names who confirmed, not the worker.
    assert {(fact["actor"]["name"], fact["actor"]["kind"]) for fact in facts} == {("teacher", "user")}
    (opened,), (running,) = await told.facts("batch.opened"), await told.facts("batch.confirmed")
    for fact in (opened, running):
        assert (fact["batch_no"], fact["kind"], fact["total"]) == (draft["batch_no"], "approval", 3)
    assert running["opened_by"] == "teacher"


async def test_chosen_readers_who_cannot_be_approved_are_skipped_with_a_reason(
    teacher: httpx.AsyncClient, cards: CardsOf, told: Told, administrator: Administrator
) -> None:
    made = [(await create(teacher, n))["id"] for n in range(5)]
    pending, alone, carded, returned, gone = made
    for reader_id in (carded,):
        await teacher.post(f"{READERS}/{reader_id}/approve")
        await cards.say(cards.issued(reader_id))
    await teacher.post(f"{READERS}/{returned}/return", json={"reason": "名字写错"})
    draft = await open_batch(teacher, reader_ids=[*made, pending])
    assert draft["total"] == 5
    await teacher.post(f"{READERS}/{alone}/approve")
    assert (await teacher.delete(f"{READERS}/{gone}")).status_code == 204
    await teacher.post(f"{APPROVALS}/{draft['batch_no']}/confirm")
    await done(administrator, draft["batch_no"], 5)
    skipped = {fact["reader_id"]: fact["code"] for fact in await told.facts("batch.item_skipped")}
    assert skipped == {
        alone: "already_approved",
        carded: "already_carded",
        returned: "reader_returned",
        gone: "reader_deleted",
    }
    approved = [fact for fact in await told.facts("reader.approved") if fact.get("batch_no")]
    assert [fact["reader_id"] for fact in approved] == [pending]
    numbered = [fact["item_no"] for fact in [*approved, *await told.facts("batch.item_skipped")]]
    assert sorted(numbered) == [1, 2, 3, 4, 5]


async def test_a_chunk_that_comes_again_does_nothing(
    teacher: httpx.AsyncClient,
    database: Database,
    sealer: Sealer,
    school: Scope,
    told: Told,
    administrator: Administrator,
) -> None:
    for n in range(3):
        await create(teacher, n)
    batch_no = (await open_batch(teacher, filter={}))["batch_no"]
    caller = Caller(school, system_actor("readers"))
    # Confirmed with nobody to send the chunks on: all deliveries are made here.
    await database.run(caller, confirm_approval, batch_no)
    chunk = ApprovalChunk(batch_no, 1, 3, Actor(uuid4(), "teacher"))
    await asyncio.gather(*(database.run(caller, approve_chunk, sealer, chunk) for _ in range(4)))
    await database.run(caller, approve_chunk, sealer, chunk)
    assert len(await told.facts("reader.approved")) == 3
    assert [reader["version"] for reader in (await teacher.get(READERS)).json()["items"]] == [2, 2, 2]


async def test_two_batches_of_the_same_readers_approve_each_once(
    teacher: httpx.AsyncClient, told: Told, administrator: Administrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approving, "CHUNK", 4)
    for n in range(10):
        await create(teacher, n)
    batches = [(await open_batch(teacher, filter={"status": "pending"}))["batch_no"] for _ in range(2)]
    await asyncio.gather(*(teacher.post(f"{APPROVALS}/{batch_no}/confirm") for batch_no in batches))
    for batch_no in batches:
        await done(administrator, batch_no, 10)
    approved = await told.facts("reader.approved")
    assert len({fact["reader_id"] for fact in approved}) == len(approved) == 10
    skipped = await told.facts("batch.item_skipped")
    assert {fact["code"] for fact in skipped} == {"already_approved"}
    items = [(fact["batch_no"], fact["item_no"]) for fact in [*approved, *skipped]]
    assert sorted(items) == sorted((batch_no, item_no) for batch_no in batches for item_no in range(1, 11))


async def test_a_draft_is_confirmed_or_cancelled_once(teacher: httpx.AsyncClient, told: Told) -> None:
    await create(teacher)
    draft = (await open_batch(teacher, filter={}))["batch_no"]
    assert (await teacher.delete(f"{APPROVALS}/{draft}")).status_code == 204
    assert (await teacher.get(f"{APPROVALS}/{draft}")).json()["status"] == "cancelled"
    for answer in (await teacher.delete(f"{APPROVALS}/{draft}"), await teacher.post(f"{APPROVALS}/{draft}/confirm")):
        assert (answer.status_code, answer.json()["code"]) == (409, "batch_not_draft")
    assert [fact["reason"] for fact in await told.facts("batch.cancelled") if "reason" in fact] == []
    assert await statuses(teacher) == ["pending"]
    again = (await open_batch(teacher, filter={}))["batch_no"]
    answers = await asyncio.gather(*(teacher.post(f"{APPROVALS}/{again}/confirm") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409]
    assert (await teacher.delete(f"{APPROVALS}/{again}")).json()["code"] == "batch_not_draft"
    assert len(await told.facts("batch.confirmed")) == 1


async def test_a_repeated_key_opens_and_confirms_once(teacher: httpx.AsyncClient, told: Told) -> None:
    await create(teacher)
    key = {"Idempotency-Key": "open"}
    first, again = [await teacher.post(APPROVALS, json={"filter": {}}, headers=key) for _ in range(2)]
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    confirm = f"{APPROVALS}/{first.json()['batch_no']}/confirm"
    answers = [await teacher.post(confirm, headers={"Idempotency-Key": "confirm"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert len(await told.facts("batch.opened")) == len(await told.facts("batch.confirmed")) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "choice_unclear"),
        ({"reader_ids": [str(uuid4())], "filter": {}}, 422, "choice_unclear"),
        ({"filter": {}}, 422, "nothing_to_approve"),
        ({"filter": {"status": "carded"}}, 422, "nothing_to_approve"),
        ({"filter": {"id_number": "12"}}, 422, "nothing_to_approve"),
        ({"filter": {"nmae": "王"}}, 400, "malformed_request"),
        ({"filter": {"name": "\x00"}}, 400, "malformed_request"),
        ({"filter": None}, 400, "malformed_request"),
        ({"reader_ids": []}, 400, "malformed_request"),
        ({"reader_ids": ["1"]}, 400, "malformed_request"),
        ({"reader_ids": [str(uuid4())] * 20_001}, 400, "malformed_request"),
        ({"reader_ids": [str(uuid4())]}, 404, "reader_not_found"),
    ],
)
async def test_choices_that_are_none(teacher: httpx.AsyncClient, body: Any, status: int, code: str) -> None:
    answer = await teacher.post(APPROVALS, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_nobody_pending_among_the_chosen(teacher: httpx.AsyncClient) -> None:
    reader_id = (await create(teacher))["id"]
    await teacher.post(f"{READERS}/{reader_id}/approve")
    answer = await teacher.post(APPROVALS, json={"reader_ids": [reader_id]})
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_approve")


async def test_drafts_expire_after_a_day(
    teacher: httpx.AsyncClient, database: Database, administrator: Administrator, told: Told, school: Scope
) -> None:
    await create(teacher)
    old, new = [(await open_batch(teacher, filter={}))["batch_no"] for _ in range(2)]
    await administrator.execute(
        "update readers.approvals set opened_at = opened_at - $1::interval where batch_no = $2",
        timedelta(days=1, minutes=1),
        old,
    )
    await Tidying(database).tick()
    assert (await teacher.get(f"{APPROVALS}/{old}")).json()["status"] == "cancelled"
    assert (await teacher.get(f"{APPROVALS}/{new}")).json()["status"] == "draft"
    (fact,) = await told.facts("batch.cancelled")
    assert (fact["batch_no"], fact["kind"], fact["reason"]) == (old, "approval", "expired")
    assert await told.subjects("batch.cancelled") == [f"sc.v1.500103.{school.school_id}.batch.cancelled"]
    left = await administrator.fetch("select distinct batch_no from readers.approval_items")
    assert [row["batch_no"] for row in left] == [new]


async def test_many_forgotten_drafts_expire_in_bites(
    teacher: httpx.AsyncClient, database: Database, administrator: Administrator
) -> None:
    await create(teacher)
    for _ in range(51):
        await open_batch(teacher, filter={})
    await administrator.execute("update readers.approvals set opened_at = opened_at - interval '2 days'")
    for left in (1, 0):
        await Tidying(database).tick()
        drafts = "select count(*) from readers.approvals where status = 'draft'"
        assert await administrator.fetchval(drafts) == left


async def test_items_that_were_carried_out_are_erased(
    teacher: httpx.AsyncClient, database: Database, administrator: Administrator, readers: RunningService
) -> None:
    await create(teacher)
    batch_no = (await open_batch(teacher, filter={}))["batch_no"]
    await teacher.post(f"{APPROVALS}/{batch_no}/confirm")
    await done(administrator, batch_no, 1)
    await Tidying(database).tick()
    assert await administrator.fetchval("select count(*) from readers.approval_items") == 1
    await administrator.execute("update readers.approvals set confirmed_at = confirmed_at - interval '9 days'")
    await Tidying(database).tick()
    assert await administrator.fetchval("select count(*) from readers.approval_items") == 0
    assert await administrator.fetchval("select erased from readers.approvals") is True


async def test_thousands_in_chunks(
    teacher: httpx.AsyncClient, administrator: Administrator, school: Scope, sealer: Sealer, told: Told
) -> None:
    made = await create(teacher)
    rows = [(uuid4(), n) for n in range(2500)]
    await administrator.executemany(
        """
        insert into readers.readers (school_id, district, id, name, home_district, sealed, id_digest, id_tail,
            created_at, updated_at)
        values ($1, '500103', $2, '王明', '500103', $3, sha256($4::text::bytea), '\\x00', now(), now())
        """,
        [
            (school.school_id, reader_id, sealer.seal(reader_id, Private(id_number(n), "13800138000")), str(n))
            for reader_id, n in rows
        ],
    )
    draft = await open_batch(teacher, filter={"name": "王明"})
    assert draft["total"] == 2500
    await teacher.post(f"{APPROVALS}/{draft['batch_no']}/confirm")
    await done(administrator, draft["batch_no"], 2500)
    facts = await told.facts("reader.approved")
    assert sorted(fact["item_no"] for fact in facts) == list(range(1, 2501))
    counts = (await teacher.get(f"{READERS}/counts")).json()
    assert sorted((count["status"], count["readers"]) for count in counts) == [("approved", 2500), ("pending", 1)]
    assert (await fetch(teacher, made["id"]))["status"] == "pending"
