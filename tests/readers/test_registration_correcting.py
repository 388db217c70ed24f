"""What has been merged, corrected: one receipt has one reader, and a signature is for whom it was given."""

import asyncpg
import httpx
import pytest

from tests.readers.conftest import Told
from tests.readers.families import (
    REGISTRATION,
    REGISTRATIONS,
    correct,
    merge,
    receipt_of,
    register,
    registrations,
)
from tests.readers.people import READERS, CardsOf, create, fetch, id_number


@pytest.fixture
async def receipt(phone: httpx.AsyncClient, token: str) -> str:
    """Of a child registered under the sibling's ID number, pupil 1's."""
    return await register(phone, token, 1, name="王小明")


async def number_of(teacher: httpx.AsyncClient, reader_id: str) -> str:
    return str((await teacher.post(f"{READERS}/{reader_id}/reveal")).json()["id_number"])


async def test_a_corrected_id_number_changes_the_reader_who_was_made(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, receipt: str, told: Told
) -> None:
    (kept,) = await registrations(teacher)
    reader = (await merge(teacher, kept["id"])).json()
    assert (await correct(phone, receipt, id_number=id_number(2))).status_code == 200
    (kept,) = await registrations(teacher)
    assert (kept["meets"], kept["reader_id"]) == (True, reader["id"])
    detail = (await teacher.get(f"{REGISTRATIONS}/{kept['id']}")).json()
    assert [pair["field"] for pair in detail["fields"] if not pair["same"]] == ["id_number"]
    many = (await teacher.post(f"{REGISTRATIONS}/merge", json={"ids": [kept["id"]]})).json()
    assert (many["merged"], [(left["id"], left["name"], left["why"]) for left in many["left"]]) == (
        0,
        [(kept["id"], "王小明", "meets")],
    )
    again = await merge(teacher, kept["id"])
    assert (again.status_code, again.json()["id"]) == (200, reader["id"]), again.text
    assert (await teacher.get(READERS)).json()["total"] == 1
    assert await number_of(teacher, reader["id"]) == id_number(2)
    assert (await told.facts("registration.merged"))[-1]["taken"] == ["id_number"]
    assert (await phone.post(f"{REGISTRATION}/receipts/{receipt}/withdraw")).status_code == 200
    assert [fact["reader_id"] for fact in await told.facts("consent.withdrawn")] == [reader["id"]]
    assert (await fetch(teacher, reader["id"]))["consent"] == "withdrawn"


async def test_who_was_there_before_is_somebody_else(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, receipt: str, told: Told
) -> None:
    sibling = await create(teacher, 1, name="王小红")
    (kept,) = await registrations(teacher)
    assert (await merge(teacher, kept["id"])).json()["id"] == sibling["id"]
    await correct(phone, receipt, id_number=id_number(2))
    (kept,) = await registrations(teacher)
    assert kept["meets"] is False
    child = (await merge(teacher, kept["id"])).json()
    assert (child["name"], child["consent"], child["id"] != sibling["id"]) == ("王小明", "phone", True)
    assert (await fetch(teacher, sibling["id"]))["consent"] == "none"
    assert await number_of(teacher, sibling["id"]) == id_number(1)
    (fact,) = await told.facts("consent.withdrawn")
    assert (fact["reader_id"], fact["mistake"]) == (sibling["id"], True)
    assert (await receipt_of(phone, receipt))["may_withdraw"] is True
    assert (await phone.post(f"{REGISTRATION}/receipts/{receipt}/withdraw")).status_code == 200
    assert [fact["reader_id"] for fact in await told.facts("consent.withdrawn")] == [sibling["id"], child["id"]]


async def test_a_number_that_is_a_thirds_is_refused(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, receipt: str
) -> None:
    third = await create(teacher, 2)
    (kept,) = await registrations(teacher)
    reader = (await merge(teacher, kept["id"])).json()
    await correct(phone, receipt, id_number=id_number(2))
    refused = await merge(teacher, kept["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "registration_meets_another")
    # As the sentence says: the reader who was made of it is deleted, then it meets the third.
    assert (await teacher.delete(f"{READERS}/{reader['id']}")).status_code == 204
    merged = await merge(teacher, kept["id"])
    assert (merged.status_code, merged.json()["id"]) == (200, third["id"])


async def test_with_a_card_the_number_stays(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, receipt: str, cards: CardsOf
) -> None:
    (kept,) = await registrations(teacher)
    reader = (await merge(teacher, kept["id"])).json()
    await correct(phone, receipt, id_number=id_number(2))
    assert (await teacher.post(f"{READERS}/{reader['id']}/approve")).status_code == 200
    carding = await merge(teacher, kept["id"])
    assert (carding.status_code, carding.json()["code"]) == (409, "reader_being_carded")
    await cards.say(cards.issued(reader["id"]))
    locked = await merge(teacher, kept["id"])
    assert (locked.status_code, locked.json()["code"]) == (409, "reader_locked")
    assert (await teacher.get(READERS)).json()["total"] == 1


async def test_a_receipt_never_has_two_consents_in_force(
    phone: httpx.AsyncClient,
    teacher: httpx.AsyncClient,
    receipt: str,
    administrator: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    (kept,) = await registrations(teacher)
    await merge(teacher, kept["id"])
    other = await create(teacher, 3)
    with pytest.raises(asyncpg.UniqueViolationError, match="one_consent_in_force_per_receipt"):
        await administrator.execute(
            "insert into readers.consents (school_id, district, id, reader_id, consent_version, how, relation,"
            " signed_at, text_version, text_digest, signature_digest, sealed, receipt_digest, recorded_by, recorded_at)"
            " select school_id, district, gen_random_uuid(), $1, 1, how, relation, signed_at, text_version,"
            " text_digest, signature_digest, sealed, receipt_digest, recorded_by, recorded_at from readers.consents",
            other["id"],
        )


# --- what the teacher saw


async def test_a_reader_who_came_meanwhile_is_looked_at_first(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, receipt: str
) -> None:
    (kept,) = await registrations(teacher)
    imported = await create(teacher, 1, name="王小红")
    for seen in ({"meets": None}, {"meets": kept["id"]}):
        stale = await teacher.post(f"{REGISTRATIONS}/{kept['id']}/merge", json=seen)
        assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    blind = await teacher.post(f"{REGISTRATIONS}/{kept['id']}/merge", json={})
    assert blind.status_code == 400
    assert (await fetch(teacher, imported["id"]))["consent"] == "none"
    merged = await teacher.post(f"{REGISTRATIONS}/{kept['id']}/merge", json={"meets": imported["id"]})
    assert (merged.status_code, merged.json()["id"]) == (200, imported["id"])


async def test_a_reader_who_went_meanwhile_is_looked_for_again(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, receipt: str
) -> None:
    reader = await create(teacher, 1)
    (kept,) = await registrations(teacher)
    assert (await teacher.delete(f"{READERS}/{reader['id']}")).status_code == 204
    stale = await teacher.post(f"{REGISTRATIONS}/{kept['id']}/merge", json={"meets": reader["id"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")


# --- signatures


@pytest.mark.parametrize(
    "change", [{"name": "王小红"}, {"id_number": id_number(2)}, {"guardian_name": "李梅"}, {"relation": "father"}]
)
async def test_another_child_or_guardian_is_signed_for_anew(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, receipt: str, change: dict[str, str]
) -> None:
    path = f"{REGISTRATION}/receipts/{receipt}"
    unsigned = await phone.patch(path, json=change)
    assert unsigned.status_code == 422
    assert [(fault["field"], fault["code"]) for fault in unsigned.json()["errors"]] == [
        ("signature", "signature_needed")
    ]
    assert [item["version"] for item in await registrations(teacher)] == [1]
    assert (await correct(phone, receipt, **change)).status_code == 200


async def test_what_the_signature_is_not_for_needs_none(phone: httpx.AsyncClient, receipt: str) -> None:
    path = f"{REGISTRATION}/receipts/{receipt}"
    same = {"name": " 王 小明", "id_number": id_number(1), "phone": "13911112222", "home_district": "九龙坡"}
    corrected = await phone.patch(path, json=same)
    assert (corrected.status_code, corrected.json()["phone"]) == (200, "139****2222")


async def test_a_new_signature_is_under_the_current_text(
    phone: httpx.AsyncClient, district: httpx.AsyncClient, receipt: str
) -> None:
    published = await district.post(f"{READERS}/consent-texts", json={"title": "授权书", "body": "本人为{child}监护人"})
    assert published.status_code == 201, published.text
    old = await correct(phone, receipt, name="王小红", text_version=1)
    assert [fault["code"] for fault in old.json()["errors"]] == ["text_unknown"]
    shown = await receipt_of(phone, receipt)
    assert (shown["text_version"], shown["text"]["version"], shown["text"]["body"]) == (1, 2, "本人为{child}监护人")
    current = await correct(phone, receipt, name="王小红", text_version=2)
    assert (current.status_code, current.json()["text_version"]) == (200, 2)
