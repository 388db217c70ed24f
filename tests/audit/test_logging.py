"""What the consumer writes, in which partition, and what the roles may not do to it."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from uuid import UUID

import asyncpg
import pytest

from deploy.at_rest import wait_until_heard
from services.audit.chain import START
from services.audit.consumer import LogConsumer
from services.audit.queries import SQL
from services.audit.verifying import verify_chains
from shared.broker import Broker
from shared.database import Database
from shared.envelope import Event, MalformedEvent
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import CITY, NO_DISTRICT, NO_SCHOOL, WORKER, Caller, Scope, system_actor
from shared.topology import durables
from tests.audit.story import (
    TEACHER,
    card_issued,
    district_opened,
    log,
    many_readers,
    reader_created,
    without_actor,
)
from tests.running_service import a_school, publish

Administrator: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

WORKING = Caller(WORKER, system_actor("audit"))
EVERYWHERE = Caller(CITY, TEACHER)


async def test_an_entry_says_what_the_event_said(database: Database, administrator: Administrator) -> None:
    school = a_school()
    event = reader_created(school, batch_no="1788225723000000001")
    await log(database, [event])
    row = await administrator.fetchrow("select * from audit.log")
    assert row is not None
    recorded_at = row["recorded_at"]
    assert recorded_at >= event.time
    assert len(row["hash"]) == 32
    assert {name: value for name, value in row.items() if name not in ("recorded_at", "hash")} == {
        "school_id": school.school_id,
        "district": "500103",
        "occurred_at": event.time,
        "event_id": event.id,
        "operator": "teacher-a",
        "actor_id": TEACHER.id,
        "entity": "reader",
        "fact": "created",
        "subject_id": event.subject_id,
        "reader_id": UUID(event.subject_id),
        "batch_no": "1788225723000000001",
        "body": event.body,
        "chain_seq": 1,
    }


async def test_each_school_district_and_the_city_have_chains_of_their_own(
    database: Database, administrator: Administrator
) -> None:
    one, two = a_school(), a_school("500106")
    events = [*many_readers(one, 3), *many_readers(two, 2), district_opened("500103"), district_opened(None)]
    random.Random(1).shuffle(events)
    await log(database, events[:4])
    await log(database, events[4:])
    heads = await administrator.fetch("select school_id, district, seq, hash from audit.chain_heads")
    assert {(row["school_id"], row["district"]): row["seq"] for row in heads} == {
        (one.school_id, "500103"): 3,
        (two.school_id, "500106"): 2,
        (NO_SCHOOL, "500103"): 1,
        (NO_SCHOOL, NO_DISTRICT): 1,
    }
    assert len({row["hash"] for row in heads} | {START}) == 5
    verdict = await verify_chains(database, EVERYWHERE)
    assert (verdict.intact, verdict.entries) == (True, 7)


async def test_a_duplicate_is_a_success(database: Database, administrator: Administrator) -> None:
    events = many_readers(a_school(), 5)
    await log(database, events[:3])
    await log(database, events)
    await log(database, events)
    assert await administrator.fetchval("select count(*) from audit.log") == 5
    assert (await verify_chains(database, EVERYWHERE)).entries == 5


async def test_two_processes_write_one_chain(database: Database) -> None:
    schools = [a_school() for _ in range(5)]
    batches: list[list[Event]] = []
    for number in range(12):
        batch = [event for school in schools for event in many_readers(school, 4)]
        random.Random(number).shuffle(batch)
        batches += [batch, batch]
    await asyncio.gather(*(log(database, batch) for batch in batches))
    verdict = await verify_chains(database, EVERYWHERE)
    assert (verdict.intact, verdict.entries) == (True, 12 * 5 * 4)


async def test_the_stream_shuffled_and_sent_again(
    settings: Settings, secrets: Secrets, database: Database, administrator: Administrator
) -> None:
    schools = [a_school(), a_school("500106")]
    events = [event for school in schools for event in (*many_readers(school, 300), card_issued(school))]
    sent = [*events, *events[::3]]
    random.Random(3).shuffle(sent)
    broker = Broker("audit", settings, secrets)
    consumer = LogConsumer(database, broker)
    await publish(settings, secrets, [*sent, without_actor(reader_created(schools[0]))])
    consumer.start()
    try:
        async with asyncio.timeout(30):
            await wait_until_heard(settings, durables("audit", "everything"), ())
    finally:
        await consumer.stop()
        await broker.close()
    assert await administrator.fetchval("select count(*) from audit.log") == len(events)
    assert await administrator.fetchval("select count(*) from audit.dead_letters") == 1
    verdict = await verify_chains(database, EVERYWHERE)
    assert (verdict.intact, verdict.entries) == (True, len(events))


async def test_a_body_that_is_no_fact_is_refused(database: Database) -> None:
    with pytest.raises(MalformedEvent):
        await log(database, [without_actor(reader_created(a_school()))])


async def test_months_are_made_when_they_are_needed(database: Database, administrator: Administrator) -> None:
    school = a_school()
    odd = [datetime(1999, 1, 2, tzinfo=UTC), datetime.now(UTC) + timedelta(days=400)]
    usual = [datetime(2025, 3, 31, 23, 59, 59, 999999, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC)]
    await log(database, [reader_created(school, at=at) for at in (*odd, *usual)])
    where = await administrator.fetch("select tableoid::regclass::text as place, occurred_at from audit.log")
    assert {row["occurred_at"]: row["place"] for row in where} == {
        odd[0]: "audit.log_other",
        odd[1]: "audit.log_other",
        usual[0]: "audit.log_2025_03",
        usual[1]: "audit.log_2025_04",
    }
    assert (await verify_chains(database, EVERYWHERE)).entries == 4


async def test_a_month_takes_its_entries_from_the_others(database: Database, administrator: Administrator) -> None:
    """An entry dated ahead lies among the others until its month comes."""
    await log(database, [reader_created(a_school(), at=datetime(2025, 3, 5, tzinfo=UTC))])
    await administrator.execute(
        "create temp table kept as select * from audit.log; "
        "alter table audit.log detach partition audit.log_2025_03; drop table audit.log_2025_03; "
        "insert into audit.log select * from kept"
    )
    assert await administrator.fetchval("select count(*) from audit.log_other") == 1
    await log(database, [reader_created(a_school(), at=datetime(2025, 3, 6, tzinfo=UTC))])
    assert await administrator.fetchval("select count(*) from audit.log_2025_03") == 2
    assert await administrator.fetchval("select count(*) from audit.log_other") == 0
    assert (await verify_chains(database, EVERYWHERE)).intact


async def test_months_are_made_by_several_at_once(database: Database, administrator: Administrator) -> None:
    events = [reader_created(a_school(), at=datetime(2025, month, 5, tzinfo=UTC)) for month in range(1, 13)]
    await asyncio.gather(*(log(database, events[start:]) for start in range(6)))
    assert await administrator.fetchval("select count(*) from audit.log") == 12
    assert await administrator.fetchval("select count(*) from audit.log_other") == 0


@pytest.mark.parametrize("table", ["log", "log_other", "log_2025_03"])
@pytest.mark.parametrize("kind", ["school", "district", "city", "worker"])
async def test_no_role_changes_or_removes_an_entry(database: Database, table: str, kind: str) -> None:
    school = a_school()
    await log(database, [reader_created(school, at=datetime(2025, 3, 5, tzinfo=UTC))])
    scope = {
        "school": school,
        "district": Scope("district", school.district),
        "city": CITY,
        "worker": WORKER,
    }[kind]
    for statement in (
        f"update {table} set operator = 'nobody'",
        f"delete from {table}",
        f"truncate {table}",
        f"drop table {table}",
        f"alter table {table} disable row level security",
        "alter table log detach partition log_2025_03",
        "delete from chain_heads",
        "truncate chain_heads",
        *([f"select * from {table}"] if table != "log" else []),
        *([SQL["ensure_months"].replace("$1", "'{2025-01-01}'")] if kind != "worker" else []),
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction(Caller(scope, TEACHER)) as tx:
                await tx.connection.execute(statement)


async def test_a_chain_only_grows(database: Database) -> None:
    await log(database, many_readers(a_school(), 3))
    for change in ("seq = seq - 1", "hash = decode(repeat('00', 32), 'hex')"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            async with database.transaction(WORKING) as tx:
                await tx.connection.execute(f"update chain_heads set {change}")
