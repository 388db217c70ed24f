"""Durable consumers: fetch a batch, apply it in one transaction, acknowledge.

Protocol. A turn takes up to `batch_size` messages (`shared.pulling`) and goes through them in parts of `batch_bytes`:
some tell a thousand things together, and a transaction is to stay short. One transaction inserts their ids into the
inbox, which tells which are new, gives the new ones to the handler as one list (set-based work), and commits; then all
are acknowledged, each by itself: to acknowledge the last for all before it would take in what other processes work on.
Killed before the commit: nothing happened, the batch comes again. Killed after it: the inbox drops the batch. A handler
whose own rows have the event's id in their key needs no inbox (`remembers = False`).

Failures. When the database or the broker is away, or the transaction stood in another's way, the turn fails and is
tried again. When the handler fails otherwise, the batch is halved until the message at fault stands alone; that one is
handed back with a delay and, after `max_attempts` deliveries, parked as a dead letter and terminated, so the others
flow. `schoolcard deadletters retry` sets `retry_at`; the consumer then applies the letter like a message.

Order. Batches may overlap between processes and poison comes late: handlers guard state by the aggregate's version.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, TypeAlias

import asyncpg
import msgspec
import structlog
from nats.aio.msg import Msg

from shared.broker import Broker
from shared.database import Connection, Database, Transaction
from shared.envelope import Event, MalformedEvent, parse
from shared.holding import holding
from shared.lifecycle import Loop
from shared.log import describe
from shared.pulling import Pull
from shared.tenancy import WORKER, Caller, system_actor
from shared.topology import durables, inbox_prefix

SINGLE: Final = 1 << 20
TOGETHER: Final = 1 << 18
"""`batch_bytes` of who follows single facts, about a thousand of them, and of who follows what tells a thousand
together, about one."""

Handler: TypeAlias = Callable[[Transaction, Sequence[Event]], Awaitable[None]]

_log = structlog.get_logger(__name__)

_REMEMBER = """
insert into inbox (consumer, event_id) select $1, unnest($2::uuid[]) on conflict do nothing returning event_id
"""
_PARK = """
insert into dead_letters (consumer, message_id, subject, headers, body, error)
values ($1, $2, $3, $4::jsonb, $5, $6) on conflict (consumer, message_id) do update set error = excluded.error
"""
_CLAIM_RETRIED = """
select message_id, subject, headers::text as headers, body from dead_letters
where consumer = $1 and retry_at is not null order by retry_at limit 1 for update skip locked
"""
_DROP_RETRIED = "delete from dead_letters where consumer = $1 and message_id = $2"
_KEEP_PARKED = "update dead_letters set retry_at = null, error = $3 where consumer = $1 and message_id = $2"

# The database is away, full or busy: whatever it refused, no message is at fault.
_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # A connection that has been told that its server ends, and has not been closed yet.
    asyncpg.InternalClientError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    OSError,
    TimeoutError,
)


class Puller(Loop):
    """Pulls from the durables declared for one noun; base of event consumers and workers."""

    wait = 5.0
    ahead = False

    def __init__(self, noun: str, database: Database, broker: Broker) -> None:
        self._durables = durables(database.service, noun)
        super().__init__(f"{database.service}-{noun}")
        self.database = database
        self._broker = broker
        self._pull: Pull | None = None
        self.report_every = self._durables[0].ack_wait / 3

    async def fetch(self, count: int) -> list[Msg]:
        """Up to `count` messages; an empty list when none came within `wait` seconds."""
        client = await self._broker.client()
        if self._pull is not None and (self._pull.client is not client or self._pull.is_over):
            await self.release()
        if self._pull is None:
            self._pull = Pull(
                client,
                self._durables[0].stream,
                [declared.name for declared in self._durables],
                inbox_prefix(self.database.service),
                ahead=self.ahead,
            )
            await self._pull.open()
        return await self._pull.take(count, self.wait)

    async def answer(self, messages: Sequence[Msg], done: Callable[[Msg], Awaitable[None]] = Msg.ack) -> None:
        """Acknowledge what was taken, or terminate it; not on another connection than it came by.

        Behind that may be a store that was lost or taken from a copy, in which the same number is another message. What
        is not acknowledged comes again, and is known.
        """
        for message in messages:
            if self._pull is None or self._pull.is_over or not self._pull.client.is_connected:
                return
            await done(message)  # written to the connection's buffer, not waited for

    def holding(self, taken: Sequence[Msg]) -> AbstractAsyncContextManager[None]:
        """While the block runs, neither what was taken nor what waits behind it is given to others."""
        return holding(lambda: (*taken, *(self._pull.waiting if self._pull else ())), self.report_every)

    async def stop(self) -> None:
        await self.end()
        pull, self._pull = self._pull, None
        if pull is not None:
            await pull.close(hand_back=True)

    async def release(self) -> None:
        """After an error. What waited here comes again by itself; handed back each time, it would soon be poison."""
        pull, self._pull = self._pull, None
        if pull is not None:
            await pull.close(hand_back=False)


class Consumer(Puller):
    """Applies events. `applied` counts those the handler was given, for the metrics. `remembers`: by its inbox."""

    ahead = True
    remembers = True
    batch_size = 1000
    max_attempts = 5
    retry_delay = 2.0
    retry_every = 2.0

    def __init__(
        self, noun: str, database: Database, broker: Broker, handler: Handler, batch_bytes: int = SINGLE
    ) -> None:
        super().__init__(noun, database, broker)
        self.batch_bytes = batch_bytes
        self._handler = handler
        self._caller = Caller(WORKER, system_actor(database.service))
        self._retry_at = time.monotonic()
        self.applied = 0
        self.parked = 0

    async def turn(self) -> None:
        if time.monotonic() >= self._retry_at:
            await self._retry_parked()
            self._retry_at = time.monotonic() + self.retry_every
        messages = await self.fetch(self.batch_size)
        if messages:
            async with self.holding(messages):
                for part in _parts(messages, self.batch_bytes):
                    await self._deliver(part)

    async def _deliver(self, messages: list[Msg]) -> None:
        try:
            events = [parse(message.subject, message.headers, message.data) for message in messages]
            self.applied += await self._apply(events)
        except _AWAY:
            raise
        except Exception as exc:  # whatever a handler raises: find the message at fault
            if len(messages) == 1:
                await self._refuse(messages[0], exc)
                return
            half = len(messages) // 2
            await self._deliver(messages[:half])
            await self._deliver(messages[half:])
            return
        await self.answer(messages)

    async def _apply(self, events: Sequence[Event]) -> int:
        async with self.database.transaction(self._caller) as tx:
            fresh = await self._fresh(tx, events)
            if fresh:
                await self._handler(tx, fresh)
        return len(fresh)

    async def _fresh(self, tx: Transaction, events: Sequence[Event]) -> list[Event]:
        # The same event twice within one batch is new once.
        once = {event.id: event for event in events}
        if not self.remembers:
            return list(once.values())
        new = await tx.connection.fetch(_REMEMBER, self.name, list(once))
        return [once[row["event_id"]] for row in new]

    async def _refuse(self, message: Msg, exc: Exception) -> None:
        attempts = message.metadata.num_delivered or 1
        _log.error("event_refused", consumer=self.name, attempts=attempts, error=describe(exc))
        if attempts < self.max_attempts and not isinstance(exc, MalformedEvent):
            await message.nak(delay=self.retry_delay * attempts)
            return
        message_id = (message.headers or {}).get("Nats-Msg-Id", f"stream-{message.metadata.sequence.stream}")
        async with self.database.transaction(self._caller) as tx:
            await tx.connection.execute(
                _PARK,
                self.name,
                message_id,
                message.subject,
                msgspec.json.encode(dict(message.headers or {})).decode(),
                message.data,
                describe(exc),
            )
        self.parked += 1
        await self.answer([message], Msg.term)

    async def _retry_parked(self) -> None:
        async with self.database.transaction(self._caller) as tx:
            row = await tx.connection.fetchrow(_CLAIM_RETRIED, self.name)
            if row is None:
                return
            try:
                await self._apply_parked(tx, row)
            except _AWAY:
                raise
            except Exception as exc:  # still poison: it stays parked, with the new reason
                await tx.connection.execute(_KEEP_PARKED, self.name, row["message_id"], describe(exc))
                return
            await tx.connection.execute(_DROP_RETRIED, self.name, row["message_id"])

    async def _apply_parked(self, tx: Transaction, row: asyncpg.Record) -> None:
        event = parse(row["subject"], msgspec.json.decode(row["headers"]), row["body"])
        async with _savepoint(tx.connection):
            fresh = await self._fresh(tx, [event])
            if fresh:
                await self._handler(tx, fresh)


def _parts(messages: Sequence[Msg], most: int) -> list[list[Msg]]:
    """In their order; each part's bodies have `most` bytes together, unless one message alone has more."""
    parts: list[list[Msg]] = []
    room = 0
    for message in messages:
        size = len(message.data)
        if not parts or size > room:
            parts.append([])
            room = most
        parts[-1].append(message)
        room -= size
    return parts


class _savepoint:  # noqa: N801 - reads as a statement
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def __aenter__(self) -> None:
        await self._connection.execute("savepoint parked")

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await self._connection.execute("release savepoint parked" if kind is None else "rollback to savepoint parked")
