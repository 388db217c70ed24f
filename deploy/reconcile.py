"""After the event stream has lost something: what the outboxes kept and the stream has not is sent again.

The outbox is the truth, the stream a copy of it. Their ids are compared; rows the stream lacks become unsent again and
the relays send them. Consumers that had seen them already drop them by their inboxes.

Protocol. First the leading relays' sessions are ended: what the lost store acknowledged and no relay has marked as sent
stays unsent, and is sent by the next leader. So every row is one of three: unsent; marked before the end of those
sessions, and compared; marked since, and in the stream that is there now.
"""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from deploy.dead_letters import as_role
from deploy.reaching import nats_administrator, reaching_nats
from shared.broker import declare
from shared.relay import LEADERS, lock_name
from shared.secrets import Secrets
from shared.settings import Settings
from shared.sql import beside
from shared.topology import SERVICES, STREAMS, Stream

_SQL = beside(__file__)
_FETCH = 2000
# A message is older in its stream than its mark in the outbox says, and goes some time after it may.
_GOING = timedelta(hours=1)


class RelayStays(Exception):
    """The database did not end the session of this service's relay within ten seconds; try again"""


async def reconcile(settings: Settings) -> dict[str, int]:
    """How many rows of each service's outbox are to be sent again. Declares streams and consumers that are missing.

    Raises RelayStays, ServerAway.
    """
    secrets = Secrets(settings.secrets)
    with reaching_nats(settings):
        await declare(settings.nats_url, secrets, settings.events_bytes)
    async with AsyncExitStack() as stack:
        outboxes = {
            service: await stack.enter_async_context(as_role(settings, service, "relay")) for service in SERVICES
        }
        ended = {service: await _end_leader(service, connection) for service, connection in outboxes.items()}
        for connection in outboxes.values():
            await connection.execute(_SQL["create_seen"])
        client = await nats_administrator(settings)
        stack.push_async_callback(client.close)
        for stream in STREAMS:
            async for messages in _read(client.jetstream(timeout=10), stream):
                for service, ids in _by_service(messages).items():
                    await outboxes[service].copy_records_to_table("seen", records=[(id_,) for id_ in ids])
        return {service: await _mark_unsent(connection, ended[service]) for service, connection in outboxes.items()}


async def _end_leader(service: str, outbox: "asyncpg.Connection[asyncpg.Record]") -> datetime:
    """Ends the session of the service's leading relay, if any leads; when that was done, by the database's clock."""
    # The sessions are the login's, whose own this connection is; the relay's role may not touch them.
    await outbox.execute("set role none")
    rows = await outbox.fetch(_SQL["end_leader"], LEADERS, lock_name(service))
    if not all(ended for (ended,) in rows):
        raise RelayStays(f"{RelayStays.__doc__} ({service})")
    await outbox.execute(f"set role sc_{service}_relay")
    now: datetime = await outbox.fetchval("select clock_timestamp()")
    return now


async def _mark_unsent(outbox: "asyncpg.Connection[asyncpg.Record]", before: datetime) -> int:
    """Of each stream what it would still have: what is older than it keeps has gone by itself, and is not lost."""
    count = 0
    for stream in STREAMS:
        after = datetime.now(UTC) - timedelta(seconds=stream.max_age) + _GOING
        count += await outbox.fetchval(_SQL["mark_unsent"], stream.subjects[0].removesuffix(">"), after, before)
    return count


async def _read(jetstream: JetStreamContext, stream: Stream) -> AsyncIterator[list[Msg]]:
    """All messages of a stream, headers only, in lists."""
    state = (await jetstream.stream_info(stream.name)).state
    if state.messages == 0:
        return
    subscription = await jetstream.pull_subscribe(
        stream.subjects[0],
        stream=stream.name,
        config=ConsumerConfig(
            ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL, headers_only=True, inactive_threshold=60
        ),
    )
    position = 0
    while position < state.last_seq:
        messages = await subscription.fetch(_FETCH, timeout=30)
        position = messages[-1].metadata.sequence.stream
        yield messages
    await subscription.unsubscribe()


def _by_service(messages: list[Msg]) -> dict[str, list[UUID]]:
    """Message ids by the service whose outbox they came from; others' messages are passed over."""
    found: dict[str, list[UUID]] = defaultdict(list)
    for message in messages:
        headers = message.headers or {}
        # Work names its service in the subject, events in the envelope.
        service = message.subject.split(".")[2] if message.subject.startswith("sc.work.") else headers.get("ce-source")
        if service in SERVICES and "Nats-Msg-Id" in headers:
            found[service].append(UUID(headers["Nats-Msg-Id"]))
    return found
