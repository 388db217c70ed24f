"""The outbox: what is told is kept with what was changed, in order, for the relay's eyes alone."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from shared import outbox
from shared.contracts.param import GradeCreated
from shared.database import Database, Transaction
from shared.tenancy import NO_DISTRICT, NO_SCHOOL, WORKER, Scope
from tests.kernel.notes import DISTRICT, SERVICE, A, Administrator, B, C, caller, insert, tell
from tests.waiting import eventually


async def test_what_is_told_is_kept_in_its_order(database: Database, administrator: Administrator) -> None:
    texts = [f"{number:03d}" for number in range(200)]
    await database.run(caller(A), tell, *texts)
    rows = await administrator.fetch("select body, subject, school_id, district, sent_at from outbox order by seq")
    assert [msgspec.json.decode(row["body"])["fields"] for row in rows] == [[text] for text in texts]
    assert {(row["school_id"], row["district"]) for row in rows} == {(A.school_id, A.district)}
    assert {row["subject"] for row in rows} == {f"sc.v1.500103.{A.school_id}.reader.changed"}
    assert {row["sent_at"] for row in rows} == {None}


async def test_nothing_is_told_of_what_did_not_happen(database: Database, administrator: Administrator) -> None:
    async def tell_and_fail(tx: Transaction) -> None:
        await tell(tx, "a")
        await insert(tx, "indecent")

    with pytest.raises(asyncpg.CheckViolationError):
        await database.run(caller(A), tell_and_fail)
    assert await administrator.fetchval("select count(*) from outbox") == 0


@pytest.mark.parametrize("other", [B, C], ids=["same district", "other district"])
async def test_a_school_tells_nothing_in_anothers_name(database: Database, other: Scope) -> None:
    async def forge(tx: Transaction) -> None:
        fact = GradeCreated(actor=tx.actor, version=1, grade_id=uuid4(), name="x")
        await outbox.publish(tx, [(fact.grade_id, fact)], other)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.run(caller(A), forge)


async def test_a_consumer_tells_in_each_schools_name(database: Database, administrator: Administrator) -> None:
    async def pass_on(tx: Transaction) -> None:
        for scope in (A, C):
            fact = GradeCreated(actor=tx.actor, version=1, grade_id=uuid4(), name="x")
            await outbox.publish(tx, [(fact.grade_id, fact)], scope)

    await database.run(caller(WORKER), pass_on)
    assert await administrator.fetchval("select count(distinct school_id) from outbox") == 2


async def test_facts_above_a_school_have_none(database: Database, administrator: Administrator) -> None:
    await database.run(caller(DISTRICT), tell, "a")
    row = await administrator.fetchrow("select school_id, district, subject from outbox")
    assert row is not None
    assert (row["school_id"], row["district"]) == (NO_SCHOOL, "500103")
    assert row["subject"] == "sc.v1.500103._.reader.changed"
    assert row["district"] != NO_DISTRICT


@pytest.mark.parametrize("statement", ["table outbox", "delete from outbox", "update outbox set sent_at = now()"])
async def test_only_the_relay_reads_and_marks(database: Database, statement: str) -> None:
    await database.run(caller(A), tell, "a")
    for scope in (A, DISTRICT, WORKER):
        async with database.transaction(caller(scope)) as tx:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await tx.connection.execute(statement)
            await tx.connection.execute("rollback; begin")


async def test_the_relay_is_woken_once_a_transaction(database: Database, administrator: Administrator) -> None:
    heard: list[str] = []
    await administrator.add_listener(outbox.channel(SERVICE), lambda *said: heard.append(str(said[2])))

    async def tell_twice(tx: Transaction) -> None:
        await tell(tx, "a")
        await tell(tx, "b")

    await database.run(caller(A), tell_twice)
    await administrator.execute("select 1")

    async def is_woken() -> bool:
        return bool(heard)

    await eventually(is_woken)
    assert heard == [outbox.channel(SERVICE)]


async def test_chunks_of_work_carry_their_school_in_the_subject(
    database: Database, administrator: Administrator
) -> None:
    class Chunk(msgspec.Struct):
        first: int

    async def enqueue(tx: Transaction) -> None:
        await outbox.enqueue(tx, "importing", [Chunk(1), Chunk(1001)])

    await database.run(caller(A), enqueue)
    rows = await administrator.fetch("select subject, headers::text as headers, body from outbox order by seq")
    assert [msgspec.json.decode(row["body"], type=Chunk).first for row in rows] == [1, 1001]
    assert {row["subject"] for row in rows} == {f"sc.work.{SERVICE}.importing.500103.{A.school_id}"}
    assert len({msgspec.json.decode(row["headers"])["Nats-Msg-Id"] for row in rows}) == 2


async def test_of_much_work_a_few_chunks_are_sent_and_each_that_is_done_sends_another(
    database: Database, administrator: Administrator
) -> None:
    class Chunk(msgspec.Struct):
        first: int

    async def sent() -> list[int]:
        rows = await administrator.fetch("select body from outbox order by seq")
        return [msgspec.json.decode(row["body"], type=Chunk).first for row in rows]

    await database.run(caller(A), _enqueue, [Chunk(number) for number in range(outbox.AHEAD + 3)])
    assert await sent() == [*range(outbox.AHEAD)]
    rows = await administrator.fetch("select headers ->> 'Work-Queue' as queue from outbox")
    [queue] = {UUID(row["queue"]) for row in rows}
    await database.run(caller(B), outbox.send_next, queue)
    assert await sent() == [*range(outbox.AHEAD)]
    async with database.transaction(caller(A)) as one, database.transaction(caller(A)) as other:
        await outbox.send_next(one, queue)
        await outbox.send_next(other, queue)
    assert sorted(await sent()) == [*range(outbox.AHEAD + 2)]
    for _ in range(2):
        await database.run(caller(A), outbox.send_next, queue)
    assert sorted(await sent()) == [*range(outbox.AHEAD + 3)]
    assert await administrator.fetchval("select count(*) from waiting_work") == 0


async def _enqueue(tx: Transaction, chunks: Sequence[msgspec.Struct]) -> None:
    await outbox.enqueue(tx, "importing", chunks)
