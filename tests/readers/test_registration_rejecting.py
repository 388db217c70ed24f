"""Many registrations: a link takes so many, a teacher sends many back at once, and the log says who saw numbers."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from services.readers.registering import MOST_UNDECIDED
from tests.readers.conftest import Told
from tests.readers.families import (
    REGISTRATIONS,
    merge,
    open_link,
    receipt_of,
    register,
    registrations,
    send,
    submission,
    token_of,
)
from tests.readers.people import create, id_number


async def test_a_link_takes_no_more_than_a_school_can_have(
    phone: httpx.AsyncClient,
    teacher: httpx.AsyncClient,
    link: dict[str, Any],
    token: str,
    administrator: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    key = str(uuid4())
    first = await send(phone, token, submission(1), key)
    await administrator.execute(
        "insert into readers.registrations (school_id, district, id, link_id, receipt_digest, first_digest, id_digest,"
        " sealed, text_version, text_digest, signature_digest, signed_at, submitted_at, updated_at)"
        " select school_id, district, gen_random_uuid(), link_id, sha256(n::text::bytea), '', sha256(n::text::bytea),"
        " '', 1, '', '', now(), now(), now() from readers.registrations, generate_series(2, $1::int) n",
        MOST_UNDECIDED,
    )
    full = await send(phone, token, submission(2))
    assert (full.status_code, full.json()["code"]) == (429, "link_full")
    assert (await send(phone, token, submission(1), key)).json() == first.json()
    elsewhere = token_of(await open_link(teacher))
    assert (await send(phone, elsewhere, submission(2))).status_code == 201
    newest = (await teacher.get(REGISTRATIONS, params={"link_id": link["id"], "page_size": 1})).json()
    own = newest["items"][0]
    rejected = await teacher.post(f"{REGISTRATIONS}/{own['id']}/reject", json={"reason": "不是本校学生"})
    assert rejected.status_code == 200
    assert (await send(phone, token, submission(3))).status_code == 201


async def test_many_are_sent_back_at_once(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str, told: Told
) -> None:
    receipts = [await register(phone, token, n) for n in (1, 2, 3)]
    ids = [item["id"] for item in await registrations(teacher)]
    await merge(teacher, ids[0])
    blank = await teacher.post(f"{REGISTRATIONS}/reject", json={"ids": ids, "reason": " "})
    assert (blank.status_code, blank.json()["code"]) == (422, "registration_invalid")
    key = {"Idempotency-Key": str(uuid4())}
    body = {"ids": [*ids, ids[1]], "reason": "重复提交 500103201409010011"}
    done = await teacher.post(f"{REGISTRATIONS}/reject", json=body, headers=key)
    assert done.status_code == 200, done.text
    assert done.json()["rejected"] == 2
    assert [(left["id"], left["why"]) for left in done.json()["left"]] == [(ids[0], "decided")]
    assert (await teacher.post(f"{REGISTRATIONS}/reject", json=body, headers=key)).json() == done.json()
    facts = await told.facts("registration.rejected")
    assert sorted(fact["registration_id"] for fact in facts) == sorted(ids[1:])
    assert {fact["version"] for fact in facts} == {2}
    assert "500103201409010011" not in facts[0]["reason"]
    progress = sorted([(await receipt_of(phone, receipt))["progress"] for receipt in receipts])
    assert progress == ["accepted", "rejected", "rejected"]
    # Another school's is nobody's, and then nothing is done.
    unknown = await teacher.post(f"{REGISTRATIONS}/reject", json={"ids": [str(uuid4())], "reason": "重复"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "registration_not_found")


# --- full numbers


async def test_numbers_are_masked_until_somebody_asks_and_the_log_says_who(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str, told: Told
) -> None:
    reader = await create(teacher, 1)
    await register(phone, token, 1, phone="13911112222")
    await register(phone, token, 2)
    met, new = sorted(await registrations(teacher), key=lambda item: not item["meets"])
    for item in (met, new):
        everything = (await teacher.get(f"{REGISTRATIONS}/{item['id']}")).text
        for secret in (id_number(1), id_number(2), "13911112222", "13800000001", "13800000002"):
            assert secret not in everything
    assert not await told.facts("registration.revealed")
    shown = (await teacher.post(f"{REGISTRATIONS}/{met['id']}/reveal")).json()
    assert shown["sent"] == {"id_number": id_number(1), "phone": "13911112222", "guardian_phone": "023-67012345"}
    assert (shown["kept"]["id_number"], shown["kept"]["phone"]) == (id_number(1), "13800000001")
    assert (await teacher.post(f"{REGISTRATIONS}/{new['id']}/reveal")).json()["kept"] is None
    facts = await told.facts("registration.revealed")
    assert [fact["registration_id"] for fact in facts] == [met["id"], new["id"]]
    assert [fact["reader_id"] for fact in await told.facts("reader.revealed")] == [reader["id"]]
    assert id_number(1).encode() not in await told.bytes()


async def test_each_look_is_one_of_its_own(
    phone: httpx.AsyncClient,
    teacher: httpx.AsyncClient,
    token: str,
    told: Told,
    administrator: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """An idempotency key keeps no full numbers, and hides no second look from the log."""
    await register(phone, token, 1)
    (kept,) = await registrations(teacher)
    for _ in range(2):
        shown = await teacher.post(f"{REGISTRATIONS}/{kept['id']}/reveal", headers={"Idempotency-Key": "one-and-same"})
        assert shown.json()["sent"]["id_number"] == id_number(1)
    assert len(await told.facts("registration.revealed")) == 2
    assert await administrator.fetchval("select count(*) from readers.answers where key = 'one-and-same'") == 0
