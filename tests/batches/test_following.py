"""Whatever the order of the facts and however often they come, the batch ends the same."""

import asyncio
import random
from collections import Counter
from typing import Any

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.batches.rules import fold, header_of, moment
from services.batches.schemas import Batch, BatchFilter
from services.batches.service import fetch_batch, list_batches, list_items
from shared.contracts.batch import BatchCompleted, BatchItemFailed
from shared.database import Database
from shared.envelope import Event, MalformedEvent
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import WORKER, Caller, Scope, system_actor
from tests.batches.facts import OUTCOMES, TEACHER, BatchFacts, Said, follow
from tests.running_service import a_school, publish, serving
from tests.waiting import eventually

SAID: list[Said] = [*OUTCOMES]


def as_teacher(school: Scope) -> Caller:
    return Caller(school, TEACHER)


async def completions(database_url: str, school: Scope) -> list[BatchCompleted]:
    administrator = await asyncpg.connect(database_url)
    try:
        rows = await administrator.fetch("select body from batches.outbox where school_id = $1", school.school_id)
    finally:
        await administrator.close()
    return [msgspec.json.decode(row["body"], type=BatchCompleted) for row in rows]


async def everything(database: Database, database_url: str, school: Scope) -> dict[str, Any]:
    """All that can be seen of a school's batches, without the moment of completion."""
    caller = as_teacher(school)
    found = await database.run(caller, list_batches, BatchFilter(), 1, 200)
    items = {
        batch.batch_no: (await database.run(caller, list_items, batch.batch_no, None, 1, 200)).items
        for batch in found.items
    }
    return {
        "batches": [msgspec.structs.replace(batch, completed_at=None) for batch in found.items],
        "items": {
            batch_no: [msgspec.structs.replace(item, reader_id=None) for item in of_batch]
            for batch_no, of_batch in items.items()
        },
        "completed": sorted(
            (fact.batch_no or "", fact.total, fact.succeeded, fact.failed, fact.skipped)
            for fact in await completions(database_url, school)
        ),
    }


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[tuple[str, str, int, Said]], list[int], list[int]]:
    """Facts of one to three batches as (batch, what, item, said), an order with repetitions, and where it is cut."""
    facts: list[tuple[str, str, int, Said]] = []
    for number in range(draw(st.integers(1, 3))):
        said = draw(st.lists(st.sampled_from(SAID), max_size=5))
        end = draw(st.sampled_from(["draft", "cancelled", "confirmed", "confirmed", "confirmed"]))
        facts.append((f"{number}", f"opened/{len(said)}", 0, "imported"))
        if end != "draft":
            facts.append((f"{number}", f"{end}/{len(said)}", 0, "imported"))
        if end == "confirmed":
            reported = draw(st.integers(0, len(said))) if draw(st.booleans()) else len(said)
            facts += [(f"{number}", f"item/{len(said)}", at + 1, one) for at, one in enumerate(said[:reported])]
    once = [*range(len(facts))]
    order = draw(st.permutations(once + draw(st.lists(st.sampled_from(once), max_size=6))))
    cuts = draw(st.lists(st.integers(0, len(order)), max_size=4))
    return facts, order, sorted(cuts)


def told(school: Scope, fact: tuple[str, str, int, Said]) -> Event:
    batch_no, what, item_no, said = fact
    name, total = what.split("/")
    facts = BatchFacts(school, int(total), batch_no=batch_no)
    return facts.item(item_no, said) if name == "item" else getattr(facts, name)()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories())
async def test_order_and_repetition_do_not_matter(
    story: tuple[list[tuple[str, str, int, Said]], list[int], list[int]], database: Database, database_url: str
) -> None:
    facts, order, cuts = story
    straight, shuffled = a_school(), a_school()
    await follow(database, [told(straight, fact) for fact in facts])
    events = [told(shuffled, facts[at]) for at in order]
    for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True):
        await follow(database, events[start:end])
    one = await everything(database, database_url, straight)
    two = await everything(database, database_url, shuffled)
    for batch in one["batches"]:
        assert batch.waiting + batch.succeeded + batch.failed + batch.skipped == batch.total
        assert (batch.status == "completed") == (
            batch.status != "draft" and batch.status != "cancelled" and batch.waiting == 0
        )
    assert [of_school(batch) for batch in one["batches"]] == [of_school(batch) for batch in two["batches"]]
    assert one["items"] == two["items"]
    assert one["completed"] == two["completed"]


def of_school(batch: Batch) -> dict[str, Any]:
    return msgspec.structs.asdict(batch) | {"school_id": None}


async def test_a_batch_goes_its_way(database: Database, database_url: str) -> None:
    school = a_school()
    facts = BatchFacts(school, 3)

    async def now() -> tuple[str, int, int]:
        batch = await database.run(as_teacher(school), fetch_batch, facts.batch_no)
        return batch.status, batch.waiting, batch.succeeded

    await follow(database, [facts.opened()])
    assert await now() == ("draft", 3, 0)
    await follow(database, [facts.confirmed()])
    assert await now() == ("running", 3, 0)
    await follow(database, [facts.item(2), facts.item(3, "failed")])
    assert await now() == ("running", 1, 1)
    assert await completions(database_url, school) == []
    await follow(database, [facts.item(1, "skipped")])
    assert await now() == ("completed", 0, 1)
    (fact,) = await completions(database_url, school)
    assert (fact.kind, fact.total, fact.succeeded, fact.failed, fact.skipped) == ("import", 3, 1, 1, 1)
    assert (fact.batch_no, fact.actor.kind, fact.version) == (facts.batch_no, "system", 3)


async def test_the_first_outcome_of_an_item_stands(database: Database) -> None:
    school = a_school()
    facts = BatchFacts(school, 1, "approval")
    await follow(database, [facts.item(1, "refused")])
    await follow(database, [facts.confirmed(), facts.item(1, "issued")])
    batch = await database.run(as_teacher(school), fetch_batch, facts.batch_no)
    assert (batch.status, batch.succeeded, batch.failed) == ("completed", 0, 1)


async def test_an_empty_batch_is_completed_when_confirmed(database: Database, database_url: str) -> None:
    school = a_school()
    facts = BatchFacts(school, 0)
    await follow(database, [facts.opened()])
    assert await completions(database_url, school) == []
    await follow(database, [facts.confirmed()])
    await follow(database, [facts.confirmed()])
    assert len(await completions(database_url, school)) == 1


async def test_refusals_outside_a_batch_are_passed_over(database: Database) -> None:
    school = a_school()
    facts = BatchFacts(school, 1, "approval")
    event = facts.item(1, "refused")
    body = msgspec.json.decode(event.body)
    for missing in ("batch_no", "item_no"):
        less = msgspec.json.encode({key: value for key, value in body.items() if key != missing})
        await follow(database, [msgspec.structs.replace(event, body=less)])
    await follow(database, [facts.confirmed()])
    assert (await database.run(as_teacher(school), fetch_batch, facts.batch_no)).waiting == 1


async def test_a_batchs_own_fact_must_name_it(database: Database) -> None:
    facts = BatchFacts(a_school(), 1)
    for event in (facts.opened(), facts.item(1, "failed"), facts.done([1])):
        body = msgspec.json.decode(event.body)
        del body["batch_no"]
        with pytest.raises(MalformedEvent):
            await follow(database, [msgspec.structs.replace(event, body=msgspec.json.encode(body))])


async def test_consumers_side_by_side_neither_lose_nor_deadlock(database: Database, database_url: str) -> None:
    """Every fact is given to two consumers, in pieces that overlap across batches and schools."""
    schools = [a_school() for _ in range(3)]
    stories = [BatchFacts(school, 40, batch_no=str(number)) for school in schools for number in range(3)]
    events = [facts.item(item, SAID[item % len(SAID)]) for facts in stories for item in range(1, 41)]
    events += [facts.confirmed() for facts in stories]
    random.Random(7).shuffle(events)
    again = [*reversed(events)]
    pieces = [source[start : start + 50] for source in (events, again) for start in range(0, len(events), 50)]
    await asyncio.gather(*(follow(database, piece) for piece in pieces))
    for school in schools:
        found = await database.run(as_teacher(school), list_batches, BatchFilter(), 1, 50)
        assert [(batch.status, batch.waiting) for batch in found.items] == [("completed", 0)] * 3
        assert len(await completions(database_url, school)) == 3


async def test_ten_thousand_items_through_the_broker(settings: Settings, secrets: Secrets, database: Database) -> None:
    """Both consumers, each fact on the stream twice."""
    school = a_school()
    approval = BatchFacts(school, 9_000, "approval", batch_no="2")
    roster = BatchFacts(school, 1_000, "import", batch_no="1")
    events = [approval.opened(), roster.opened(), approval.confirmed(), roster.confirmed()]
    events += [approval.item(item, "refused") for item in range(10, 9_001, 10)]
    for first in range(1, 9_001, 1_000):
        events.append(approval.done([item for item in range(first, first + 1_000) if item % 10], "issued"))
    events += [roster.item(item, "failed") for item in range(2, 1_001, 2)]
    events.append(roster.done(range(1, 1_001, 2)))
    await publish(settings, secrets, [*events, *reversed(events)])

    async def both_completed() -> list[Batch]:
        found = await database.run(as_teacher(school), list_batches, BatchFilter(status="completed"), 1, 50)
        return found.items if len(found.items) == 2 else []

    async with serving(settings, secrets, "batches"):
        found = await eventually(both_completed, within=60)
    assert [(batch.succeeded, batch.failed) for batch in found] == [(8_100, 900), (500, 500)]
    completed = Counter(fact.batch_no for fact in await completions(settings.database_url, school))
    assert completed == {"1": 1, "2": 1}
    assert await parked(settings.database_url) == 0


async def parked(database_url: str) -> int:
    administrator = await asyncpg.connect(database_url)
    try:
        count: int = await administrator.fetchval("select count(*) from batches.dead_letters")
    finally:
        await administrator.close()
    return count


@given(order=st.permutations(["opened", "confirmed", "cancelled", "opened"]))
def test_headers_fold_the_same(order: list[str]) -> None:
    school = a_school()
    draft, final = BatchFacts(school, 5), BatchFacts(school, 4)
    events = {"opened": draft.opened(), "confirmed": final.confirmed(), "cancelled": final.cancelled()}
    headers = [header for name in order if (header := header_of(events[name])) is not None]
    (folded,) = fold(headers)
    assert (folded.total, folded.confirmed, folded.cancelled) == (4, True, True)


def test_days_are_those_of_shanghai() -> None:
    start, end = moment("2026-09-01"), moment("2026-09-01", is_end=True)
    assert start is not None and end is not None
    assert start.isoformat() == "2026-08-31T16:00:00+00:00"
    assert (end - start).total_seconds() == pytest.approx(86400)
    assert moment("2026-09-01T00:00:00Z") == moment("2026-09-01T08:00:00")
    assert moment(None) is None


def test_an_event_of_no_school_is_refused() -> None:
    event = BatchFacts(a_school(), 1).item(1, "failed")
    with pytest.raises(MalformedEvent):
        header_of(msgspec.structs.replace(BatchFacts(a_school(), 1).opened(), school_id=None))
    assert event.decode(BatchItemFailed).item_no == 1
    assert system_actor("batches").kind == "system" and WORKER.school_id is None
