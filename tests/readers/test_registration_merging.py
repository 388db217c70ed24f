"""QR registration at the school: side by side, merged field by field, all at once, sent back; strangers; retention."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx

from services.readers import registration_sweeping
from shared.database import Database, Transaction
from shared.tenancy import WORKER, Caller, Scope, system_actor
from tests.readers.conftest import Told
from tests.readers.consents import withdraw
from tests.readers.families import (
    LINKS,
    REGISTRATION,
    REGISTRATIONS,
    merge,
    png,
    receipt_of,
    register,
    registrations,
)
from tests.readers.people import READERS, CardsOf, create, fetch


async def test_a_new_child_becomes_a_reader_with_consent(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str, classes: dict[str, UUID], told: Told
) -> None:
    receipt = await register(phone, token, 7, class_id=str(classes["三年级1班"]), guardian_name="李梅")
    (kept,) = await registrations(teacher)
    detail = (await teacher.get(f"{REGISTRATIONS}/{kept['id']}")).json()
    assert (detail["registration"], detail["existing"]) == (kept, None)
    assert {pair["field"]: pair["sent"] for pair in detail["fields"]} == {
        "id_number": kept["id_number"],
        "name": kept["name"],
        "phone": "138****0007",
        "guardian_name": "李梅",
        "guardian_phone": kept["guardian_phone"],
        "class_id": "三年级1班",
        "home_district": "渝中区",
    }
    signature = await teacher.get(f"{REGISTRATIONS}/{kept['id']}/signature.png")
    assert (signature.headers["content-type"], signature.content) == ("image/png", png())
    reader = (await merge(teacher, kept["id"], class_id=str(classes["三年级2班"]))).json()
    assert (reader["status"], reader["consent"], reader["class_name"]) == ("pending", "phone", "2班")
    (consent,) = (await teacher.get(f"{READERS}/{reader['id']}/consents")).json()["items"]
    assert (consent["how"], consent["signer"], consent["relation"], consent["text_version"]) == (
        "phone",
        "李梅",
        "mother",
        1,
    )
    picture = await teacher.get(f"{READERS}/{reader['id']}/consents/{consent['id']}/signature.png")
    assert picture.content == png()
    (fact,) = await told.facts("registration.merged")
    assert (fact["reader_id"], fact["is_new"]) == (reader["id"], True)
    assert [fact["class_id"] for fact in await told.facts("reader.created")] == [str(classes["三年级2班"])]
    assert (await receipt_of(phone, receipt))["progress"] == "accepted"
    again = await merge(teacher, kept["id"])
    assert (again.status_code, again.json()["code"]) == (409, "registration_decided")
    detail = (await teacher.get(f"{REGISTRATIONS}/{kept['id']}")).json()
    assert (detail["existing"]["id"], detail["fields"]) == (reader["id"], [])


async def test_one_who_is_there_takes_what_the_teacher_chooses(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str, told: Told
) -> None:
    reader = await create(teacher, 1, name="王小名", guardian_name="王建国")
    await register(phone, token, 1, name="王小明", phone="13911112222", guardian_name="李梅")
    (kept,) = await registrations(teacher)
    assert (kept["meets"], kept["reader_id"]) == (True, reader["id"])
    detail = (await teacher.get(f"{REGISTRATIONS}/{kept['id']}")).json()
    assert detail["existing"]["id"] == reader["id"]
    differing = {pair["field"]: (pair["sent"], pair["kept"]) for pair in detail["fields"] if not pair["same"]}
    assert differing == {
        "name": ("王小明", "王小名"),
        "phone": ("139****2222", "138****0001"),
        "guardian_name": ("李梅", "王建国"),
    }
    merged = await merge(teacher, kept["id"], take=["name", "phone"], version=1)
    assert merged.status_code == 200, merged.text
    after = merged.json()
    assert (after["name"], after["phone"], after["guardian_name"]) == ("王小明", "139****2222", "王建国")
    assert (after["id"], after["consent"]) == (reader["id"], "phone")
    (fact,) = await told.facts("reader.changed")
    assert fact["fields"] == ["name", "phone"]
    (fact,) = await told.facts("registration.merged")
    assert (fact["taken"], fact["is_new"]) == (["name", "phone"], False)


async def test_a_signature_takes_the_place_of_a_paper(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str, told: Told
) -> None:
    reader = await create(teacher, 1)
    await teacher.post(f"{READERS}/consents/paper", json={"reader_ids": [reader["id"]]})
    await register(phone, token, 1)
    (kept,) = await registrations(teacher)
    assert (await merge(teacher, kept["id"])).json()["consent"] == "phone"
    items = (await teacher.get(f"{READERS}/{reader['id']}/consents")).json()["items"]
    assert [(item["how"], item["withdrawal_reason"]) for item in items] == [
        ("phone", None),
        ("paper", "由新的授权书代替"),
    ]
    assert not await told.facts("consent.withdrawn")


async def test_what_was_signed_before_a_withdrawal_brings_nothing_back(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str, told: Told
) -> None:
    reader = await create(teacher, 1)
    await teacher.post(f"{READERS}/consents/paper", json={"reader_ids": [reader["id"]]})
    await register(phone, token, 1)
    assert (await withdraw(teacher, reader["id"])).status_code == 204
    (kept,) = await registrations(teacher)
    refused = await merge(teacher, kept["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "signed_before_withdrawal")
    assert (await fetch(teacher, reader["id"]))["consent"] == "withdrawn"
    assert [fact["how"] for fact in await told.facts("consent.recorded")] == ["paper"]
    await register(phone, token, 1)
    newer = next(item for item in await registrations(teacher) if item["id"] != kept["id"])
    assert (await merge(teacher, newer["id"])).json()["consent"] == "phone"


async def test_with_a_card_name_and_number_stay(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str, cards: CardsOf
) -> None:
    reader = await create(teacher, 1)
    await teacher.post(f"{READERS}/{reader['id']}/approve")
    receipt = await register(phone, token, 1, name="王小明", phone="13911112222")
    (kept,) = await registrations(teacher)
    carding = await merge(teacher, kept["id"])
    assert (carding.status_code, carding.json()["code"]) == (409, "reader_being_carded")
    await cards.say(cards.issued(reader["id"]))
    detail = (await teacher.get(f"{REGISTRATIONS}/{kept['id']}")).json()
    assert {pair["field"] for pair in detail["fields"] if pair["locked"]} == {"id_number", "name"}
    locked = await merge(teacher, kept["id"], take=["name"])
    assert (locked.status_code, locked.json()["code"]) == (409, "reader_locked")
    assert (await merge(teacher, kept["id"], take=["phone"])).json()["phone"] == "139****2222"
    assert (await receipt_of(phone, receipt))["progress"] == "carded"


async def test_all_new_ones_at_once(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str, told: Told
) -> None:
    await create(teacher, 1)
    for n in (1, 2, 3, 3):
        await register(phone, token, n)
    ids = [item["id"] for item in await registrations(teacher)]
    response = await teacher.post(f"{REGISTRATIONS}/merge", json={"ids": ids})
    done = response.json()
    assert (done["merged"], {left["why"] for left in done["left"]}) == (2, {"meets"})
    assert {left["id"] for left in done["left"]} == {
        item["id"] for item in await registrations(teacher, status="submitted")
    }
    assert {item["meets"] for item in await registrations(teacher, status="submitted")} == {True}
    assert len(await told.facts("consent.recorded")) == len(await told.facts("registration.merged")) == 2
    page = (await teacher.get(READERS, params={"consent": "phone"})).json()
    assert page["total"] == 2
    again = await teacher.post(f"{REGISTRATIONS}/merge", json={"ids": ids})
    assert again.json()["merged"] == 0
    assert sorted(left["why"] for left in again.json()["left"]) == ["decided", "decided", "meets", "meets"]


async def test_merged_twice_at_once_is_merged_once(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str, told: Told
) -> None:
    await register(phone, token, 1)
    (kept,) = await registrations(teacher)
    path = f"{REGISTRATIONS}/{kept['id']}/merge"
    answers = await asyncio.gather(*(teacher.post(path, json={"meets": None}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert len(await told.facts("consent.recorded")) == 1


async def test_corrected_meanwhile_is_looked_at_again(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str
) -> None:
    receipt = await register(phone, token, 1)
    (kept,) = await registrations(teacher)
    await phone.patch(f"{REGISTRATION}/receipts/{receipt}", json={"phone": "13911112222"})
    stale = await merge(teacher, kept["id"], version=kept["version"])
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")


async def test_sent_back_and_corrected(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str, told: Told
) -> None:
    receipt = await register(phone, token, 1)
    (kept,) = await registrations(teacher)
    blank = await teacher.post(f"{REGISTRATIONS}/{kept['id']}/reject", json={"reason": " "})
    assert (blank.status_code, blank.json()["code"]) == (422, "registration_invalid")
    rejected = await teacher.post(f"{REGISTRATIONS}/{kept['id']}/reject", json={"reason": "不是本校学生"})
    assert (rejected.status_code, rejected.json()["status"]) == (200, "rejected")
    shown = await receipt_of(phone, receipt)
    assert (shown["progress"], shown["reason"]) == ("rejected", "不是本校学生")
    assert [fact["reason"] for fact in await told.facts("registration.rejected")] == ["不是本校学生"]
    again = await phone.patch(f"{REGISTRATION}/receipts/{receipt}", json={})
    assert (again.json()["progress"], again.json()["reason"]) == ("submitted", None)


async def test_a_class_of_another_school_is_none(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str
) -> None:
    await register(phone, token, 1)
    (kept,) = await registrations(teacher)
    response = await merge(teacher, kept["id"], class_id=str(uuid4()))
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "class_unknown")


async def test_a_deleted_reader_shows_on_the_receipt(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str
) -> None:
    receipt = await register(phone, token, 1)
    (kept,) = await registrations(teacher)
    reader = (await merge(teacher, kept["id"])).json()
    assert (await teacher.delete(f"{READERS}/{reader['id']}")).status_code == 204
    shown = await receipt_of(phone, receipt)
    assert (shown["progress"], shown["may_withdraw"]) == ("removed", False)
    nothing = await phone.post(f"{REGISTRATION}/receipts/{receipt}/withdraw")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "no_consent_in_force")


async def test_links_count_what_came_by_them(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, district: httpx.AsyncClient, token: str
) -> None:
    for n in (1, 2, 3):
        await register(phone, token, n)
    one, two, _ = await registrations(teacher)
    await merge(teacher, one["id"])
    await teacher.post(f"{REGISTRATIONS}/{two['id']}/reject", json={"reason": "重复"})
    (link,) = (await teacher.get(LINKS)).json()["items"]
    assert (link["submitted"], link["merged"], link["rejected"]) == (1, 1, 1)
    (seen,) = (await district.get(LINKS)).json()["items"]
    assert (seen["id"], seen["path"]) == (link["id"], None)


async def test_strangers_find_nothing(
    phone: httpx.AsyncClient,
    teacher: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    district: httpx.AsyncClient,
    other_district: httpx.AsyncClient,
    city: httpx.AsyncClient,
    token: str,
) -> None:
    await register(phone, token, 1)
    (kept,) = await registrations(teacher)
    (link,) = (await teacher.get(LINKS)).json()["items"]
    assert await registrations(stranger) == []
    for client in (stranger, other_district):
        assert (await client.get(LINKS)).json() == {"items": [], "total": 0}
    unknown = str(uuid4())
    for method, path, body in (
        ("GET", f"{REGISTRATIONS}/{{}}", None),
        ("GET", f"{REGISTRATIONS}/{{}}/signature.png", None),
        ("POST", f"{REGISTRATIONS}/{{}}/merge", {"meets": None}),
        ("POST", f"{REGISTRATIONS}/{{}}/reveal", None),
        ("POST", f"{REGISTRATIONS}/{{}}/reject", {"reason": "重复"}),
        ("GET", f"{LINKS}/{{}}/poster", None),
        ("GET", f"{LINKS}/{{}}/qr.svg", None),
        ("POST", f"{LINKS}/{{}}/revoke", None),
    ):
        mine = link["id"] if path.startswith(LINKS) else kept["id"]
        theirs = await stranger.request(method, path.format(mine), json=body)
        nobodys = await stranger.request(method, path.format(unknown), json=body)
        assert theirs.status_code == 404, path
        assert theirs.json() | {"request_id": ""} == nobodys.json() | {"request_id": ""}
        for client in (district, other_district, city):
            assert (await client.request(method, path.format(mine), json=body)).status_code == 403
    for path, more in (("merge", {}), ("reject", {"reason": "重复"})):
        ids = {"ids": [kept["id"]]}
        many = await stranger.post(f"{REGISTRATIONS}/{path}", json=ids | more)
        assert (many.status_code, many.json()["code"]) == (404, "registration_not_found")
        for client in (district, other_district, city):
            assert (await client.post(f"{REGISTRATIONS}/{path}", json=ids | more)).status_code == 403
    assert (await registrations(teacher))[0] == kept
    assert (await stranger.post(LINKS, json={"class_id": str(uuid4())})).status_code == 422


async def test_what_was_sent_does_not_stay(
    phone: httpx.AsyncClient,
    teacher: httpx.AsyncClient,
    token: str,
    database: Database,
    administrator: "asyncpg.Connection[asyncpg.Record]",
    school: Scope,
) -> None:
    receipts = [await register(phone, token, n) for n in (1, 2, 3, 4)]
    by_time = (await registrations(teacher))[::-1]
    reader = (await merge(teacher, by_time[0]["id"])).json()
    await teacher.post(f"{REGISTRATIONS}/{by_time[1]['id']}/reject", json={"reason": "重复"})
    await phone.post(f"{REGISTRATION}/receipts/{receipts[2]}/withdraw")
    worker = Caller(WORKER, system_actor("readers"))

    async def sweep_after(tx: Transaction, days: float) -> None:
        tx.now += timedelta(days=days)
        await registration_sweeping.sweep(tx)

    await database.run(worker, sweep_after, 29)
    assert len(await registrations(teacher)) == 4
    await database.run(worker, sweep_after, 31)
    assert {item["id"] for item in await registrations(teacher)} == {by_time[0]["id"], by_time[3]["id"]}
    assert await administrator.fetchval("select count(*) from readers.registrations where sealed = ''") == 1
    shown = await receipt_of(phone, receipts[0])
    assert (shown["progress"], shown["name"], shown["may_correct"]) == ("accepted", "", False)
    assert (await teacher.get(f"{REGISTRATIONS}/{by_time[0]['id']}/signature.png")).status_code == 404
    withdrawn = await phone.post(f"{REGISTRATION}/receipts/{receipts[0]}/withdraw")
    assert (withdrawn.status_code, withdrawn.json()["progress"]) == (200, "withdrawn")
    assert (await fetch(teacher, reader["id"]))["consent"] == "withdrawn"
    await database.run(worker, sweep_after, 220)
    assert await administrator.fetchval("select count(*) from readers.registrations") == 0
    assert await administrator.fetchval("select count(*) from readers.registration_links") == 0
