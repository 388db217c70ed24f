"""Messages that are poison, come twice, come late, or are lost with the store they were in."""

import asyncio
import random
import shutil
from uuid import UUID, uuid4

import asyncpg
import pytest

from deploy.dead_letters import DeadLetter, list_dead_letters, retry_dead_letters
from deploy.reconcile import reconcile
from shared.settings import Settings
from shared.sql import beside
from shared.topology import STREAMS
from tests.faults.invariants import admin, check, come_to_rest, read
from tests.faults.progress import in_the_middle
from tests.faults.school import Desk
from tests.processes import Servers
from tests.waiting import eventually

_AT_ONCE = 256
_SQL = beside(__file__, "progress.sql")

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def strangers() -> set[UUID]:
    """Messages that the tests put into the streams themselves."""
    return set()


async def test_a_lost_store_is_filled_again(servers: Servers, desk: Desk) -> None:
    await desk.check_batch(await desk.begin_import())
    batch_no = await desk.begin_approval()
    await in_the_middle(servers.settings, "cards", "approval", desk)
    await servers.nats.kill()
    shutil.rmtree(servers.nats.folder / "store")
    await servers.nats.start()
    again = await reconcile(servers.settings)
    assert again["readers"] > desk.roster.good
    await desk.check_batch(batch_no)
    await come_to_rest(servers.settings)
    await desk.check_figures()
    await check(servers.settings)


async def test_what_comes_again_changes_nothing(servers: Servers, desk: Desk, strangers: set[UUID]) -> None:
    """As when relays were killed before they had marked what they sent, and again after the stream has forgotten it."""
    for begin in (desk.begin_import, desk.begin_approval):
        await desk.check_batch(await begin())
    await come_to_rest(servers.settings)
    before = await desk.client.verify_log()
    await forget_what_was_sent(servers.settings)
    await come_to_rest(servers.settings)
    strangers |= await send_all_again(servers.settings)
    await come_to_rest(servers.settings)
    await desk.check_figures()
    assert await desk.client.verify_log() == before
    await check(servers.settings, frozenset(strangers))


async def test_poison_is_parked_and_the_others_flow(servers: Servers, desk: Desk, strangers: set[UUID]) -> None:
    await desk.check_batch(await desk.begin_import())
    poison = await publish_poison(servers.settings, desk)
    await desk.check_batch(await desk.begin_approval())
    await come_to_rest(servers.settings)
    letters = await parked(servers.settings, poison)
    assert "cards-readers-approved" in {letter.consumer for letter in letters}
    assert all(letter.error.startswith("MalformedEvent: ") for letter in letters)

    assert await retry_dead_letters(servers.settings, [str(poison)], None) == len(letters)

    async def were_retried() -> bool:
        return not any(letter.retry_at for letter in await parked(servers.settings, poison))

    await eventually(were_retried)
    assert {letter.consumer for letter in await parked(servers.settings, poison)} == {
        letter.consumer for letter in letters
    }
    await desk.check_figures()
    strangers.add(poison)
    await check(servers.settings, frozenset(strangers))


async def parked(settings: Settings, message_id: UUID) -> list[DeadLetter]:
    return [letter for letter in await list_dead_letters(settings) if letter.message_id == str(message_id)]


async def publish_poison(settings: Settings, desk: Desk) -> UUID:
    """Approvals of nobody, in a body that says nothing."""
    id_ = uuid4()
    headers = {
        "Nats-Msg-Id": str(id_),
        "ce-specversion": "1.0",
        "ce-id": str(id_),
        "ce-type": "readers.approved.v1",
        "ce-source": "readers",
        "ce-subject": str(uuid4()),
        "ce-time": "2026-09-01T08:00:00Z",
    }
    async with admin(settings) as jetstream:
        await jetstream.publish(f"sc.v1.500103.{desk.school_id}.readers.approved", b"{}", headers=headers)
    return id_


async def forget_what_was_sent(settings: Settings) -> None:
    connection = await asyncpg.connect(settings.database_url, timeout=10)
    try:
        await connection.execute(_SQL["forget_what_was_sent"])
    finally:
        await connection.close()


async def send_all_again(settings: Settings) -> set[UUID]:
    """Every message of both streams, shuffled, under new message ids, which are returned."""
    strangers: set[UUID] = set()
    for stream in STREAMS:
        messages = await read(settings, stream)
        random.Random(7).shuffle(messages)
        async with admin(settings) as jetstream:
            for start in range(0, len(messages), _AT_ONCE):
                new = {uuid4(): message for message in messages[start : start + _AT_ONCE]}
                strangers |= set(new)
                await asyncio.gather(
                    *(
                        jetstream.publish(
                            message.subject,
                            message.data,
                            headers=(message.headers or {}) | {"Nats-Msg-Id": str(id_)},
                        )
                        for id_, message in new.items()
                    )
                )
    return strangers
