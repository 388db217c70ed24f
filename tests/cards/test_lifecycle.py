"""Steps over HTTP: one card's whole life, many at once, strangers, and what was told."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.cards.resuming import resume_overdue
from shared.china import local_day
from shared.contracts.card import CardClosed, CardHandedOut, CardMadePhysical, CardReplaced, CardResumed, CardSuspended
from shared.database import Database
from shared.tenancy import CITY, WORKER, Actor, Caller, Scope, system_actor
from tests.cards.approvals import approval, batch, follow, told
from tests.running_service import RunningService, a_school

CARDS = "/api/cards"
Administrator: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def step(client: httpx.AsyncClient, card_no: str, name: str, **body: Any) -> dict[str, Any]:
    response = await client.post(f"{CARDS}/{card_no}/{name}", json=body)
    assert response.status_code == 200, response.text
    card: dict[str, Any] = response.json()
    return card


async def refused(client: httpx.AsyncClient, card_no: str, name: str, **body: Any) -> str:
    response = await client.post(f"{CARDS}/{card_no}/{name}", json=body)
    assert (response.status_code, response.json()["code"]) == (409, "step_refused"), response.text
    code: str = response.json()["errors"][0]["code"]
    return code


async def issue(
    database: Database, administrator: Administrator, school: Scope, count: int = 1, **more: Any
) -> list[str]:
    await follow(database, [approval(school, f"{uuid4()}", **more) for _ in range(count)])
    return [fact.card_no for fact in (await told(administrator, school))[-count:]]


async def test_a_cards_whole_life(
    library: httpx.AsyncClient, school: Scope, database: Database, administrator: Administrator
) -> None:
    fee = await library.post(f"{CARDS}/privileges", json={"physical_fee_fen": 1500})
    assert fee.status_code == 201, fee.text
    (number,) = await issue(database, administrator, school)
    wanted = await step(library, number, "make-physical")
    assert (wanted["kind"], wanted["physical"], wanted["fee_fen"]) == ("physical", "wanted", 0)
    assert await refused(library, number, "hand-out") == "physical_wanted"
    await step(library, number, "print")
    given = await step(library, number, "hand-out")
    assert (given["physical"], given["handed_out_by"]) == ("handed_out", "teacher")
    await step(library, number, "report-lost")
    new = await step(library, number, "replace", reason="书包丢了")
    assert new["card_no"] != number and new["previous_card_no"] == number
    assert (new["physical"], new["fee_fen"], new["card_id"]) == ("wanted", 1500, given["card_id"])
    old = (await library.get(f"{CARDS}/{number}")).json()
    assert (old["status"], old["reason_code"]) == ("replaced", "lost")
    assert await refused(library, number, "resume") == "card_replaced"
    until = str(local_day(datetime.now(UTC)) + timedelta(days=30))
    stopped = await step(library, new["card_no"], "suspend", reason_code="overdue", until=until)
    assert (stopped["status"], stopped["reason"], stopped["suspended_until"]) == ("suspended", "图书逾期未还", until)
    assert (await step(library, new["card_no"], "resume"))["status"] == "active"
    closed = await step(library, new["card_no"], "close", reason_code="left_school", reason="转学")
    assert (closed["status"], closed["reason"]) == ("closed", "转学")
    history = (await library.get(f"{CARDS}/{number}/history")).json()
    assert [(entry["version"], entry["step"]) for entry in history] == [
        (1, "issued"),
        (2, "make_physical"),
        (3, "print"),
        (4, "hand_out"),
        (5, "report_lost"),
        (6, "replace"),
        (7, "suspend"),
        (8, "resume"),
        (9, "close"),
    ]
    assert {entry["card_no"] for entry in history} == {number, new["card_no"]}
    assert history == (await library.get(f"{CARDS}/{new['card_no']}/history")).json()
    facts = await told(administrator, school)
    assert [fact.version for fact in facts] == list(range(1, 10))
    replaced = next(fact for fact in facts if isinstance(fact, CardReplaced))
    assert (replaced.card_no, replaced.previous_card_no, replaced.fee_fen) == (new["card_no"], number, 1500)
    assert isinstance(facts[-1], CardClosed) and facts[-1].reason_code == "left_school"
    assert await administrator.fetchval("select count(*) from cards.identity_claims") == 0
    assert await administrator.fetchval("select count(*) from cards.card_numbers") == 2


async def test_many_at_once_by_class(
    library: httpx.AsyncClient, school: Scope, database: Database, administrator: Administrator
) -> None:
    class_id = uuid4()
    numbers = await issue(database, administrator, school, 30, class_id=class_id)
    await issue(database, administrator, school, 5, class_id=uuid4())
    await step(library, numbers[0], "suspend", reason_code="uncivil")

    async def many(name: str, **more: Any) -> dict[str, Any]:
        response = await library.post(f"{CARDS}/steps", json={"step": name, **more})
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    of_class = {"filter": {"class_id": str(class_id)}}
    made = await many("make_physical", **of_class)
    assert (made["done"], made["refused"]) == (29, 1)
    assert made["refusals"] == [
        {"card_no": numbers[0], "code": "card_suspended", "detail": made["refusals"][0]["detail"]}
    ]
    assert (await many("print", filter={"physical": "wanted"}))["done"] == 29
    some = await many("hand_out", card_nos=[*numbers[:11], "0" * 15, "x"])
    assert (some["done"], some["refused"]) == (10, 3)
    assert {refusal["code"] for refusal in some["refusals"]} == {"card_suspended", "card_not_found"}
    for search, count in (({"physical": "handed_out"}, 10), ({"physical": "printed"}, 19), ({"kind": "online"}, 6)):
        assert (await library.get(CARDS, params=search)).json()["total"] == count
    replaced = await many("replace", card_nos=numbers[1:3], reason_code="damaged")
    assert replaced["done"] == 2
    assert (await library.get(CARDS, params={"class_id": str(class_id)})).json()["total"] == 32
    kinds = [type(fact) for fact in await told(administrator, school)]
    assert (kinds.count(CardMadePhysical), kinds.count(CardHandedOut), kinds.count(CardReplaced)) == (29, 10, 2)
    selections: list[dict[str, Any]] = [{}, {"filter": {}}, {"card_nos": [numbers[0]], **of_class}]
    for body in selections:
        response = await library.post(f"{CARDS}/steps", json={"step": "print", **body})
        assert (response.status_code, response.json()["code"]) == (422, "selection_needed")
    unfit = [
        {"step": "suspend", "reason_code": "left_school"},
        {"step": "print", "reason_code": "other"},
        {"step": "close", "reason_code": "overdue"},
        {"step": "resume", "until": "2099-01-01"},
        {"step": "suspend"},
        {"step": "replace"},
        {"step": "close"},
    ]
    for body in unfit:
        response = await library.post(f"{CARDS}/steps", json=body | of_class)
        assert (response.status_code, response.json()["code"]) == (422, "reason_unfit")


async def test_a_stale_version_and_a_repeated_key(
    library: httpx.AsyncClient, school: Scope, database: Database, administrator: Administrator
) -> None:
    (number,) = await issue(database, administrator, school)
    body = {"reason_code": "uncivil"}
    path = f"{CARDS}/{number}/suspend"
    assert (await library.post(path, json=body, headers={"If-Match": '"7"'})).status_code == 412
    assert (await library.post(path, json=body | {"version": 7})).status_code == 412
    first = await library.post(path, json=body, headers={"Idempotency-Key": "k", "If-Match": '"1"'})
    again = await library.post(path, json=body, headers={"Idempotency-Key": "k", "If-Match": '"1"'})
    assert first.status_code == again.status_code == 200 and first.json() == again.json()
    assert first.headers["etag"] == '"2"'
    for odd in (
        {},
        {"reason_code": "no"},
        {"reason_code": "other", "x": 1},
        {"reason_code": "other", "reason": "\x00"},
    ):
        assert (await library.post(path, json=odd)).status_code == 400


async def test_other_scopes_and_districts(
    cards: RunningService, school: Scope, database: Database, administrator: Administrator
) -> None:
    (number,) = await issue(database, administrator, school)
    names = [
        "make-physical",
        "print",
        "hand-out",
        "report-lost",
        "report-found",
        "replace",
        "suspend",
        "resume",
        "close",
    ]
    bodies: dict[str, dict[str, str]] = {"suspend": {"reason_code": "other"}, "close": {"reason_code": "other"}}
    async with cards.client(Scope("district", "500106")) as stranger:
        for name in names:
            theirs = await stranger.post(f"{CARDS}/{number}/{name}", json=bodies.get(name, {}))
            unknown = await stranger.post(f"{CARDS}/{'9' * 15}/{name}", json=bodies.get(name, {}))
            assert theirs.status_code == unknown.status_code == 404
            assert theirs.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
        assert (await stranger.get(f"{CARDS}/{number}/history")).status_code == 404
        closing = {"step": "close", "reason_code": "other"}
        done = await stranger.post(f"{CARDS}/steps", json=closing | {"filter": {"school_id": str(school.school_id)}})
        assert (done.json()["done"], done.json()["refused"]) == (0, 0)
        named = await stranger.post(f"{CARDS}/steps", json=closing | {"card_nos": [number]})
        assert [refusal["code"] for refusal in named.json()["refusals"]] == ["card_not_found"]
    for scope in (school, CITY, a_school("500106")):
        async with cards.client(scope) as client:
            for name in names:
                response = await client.post(f"{CARDS}/{number}/{name}", json=bodies.get(name, {}))
                assert (response.status_code, response.json()["code"]) == (403, "scope_forbidden")
    async with cards.client(school) as teacher:
        assert len((await teacher.get(f"{CARDS}/{number}/history")).json()) == 1
        assert (await teacher.get(f"{CARDS}/{number}")).json()["version"] == 1


async def test_a_school_asks_for_a_physical_card(
    cards: RunningService,
    library: httpx.AsyncClient,
    school: Scope,
    database: Database,
    administrator: Administrator,
) -> None:
    await library.post(f"{CARDS}/privileges", json={"physical_fee_fen": 900})
    (number,) = await issue(database, administrator, school)
    path = f"{CARDS}/{number}/ask-physical"
    for scope, status in ((Scope("district", school.district), 403), (CITY, 403), (a_school(), 404)):
        async with cards.client(scope) as client:
            assert (await client.post(path, json={})).status_code == status
    async with cards.client(a_school()) as stranger:
        theirs, unknown = await stranger.post(path), await stranger.post(f"{CARDS}/{'9' * 15}/ask-physical")
        assert theirs.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    async with cards.client(school) as teacher:
        assert (await teacher.post(path, json={"waive_fee": True})).status_code == 400
        asked = await step(teacher, number, "ask-physical", reason="家长申请")
        assert (asked["physical"], asked["fee_fen"], asked["version"]) == ("wanted", 0, 2)
        assert await refused(teacher, number, "ask-physical") == "physical_wanted"
        assert (await teacher.post(f"{CARDS}/{number}/print", json={})).status_code == 403
        entry = (await teacher.get(f"{CARDS}/{number}/history")).json()[-1]
        assert (entry["step"], entry["reason"], entry["done_by"]) == ("make_physical", "家长申请", "teacher")
    fact = (await told(administrator, school))[-1]
    assert isinstance(fact, CardMadePhysical) and (fact.actor.kind, fact.fee_fen) == ("user", 0)
    assert (await step(library, number, "print"))["physical"] == "printed"
    # The person's next card is not the first any more.
    await administrator.execute("update cards.cards set physical = null where card_no = $1", number)
    async with cards.client(school) as teacher:
        assert (await step(teacher, number, "ask-physical"))["fee_fen"] == 900
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction(Caller(school, Actor(uuid4(), "teacher"))) as tx:
                await tx.connection.execute("update cards set status = 'closed' where card_no = $1", number)


async def test_a_suspension_ends_by_itself(
    library: httpx.AsyncClient, school: Scope, database: Database, administrator: Administrator
) -> None:
    one, two = await issue(database, administrator, school, 2)
    for number in (one, two):
        await step(library, number, "suspend", reason_code="overdue", until="2099-01-01")
    await administrator.execute("update cards.cards set suspended_until = '2026-01-01' where card_no = $1", one)
    worker = Caller(WORKER, system_actor("cards"))
    assert await database.run(worker, resume_overdue) == 1
    assert await database.run(worker, resume_overdue) == 0
    assert (await library.get(f"{CARDS}/{one}")).json()["status"] == "active"
    assert (await library.get(f"{CARDS}/{two}")).json()["status"] == "suspended"
    last = (await told(administrator, school))[-1]
    assert isinstance(last, CardResumed) and (last.reason, last.actor.kind) == ("停用期满", "system")
    kinds = [type(fact) for fact in await told(administrator, school)]
    assert kinds.count(CardSuspended) == 2


async def test_counts_agree_with_the_cards(
    library: httpx.AsyncClient, school: Scope, database: Database, administrator: Administrator
) -> None:
    await follow(database, batch(school, 20))
    numbers = [fact.card_no for fact in await told(administrator, school)]
    for name, chosen, code in (
        ("make_physical", numbers[:9], None),
        ("print", numbers[:5], None),
        ("replace", numbers[:3], "lost"),
        ("close", numbers[8:12], "left_school"),
    ):
        body = {"step": name, "card_nos": chosen, "reason_code": code}
        assert (await library.post(f"{CARDS}/steps", json=body)).json()["done"] == len(chosen)
    counted = await administrator.fetch(
        "select school_id, coalesce(class_id, $1) as class_id, status, coalesce(physical, 'none') as physical,"
        " count(*)::int as cards from cards.cards group by 1, 2, 3, 4 order by 1, 2, 3, 4",
        UUID(int=0),
    )
    kept = await administrator.fetch(
        "select school_id, class_id, status, physical, cards from cards.card_counts where cards <> 0"
        " order by 1, 2, 3, 4"
    )
    assert [tuple(row) for row in kept] == [tuple(row) for row in counted]
    assert await administrator.fetchval("select sum(cards) from cards.issue_counts") == 20
