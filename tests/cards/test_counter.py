"""At the library's counter: look-ups, what cards allow, lending, former cards and refunds, figures, export."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, TypeAlias
from uuid import uuid4

import asyncpg
import httpx
import openpyxl

from services.cards import lookup
from shared import resident_id
from shared.china import local_day
from shared.contracts.card import (
    CardLookedUp,
    CardNotFound,
    CardsExported,
    FormerCardExchanged,
    PrivilegesChanged,
    RefundDocumentsChecked,
    RefundOpened,
    RefundPaidOut,
)
from shared.database import Database
from shared.secrets import Secrets
from shared.tenancy import CITY, Scope
from tests.cards.approvals import approval, batch, follow, told
from tests.running_service import RunningService, a_school

CARDS = "/api/cards"
Administrator: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
FIRST17 = "50010320150601123"
ID_NUMBER = FIRST17 + resident_id.check_character(FIRST17)


async def issue(database: Database, administrator: Administrator, school: Scope, secrets: Secrets, **more: Any) -> str:
    """The card of whoever has ID_NUMBER."""
    await follow(database, [approval(school, "p", id_digest=secrets.digester().id_number(ID_NUMBER).hex(), **more)])
    number: str = (await told(administrator, school))[-1].card_no
    return number


async def ask(client: httpx.AsyncClient, credential: str) -> httpx.Response:
    return await client.post(f"{CARDS}/lookup", json={"credential": credential})


async def test_a_card_is_found_by_what_one_shows(
    library: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    cards: RunningService,
    school: Scope,
    database: Database,
    administrator: Administrator,
    secrets: Secrets,
) -> None:
    number = await issue(database, administrator, school, secrets)
    added = await library.post(f"{CARDS}/{number}/credentials", json={"social_security": "a1234567 8"})
    assert (added.status_code, added.json()) == (201, {"card_no": number, "kind": "social_security"})
    for credential in (number, f" {ID_NUMBER} ", ID_NUMBER.lower(), "A12345678", "Ａ12345678"):
        found = await ask(library, credential)
        assert found.status_code == 200, found.text
        assert (found.json()["card"]["card_no"], found.json()["good"]) == (number, True)
    assert (await library.get(f"{CARDS}/lookup", params={"credential": ID_NUMBER})).json()["good"] is True
    for credential in (number, ID_NUMBER, "A12345678"):
        theirs, unknown = await ask(stranger, credential), await ask(stranger, "9" * 15)
        assert theirs.status_code == unknown.status_code == 404
        assert theirs.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    for credential in ("1", "x" * 18, ID_NUMBER[:17] + ("0" if ID_NUMBER[17] != "0" else "1")):
        assert (await ask(library, credential)).json()["code"] == "credential_malformed"
    await library.post(f"{CARDS}/{number}/suspend", json={"reason_code": "overdue"})
    bad = (await ask(library, ID_NUMBER)).json()
    assert (bad["good"], [reason["code"] for reason in bad["reasons"]]) == (False, ["card_suspended"])
    async with cards.client(CITY) as city:
        assert (await ask(city, ID_NUMBER)).json()["card"]["card_no"] == number
    async with cards.client(school) as teacher:
        assert (await ask(teacher, ID_NUMBER)).status_code == 403
        assert (await teacher.get(f"{CARDS}/lookup", params={"credential": number})).status_code == 403
    facts = await told(administrator)
    assert sum(isinstance(fact, CardLookedUp) for fact in facts) == 8
    assert sum(isinstance(fact, CardNotFound) for fact in facts) == 6
    bodies = await administrator.fetchval("select string_agg(convert_from(body, 'utf8'), '') from cards.outbox")
    assert ID_NUMBER not in bodies and "A12345678" not in bodies


async def test_guesses_are_limited(library: httpx.AsyncClient, administrator: Administrator) -> None:
    codes = [(await ask(library, f"{number:015}")).status_code for number in range(lookup.BUDGET // 10 + 3)]
    # A new minute may have begun in between.
    assert codes[:30] == [404] * 30
    assert codes[-1] == 429 or await administrator.fetchval("select count(*) from cards.lookups") == 2


async def test_terms_have_days_and_a_history(
    library: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    cards: RunningService,
    school: Scope,
    database: Database,
    administrator: Administrator,
    secrets: Secrets,
) -> None:
    today = local_day(datetime.now(UTC))
    later = str(today + timedelta(days=10))
    path = f"{CARDS}/privileges"
    usual = (await library.get(path)).json()
    assert (usual["version"], usual["privileges"]["items"], usual["district"]) == (0, 8, school.district)
    first = await library.post(path, json={"items": 10, "branches": ["城东分馆"], "physical_fee_fen": 500})
    assert (first.status_code, first.json()["version"]) == (201, 1)
    await library.post(path, json={"items": 12, "effective_on": later})
    past = await library.post(path, json={"effective_on": "2020-01-01"})
    assert (past.status_code, past.json()["code"]) == (422, "effective_day_past")
    odd = await library.post(path, json={"items": 2, "foreign_items": 3})
    assert (odd.status_code, odd.json()["code"]) == (422, "foreign_items_too_many")
    assert (await library.get(path)).json()["privileges"]["items"] == 10
    assert (await library.get(path, params={"on": later})).json()["privileges"]["items"] == 12
    history = (await library.get(f"{path}/history")).json()
    assert ([entry["version"] for entry in history["items"]], history["total"]) == ([2, 1], 2)
    assert history["items"][0]["changed_by"] == "teacher"
    assert (await stranger.get(path)).json()["version"] == 0
    assert (await stranger.get(f"{path}/history")).json()["total"] == 0
    number = await issue(database, administrator, school, secrets)
    assert (await told(administrator, school))[-1].privileges.items == 10
    async with cards.client(school) as teacher:
        assert (await teacher.get(path)).json()["privileges"]["items"] == 10
        assert (await teacher.get(f"{CARDS}/{number}")).json()["privileges"]["branches"] == ["城东分馆"]
        assert (await teacher.post(path, json={})).status_code == 403
    async with cards.client(CITY) as city:
        assert (await city.get(path)).json()["code"] == "district_needed"
        assert (await city.get(path, params={"district": school.district})).json()["version"] == 1
    changed = [fact for fact in await told(administrator) if isinstance(fact, PrivilegesChanged)]
    assert [(fact.version, fact.privileges.items) for fact in changed] == [(1, 10), (2, 12)]


async def test_may_borrow_and_may_renew(
    library: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    school: Scope,
    database: Database,
    administrator: Administrator,
    secrets: Secrets,
) -> None:
    number = await issue(database, administrator, school, secrets)
    today = local_day(datetime.now(UTC))
    at_home = [{"item_id": f"h{n}", "due_on": str(today), "foreign": n < 3} for n in range(7)]
    wanted = [{"item_id": "a"}, {"item_id": "b", "foreign": True}]
    answer = (await library.post(f"{CARDS}/{number}/may-borrow", json={"loans": at_home, "items": wanted})).json()
    assert answer["allowed"] is False and (answer["items_left"], answer["foreign_items_left"]) == (1, 0)
    assert answer["items"][0] == {
        "item_id": "a",
        "allowed": True,
        "due_on": str(today + timedelta(days=30)),
        "reasons": [],
    }
    assert [reason["code"] for reason in answer["items"][1]["reasons"]] == ["items_used_up", "foreign_items_used_up"]
    renewal = {"loans": at_home, "item_ids": ["h1"]}
    renewed = (await library.post(f"{CARDS}/{number}/may-renew", json=renewal)).json()
    assert (renewed["allowed"], len(renewed["items"])) == (True, 1)
    unknown = await library.post(f"{CARDS}/{number}/may-renew", json=renewal | {"item_ids": ["h1", "x"]})
    assert unknown.json()["allowed"] is False
    assert [[reason["code"] for reason in item["reasons"]] for item in unknown.json()["items"]] == [[], ["not_lent"]]
    await library.post(f"{CARDS}/{number}/suspend", json={"reason_code": "uncivil"})
    refused = (await library.post(f"{CARDS}/{number}/may-renew", json=renewal)).json()
    assert refused["allowed"] is False and [reason["code"] for reason in refused["reasons"]] == ["card_suspended"]
    far = await library.post(f"{CARDS}/{number}/may-borrow", json={"on": "9999-12-31"})
    assert (far.status_code, far.json()["code"]) == (422, "day_too_far")
    questions: list[tuple[str, dict[str, Any]]] = [("may-borrow", {}), ("may-renew", {"loans": []})]
    for name, body in questions:
        assert (await stranger.post(f"{CARDS}/{number}/{name}", json=body)).status_code == 404
        assert (await library.post(f"{CARDS}/{number}/{name}", json={"x": 1})).status_code == 400


async def test_the_day_asked_about_decides(
    library: httpx.AsyncClient,
    school: Scope,
    database: Database,
    administrator: Administrator,
    secrets: Secrets,
) -> None:
    """Privileges and suspensions as they are on that day."""
    number = await issue(database, administrator, school, secrets)
    today = local_day(datetime.now(UTC))
    last, later = today + timedelta(days=5), today + timedelta(days=10)
    fewer = {"items": 2, "foreign_items": 2, "loan_days": 10, "effective_on": str(later)}
    await library.post(f"{CARDS}/privileges", json=fewer)
    suspended = {"reason_code": "overdue", "until": str(last)}
    assert (await library.post(f"{CARDS}/{number}/suspend", json=suspended)).status_code == 200
    wanted = {"items": [{"item_id": f"t{n}"} for n in range(3)]}
    at_home = {"loans": [{"item_id": "h", "due_on": str(today + timedelta(days=60))}]}
    for on, allowed, codes, due in (
        (today, 0, ["card_suspended"], None),
        (last, 0, ["card_suspended"], None),
        (last + timedelta(days=1), 3, [], 30),
        (later - timedelta(days=1), 3, [], 30),
        (later, 2, [], 10),
    ):
        asked = wanted | {"on": str(on)}
        answer = (await library.post(f"{CARDS}/{number}/may-borrow", json=asked)).json()
        assert [reason["code"] for reason in answer["reasons"]] == codes, on
        lent = [item for item in answer["items"] if item["allowed"]]
        assert len(lent) == allowed, on
        assert {item["due_on"] for item in lent} == ({str(on + timedelta(days=due))} if due else set())
        renewed = (await library.post(f"{CARDS}/{number}/may-renew", json=at_home | {"on": str(on)})).json()
        assert renewed["allowed"] == (allowed > 0), on


async def test_a_former_cards_deposit_is_given_back_to_a_proxy(
    library: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    cards: RunningService,
    school: Scope,
    database: Database,
    administrator: Administrator,
    secrets: Secrets,
) -> None:
    number = await issue(database, administrator, school, secrets)
    asked = {"former_card_no": "bn-00123", "deposit_fen": 10000}
    assert (await stranger.post(f"{CARDS}/{number}/former-cards", json=asked)).status_code == 404
    made = await library.post(f"{CARDS}/{number}/former-cards", json=asked)
    assert made.status_code == 201, made.text
    refund = made.json()["refund"]
    assert (refund["status"], refund["amount_fen"], refund["former_card_no"]) == ("open", 10000, "BN-00123")
    again = await library.post(f"{CARDS}/{number}/former-cards", json=asked | {"former_card_no": "BN-00123"})
    assert (again.status_code, again.json()["code"]) == (409, "former_card_taken")
    free = await library.post(f"{CARDS}/{number}/former-cards", json={"former_card_no": "BN-2"})
    assert free.json()["refund"] is None
    path = f"{CARDS}/refunds/{refund['id']}"
    early = await library.post(f"{path}/pay-out")
    assert (early.status_code, early.json()["code"]) == (409, "refund_step_refused")
    short = await library.post(
        f"{path}/check-documents", json={"collector": "proxy", "documents": ["former_card", "proxy_id"]}
    )
    assert short.json()["code"] == "documents_missing"
    assert {error["code"] for error in short.json()["errors"]} == {"holder_id_missing", "proxy_name_missing"}
    everything = {"collector": "proxy", "documents": ["former_card", "holder_id", "proxy_id"], "proxy_name": "王大明"}
    for name, body in (("check-documents", everything), ("pay-out", None)):
        assert (await stranger.post(f"{path}/{name}", json=body)).status_code == 404
    assert (await stranger.get(path)).status_code == 404
    checked = (await library.post(f"{path}/check-documents", json=everything)).json()
    assert (checked["status"], checked["proxy_name"], checked["checked_by"]) == (
        "documents_checked",
        "王大明",
        "teacher",
    )
    paid = (await library.post(f"{path}/pay-out", headers={"If-Match": '"2"'})).json()
    assert (paid["status"], paid["paid_by"], paid["version"]) == ("paid_out", "teacher", 3)
    for name, body in (("check-documents", everything), ("pay-out", None)):
        assert (await library.post(f"{path}/{name}", json=body)).status_code == 409
    async with cards.client(school) as teacher:
        assert (await teacher.get(path)).json()["proxy_name"] != "王大明"
        assert (await teacher.post(f"{path}/pay-out")).status_code == 403
        assert len((await teacher.get(f"{CARDS}/{number}/former-cards")).json()) == 2
    assert (await library.get(f"{CARDS}/refunds", params={"status": "paid_out"})).json()["total"] == 1
    assert (await library.get(f"{CARDS}/refunds", params={"former_card_no": "bn-00123"})).json()["total"] == 1
    assert (await stranger.get(f"{CARDS}/refunds")).json() == {"items": [], "total": 0}
    kinds = [type(fact) for fact in await told(administrator, school)][1:]
    assert kinds == [
        FormerCardExchanged,
        RefundOpened,
        FormerCardExchanged,
        RefundDocumentsChecked,
        RefundPaidOut,
    ]
    bodies = await administrator.fetchval("select string_agg(convert_from(body, 'utf8'), '') from cards.outbox")
    assert "王大明" not in bodies
    figures = (await library.get(f"{CARDS}/figures")).json()
    assert figures["refunds"] == {
        "open": 0,
        "documents_checked": 0,
        "paid_out": 1,
        "due_fen": 0,
        "paid_fen": 10000,
    }


async def test_cards_are_counted_day_by_day(
    cards: RunningService,
    library: httpx.AsyncClient,
    teacher: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    school: Scope,
    database: Database,
) -> None:
    other, elsewhere = a_school(school.district or ""), a_school("500106")
    await follow(database, [approval(school, f"{n}") for n in range(3)])
    await follow(database, [approval(other, "o"), approval(elsewhere, "e")])
    day = local_day(datetime.now(UTC))

    async def counted(client: httpx.AsyncClient, **place: str) -> list[int]:
        days = await client.get(f"{CARDS}/days", params={"from": str(day), "to": str(day)} | place)
        assert all(entry["day"] == str(day) for entry in days.json()), days.text
        return [entry["cards"] for entry in days.json()]

    async with cards.client(CITY) as city:
        assert await counted(city) == [5]
        assert await counted(city, district="500106") == [1]
        assert await counted(city, district="500107") == []
        assert await counted(city, district="500106", school_id=str(school.school_id)) == []
    assert await counted(library) == [4]
    assert await counted(library, school_id=str(school.school_id)) == await counted(teacher) == [3]
    for client, asked in (
        (library, {"district": "500106"}),
        (stranger, {"school_id": str(school.school_id)}),
        (stranger, {"district": "500103"}),
        (teacher, {"school_id": str(other.school_id)}),
    ):
        assert await counted(client, **asked) == []
    before = {"from": "2020-01-01", "to": "2020-04-09"}
    assert (await library.get(f"{CARDS}/days", params=before)).json() == []
    too_wide = await library.get(f"{CARDS}/days", params=before | {"to": "2020-04-10"})
    assert (too_wide.status_code, too_wide.json()["code"]) == (400, "window_too_wide")
    assert (await library.get(f"{CARDS}/days")).status_code == 400


async def test_figures_and_export(
    library: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    school: Scope,
    database: Database,
    administrator: Administrator,
) -> None:
    other = a_school(school.district or "")
    await follow(database, [approval(school, f"{n}", masked_name="=1+1") for n in range(7)])
    await follow(database, [approval(other, f"o{n}") for n in range(3)])
    numbers = [fact.card_no for fact in await told(administrator, school)]
    await library.post(f"{CARDS}/steps", json={"step": "make_physical", "card_nos": numbers[:4]})
    await library.post(f"{CARDS}/steps", json={"step": "print", "card_nos": numbers[:1]})
    await library.post(f"{CARDS}/steps", json={"step": "close", "card_nos": numbers[6:], "reason_code": "other"})
    figures = (await library.get(f"{CARDS}/figures")).json()
    assert figures["issued"] == 10 and [day["cards"] for day in figures["by_day"]] == [10]
    assert {entry["school_id"]: entry["cards"] for entry in figures["by_school"]} == {
        str(school.school_id): 7,
        str(other.school_id): 3,
    }
    assert figures["by_grade"] == [{"grade_name": None, "cards": 10}]
    now = figures["now"]
    assert (now["active"], now["closed"], now["online"], now["wanted"], now["printed"]) == (9, 1, 5, 3, 1)
    one = (await library.get(f"{CARDS}/figures", params={"school_id": str(school.school_id)})).json()
    assert one["issued"] == 7
    assert (await stranger.get(f"{CARDS}/figures")).json()["issued"] == 0
    past = (await library.get(f"{CARDS}/figures", params={"from": "2020-01-01", "to": "2020-02-01"})).json()
    assert (past["issued"], past["now"]["active"]) == (0, 9)
    answer = await library.get(f"{CARDS}/export.xlsx", params={"physical": "wanted"})
    assert answer.status_code == 200
    sheet = openpyxl.load_workbook(BytesIO(answer.content)).worksheets[0]
    assert sheet.max_row == 4
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert {row[0] for row in rows} == set(numbers[1:4])
    assert {tuple(row[1:2] + row[4:7]) for row in rows} == {("=1+1", "正常", "实体", "待制作")}
    assert sheet["B2"].data_type == "s"
    (exported,) = [fact for fact in await told(administrator) if isinstance(fact, CardsExported)]
    assert (exported.count, exported.conditions) == (3, "实体证待制作")
    empty = openpyxl.load_workbook(BytesIO((await stranger.get(f"{CARDS}/export.xlsx")).content)).worksheets[0]
    assert empty.max_row == 1


async def test_unknown_refunds_and_cards_are_alike(library: httpx.AsyncClient) -> None:
    for method, path in (
        ("GET", f"{CARDS}/refunds/{uuid4()}"),
        ("POST", f"{CARDS}/refunds/{uuid4()}/pay-out"),
        ("GET", f"{CARDS}/{'9' * 15}/former-cards"),
        ("GET", f"{CARDS}/{'9' * 15}/history"),
    ):
        assert (await library.request(method, path)).status_code == 404


async def test_an_export_has_each_card_once(
    library: httpx.AsyncClient, school: Scope, database: Database, administrator: Administrator
) -> None:
    """More than two pages of cards that were issued in the same moment."""
    await follow(database, batch(school, 4_100))
    numbers = {row["card_no"] for row in await administrator.fetch("select card_no from cards.cards")}
    answer = await library.get(f"{CARDS}/export.xlsx", params={"school_id": str(school.school_id)})
    sheet = openpyxl.load_workbook(BytesIO(answer.content), read_only=True).worksheets[0]
    told_numbers = [row[0] for row in sheet.iter_rows(min_row=2, max_col=1, values_only=True)]
    assert len(told_numbers) == len(numbers) == 4_100 and set(told_numbers) == numbers
    nothing = await library.get(f"{CARDS}/export.xlsx", params={"card_no": "12"})
    exported = [fact for fact in await told(administrator) if isinstance(fact, CardsExported)]
    assert [fact.conditions for fact in exported] == [f"学校编号{school.school_id}", "读者证号12"]
    assert openpyxl.load_workbook(BytesIO(nothing.content)).worksheets[0].max_row == 1
