"""A card for every approved reader: numbers, one card a person, wanted numbers, repetitions, order."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from services.cards import card_number
from services.cards.rules import REFUSALS
from shared.china import local_day
from shared.contracts.card import CardIssued, CardRefused, Privileges
from shared.database import Database
from shared.envelope import MalformedEvent
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import Scope
from tests.cards.approvals import BATCH_NO, approval, approved, batch, digest, follow, told, told_together
from tests.running_service import a_school, publish, serving
from tests.waiting import eventually

_SENT = "select count(*) from cards.outbox where sent_at is not null and headers->>'ce-type' = 'card.issued.v1'"

Administrator: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


def year() -> int:
    return local_day(datetime.now(UTC)).year % 100


async def test_a_batch_of_many_schools_gets_its_cards(database: Database, administrator: Administrator) -> None:
    schools = [a_school("500103"), a_school("500103"), a_school("500106")]
    events = [event for school in schools for event in batch(school, 100)]
    random.Random(5).shuffle(events)
    await follow(database, events)
    facts = await told(administrator)
    assert [type(fact) for fact in facts] == [CardIssued] * 300
    assert [fact.item_no for fact in facts] == [approved(event).item_no for event in events]
    first = facts[0]
    assert (first.masked_name, first.batch_no, first.kind, first.version) == ("王*明", BATCH_NO, "online", 1)
    assert first.privileges == Privileges() and first.actor.name == "cards"
    numbers = {fact.card_no for fact in facts}
    assert numbers == {
        card_number.compose(district, year(), serial)
        for district, count in (("500103", 200), ("500106", 100))
        for serial in range(1, count + 1)
    }
    rows = await administrator.fetch("select school_id, card_no, status, kind from cards.cards")
    assert Counter(row["school_id"] for row in rows) == {school.school_id: 100 for school in schools}
    assert {(row["status"], row["kind"]) for row in rows} == {("active", "online")}
    for school in schools:
        [together] = await told_together(administrator, school)
        of_school = [(fact.item_no, fact.reader_id, fact.card_no) for fact in await told(administrator, school)]
        assert [(card.item_no, card.reader_id, card.card_no) for card in together.cards] == of_school
        assert (together.batch_no, len(of_school)) == (BATCH_NO, 100)
    await follow(database, batch(schools[0], 1, prefix="more"))
    assert (await told(administrator))[-1].card_no == card_number.compose("500103", year(), 201)


async def test_a_person_has_one_card_and_no_school_is_named(database: Database, administrator: Administrator) -> None:
    one, two = a_school("500103"), a_school("500106")
    await follow(database, [approval(one, "same")])
    await follow(database, [approval(two, "same", batch_no="7", item_no=3)])
    (refused,) = await told(administrator, two)
    assert isinstance(refused, CardRefused)
    assert (refused.code, refused.batch_no, refused.item_no) == ("already_has_card", "7", 3)
    body = msgspec.json.encode(refused).decode()
    assert "只能办理一张" in body and str(one.school_id) not in body and "500103" not in body
    together = [approval(one, "other"), approval(two, "other")]
    await follow(database, together)
    assert isinstance((await told(administrator, one))[-1], CardIssued)
    assert (await told(administrator, two))[-1].code == "already_has_card"


async def test_fifty_parallel_approvals_of_one_person_make_one_card(
    database: Database, administrator: Administrator
) -> None:
    schools = [a_school("5001" + f"{number % 10:02}") for number in range(50)]
    await asyncio.gather(*(follow(database, [approval(school, "same")]) for school in schools))
    facts = await told(administrator)
    assert Counter(type(fact) for fact in facts) == {CardIssued: 1, CardRefused: 49}
    assert await administrator.fetchval("select count(*) from cards.cards") == 1
    assert await administrator.fetchval("select count(*) from cards.identity_claims") == 1


async def test_a_wanted_number_is_honoured_once_and_for_all(database: Database, administrator: Administrator) -> None:
    one, two = a_school("500103"), a_school("500106")
    wanted = "987654321098765"
    await follow(
        database,
        [
            approval(one, "a", wanted_card_no=wanted),
            approval(two, "b", wanted_card_no=wanted),
            approval(two, "c", wanted_card_no="12"),
            approval(two, "d"),
        ],
    )
    issued, taken, odd, normal = await told(administrator)
    assert issued.card_no == wanted
    assert (taken.code, odd.code) == ("card_no_taken", "card_no_format")
    assert isinstance(normal, CardIssued)
    # Refused for the number, not for the person: another number will do.
    await follow(database, [approval(two, "b", version=5), approval(two, "c", version=5)])
    assert [type(fact) for fact in (await told(administrator))[4:]] == [CardIssued, CardIssued]
    await administrator.execute(
        "update cards.cards set status = 'closed', reason_code = 'other', reason = '' where card_no = $1", wanted
    )
    await follow(database, [approval(two, "e", wanted_card_no=wanted)])
    assert (await told(administrator))[-1].code == "card_no_taken"


async def test_a_number_of_nobodys_or_of_another_district_is_no_cards(
    database: Database, administrator: Administrator
) -> None:
    one, merged = a_school("500103"), a_school("500157")
    await follow(
        database,
        [
            approval(one, "a", wanted_card_no="0" * 15),
            approval(one, "b", wanted_card_no="500106260000011"),
            # 渝北 became part of 两江: what was printed for it is good there.
            approval(merged, "c", wanted_card_no="500112260000011"),
        ],
    )
    zeros, foreign, older = await told(administrator)
    assert [(fact.code, fact.detail) for fact in (zeros, foreign)] == [
        ("card_no_format", REFUSALS["card_no_format"]),
        ("card_no_district", REFUSALS["card_no_district"]),
    ]
    assert older.card_no == "500112260000011"
    # The person may have a card all the same.
    await follow(database, [approval(one, "a", version=5), approval(one, "b", version=5)])
    assert [type(fact) for fact in (await told(administrator))[3:]] == [CardIssued, CardIssued]


async def test_numbers_somebody_had_assigned_are_passed_over(database: Database, administrator: Administrator) -> None:
    school = a_school("500103")
    stock = [card_number.compose("500103", year(), serial) for serial in (1, 2, 3, 5, 9)]
    await follow(database, [approval(school, number, wanted_card_no=number) for number in stock] + batch(school, 6))
    facts = await told(administrator)
    assert [int(fact.card_no[8:14]) for fact in facts] == [1, 2, 3, 5, 9, 4, 6, 7, 8, 10, 11]
    last = await administrator.fetchval("select last_serial from cards.serial_counters")
    assert last == 11


async def test_used_up_serials_are_told(database: Database, administrator: Administrator) -> None:
    school = a_school("500103")
    await administrator.execute("insert into cards.serial_counters values ('500103', $1, 999998)", year())
    await follow(database, batch(school, 3))
    first, *rest = await told(administrator)
    assert first.card_no == card_number.compose("500103", year(), 999_999)
    assert [(fact.code, fact.detail) for fact in rest] == [("serials_exhausted", REFUSALS["serials_exhausted"])] * 2
    assert await administrator.fetchval("select count(*) from cards.identity_claims") == 1
    await follow(database, [approval(school, "w", wanted_card_no="1" * 15), *batch(a_school("500106"), 1)])
    assert [type(fact) for fact in (await told(administrator))[3:]] == [CardIssued, CardIssued]


async def test_repetitions_change_nothing(database: Database, administrator: Administrator) -> None:
    school, reader_id = a_school(), uuid4()
    event = approval(school, "a", reader_id, batch_no="1", item_no=1)
    await follow(database, [event, event])
    await follow(database, [event])
    (issued,) = await told(administrator)
    # A later approval of who has the card already: told again, so that its batch ends.
    await follow(database, [approval(school, "a", reader_id, version=9, batch_no="2", item_no=4)])
    again = (await told(administrator))[1]
    assert (again.card_no, again.batch_no, again.item_no) == (issued.card_no, "2", 4)
    assert (again.issued_at, again.version) == (issued.issued_at, 1)
    assert await administrator.fetchval("select count(*) from cards.cards") == 1
    # Two approvals of one reader in one fetch: one card, both batches hear of it.
    other = uuid4()
    await follow(
        database, [approval(school, "b", other, batch_no=number, item_no=1, version=int(number)) for number in "34"]
    )
    three, four = (await told(administrator))[2:]
    assert three.card_no == four.card_no and (three.batch_no, four.batch_no) == ("3", "4")
    assert await administrator.fetchval("select count(*) from cards.cards") == 2


async def test_a_closed_card_lets_the_person_have_another(database: Database, administrator: Administrator) -> None:
    one, two, reader_id = a_school(), a_school(), uuid4()
    first = approval(one, "a", reader_id)
    await follow(database, [first])
    await administrator.execute("update cards.cards set status = 'closed', reason_code = 'other', reason = ''")
    # Delivered late once more, the approval that the closed card answered gives no new one.
    await follow(database, [first])
    assert len(await told(administrator)) == 1
    await follow(database, [approval(two, "a")])
    await follow(database, [approval(one, "a", reader_id, version=7)])
    issued, moved, refused = await told(administrator)
    assert (type(moved), refused.code) == (CardIssued, "already_has_card")
    assert moved.card_no != issued.card_no


async def test_shuffled_and_doubled_events_end_the_same(database: Database, administrator: Administrator) -> None:
    schools = [a_school("500103"), a_school("500106"), a_school("500106")]
    events = [event for school in schools for event in batch(school, 60)]
    events += [approval(school, f"shared-{number}") for number in range(20) for school in schools]
    doubled = events + events
    random.Random(11).shuffle(doubled)
    pieces = [doubled[start : start + 40] for start in range(0, len(doubled), 40)]
    await asyncio.gather(*(follow(database, piece) for piece in pieces))
    living = await administrator.fetch("select card_no, id_digest from cards.cards")
    assert len(living) == len({row["card_no"] for row in living}) == len({row["id_digest"] for row in living}) == 200
    people = {bytes.fromhex(approved(event).id_digest) for event in events}
    assert {row["id_digest"] for row in living} == people
    assert await administrator.fetchval("select count(*) from cards.card_numbers") == 200
    serials = await administrator.fetch("select district, last_serial from cards.serial_counters")
    counts = await administrator.fetch("select district, count(*) as cards from cards.cards group by district")
    assert {tuple(row) for row in serials} == {tuple(row) for row in counts}


async def test_an_approval_without_school_or_digest_is_malformed(database: Database) -> None:
    event = approval(a_school(), "a")
    body = event.body.replace(digest("a").encode(), b"no digest")
    for odd in (msgspec.structs.replace(event, school_id=None), msgspec.structs.replace(event, body=body)):
        with pytest.raises(MalformedEvent):
            await follow(database, [odd])


async def test_ten_thousand_approvals_through_the_broker(
    settings: Settings, secrets: Secrets, database: Database, administrator: Administrator
) -> None:
    """Through stream, consumer and relay; each fifth approval is on the stream twice."""
    school: Scope = a_school()
    events = batch(school, 10_000)
    await publish(settings, secrets, [*events, *events[::5]])

    async def all_sent() -> bool:
        return bool(await administrator.fetchval(_SENT) == 10_000)

    async with serving(settings, secrets, "cards"):
        await eventually(all_sent, within=90)
    assert await administrator.fetchval("select count(distinct card_no) from cards.cards") == 10_000
    assert len(await told(administrator)) == 10_000
    assert sum(len(fact.cards) for fact in await told_together(administrator, school)) == 10_000
    assert await administrator.fetchval("select count(*) from cards.dead_letters") == 0
