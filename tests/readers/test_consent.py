"""Guardians' consent over HTTP: texts, the setting, papers, withdrawal, and what approval makes of it."""

from io import BytesIO
from typing import TypeAlias
from uuid import UUID, uuid4

import asyncpg
import httpx
import openpyxl
import pytest

from shared.tenancy import Scope
from tests.readers.conftest import Told
from tests.readers.consents import PAPER, attest, consents, withdraw
from tests.readers.people import READERS, create, fetch
from tests.running_service import RunningService, a_school
from tests.waiting import eventually

Administrator: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

TEXTS = f"{READERS}/consent-texts"
SETTING = f"{READERS}/consent-setting"
BODY = "本人为{child}监护人，授权同意开通图书借阅卡。"


# --- the text


async def test_the_first_text_is_appendix_1(teacher: httpx.AsyncClient) -> None:
    text = (await teacher.get(f"{TEXTS}/current")).json()
    assert (text["version"], text["district"]) == (1, "000000")
    assert text["title"] == "免费开通重庆市公共图书馆中小学(幼儿)图书借阅卡授权书"
    assert text["body"].startswith(
        "本人为{child}监护人，授权同意开通重庆市公共图书馆中小学(幼儿)图书借阅卡，享受用卡权益"
    )
    assert text["body"].endswith("进行文献查询、借阅记录、书刊续借、活动报名等线上自助服务。")


async def test_a_district_publishes_its_own_versions(
    district: httpx.AsyncClient,
    other_district: httpx.AsyncClient,
    teacher: httpx.AsyncClient,
    city: httpx.AsyncClient,
    told: Told,
) -> None:
    for version in (2, 3):
        response = await district.post(TEXTS, json={"title": f" 授权书{version} ", "body": BODY})
        assert response.status_code == 201, response.text
        assert (response.json()["version"], response.json()["title"]) == (version, f"授权书{version}")
    assert [text["version"] for text in (await district.get(TEXTS)).json()["items"]] == [3, 2, 1]
    assert (await teacher.get(f"{TEXTS}/current")).json()["version"] == 3
    assert (await other_district.get(f"{TEXTS}/current")).json()["version"] == 1
    assert [text["version"] for text in (await other_district.get(TEXTS)).json()["items"]] == [1]
    assert len((await city.get(TEXTS)).json()["items"]) == 3
    assert [fact["version"] for fact in await told.facts("consent_text.published")] == [2, 3]
    assert (await told.subjects("consent_text.published"))[0] == "sc.v1.500103._.consent_text.published"


async def test_a_text_names_the_child(district: httpx.AsyncClient) -> None:
    response = await district.post(TEXTS, json={"title": " ", "body": "同意。"})
    assert response.status_code == 422
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [
        ("title", "title_length"),
        ("body", "child_missing"),
    ]


async def test_schools_and_the_city_write_neither_text_nor_setting(
    teacher: httpx.AsyncClient, city: httpx.AsyncClient
) -> None:
    for client in (teacher, city):
        text = await client.post(TEXTS, json={"title": "授权书", "body": BODY})
        setting = await client.put(SETTING, json={"mode": "refuse"})
        assert {text.status_code, setting.status_code} == {403}


# --- papers


async def test_papers_are_attested_at_once_for_many(teacher: httpx.AsyncClient, school: Scope, told: Told) -> None:
    one, two, three = [await create(teacher, n, guardian_name="王建国") for n in (1, 2, 3)]
    assert await attest(teacher, one["id"], two["id"], one["id"], relation="mother", signed_on="2026-09-01") == {
        "recorded": 2,
        "unchanged": 0,
    }
    assert await attest(teacher, one["id"], three["id"]) == {"recorded": 1, "unchanged": 1}
    assert (await fetch(teacher, one["id"]))["consent"] == "paper"
    (consent,) = await consents(teacher, one["id"])
    assert (consent["how"], consent["signature_sha256"]) == ("paper", None)
    assert (consent["relation"], consent["signer"], consent["text_version"]) == ("mother", "王建国", 1)
    assert consent["signed_at"].startswith("2026-09-01T04:00")
    assert consent["text_sha256"] == (await teacher.get(f"{TEXTS}/current")).json()["sha256"]
    facts = await told.facts("consent.recorded")
    assert {fact["reader_id"] for fact in facts} == {one["id"], two["id"], three["id"]}
    assert one["name"] not in str(facts)


async def test_a_paper_is_of_the_newest_text_of_its_day(
    teacher: httpx.AsyncClient, district: httpx.AsyncClient, administrator: Administrator
) -> None:
    """A text that came out later is not what was signed."""
    readers = [await create(teacher, n) for n in (1, 2, 3, 4)]
    assert (await district.post(TEXTS, json={"title": "授权书2", "body": BODY})).status_code == 201
    # Published in the last minutes of 10 September in China.
    await administrator.execute("update readers.consent_texts set published_at = '2026-09-10T15:59Z' where version = 2")
    for reader, day in zip(readers, ("2020-01-01", "2026-09-09", "2026-09-10", None), strict=True):
        await attest(teacher, reader["id"], **({} if day is None else {"signed_on": day}))
    signed = [(await consents(teacher, reader["id"]))[0] for reader in readers]
    assert [consent["text_version"] for consent in signed] == [1, 1, 2, 2]
    texts = {text["version"]: text["sha256"] for text in (await teacher.get(TEXTS)).json()["items"]}
    assert [consent["text_sha256"] for consent in signed] == [texts[version] for version in (1, 1, 2, 2)]


async def test_a_paper_is_not_signed_tomorrow(teacher: httpx.AsyncClient) -> None:
    reader = await create(teacher)
    response = await teacher.post(PAPER, json={"reader_ids": [reader["id"]], "signed_on": "2999-01-01"})
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "signed_on_future")


async def test_one_unknown_reader_and_nothing_is_attested(
    teacher: httpx.AsyncClient, stranger: httpx.AsyncClient, told: Told
) -> None:
    mine, theirs = await create(teacher, 1), await create(stranger, 2)
    unknown = await teacher.post(PAPER, json={"reader_ids": [mine["id"], str(uuid4())]})
    others = await teacher.post(PAPER, json={"reader_ids": [mine["id"], theirs["id"]]})
    assert (others.status_code, others.json()["code"]) == (404, "reader_not_found")
    assert others.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    assert not await told.facts("consent.recorded")


async def test_who_signed_is_encrypted(teacher: httpx.AsyncClient, administrator: Administrator) -> None:
    reader = await create(teacher, guardian_name="欧阳建国")
    await attest(teacher, reader["id"])
    rows = await administrator.fetch("select c::text as row from readers.consents c")
    assert len(rows) == 1
    assert "欧阳" not in rows[0]["row"]
    assert "欧阳".encode().hex() not in rows[0]["row"]


async def test_consent_is_a_filter(teacher: httpx.AsyncClient, district: httpx.AsyncClient) -> None:
    signed, unsigned = await create(teacher, 1), await create(teacher, 2)
    await attest(teacher, signed["id"])
    for consent, reader in (("paper", signed), ("none", unsigned)):
        page = (await teacher.get(READERS, params={"consent": consent})).json()
        assert (page["total"], [item["id"] for item in page["items"]]) == (1, [reader["id"]])
    wide = await district.get(READERS, params={"consent": "none"})
    assert (wide.status_code, wide.json()["code"]) == (422, "consent_too_wide")
    narrow = await district.get(READERS, params={"consent": "none", "school_id": signed["school_id"]})
    assert narrow.json()["total"] == 1


async def test_consent_is_a_column_of_the_export(teacher: httpx.AsyncClient) -> None:
    signed, unsigned = await create(teacher, 1, name="王已签"), await create(teacher, 2, name="王未签")
    await attest(teacher, signed["id"])
    workbook = openpyxl.load_workbook(BytesIO((await teacher.get(f"{READERS}/export.xlsx")).content))
    titles, *rows = [[cell.value for cell in row] for row in workbook.worksheets[0].iter_rows()]
    found = {row[titles.index("姓名")]: row[titles.index("授权书")] for row in rows}
    assert found == {signed["name"]: "已签", unsigned["name"]: "未签"}
    narrowed = await teacher.get(f"{READERS}/export.xlsx", params={"consent": "paper"})
    assert len(list(openpyxl.load_workbook(BytesIO(narrowed.content)).worksheets[0].iter_rows())) == 2


async def test_forms_of_a_class(
    teacher: httpx.AsyncClient, stranger: httpx.AsyncClient, classes: dict[str, UUID]
) -> None:
    class_id = str(classes["三年级1班"])
    reader = await create(teacher, 1, class_id=class_id)
    await create(teacher, 2, class_id=str(classes["三年级2班"]))
    forms = (await teacher.get(f"{READERS}/consents/forms", params={"class_id": class_id})).json()
    assert forms["text"]["version"] == 1
    assert forms["forms"] == [
        {
            "reader_id": reader["id"],
            "name": reader["name"],
            "grade_name": "三年级",
            "class_name": "1班",
            "guardian_name": "王建国",
            "consent": "none",
        }
    ]
    theirs = await stranger.get(f"{READERS}/consents/forms", params={"class_id": class_id})
    unknown = await stranger.get(f"{READERS}/consents/forms", params={"class_id": str(uuid4())})
    assert (theirs.status_code, theirs.json()["code"]) == (404, "class_not_found")
    assert theirs.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}


# --- approval


async def test_the_district_says_whether_consent_is_needed(
    teacher: httpx.AsyncClient, district: httpx.AsyncClient, readers: RunningService, told: Told
) -> None:
    assert (await teacher.get(SETTING)).json()["mode"] == "warn"
    for n, consent in ((8, "none"), (9, "paper")):
        reader = await create(teacher, n)
        if consent == "paper":
            await attest(teacher, reader["id"])
        approved = await teacher.post(f"{READERS}/{reader['id']}/approve")
        assert (approved.status_code, approved.json()["without_consent"]) == (200, consent == "none")
    changed = await district.put(SETTING, json={"mode": "refuse"})
    assert (changed.status_code, changed.json()["version"]) == (200, 1)
    assert (await district.put(SETTING, json={"mode": "refuse"})).json()["version"] == 1
    assert [fact["mode"] for fact in await told.facts("consent_setting.changed")] == ["refuse"]
    reader = await create(teacher)
    refused = await teacher.post(f"{READERS}/{reader['id']}/approve")
    assert (refused.status_code, refused.json()["code"]) == (409, "consent_missing")
    await attest(teacher, reader["id"])
    assert (await teacher.post(f"{READERS}/{reader['id']}/approve")).status_code == 200
    async with readers.client(a_school("500106")) as elsewhere:
        reader = await create(elsewhere)
        assert (await elsewhere.post(f"{READERS}/{reader['id']}/approve")).status_code == 200


@pytest.mark.parametrize("mode", ["warn", "refuse"])
async def test_a_batch_names_those_without_consent(
    teacher: httpx.AsyncClient, district: httpx.AsyncClient, told: Told, mode: str
) -> None:
    await district.put(SETTING, json={"mode": mode})
    signed, unsigned, withdrawn = [await create(teacher, n) for n in (1, 2, 3)]
    await attest(teacher, signed["id"], withdrawn["id"])
    await withdraw(teacher, withdrawn["id"])
    draft = (await teacher.post(f"{READERS}/approvals", json={"filter": {}})).json()
    assert (draft["total"], draft["without_consent"], draft["consent_mode"]) == (3, 2, mode)
    assert (await teacher.get(f"{READERS}/approvals/{draft['batch_no']}")).json() == draft
    confirmed = await teacher.post(f"{READERS}/approvals/{draft['batch_no']}/confirm")
    assert confirmed.json() == draft | {"status": "running"}

    async def all_told() -> bool:
        return len(await told.facts("batch.item_failed")) + len(await told.facts("reader.approved")) == 3

    await eventually(all_told)
    facts = await told.facts("batch.item_failed")
    expected = ["consent_missing", "consent_withdrawn"] if mode == "refuse" else ["consent_withdrawn"]
    assert sorted(fact["code"] for fact in facts) == expected
    assert {fact["batch_no"] for fact in facts} == {draft["batch_no"]}
    approved = {fact["reader_id"] for fact in await told.facts("reader.approved")}
    assert approved == ({signed["id"]} if mode == "refuse" else {signed["id"], unsigned["id"]})


# --- others


async def test_strangers_find_no_consent(
    teacher: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    district: httpx.AsyncClient,
    other_district: httpx.AsyncClient,
    city: httpx.AsyncClient,
) -> None:
    reader = await create(teacher)
    await attest(teacher, reader["id"])
    (consent,) = await consents(teacher, reader["id"])
    assert await consents(district, reader["id"]) == [consent]
    paths = ["{}/consents", f"{{}}/consents/{consent['id']}/signature.png"]
    for client in (stranger, other_district):
        for path in paths:
            theirs = await client.get(f"{READERS}/{path.format(reader['id'])}")
            unknown = await client.get(f"{READERS}/{path.format(uuid4())}")
            assert theirs.status_code == 404
            assert theirs.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    theirs, unknown = await withdraw(stranger, reader["id"]), await withdraw(stranger, str(uuid4()))
    assert theirs.status_code == 404
    assert theirs.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    assert (await city.get(f"{READERS}/{reader['id']}/consents")).status_code == 403
    assert (await withdraw(district, reader["id"])).status_code == 403
    assert (await consents(teacher, reader["id"])) == [consent]
