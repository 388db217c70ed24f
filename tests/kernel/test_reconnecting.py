"""Consumers whose connection to the broker breaks: nothing of the old one is used on the new one."""

from collections.abc import Sequence

from shared.database import Transaction
from shared.envelope import Event
from shared.secrets import Secrets
from shared.settings import Settings
from tests.kernel.followers import DURABLE, Followers, all_acknowledged, events, notes
from tests.kernel.gate import Gate
from tests.kernel.notes import Administrator, nats_admin, note_down
from tests.running_service import publish
from tests.waiting import eventually


async def test_what_came_by_a_broken_connection_is_not_acknowledged_on_the_next(
    settings: Settings,
    gated: Settings,
    nats_gate: Gate,
    secrets: Secrets,
    administrator: Administrator,
    followers: Followers,
    impatient: None,
) -> None:
    """It comes again and is known: the number might be another message's by now."""
    reconnected: list[int] = []

    async def while_it_breaks(tx: Transaction, batch: Sequence[Event]) -> None:
        await note_down(tx, batch)
        client = await consumer._broker.client()
        before = client.stats["reconnects"]
        await nats_gate.shut()
        await nats_gate.open()

        async def is_back() -> bool:
            return client.is_connected and client.stats["reconnects"] > before

        await eventually(is_back)
        reconnected.append(len(batch))

    consumer = await followers.make(while_it_breaks, gated)
    consumer.start()
    await publish(settings, secrets, events("a"))
    await eventually(lambda: all_acknowledged(settings, secrets))
    assert (await notes(administrator), consumer.applied, reconnected) == (["a"], 1, [1])
    async with nats_admin(settings, secrets) as client:
        info = await client.jetstream().consumer_info(DURABLE.stream, DURABLE.name)
    assert info.delivered is not None and info.delivered.consumer_seq == 2


async def test_on_a_new_connection_it_asks_at_once(
    settings: Settings,
    gated: Settings,
    nats_gate: Gate,
    secrets: Secrets,
    administrator: Administrator,
    followers: Followers,
) -> None:
    """What it had asked for on the old one never comes, and would be waited for for a minute here."""
    consumer = await followers.make(settings=gated)
    consumer.wait = 60.0
    consumer.start()
    await publish(settings, secrets, events("before"))
    await eventually(lambda: all_acknowledged(settings, secrets))
    await nats_gate.shut()
    await nats_gate.open()
    await publish(settings, secrets, events("after"))
    await eventually(lambda: all_acknowledged(settings, secrets))
    assert await notes(administrator) == ["after", "before"]
