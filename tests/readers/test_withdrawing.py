"""Consent withdrawn: at school, by the guardian, by mistake; what brings it back; what others are told."""

from datetime import date, timedelta
from typing import TypeAlias
from uuid import UUID, uuid4

import asyncpg
import httpx

from services.readers.consumer import follow_cards
from services.readers.guardian_consumer import and_reminders
from services.readers.sealing import Sealer
from shared.china import local_day
from shared.database import Database
from shared.tenancy import WORKER, Caller, system_actor
from tests.readers.conftest import Told
from tests.readers.consents import PAPER, attest, consents, withdraw
from tests.readers.families import REGISTRATION, merge, open_link, register, registrations, token_of
from tests.readers.people import READERS, CardsOf, create, fetch
from tests.running_service import RunningService

Administrator: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def test_withdrawn_and_signed_again(teacher: httpx.AsyncClient, told: Told) -> None:
    reader = await create(teacher)
    nothing = await withdraw(teacher, reader["id"])
    assert (nothing.status_code, nothing.json()["code"]) == (409, "no_consent_in_force")
    await attest(teacher, reader["id"])
    assert (await withdraw(teacher, reader["id"])).status_code == 204
    assert (await fetch(teacher, reader["id"]))["consent"] == "withdrawn"
    refused = await teacher.post(f"{READERS}/{reader['id']}/approve")
    assert (refused.status_code, refused.json()["code"]) == (409, "consent_withdrawn")
    (fact,) = await told.facts("consent.withdrawn")
    assert (fact["reader_id"], fact["reason"], fact["version"]) == (reader["id"], "家长要求", 2)
    assert "mistake" not in fact
    await attest(teacher, reader["id"])
    kept = await consents(teacher, reader["id"])
    assert [item["withdrawal_reason"] for item in kept] == [None, "家长要求"]
    assert (await teacher.post(f"{READERS}/{reader['id']}/approve")).status_code == 200


async def withdraw_on(administrator: Administrator, reader_id: str, days_ago: int) -> str:
    """As if the guardian had withdrawn so many days ago; the day in China."""
    moment = await administrator.fetchval(
        "update readers.consents set withdrawn_at = now() - make_interval(days => $2) where reader_id = $1 "
        "returning withdrawn_at",
        UUID(reader_id),
        days_ago,
    )
    return str(local_day(moment))


async def test_a_class_that_is_ticked_brings_no_withdrawn_consent_back(
    teacher: httpx.AsyncClient, administrator: Administrator, told: Told
) -> None:
    withdrawn, other = await create(teacher, 1, name="王已撤"), await create(teacher, 2)
    await attest(teacher, withdrawn["id"])
    assert (await withdraw(teacher, withdrawn["id"])).status_code == 204
    day = await withdraw_on(administrator, withdrawn["id"], 3)
    before = (date.fromisoformat(day) - timedelta(days=30)).isoformat()
    after = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    for signed_on in (before, day):
        refused = await teacher.post(PAPER, json={"reader_ids": [other["id"], withdrawn["id"]], "signed_on": signed_on})
        problem = refused.json()
        assert (refused.status_code, problem["code"]) == (409, "paper_older_than_withdrawal")
        assert [(error["code"], error["field"]) for error in problem["errors"]] == [
            ("paper_before_withdrawal", "reader_ids")
        ]
        assert problem["errors"][0]["detail"].startswith(f"王已撤：监护人于{day}撤回了授权")
    alone = await teacher.post(PAPER, json={"reader_ids": [withdrawn["id"]], "signed_on": before})
    assert (alone.status_code, alone.json()["code"]) == (409, "paper_older_than_withdrawal")
    assert len(await told.facts("consent.recorded")) == 1
    assert (await fetch(teacher, withdrawn["id"]))["consent"] == "withdrawn"
    assert (await fetch(teacher, other["id"]))["consent"] == "none"
    assert await attest(teacher, other["id"], withdrawn["id"], signed_on=after) == {"recorded": 2, "unchanged": 0}


async def test_a_paper_of_the_day_of_the_withdrawal_is_taken_for_one_alone(
    teacher: httpx.AsyncClient, administrator: Administrator
) -> None:
    withdrawn, other = await create(teacher, 1), await create(teacher, 2)
    await attest(teacher, withdrawn["id"])
    assert (await withdraw(teacher, withdrawn["id"])).status_code == 204
    refused = await teacher.post(PAPER, json={"reader_ids": [withdrawn["id"], other["id"]]})
    assert (refused.status_code, refused.json()["code"]) == (409, "paper_older_than_withdrawal")
    day = await withdraw_on(administrator, withdrawn["id"], 3)
    assert (await attest(teacher, withdrawn["id"], withdrawn["id"], signed_on=day))["recorded"] == 1


async def test_a_withdrawal_whose_answer_was_lost_is_asked_for_again(teacher: httpx.AsyncClient, told: Told) -> None:
    reader = await create(teacher)
    await attest(teacher, reader["id"])
    path, key = f"{READERS}/{reader['id']}/consents/withdraw", {"Idempotency-Key": str(uuid4())}
    answers = [await teacher.post(path, json={"reason": "家长要求"}, headers=key) for _ in range(2)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    assert len(await told.facts("consent.withdrawn")) == 1
    other = await teacher.post(path, json={"reason": "转学"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_withdrawal_has_a_reason(teacher: httpx.AsyncClient, told: Told) -> None:
    reader = await create(teacher)
    await attest(teacher, reader["id"])
    blank = await withdraw(teacher, reader["id"], reason=" \u3000")
    assert (blank.status_code, blank.json()["errors"][0]["code"]) == (422, "reason_missing")
    assert not await told.facts("consent.withdrawn")


async def test_every_word_about_a_readers_consent_is_counted(
    teacher: httpx.AsyncClient, readers: RunningService, administrator: Administrator, told: Told
) -> None:
    """By the reader's lock and not by clocks: on paper, at school, on a phone, by the guardian."""
    reader = await create(teacher)
    await attest(teacher, reader["id"])
    await withdraw(teacher, reader["id"])
    await attest(teacher, reader["id"])
    async with readers.stranger() as phone:
        receipt = await register(phone, token_of(await open_link(teacher)))
        (kept,) = await registrations(teacher)
        merged = await merge(teacher, kept["id"])
        assert (merged.status_code, merged.json()["id"]) == (200, reader["id"])
        assert (await phone.post(f"{REGISTRATION}/receipts/{receipt}/withdraw")).status_code == 200
    recorded = [fact["consent_version"] for fact in await told.facts("consent.recorded")]
    withdrawn = [fact["consent_version"] for fact in await told.facts("consent.withdrawn")]
    # The fourth is the paper that makes way for the phone's, of which nothing is told.
    assert (recorded, withdrawn) == ([1, 3, 5], [2, 6])
    # Written by a process whose clock is slow: the order is that in which it was said.
    await administrator.execute(
        "update readers.consents set recorded_at = recorded_at - interval '1 day' where how = 'phone'"
    )
    assert [item["how"] for item in await consents(teacher, reader["id"])] == ["phone", "paper", "paper"]


async def test_a_wrong_tick_does_not_undo_a_withdrawal(
    teacher: httpx.AsyncClient, administrator: Administrator, told: Told
) -> None:
    reader = await create(teacher)
    await attest(teacher, reader["id"])
    assert (await withdraw(teacher, reader["id"])).status_code == 204
    for _ in range(2):
        await attest(teacher, reader["id"])
        assert (await withdraw(teacher, reader["id"], mistake=True)).status_code == 204
        assert (await fetch(teacher, reader["id"]))["consent"] == "withdrawn"
    facts = await told.facts("consent.withdrawn")
    assert [fact.get("earlier_withdrawal") for fact in facts] == [None, True, True]
    assert [fact.get("mistake") for fact in facts] == [None, True, True]
    refused = await teacher.post(f"{READERS}/{reader['id']}/approve")
    assert (refused.status_code, refused.json()["code"]) == (409, "consent_withdrawn")
    # A signature that is older than what the guardian said is not taken now, either.
    day = await withdraw_on(administrator, reader["id"], 0)
    older = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    late = await teacher.post(PAPER, json={"reader_ids": [reader["id"]], "signed_on": older})
    assert (late.status_code, late.json()["code"]) == (409, "paper_older_than_withdrawal")


async def test_a_wrong_tick_after_a_consent_that_was_replaced_is_no_withdrawal(
    teacher: httpx.AsyncClient, readers: RunningService, told: Told
) -> None:
    reader = await create(teacher)
    await attest(teacher, reader["id"])
    async with readers.stranger() as phone:
        await register(phone, token_of(await open_link(teacher)))
    (kept,) = await registrations(teacher)
    assert (await merge(teacher, kept["id"])).status_code == 200
    assert (await withdraw(teacher, reader["id"], mistake=True)).status_code == 204
    assert (await fetch(teacher, reader["id"]))["consent"] == "none"
    (fact,) = await told.facts("consent.withdrawn")
    assert "earlier_withdrawal" not in fact


async def test_a_wrong_tick_is_no_withdrawal(teacher: httpx.AsyncClient, told: Told) -> None:
    reader = await create(teacher)
    await attest(teacher, reader["id"])
    assert (await withdraw(teacher, reader["id"], mistake=True)).status_code == 204
    assert (await fetch(teacher, reader["id"]))["consent"] == "none"
    assert (await told.facts("consent.withdrawn"))[0]["mistake"] is True


async def test_a_deleted_reader_leaves_no_consent(teacher: httpx.AsyncClient, administrator: Administrator) -> None:
    reader = await create(teacher)
    await attest(teacher, reader["id"])
    assert (await teacher.delete(f"{READERS}/{reader['id']}")).status_code == 204
    assert await administrator.fetchval("select count(*) from readers.consents") == 0


async def test_a_card_issued_after_the_withdrawal_is_told_of_it(
    teacher: httpx.AsyncClient, cards: CardsOf, database: Database, sealer: Sealer, told: Told
) -> None:
    readers = [await create(teacher, n) for n in (1, 2)]
    for reader in readers:
        await attest(teacher, reader["id"])
        assert (await teacher.post(f"{READERS}/{reader['id']}/approve")).status_code == 200
    assert (await withdraw(teacher, readers[0]["id"])).status_code == 204
    # What is told again is what the guardian said, not the wrong tick that came after.
    await attest(teacher, readers[0]["id"])
    assert (await withdraw(teacher, readers[0]["id"], reason="勾错了", mistake=True)).status_code == 204
    issued = [cards.issued(reader["id"], f"50010326000001{n}") for n, reader in enumerate(readers)]
    await database.run(Caller(WORKER, system_actor("readers")), and_reminders(follow_cards, sealer), issued)
    facts = await told.facts("consent.withdrawn")
    assert [fact["reader_id"] for fact in facts] == [readers[0]["id"]] * 3
    assert [(fact["reason"], fact["consent_version"]) for fact in facts] == [
        ("家长要求", 2),
        ("勾错了", 4),
        ("家长要求", 4),
    ]
    assert (await told.subjects("consent.withdrawn"))[0] == (await told.subjects("consent.withdrawn"))[1]


async def test_a_card_issued_after_a_consent_given_again_is_told_of_it(
    teacher: httpx.AsyncClient, cards: CardsOf, database: Database, sealer: Sealer, told: Told
) -> None:
    """Else the withdrawal before it, should it come to cards late, would suspend the card for good."""
    readers = [await create(teacher, n) for n in (1, 2, 3)]
    await attest(teacher, *(reader["id"] for reader in readers))
    assert (await withdraw(teacher, readers[0]["id"])).status_code == 204
    assert (await withdraw(teacher, readers[1]["id"], reason="勾错了", mistake=True)).status_code == 204
    await attest(teacher, readers[0]["id"])
    await attest(teacher, readers[1]["id"])
    before = await told.facts("consent.recorded")
    issued = []
    for n, reader in enumerate(readers):
        assert (await teacher.post(f"{READERS}/{reader['id']}/approve")).status_code == 200
        issued.append(cards.issued(reader["id"], f"50010326000001{n}"))
    await database.run(Caller(WORKER, system_actor("readers")), and_reminders(follow_cards, sealer), issued)
    (again,) = (await told.facts("consent.recorded"))[len(before) :]
    (first,) = [fact for fact in before if fact["consent_version"] == 3 and fact["reader_id"] == readers[0]["id"]]
    assert again | {"actor": None} == first | {"actor": None}
    assert again["actor"]["kind"] == "system"
