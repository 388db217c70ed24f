"""Workers: a chunk comes until it is done, and what comes twice does nothing twice."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias
from uuid import uuid4

import asyncpg
import msgspec
import pytest
from nats.js.api import ConsumerInfo

from shared import outbox
from shared.broker import Broker
from shared.database import Database, Transaction
from shared.lifecycle import Loop
from shared.relay import Relay
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import Scope
from shared.topology import durable
from shared.work import Worker
from tests.kernel.gate import Gate
from tests.kernel.notes import A, Administrator, B, C, caller, create_table, insert, nats_admin
from tests.waiting import eventually

SERVICE = "readers"
_DURABLE = durable(SERVICE, "importing")


class Chunk(msgspec.Struct, frozen=True):
    first: int
    last: int


async def count_up(tx: Transaction, chunk: Chunk) -> None:
    """Flips the state of its rows: those that are flipped already are left alone."""
    await tx.connection.execute(
        "update notes set number = number + 1 where body::int between $1 and $2 and number = 0", chunk.first, chunk.last
    )


Handler: TypeAlias = Callable[[Transaction, Chunk], Awaitable[None]]


class Team:
    """Workers as processes of their own would have them."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self.settings = settings
        self.secrets = secrets
        self._made: list[tuple[Loop, Database, Broker]] = []
        self._office: Database | None = None

    async def hire(self, handler: Handler = count_up, settings: Settings | None = None) -> Worker[Chunk]:
        where = settings or self.settings
        database = await Database.open(SERVICE, where, self.secrets)
        broker = Broker(SERVICE, where, self.secrets)
        worker = Worker("importing", database, broker, Chunk, handler)
        worker.wait, worker.retry_delay, worker.max_pause = 0.5, 0.05, 0.2
        self._made.append((worker, database, broker))
        return worker

    async def send(self, chunk: Chunk | bytes, scope: Scope = A) -> None:
        body = chunk if isinstance(chunk, bytes) else msgspec.json.encode(chunk)
        subject = f"sc.work.{SERVICE}.importing.{scope.district}.{scope.school_id}"
        async with nats_admin(self.settings, self.secrets) as client:
            await client.jetstream().publish(subject, body)

    async def begin(self, scope: Scope, use_case: Callable[[Transaction], Awaitable[None]]) -> None:
        """Run a use case of this school whose outbox is then sent."""
        if self._office is None:
            self._office = await Database.open(SERVICE, self.settings, self.secrets)
            broker = Broker(SERVICE, self.settings, self.secrets)
            relay = Relay(SERVICE, self.settings, self.secrets, broker)
            relay.start()
            self._made.append((relay, self._office, broker))
        await self._office.run(caller(scope), use_case)

    async def info(self) -> ConsumerInfo:
        async with nats_admin(self.settings, self.secrets) as client:
            info: ConsumerInfo = await client.jetstream().consumer_info(_DURABLE.stream, _DURABLE.name)
            return info

    async def is_done(self) -> bool:
        info = await self.info()
        return (info.num_pending, info.num_ack_pending) == (0, 0)

    async def close(self) -> None:
        for loop, database, broker in self._made:
            await loop.stop()
            await broker.close()
            await database.close()


@pytest.fixture
async def admin(database_url: str, settings: Settings, secrets: Secrets) -> AsyncIterator[Administrator]:
    """Ten rows of each of two schools, and chunks that come again after a second."""
    connection = await asyncpg.connect(database_url, server_settings={"search_path": SERVICE})
    await create_table(connection, SERVICE)
    await connection.execute(
        "insert into notes (school_id, district, id, body) select s, d, gen_random_uuid(), n::text"
        " from unnest($1::uuid[], $2::text[]) as x (s, d), generate_series(1, 10) n",
        [A.school_id, C.school_id],
        [A.district, C.district],
    )
    await come_again_after(1, settings, secrets)
    try:
        yield connection
    finally:
        await connection.close()


async def come_again_after(seconds: int, settings: Settings, secrets: Secrets) -> None:
    async with nats_admin(settings, secrets) as client:
        info = await client.jetstream().consumer_info(_DURABLE.stream, _DURABLE.name)
        assert info.config is not None
        info.config.ack_wait = seconds
        await client.jetstream().add_consumer(_DURABLE.stream, info.config)


@pytest.fixture
async def team(settings: Settings, secrets: Secrets, admin: Administrator) -> AsyncIterator[Team]:
    made = Team(settings, secrets)
    yield made
    await made.close()


async def numbers(admin: Administrator, scope: Scope = A) -> list[int]:
    rows = await admin.fetch("select number from notes where school_id = $1 order by body::int", scope.school_id)
    return [row["number"] for row in rows]


async def test_a_chunk_is_worked_under_its_schools_scope(team: Team, admin: Administrator) -> None:
    seen: list[Scope] = []

    async def look(tx: Transaction, chunk: Chunk) -> None:
        seen.append(tx.scope)
        await count_up(tx, chunk)

    (await team.hire(look)).start()
    await team.send(Chunk(1, 4))
    await team.send(Chunk(1, 10), B)
    await eventually(team.is_done)
    assert set(seen) == {A, B}
    assert await numbers(admin) == [1] * 4 + [0] * 6
    assert await numbers(admin, C) == [0] * 10


async def test_a_use_case_sends_chunks_with_what_it_changes(team: Team, admin: Administrator) -> None:
    (await team.hire()).start()

    async def begin(tx: Transaction) -> None:
        await insert(tx, "11", uuid4())
        await outbox.enqueue(tx, "importing", [Chunk(1, 5), Chunk(6, 11)])

    await team.begin(A, begin)

    async def done() -> bool:
        return await numbers(admin) == [1] * 11

    await eventually(done)


def cut(*numbers: int) -> Callable[[Transaction], Awaitable[None]]:
    """A use case that hands in a chunk for each of these rows."""

    async def begin(tx: Transaction) -> None:
        await outbox.enqueue(tx, "importing", [Chunk(number, number) for number in numbers])

    return begin


async def test_who_comes_later_with_little_is_done_long_before_who_came_first_with_much(
    team: Team, admin: Administrator
) -> None:
    done: list[Scope] = []
    has_begun, is_handed_in = asyncio.Event(), asyncio.Event()

    async def note(tx: Transaction, chunk: Chunk) -> None:
        has_begun.set()
        await is_handed_in.wait()
        await count_up(tx, chunk)
        done.append(tx.scope)

    await team.begin(A, cut(*range(1, 61)))
    (await team.hire(note)).start()
    await asyncio.wait_for(has_begun.wait(), 10)
    await team.begin(C, cut(1, 2))
    is_handed_in.set()

    async def all_are_done() -> bool:
        return len(done) == 62

    await eventually(all_are_done)
    assert [place for place, scope in enumerate(done) if scope == C][-1] < outbox.AHEAD + 6
    assert await numbers(admin) == [1] * 10
    assert await numbers(admin, C) == [1, 1] + [0] * 8


async def test_chunks_that_keep_failing_take_nobody_elses_place(team: Team, admin: Administrator) -> None:
    async def fail_at_first(tx: Transaction, chunk: Chunk) -> None:
        if tx.scope == A:
            raise ValueError("never")
        await count_up(tx, chunk)

    await team.begin(A, cut(*range(1, 101)))
    (await team.hire(fail_at_first)).start()

    async def is_stuck() -> bool:
        return ((await team.info()).num_redelivered or 0) >= outbox.AHEAD

    await eventually(is_stuck)
    await team.begin(C, cut(*range(1, 11)))

    async def is_done() -> bool:
        return await numbers(admin, C) == [1] * 10

    await eventually(is_done)

    async def only_the_failing_are_left() -> bool:
        info = await team.info()
        return (info.num_pending, info.num_ack_pending) == (0, outbox.AHEAD)

    await eventually(only_the_failing_are_left)


async def test_killed_at_any_chunk_all_of_a_large_work_is_done_once(team: Team, admin: Administrator) -> None:
    """Each third chunk is killed after its work and before its commit, when it comes first."""
    killed: set[int] = set()
    counted: list[int] = []

    async def is_counted(count: int) -> bool:
        return len(set(counted)) == count

    async def die(tx: Transaction, chunk: Chunk) -> None:
        await count_up(tx, chunk)
        counted.append(chunk.first)
        if chunk.first % 3 == 0 and chunk.first not in killed:
            killed.add(chunk.first)
            raise ConnectionAbortedError

    for _ in range(2):
        (await team.hire(die)).start()
    await team.begin(A, cut(*range(1, 31)))
    await eventually(lambda: is_counted(30))
    await eventually(team.is_done)
    assert killed == {*range(3, 31, 3)}
    assert await numbers(admin) == [1] * 10
    assert await admin.fetchval("select count(*) from waiting_work") == 0


async def test_a_chunk_that_comes_twice_does_nothing_twice(team: Team, admin: Administrator) -> None:
    for _ in range(4):
        await team.send(Chunk(1, 10))
    (await team.hire()).start()
    (await team.hire()).start()
    await eventually(team.is_done)
    assert await numbers(admin) == [1] * 10


async def test_a_chunk_that_fails_comes_again_and_others_flow(team: Team, admin: Administrator) -> None:
    tries = 0

    async def stumble(tx: Transaction, chunk: Chunk) -> None:
        nonlocal tries
        await count_up(tx, chunk)
        if chunk.first == 1:
            tries += 1
            if tries < 4:
                raise ValueError("not yet")

    (await team.hire(stumble)).start()
    await team.send(Chunk(1, 5))
    await team.send(Chunk(6, 10))
    await eventually(team.is_done)
    assert tries == 4
    assert await numbers(admin) == [1] * 10


async def test_a_chunk_nobody_understands_stays_and_holds_up_nobody(team: Team, admin: Administrator) -> None:
    await team.send(b"{")
    await team.send(Chunk(1, 10))
    (await team.hire()).start()

    async def done() -> bool:
        return await numbers(admin) == [1] * 10

    await eventually(done)
    assert not await team.is_done()


async def test_a_worker_killed_in_the_middle_has_done_nothing_and_the_next_does_it(
    team: Team, admin: Administrator
) -> None:
    in_the_middle = asyncio.Event()

    async def hang(tx: Transaction, chunk: Chunk) -> None:
        await count_up(tx, chunk)
        in_the_middle.set()
        await asyncio.Event().wait()

    first = await team.hire(hang)
    first.start()
    await team.send(Chunk(1, 10))
    await asyncio.wait_for(in_the_middle.wait(), 10)
    await first.stop()
    assert await numbers(admin) == [0] * 10
    (await team.hire()).start()
    await eventually(team.is_done)
    assert await numbers(admin) == [1] * 10


async def test_a_worker_that_was_stopped_and_wakes_up_changes_nothing_more(team: Team, admin: Administrator) -> None:
    """Past its time another gets the chunk; the sleeper finds nothing left to do."""
    asleep, wake = asyncio.Event(), asyncio.Event()

    async def sleep_first(tx: Transaction, chunk: Chunk) -> None:
        asleep.set()
        await wake.wait()
        await count_up(tx, chunk)

    (await team.hire(sleep_first)).start()
    await team.send(Chunk(1, 10))
    await asyncio.wait_for(asleep.wait(), 10)
    (await team.hire()).start()

    async def done() -> bool:
        return await numbers(admin) == [1] * 10

    await eventually(done)
    wake.set()
    await eventually(team.is_done)
    assert await numbers(admin) == [1] * 10


async def test_while_the_database_is_away_a_chunk_comes_again(
    team: Team, admin: Administrator, gated: Settings, database_gate: Gate
) -> None:
    await database_gate.shut()
    tries = 0

    async def count(tx: Transaction, chunk: Chunk) -> None:
        nonlocal tries
        tries += 1
        await count_up(tx, chunk)

    (await team.hire(count, gated)).start()
    await team.send(Chunk(1, 10))

    async def tried() -> bool:
        return ((await team.info()).num_redelivered or 0) > 0

    await eventually(tried)
    assert tries == 0
    await database_gate.open()
    await eventually(team.is_done)
    assert await numbers(admin) == [1] * 10


async def test_long_work_is_kept_while_it_is_reported_and_no_longer(team: Team, admin: Administrator) -> None:
    """A chunk that takes three times as long as the server waits is nobody else's, until nothing is heard of it."""
    asleep, wake = asyncio.Event(), asyncio.Event()
    begun = 0

    async def work_long(tx: Transaction, chunk: Chunk) -> None:
        nonlocal begun
        begun += 1
        asleep.set()
        await wake.wait()
        await count_up(tx, chunk)

    async def redelivered() -> int:
        return (await team.info()).num_redelivered or 0

    # Long beside what the machine may keep a process waiting.
    await come_again_after(2, team.settings, team.secrets)
    first, second = await team.hire(work_long), await team.hire(work_long)
    first.report_every = 0.2
    first.start()
    await team.send(Chunk(1, 10))
    await asyncio.wait_for(asleep.wait(), 10)
    second.start()
    begun_at = time.monotonic()

    async def server_has_waited_three_times() -> bool:
        assert (await redelivered(), begun) == (0, 1)
        return time.monotonic() > begun_at + 6

    await eventually(server_has_waited_three_times)
    await first.end()

    async def another_has_it() -> bool:
        return begun == 2

    await eventually(another_has_it)
    wake.set()
    await eventually(team.is_done)
    assert await numbers(admin) == [1] * 10
