"""The relay: each row at least once, in order, by one leader, whatever goes away meanwhile."""

from collections.abc import AsyncIterator, Callable
from typing import TypeAlias
from uuid import uuid4

import msgspec
import pytest
from nats.js.api import StreamConfig

from shared import outbox
from shared.broker import Broker, declare
from shared.contracts.param import GradeChanged
from shared.database import Database, Transaction
from shared.relay import Relay
from shared.secrets import Secrets
from shared.settings import Settings
from shared.topology import EVENTS
from tests.kernel.gate import Gate
from tests.kernel.notes import SERVICE, TEACHER, A, Administrator, caller, nats_admin
from tests.kernel.wire import stored, wire
from tests.waiting import eventually

Relays: TypeAlias = Callable[..., Relay]


async def tell_grades(tx: Transaction, *names: str) -> None:
    facts = [GradeChanged(actor=TEACHER, version=1, grade_id=uuid4(), name=name) for name in names]
    await outbox.publish(tx, [(fact.grade_id, fact) for fact in facts])


@pytest.fixture
async def relays(settings: Settings, secrets: Secrets, administrator: object) -> AsyncIterator[Relays]:
    """Makes relays as processes of their own would have them, and stops them."""
    made: list[tuple[Relay, Broker]] = []

    def make(where: Settings = settings) -> Relay:
        broker = Broker(SERVICE, where, secrets)
        relay = Relay(SERVICE, where, secrets, broker)
        relay.max_pause = 0.2
        made.append((relay, broker))
        return relay

    yield make
    for relay, broker in made:
        await relay.stop()
        await broker.close()


async def unsent(administrator: Administrator) -> int:
    count: int = await administrator.fetchval("select count(*) from outbox where sent_at is null")
    return count


async def nothing_waits(administrator: Administrator) -> bool:
    return await unsent(administrator) == 0


async def have_sent(count: int, *relays: Relay) -> None:
    """Together, by their own account: each counts what it has marked, a moment after the database shows the mark."""

    async def counted() -> bool:
        return sum(relay.sent for relay in relays) >= count

    await eventually(counted)
    assert sum(relay.sent for relay in relays) == count


async def test_rows_are_sent_in_their_order(
    settings: Settings, secrets: Secrets, database: Database, administrator: Administrator, relays: Relays
) -> None:
    names = [f"{number:04d}" for number in range(2300)]
    for start in range(0, 2300, 460):
        await database.run(caller(A), tell_grades, *names[start : start + 460])
    relay = relays()
    relay.start()
    async with wire(settings, secrets) as heard:
        await eventually(lambda: nothing_waits(administrator))
        assert await stored(settings, secrets) == names
        await have_sent(2300, relay)
        assert set(heard.names) <= set(names)


async def test_a_lower_number_that_commits_later_is_sent_too(
    settings: Settings, secrets: Secrets, database: Database, administrator: Administrator, relays: Relays
) -> None:
    relays().start()
    async with database.transaction(caller(A)) as early:
        await tell_grades(early, "lower")
        await database.run(caller(A), tell_grades, "higher")
        await eventually(lambda: nothing_waits(administrator))
        assert await stored(settings, secrets) == ["higher"]
    await eventually(lambda: nothing_waits(administrator))
    assert await stored(settings, secrets) == ["higher", "lower"]
    assert await administrator.fetchval("select min(seq) from outbox where headers is not null") == 1


async def test_killed_between_acknowledgement_and_mark_it_sends_the_same_again(
    settings: Settings, secrets: Secrets, database: Database, administrator: Administrator, relays: Relays
) -> None:
    """The stream has the row, the mark cannot be written: what comes then is the same message, kept once."""
    await administrator.execute(
        "create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;"
        " create trigger refuse before update on outbox for each row execute function refuse()"
    )
    async with wire(settings, secrets) as heard:
        await database.run(caller(A), tell_grades, "one", "two")
        relay = relays()
        relay.start()

        async def sent_twice() -> bool:
            return len(heard.sent) >= 4

        await eventually(sent_twice)
        await relay.stop()
        assert await unsent(administrator) == 2
        await administrator.execute("drop trigger refuse on outbox")
        relays().start()
        await eventually(lambda: nothing_waits(administrator))
        assert set(heard.names) == {"one", "two"} and len({id_ for id_, _ in heard.sent}) == 2
        assert await stored(settings, secrets) == ["one", "two"]


async def test_of_two_relays_one_leads_and_the_other_follows_on(
    settings: Settings, secrets: Secrets, database: Database, administrator: Administrator, relays: Relays
) -> None:
    async with wire(settings, secrets) as heard:
        first, second = relays(), relays()
        for relay in (first, second):
            relay.poll = 0.05
            relay.start()
        for number in range(20):
            await database.run(caller(A), tell_grades, *(f"{number}-{item}" for item in range(10)))
        await eventually(lambda: nothing_waits(administrator))
        await have_sent(200, first, second)
        assert sorted((first.sent, second.sent)) == [0, 200]
        leader, follower = (first, second) if first.sent else (second, first)
        await leader.stop()
        await database.run(caller(A), tell_grades, "after")
        await eventually(lambda: nothing_waits(administrator))
        await have_sent(1, follower)

        async def all_were_heard() -> bool:
            return len(heard.sent) >= 201

        await eventually(all_were_heard)
        assert len(heard.sent) == 201


async def test_a_leader_whose_connection_dies_leads_no_more(
    database: Database, administrator: Administrator, relays: Relays
) -> None:
    first = relays()
    first.start()
    await database.run(caller(A), tell_grades, "one")
    await eventually(lambda: nothing_waits(administrator))
    await administrator.execute(
        "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()"
    )
    await database.run(caller(A), tell_grades, "two")
    await eventually(lambda: nothing_waits(administrator))
    await have_sent(2, first)


async def test_a_leader_that_falls_silent_leads_no_more_and_meanwhile_others_see_what_waits(
    gated: Settings,
    database_gate: Gate,
    settings: Settings,
    secrets: Secrets,
    database: Database,
    administrator: Administrator,
    relays: Relays,
) -> None:
    """Its connection stands, as that of a stopped process or a vanished machine does."""
    first = relays(msgspec.structs.replace(gated, nats_url=settings.nats_url, database_timeout=60.0))
    first.silence, first.poll = 4.0, 0.1
    first.start()
    await database.run(caller(A), tell_grades, "one")
    await eventually(lambda: nothing_waits(administrator))
    second = relays()
    second.poll = 0.05
    second.start()
    database_gate.freeze()
    await database.run(caller(A), tell_grades, "two")

    async def shows() -> bool:
        return second.lag > 0.1

    await eventually(shows)
    assert await unsent(administrator) == 1
    await eventually(lambda: nothing_waits(administrator))
    await have_sent(1, second)
    assert (first.sent, second.lag) == (1, 0.0)
    await database_gate.open()
    await database.run(caller(A), tell_grades, "three")
    await eventually(lambda: nothing_waits(administrator))
    assert await stored(settings, secrets) == ["one", "two", "three"]
    assert first.sent == 1


async def test_a_full_stream_lets_rows_wait_in_their_order(
    settings: Settings, secrets: Secrets, database: Database, administrator: Administrator, relays: Relays
) -> None:
    await _limit(settings, secrets, 3)
    await database.run(caller(A), tell_grades, *"abcdefgh")
    relay = relays()
    relay.start()

    async def fails() -> bool:
        return relay.failing_since is not None

    await eventually(fails)
    assert await stored(settings, secrets) == ["a", "b", "c"]
    assert await unsent(administrator) == 5
    await _limit(settings, secrets, -1)
    await eventually(lambda: nothing_waits(administrator))
    assert await stored(settings, secrets) == list("abcdefgh")

    async def well() -> bool:
        return relay.failing_since is None

    await eventually(well)


async def _limit(settings: Settings, secrets: Secrets, max_msgs: int) -> None:
    async with nats_admin(settings, secrets) as client:
        config: StreamConfig = (await client.jetstream().stream_info(EVENTS)).config
        config.max_msgs = max_msgs
        await client.jetstream().update_stream(config)


async def test_without_its_stream_a_row_waits(
    settings: Settings, secrets: Secrets, database: Database, administrator: Administrator, relays: Relays
) -> None:
    async with nats_admin(settings, secrets) as client:
        await client.jetstream().delete_stream(EVENTS)
    await database.run(caller(A), tell_grades, "a")
    relay = relays()
    relay.start()

    async def fails() -> bool:
        return relay.failing_since is not None

    await eventually(fails)
    assert await unsent(administrator) == 1
    await declare(settings.nats_url, secrets)
    await eventually(lambda: nothing_waits(administrator))
    assert await stored(settings, secrets) == ["a"]


async def test_what_the_server_forbids_waits_and_holds_up_what_follows(
    settings: Settings, secrets: Secrets, database: Database, administrator: Administrator, relays: Relays
) -> None:
    """A refused publish shows only as no answer: it must not be passed over, or order and completeness are lost."""
    await database.run(caller(A), tell_grades, "before", "forbidden", "after")
    await administrator.execute(
        "update outbox set subject = replace(subject, 'grade.changed', 'card.issued') where seq = 2"
    )
    relay = relays()
    relay.ack_timeout = 0.5
    relay.start()

    async def fails() -> bool:
        return relay.failing_since is not None

    await eventually(fails)
    assert await unsent(administrator) == 2
    await administrator.execute("update outbox set subject = replace(subject, 'card.issued', 'grade.changed')")
    await eventually(lambda: nothing_waits(administrator))
    assert set(await stored(settings, secrets)) == {"before", "forbidden", "after"}


async def test_a_broker_that_is_away_is_waited_for(
    settings: Settings,
    gated: Settings,
    nats_gate: Gate,
    secrets: Secrets,
    database: Database,
    administrator: Administrator,
    relays: Relays,
) -> None:
    await nats_gate.shut()
    relay = relays(gated)
    relay.ack_timeout = 1.0
    relay.start()
    await database.run(caller(A), tell_grades, "while away")

    async def fails() -> bool:
        return relay.failing_since is not None

    await eventually(fails)
    assert await unsent(administrator) == 1
    await nats_gate.open()
    await eventually(lambda: nothing_waits(administrator))
    await nats_gate.shut()
    await database.run(caller(A), tell_grades, "while away again")
    await nats_gate.open()
    await eventually(lambda: nothing_waits(administrator))
    assert await stored(settings, secrets) == ["while away", "while away again"]


async def test_acknowledgements_that_a_broken_connection_has_lost_are_not_waited_for(
    settings: Settings,
    gated: Settings,
    nats_gate: Gate,
    secrets: Secrets,
    database: Database,
    administrator: Administrator,
    relays: Relays,
) -> None:
    relay = relays(gated)
    relay.ack_timeout = 60.0
    relay.start()
    await database.run(caller(A), tell_grades, "before")
    await eventually(lambda: nothing_waits(administrator))
    nats_gate.freeze()
    await database.run(caller(A), tell_grades, "frozen")

    async def waits() -> bool:
        return relay.lag > 0

    await eventually(waits)
    await nats_gate.shut()
    await nats_gate.open()
    await eventually(lambda: nothing_waits(administrator))
    assert await stored(settings, secrets) == ["before", "frozen"]


async def test_a_database_that_is_away_is_waited_for(
    gated: Settings,
    database_gate: Gate,
    database: Database,
    administrator: Administrator,
    relays: Relays,
) -> None:
    relay = relays(gated)
    relay.start()
    await database.run(caller(A), tell_grades, "one")
    await eventually(lambda: nothing_waits(administrator))
    await database_gate.shut()
    await database.run(caller(A), tell_grades, "two")
    await database_gate.open()
    await eventually(lambda: nothing_waits(administrator))
    await have_sent(2, relay)


async def test_a_notification_wakes_it_before_the_next_poll(
    database: Database, administrator: Administrator, relays: Relays
) -> None:
    relay = relays()
    relay.poll = 60.0
    relay.start()
    for number in range(3):
        await database.run(caller(A), tell_grades, str(number))
        await eventually(lambda: nothing_waits(administrator))


async def test_old_sent_rows_go_and_others_stay(
    database: Database, administrator: Administrator, relays: Relays
) -> None:
    await database.run(caller(A), tell_grades, "old", "new", "never sent")
    await administrator.execute(
        "update outbox set sent_at = now() - interval '15 days' where seq = 1;"
        "update outbox set sent_at = now() - interval '13 days' where seq = 2;"
        "update outbox set created_at = now() - interval '90 days' where seq = 3"
    )
    relay = relays()
    relay.purge_soon()
    relay.start()

    async def old_is_gone() -> bool:
        return [row["seq"] for row in await administrator.fetch("select seq from outbox order by seq")] == [2, 3]

    await eventually(old_is_gone)
