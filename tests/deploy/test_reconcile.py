"""After the stream is lost, `reconcile` sends again what the outboxes kept; dead letters are listed and retried."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from deploy.dead_letters import as_role, list_dead_letters, retry_dead_letters
from deploy.reconcile import reconcile
from shared import outbox
from shared.broker import Broker, connect, declare
from shared.consume import Consumer
from shared.contracts.reader import ReaderDeleted
from shared.database import Database, Transaction
from shared.envelope import Event
from shared.relay import LEADERS, Relay, lock_name
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import Actor, Caller, Scope
from shared.topology import STREAMS
from tests.waiting import eventually

TEACHER = Caller(Scope("school", "500103", uuid4()), Actor(uuid4(), "teacher"))


async def publish(tx: Transaction, readers: Sequence[UUID]) -> None:
    await outbox.publish(
        tx,
        [
            (id_, ReaderDeleted(actor=tx.actor, version=1, reader_id=id_, masked_name="王*", masked_id_number="5001"))
            for id_ in readers
        ],
    )


async def in_stream(settings: Settings, secrets: Secrets) -> int:
    client = await connect(settings.nats_url, "admin", secrets.password("nats-admin"), "_INBOX_admin")
    try:
        return (await client.jetstream().stream_info("EVENTS")).state.messages
    finally:
        await client.close()


async def wait_for_stream(settings: Settings, secrets: Secrets, count: int) -> None:
    async def has_so_many() -> bool:
        return await in_stream(settings, secrets) == count

    await eventually(has_so_many)


async def test_what_the_stream_lost_is_sent_again_and_nothing_else(settings: Settings, secrets: Secrets) -> None:
    database = await Database.open("readers", settings, secrets)
    broker = Broker("readers", settings, secrets)
    relay = Relay("readers", settings, secrets, broker)
    relay.start()
    try:
        await database.run(TEACHER, publish, [uuid4() for _ in range(30)])
        await wait_for_stream(settings, secrets, 30)
        assert sum((await reconcile(settings)).values()) == 0
        await lose_stream(settings, secrets)
        await database.run(TEACHER, publish, [uuid4() for _ in range(5)])
        await wait_for_stream(settings, secrets, 5)
        assert (await reconcile(settings))["readers"] == 30
        await wait_for_stream(settings, secrets, 35)
        assert sum((await reconcile(settings)).values()) == 0
    finally:
        await relay.stop()
        await broker.close()
        await database.close()


async def test_who_led_the_relay_can_no_longer_mark_what_the_lost_stream_took(
    settings: Settings, secrets: Secrets, administrator: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """Marked after `reconcile` has looked, it would be lost for good."""
    database = await Database.open("readers", settings, secrets)
    try:
        await database.run(TEACHER, publish, [uuid4() for _ in range(7)])
    finally:
        await database.close()
    async with as_role(settings, "readers", "relay") as leader:
        assert await leader.fetchval("select pg_try_advisory_lock($1, hashtext($2))", LEADERS, lock_name("readers"))
        assert (await reconcile(settings))["readers"] == 0
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
            await leader.execute("update outbox set sent_at = now()")
    assert await administrator.fetchval("select count(*) from readers.outbox where sent_at is null") == 7


async def lose_stream(settings: Settings, secrets: Secrets) -> None:
    client = await connect(settings.nats_url, "admin", secrets.password("nats-admin"), "_INBOX_admin")
    try:
        await client.jetstream().delete_stream("EVENTS")
    finally:
        await client.close()
    await declare(settings.nats_url, secrets)


class Chunk(msgspec.Struct):
    first: int


async def test_what_is_older_than_its_stream_keeps_is_not_lost(
    settings: Settings, secrets: Secrets, administrator: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """WORK keeps 7 days, outboxes 14."""

    async def begin(tx: Transaction) -> None:
        await publish(tx, [uuid4()])
        await outbox.enqueue(tx, "importing", [Chunk(1)])

    database = await Database.open("readers", settings, secrets)
    broker = Broker("readers", settings, secrets)
    relay = Relay("readers", settings, secrets, broker)
    relay.start()
    try:
        await database.run(TEACHER, begin)

        async def all_is_sent() -> bool:
            return not await administrator.fetchval("select count(*) from readers.outbox where sent_at is null")

        await eventually(all_is_sent)
    finally:
        await relay.stop()
        await broker.close()
        await database.close()
    await empty_streams(settings, secrets)
    for days, lost in ((8, 1), (6, 2)):
        await administrator.execute(f"update readers.outbox set sent_at = now() - interval '{days} days'")
        assert (await reconcile(settings))["readers"] == lost, days


async def empty_streams(settings: Settings, secrets: Secrets) -> None:
    client = await connect(settings.nats_url, "admin", secrets.password("nats-admin"), "_INBOX_admin")
    try:
        for stream in STREAMS:
            await client.jetstream().purge_stream(stream.name)
    finally:
        await client.close()


@pytest.fixture
async def administrator(database_url: str) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    connection = await asyncpg.connect(database_url)
    try:
        yield connection
    finally:
        await connection.close()


class Poisoned(Exception):
    """The handler cannot take this event yet."""


async def test_a_dead_letter_is_listed_and_applied_when_retried(settings: Settings, secrets: Secrets) -> None:
    applied: list[UUID] = []
    healed = False

    async def follow_readers(_: Transaction, events: Sequence[Event]) -> None:
        if not healed:
            raise Poisoned(Poisoned.__doc__)
        applied.extend(event.id for event in events)

    database = await Database.open("readers", settings, secrets)
    follower = await Database.open("params", settings, secrets)
    brokers = [Broker(name, settings, secrets) for name in ("readers", "params")]
    relay = Relay("readers", settings, secrets, brokers[0])
    consumer = Consumer("reader", follower, brokers[1], follow_readers)
    consumer.max_attempts, consumer.wait, consumer.retry_every = 1, 0.2, 0.2
    relay.start()
    consumer.start()
    try:
        await database.run(TEACHER, publish, [uuid4()])
        [letter] = await eventually(lambda: list_dead_letters(settings))
        assert letter.consumer == "params-reader"
        assert letter.error == "Poisoned: The handler cannot take this event yet."
        healed = True
        assert await retry_dead_letters(settings, ["somebody-else"], None) == 0
        assert await retry_dead_letters(settings, [], "params-reader") == 1

        async def none_is_left() -> bool:
            return not await list_dead_letters(settings)

        await eventually(none_is_left)
        assert [str(id_) for id_ in applied] == [letter.message_id]
    finally:
        await consumer.stop()
        await relay.stop()
        for broker in brokers:
            await broker.close()
        await follower.close()
        await database.close()
