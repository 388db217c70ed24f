"""What a receipt leads to later: after its link has ended, and after the school has withdrawn the consent."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.readers.guardian_consumer import follow_schools
from shared.contracts.identity import SchoolChanged
from shared.database import Database
from shared.tenancy import WORKER, Caller, Scope, system_actor
from tests.readers.conftest import Told
from tests.readers.families import (
    LINKS,
    REGISTRATION,
    merge,
    receipt_of,
    register,
    registrations,
    send,
    submission,
)
from tests.readers.people import LIBRARY, READERS, CardsOf, ParamsOf, said


@pytest.fixture
async def carded(phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str, cards: CardsOf) -> tuple[str, str]:
    """A receipt and the reader, who has a card."""
    receipt = await register(phone, token, 1)
    (kept,) = await registrations(teacher)
    reader = (await merge(teacher, kept["id"])).json()
    assert (await teacher.post(f"{READERS}/{reader['id']}/approve")).status_code == 200
    await cards.say(cards.issued(reader["id"]))
    shown = await receipt_of(phone, receipt)
    assert (shown["progress"], shown["may_withdraw"]) == ("carded", True)
    assert shown["card_no"] is not None
    return receipt, str(reader["id"])


# --- sent again


@pytest.mark.parametrize("end", ["expired", "revoked", "school"])
async def test_an_answer_that_was_lost_is_given_again_after_the_link_has_ended(
    phone: httpx.AsyncClient,
    teacher: httpx.AsyncClient,
    link: dict[str, Any],
    token: str,
    administrator: "asyncpg.Connection[asyncpg.Record]",
    database: Database,
    school: Scope,
    told: Told,
    end: str,
) -> None:
    key = str(uuid4())
    first = await send(phone, token, submission(1), key)
    if end == "expired":
        await administrator.execute("update readers.registration_links set expires_at = now()")
    elif end == "revoked":
        await teacher.post(f"{LINKS}/{link['id']}/revoke")
    else:
        assert school.school_id is not None
        fact = SchoolChanged(
            actor=LIBRARY, version=1, school_id=school.school_id, name="小学", stage="primary", disabled=True
        )
        worker = Caller(WORKER, system_actor("readers"))
        await database.run(worker, follow_schools, [said(school, fact, school.school_id)])
    again = await send(phone, token, submission(1), key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(await told.facts("registration.submitted")) == 1
    other = await send(phone, token, submission(2), key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    new = await send(phone, token, submission(1))
    assert (new.status_code, new.json()["code"]) == (404, "link_not_found")


async def test_an_answer_that_was_lost_is_given_again_after_the_class_was_disabled(
    phone: httpx.AsyncClient, token: str, params: ParamsOf
) -> None:
    grade_id = await params.grade()
    class_id: UUID = await params.school_class(grade_id, "1班")
    key, body = str(uuid4()), submission(1, class_id=str(class_id))
    first = await send(phone, token, body, key)
    assert first.status_code == 201, first.text
    await params.change_class(grade_id, class_id, "1班", 2, disabled=True)
    again = await send(phone, token, body, key)
    assert (again.status_code, again.json()) == (201, first.json())
    new = await send(phone, token, body)
    assert new.status_code == 422


# --- withdrawn by the guardian


async def test_a_guardian_withdraws_the_consent(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str, told: Told
) -> None:
    receipt = await register(phone, token)
    (kept,) = await registrations(teacher)
    reader = (await merge(teacher, kept["id"])).json()
    assert reader["consent"] == "phone"
    withdrawn = await phone.post(f"{REGISTRATION}/receipts/{receipt}/withdraw")
    assert (withdrawn.status_code, withdrawn.json()["progress"]) == (200, "withdrawn")
    assert (await teacher.get(f"{READERS}/{reader['id']}")).json()["consent"] == "withdrawn"
    (fact,) = await told.facts("consent.withdrawn")
    assert (fact["reader_id"], fact["actor"]["kind"], fact["reason"]) == (reader["id"], "guardian", "监护人凭回执撤回")
    (consent,) = (await teacher.get(f"{READERS}/{reader['id']}/consents")).json()["items"]
    assert consent["withdrawn_by"] == "王*国"
    approved = await teacher.post(f"{READERS}/{reader['id']}/approve")
    assert (approved.status_code, approved.json()["code"]) == (409, "consent_withdrawn")


# --- withdrawn by the school


async def test_a_consent_the_school_has_withdrawn_is_withdrawn_on_the_receipt(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, carded: tuple[str, str]
) -> None:
    receipt, reader_id = carded
    withdrawn = await teacher.post(f"{READERS}/{reader_id}/consents/withdraw", json={"reason": "家长来校撤回"})
    assert withdrawn.is_success, withdrawn.text
    shown = await receipt_of(phone, receipt)
    assert (shown["progress"], shown["card_no"]) == ("withdrawn", None)
    assert (shown["may_withdraw"], shown["may_correct"]) == (False, False)
    nothing = await phone.post(f"{REGISTRATION}/receipts/{receipt}/withdraw")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "no_consent_in_force")


async def test_a_withdrawn_signature_stays_so_when_another_is_given(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, carded: tuple[str, str]
) -> None:
    receipt, reader_id = carded
    await teacher.post(f"{READERS}/{reader_id}/consents/withdraw", json={"reason": "家长来校撤回"})
    paper = await teacher.post(f"{READERS}/consents/paper", json={"reader_ids": [reader_id]})
    assert paper.is_success, paper.text
    shown = await receipt_of(phone, receipt)
    assert (shown["progress"], shown["card_no"], shown["may_withdraw"]) == ("withdrawn", None, False)


async def test_a_mistake_of_the_school_leaves_the_card(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, carded: tuple[str, str]
) -> None:
    receipt, reader_id = carded
    body = {"reason": "误登记", "mistake": True}
    assert (await teacher.post(f"{READERS}/{reader_id}/consents/withdraw", json=body)).is_success
    shown = await receipt_of(phone, receipt)
    assert (shown["progress"], shown["card_no"] is not None, shown["may_withdraw"]) == ("carded", True, False)


async def test_what_the_other_parent_signed_takes_the_place(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str, carded: tuple[str, str]
) -> None:
    mothers, reader_id = carded
    fathers = await register(phone, token, 1, guardian_name="王建国", relation="father")
    (kept,) = await registrations(teacher, status="submitted")
    assert (await merge(teacher, kept["id"])).json()["id"] == reader_id
    assert (await receipt_of(phone, fathers))["may_withdraw"] is True
    shown = await receipt_of(phone, mothers)
    assert (shown["progress"], shown["card_no"] is not None, shown["may_withdraw"]) == ("carded", True, False)
    assert (await phone.post(f"{REGISTRATION}/receipts/{fathers}/withdraw")).status_code == 200
    shown = await receipt_of(phone, mothers)
    assert (shown["progress"], shown["card_no"], shown["may_withdraw"]) == ("withdrawn", None, False)


# --- links


async def test_a_link_is_revoked_once(
    teacher: httpx.AsyncClient, link: dict[str, Any], administrator: "asyncpg.Connection[asyncpg.Record]", told: Told
) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first = await teacher.post(f"{LINKS}/{link['id']}/revoke", headers=key)
    again = await teacher.post(f"{LINKS}/{link['id']}/revoke", headers=key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(await told.facts("registration.revoked")) == 1
