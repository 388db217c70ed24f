"""Consumers: each event once, whole batches, poison apart, nothing acknowledged that is not kept."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import asyncpg
import pytest
from structlog.testing import capture_logs

from shared.broker import Broker
from shared.consume import Consumer
from shared.database import Transaction
from shared.envelope import Event
from shared.secrets import Secrets
from shared.settings import Settings
from tests.kernel.followers import Followers, all_acknowledged, events, notes
from tests.kernel.gate import Gate
from tests.kernel.notes import (
    SERVICE,
    A,
    Administrator,
    B,
    C,
    nats_admin,
    note_down,
)
from tests.running_service import publish
from tests.waiting import eventually


async def test_a_batch_is_one_transaction_and_one_call(
    settings: Settings, secrets: Secrets, administrator: Administrator, followers: Followers
) -> None:
    sizes: list[int] = []

    async def count(tx: Transaction, batch: Sequence[Event]) -> None:
        sizes.append(len(batch))
        await note_down(tx, batch)

    texts = [f"{number:04d}" for number in range(700)]
    await publish(settings, secrets, events(*texts))
    consumer = await followers.make(count)
    consumer.start()
    await eventually(lambda: all_acknowledged(settings, secrets))
    assert await notes(administrator) == texts
    assert sum(sizes) == consumer.applied == 700
    assert len(sizes) <= 20
    transactions = await administrator.fetchval("select count(distinct xmin::text) from notes")
    assert transactions == len(sizes)


async def test_heavy_messages_go_in_short_transactions(
    settings: Settings, secrets: Secrets, administrator: Administrator, followers: Followers
) -> None:
    """More than one request to the broker takes, and more than one transaction."""
    weights: list[int] = []

    async def weigh(tx: Transaction, batch: Sequence[Event]) -> None:
        weights.append(sum(len(event.body) for event in batch))
        await note_down(tx, batch)

    texts = [f"{number:02d}{'x' * 400_000}" for number in range(12)]
    await publish(settings, secrets, events(*texts))
    consumer = await followers.make(weigh)
    with capture_logs() as told:
        consumer.start()
        await eventually(lambda: all_acknowledged(settings, secrets))
    assert await notes(administrator) == texts
    assert (consumer.applied, told) == (12, [])
    assert max(weights) <= consumer.batch_bytes and len(weights) < 12


async def test_events_of_many_schools_go_in_one_batch(
    settings: Settings, secrets: Secrets, administrator: Administrator, followers: Followers
) -> None:
    await publish(settings, secrets, [*events("a"), *events("b", scope=B), *events("c", scope=C)])
    (await followers.make()).start()
    await eventually(lambda: all_acknowledged(settings, secrets))
    rows = await administrator.fetch("select school_id, district, body from notes order by body")
    assert [(row["school_id"], row["district"]) for row in rows] == [
        (A.school_id, "500103"),
        (B.school_id, "500103"),
        (C.school_id, "500106"),
    ]


async def test_what_comes_again_is_dropped(
    settings: Settings, secrets: Secrets, administrator: Administrator, followers: Followers
) -> None:
    told = events(*(f"{number:02d}" for number in range(30)))
    await publish(settings, secrets, [*told, *reversed(told)])
    consumer = await followers.make()
    consumer.start()
    await eventually(lambda: all_acknowledged(settings, secrets))
    await publish(settings, secrets, told)
    await eventually(lambda: all_acknowledged(settings, secrets))
    assert consumer.applied == 30
    assert await notes(administrator) == [f"{number:02d}" for number in range(30)]


async def test_two_processes_share_the_work(
    settings: Settings, secrets: Secrets, administrator: Administrator, followers: Followers
) -> None:
    one, other = await followers.make(), await followers.make()
    one.batch_size = other.batch_size = 20
    one.start()
    other.start()
    texts = [f"{number:04d}" for number in range(400)]
    await publish(settings, secrets, events(*texts))
    await eventually(lambda: all_acknowledged(settings, secrets))
    assert await notes(administrator) == texts
    assert one.applied + other.applied == 400


async def test_poison_stands_alone_and_is_parked(
    settings: Settings, secrets: Secrets, administrator: Administrator, followers: Followers
) -> None:
    texts = [f"{number:02d}" for number in range(40)]
    told = events(*texts[:13], "poison", *texts[13:])
    await publish(settings, secrets, told)
    consumer = await followers.make()
    consumer.start()

    async def parked() -> bool:
        return consumer.parked == 1

    await eventually(parked)
    await eventually(lambda: all_acknowledged(settings, secrets))
    assert await notes(administrator) == texts
    letter = await administrator.fetchrow("select consumer, subject, headers::text, error, body from dead_letters")
    assert letter is not None
    assert (letter["consumer"], letter["body"]) == ("params-reader", told[13].body)
    assert letter["error"].startswith("ValueError")
    assert not await administrator.fetchval("select count(*) from inbox where event_id = $1", told[13].id)


async def test_poison_is_tried_as_often_as_was_said(settings: Settings, secrets: Secrets, followers: Followers) -> None:
    tries = 0

    async def count(_: Transaction, batch: Sequence[Event]) -> None:
        nonlocal tries
        tries += 1
        raise ValueError

    consumer = await followers.make(count)
    consumer.max_attempts = 3
    await publish(settings, secrets, events("x"))
    consumer.start()

    async def parked() -> bool:
        return consumer.parked == 1

    await eventually(parked)
    assert tries == 3


async def test_a_parked_event_is_applied_when_asked_for_again(
    settings: Settings, secrets: Secrets, administrator: Administrator, followers: Followers
) -> None:
    healed = False

    async def heal(tx: Transaction, batch: Sequence[Event]) -> None:
        if not healed:
            raise ValueError("not yet")
        await tx.connection.execute(
            "insert into notes (school_id, district, id, body) values ($1, '500103', $2, 'healed')",
            batch[0].school_id,
            uuid4(),
        )

    consumer = await followers.make(heal)
    consumer.max_attempts = 1
    await publish(settings, secrets, events("x", "y"))
    consumer.start()

    async def both_parked() -> bool:
        return consumer.parked == 2

    await eventually(both_parked)
    await administrator.execute("update dead_letters set retry_at = now()")

    async def refused_again() -> bool:
        return bool(await administrator.fetchval("select count(*) = 2 from dead_letters where retry_at is null"))

    await eventually(refused_again)
    assert await notes(administrator) == []
    healed = True
    await administrator.execute("update dead_letters set retry_at = now()")

    async def gone() -> bool:
        return not await administrator.fetchval("select count(*) from dead_letters")

    await eventually(gone)
    assert await notes(administrator) == ["healed", "healed"]


@pytest.mark.parametrize("body", [b"", b"{", b'{"actor": 1}', b"\xff\xfe", b"[" * 100_000])
async def test_a_message_that_is_none_of_ours_is_parked_at_once(
    settings: Settings, secrets: Secrets, administrator: Administrator, followers: Followers, body: bytes
) -> None:
    (event,) = events("x")
    async with nats_admin(settings, secrets) as client:
        jetstream = client.jetstream()
        await jetstream.publish(event.subject, body, headers=event.headers())
        await jetstream.publish(event.subject, b"{}", headers={"Nats-Msg-Id": "no headers of ours"})
        await jetstream.publish(event.subject, b"{}")
    consumer = await followers.make()
    consumer.retry_delay = 60
    consumer.start()

    async def parked() -> bool:
        return consumer.parked == 3

    await eventually(parked)
    await publish(settings, secrets, events("good"))
    await eventually(lambda: all_acknowledged(settings, secrets))
    assert await notes(administrator) == ["good"]


async def test_a_text_the_database_cannot_hold_is_parked_and_no_value_is_told(
    settings: Settings, secrets: Secrets, administrator: Administrator, followers: Followers
) -> None:
    await publish(settings, secrets, events("a", "王小明\x00", "indecent", "b"))
    consumer = await followers.make()
    consumer.max_attempts = 1
    consumer.start()

    async def parked() -> bool:
        return consumer.parked == 2

    await eventually(parked)
    await eventually(lambda: all_acknowledged(settings, secrets))
    assert await notes(administrator) == ["a", "b"]
    for row in await administrator.fetch("select error from dead_letters"):
        assert "王小明" not in row["error"] and "indecent" not in row["error"], row["error"]


async def test_while_the_database_is_away_nothing_is_acknowledged_or_parked(
    settings: Settings,
    gated: Settings,
    database_gate: Gate,
    secrets: Secrets,
    administrator: Administrator,
    followers: Followers,
    impatient: None,
) -> None:
    consumer = await followers.make(settings=gated)
    consumer.max_attempts = 1
    consumer.start()
    await publish(settings, secrets, events("before"))
    await eventually(lambda: all_acknowledged(settings, secrets))
    await database_gate.shut()
    await publish(settings, secrets, events("while away"))

    async def fails() -> bool:
        return consumer.failing_since is not None

    await eventually(fails)
    assert not await all_acknowledged(settings, secrets)
    await database_gate.open()
    await eventually(lambda: all_acknowledged(settings, secrets))
    assert await notes(administrator) == ["before", "while away"]
    assert (consumer.applied, consumer.parked) == (2, 0)


@pytest.mark.parametrize(
    "busy",
    [
        asyncpg.DeadlockDetectedError,
        asyncpg.SerializationError,
        asyncpg.LockNotAvailableError,
        asyncpg.InternalClientError,
    ],
)
async def test_who_only_stood_in_anothers_way_is_no_poison(
    settings: Settings,
    secrets: Secrets,
    administrator: Administrator,
    followers: Followers,
    impatient: None,
    busy: type[asyncpg.PostgresError | asyncpg.InternalClientError],
) -> None:
    tries = 0

    async def stumble(tx: Transaction, batch: Sequence[Event]) -> None:
        nonlocal tries
        tries += 1
        if tries <= 2:
            raise busy("somebody else was at it")
        await note_down(tx, batch)

    consumer = await followers.make(stumble)
    consumer.max_attempts = 1
    await publish(settings, secrets, events("a", "b"))
    consumer.start()
    await eventually(lambda: all_acknowledged(settings, secrets))
    assert await notes(administrator) == ["a", "b"]
    assert (consumer.applied, consumer.parked) == (2, 0)


async def test_while_the_broker_is_away_it_waits(
    settings: Settings,
    gated: Settings,
    nats_gate: Gate,
    secrets: Secrets,
    administrator: Administrator,
    followers: Followers,
    impatient: None,
) -> None:
    consumer = await followers.make(settings=gated)
    consumer.start()
    await publish(settings, secrets, events("before"))
    await eventually(lambda: all_acknowledged(settings, secrets))
    await nats_gate.shut()
    await publish(settings, secrets, events("while away"))
    await nats_gate.open()
    await eventually(lambda: all_acknowledged(settings, secrets))
    assert await notes(administrator) == ["before", "while away"]


async def test_killed_in_the_middle_of_a_batch_it_has_done_nothing_and_then_all(
    settings: Settings, secrets: Secrets, administrator: Administrator, followers: Followers, impatient: None
) -> None:
    in_the_middle = asyncio.Event()

    async def hang(tx: Transaction, batch: Sequence[Event]) -> None:
        await note_down(tx, batch)
        in_the_middle.set()
        await asyncio.Event().wait()

    first = await followers.make(hang)
    first.start()
    await publish(settings, secrets, events("a", "b"))
    await asyncio.wait_for(in_the_middle.wait(), 10)
    await first.stop()
    assert await notes(administrator) == []
    (await followers.make()).start()
    await eventually(lambda: all_acknowledged(settings, secrets))
    assert await notes(administrator) == ["a", "b"]


async def test_killed_between_commit_and_acknowledgement_it_has_done_all_and_does_nothing_more(
    settings: Settings,
    gated: Settings,
    nats_gate: Gate,
    secrets: Secrets,
    administrator: Administrator,
    followers: Followers,
    impatient: None,
) -> None:
    async def cut_the_wire(tx: Transaction, batch: Sequence[Event]) -> None:
        await note_down(tx, batch)
        nats_gate.freeze()

    first = await followers.make(cut_the_wire, gated)
    first.start()
    await publish(settings, secrets, events("a"))

    async def committed() -> bool:
        return await notes(administrator) == ["a"]

    await eventually(committed)
    await nats_gate.shut()
    await first.stop()
    second = await followers.make()
    second.start()
    await eventually(lambda: all_acknowledged(settings, secrets))
    assert await notes(administrator) == ["a"]
    assert second.applied == 0


async def test_a_consumer_nobody_declared_does_not_exist(followers: Followers, settings: Settings) -> None:
    with pytest.raises(KeyError, match="params-nothing"):
        Consumer(
            "nothing",
            (await followers.make()).database,
            Broker(SERVICE, settings, Secrets(settings.secrets)),
            note_down,
        )
