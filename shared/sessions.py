"""Ended sessions: a log-out, or a disabled user, holds in every service within a second.

Each service keeps the sessions that ended while one of their tokens could still be alive. The durable consumer writes
them to `ended_sessions`; a live subscription to `session.revoked` tells every process at once, and reading the table
every few seconds is the truth behind it (a process that was away learns there).

At its start a process knows of none, and lets nobody in (503) until it does. It listens first, so that nothing falls in
between. Then what was told while no process of its service ran must be in the table: until the durable has nothing left
it waits, `longest` seconds at most, since one event that cannot be applied must not keep a service shut. At last it has
read the table. That takes well under a second where all answer. A broker that does not answer within a second is not
waited for: then the table's word counts, as it does in a process that ran when the broker went away, and what was not
heard holds when the token ends, minutes later. Without the database nobody is let in.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.broker import Broker
from shared.contracts.identity import SessionRevoked
from shared.database import Database, Transaction
from shared.envelope import Event, MalformedEvent, parse
from shared.lifecycle import Ticker
from shared.log import describe
from shared.tenancy import WORKER, Caller, system_actor
from shared.topology import Durable, durable

SUBJECT = "sc.v1.*.*.session.revoked"
CONSUMER = "session-revoked"

_ANSWERS_WITHIN = 1.0
_LOOKS_AGAIN = 0.05

_log = structlog.get_logger(__name__)
_RECORD = """
insert into ended_sessions (session_id, expires_at)
select session_id, expires_at from unnest($1::uuid[], $2::timestamptz[]) as n (session_id, expires_at)
on conflict do nothing
"""
_FETCH = "select session_id, expires_at from ended_sessions where expires_at > now()"


class EndedSessions(Ticker):
    """One process's memory of them. `known` is set once it may be asked."""

    longest = 10.0

    def __init__(self, database: Database, broker: Broker) -> None:
        super().__init__(f"{database.service}-ended-sessions", every=2.0)
        self._database = database
        self._broker = broker
        self._caller = Caller(WORKER, system_actor(database.service))
        self._durable: Durable = durable(database.service, CONSUMER)
        self._ended: dict[UUID, float] = {}
        self._listening: Client | None = None
        self._made_at = time.monotonic()
        self.known = asyncio.Event()

    def __contains__(self, session_id: UUID) -> bool:
        return session_id in self._ended

    def add(self, session_id: UUID, expires_at: float) -> None:
        self._ended[session_id] = expires_at

    async def record(self, tx: Transaction, events: Sequence[Event]) -> None:
        """Consumer of `session.revoked`."""
        facts = [event.decode(SessionRevoked) for event in events]
        for fact in facts:
            self.add(fact.session_id, fact.expires_at)
        await tx.connection.execute(
            _RECORD,
            [fact.session_id for fact in facts],
            [datetime.fromtimestamp(fact.expires_at, UTC) for fact in facts],
        )

    async def wait_until_known(self, longest: float) -> None:
        """Returns in any case after `longest` seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.known.wait(), longest)

    async def turn(self) -> None:
        await self.tick()
        await asyncio.sleep(self._every if self.known.is_set() else _LOOKS_AGAIN)

    async def tick(self) -> None:
        away: Exception | None = None
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN):
                has_heard_all = await self._listen()
        except (nats.errors.Error, OSError, TimeoutError) as exc:
            away, has_heard_all = exc, False
        self._ended |= await self._database.run(self._caller, _fetch)
        now = time.time()
        self._ended = {session_id: until for session_id, until in self._ended.items() if until > now}
        if has_heard_all or away is not None or time.monotonic() > self._made_at + self.longest:
            self.known.set()
        if away is not None:
            raise away

    async def _listen(self) -> bool:
        """Whether the table holds all that was told before this process listened."""
        client = await self._broker.client()
        if client is not self._listening:
            await client.subscribe(SUBJECT, cb=self._hear)
            await client.flush()
            self._listening = client
        if self.known.is_set():
            return True
        info = await client.jetstream().consumer_info(self._durable.stream, self._durable.name)
        return not info.num_pending and not info.num_ack_pending

    async def _hear(self, message: Msg) -> None:
        try:
            fact = parse(message.subject, message.headers, message.data).decode(SessionRevoked)
        except MalformedEvent as exc:
            _log.error("event_refused", consumer=self.name, error=describe(exc))
            return
        self.add(fact.session_id, fact.expires_at)


async def _fetch(tx: Transaction) -> dict[UUID, float]:
    return {row["session_id"]: row["expires_at"].timestamp() for row in await tx.connection.fetch(_FETCH)}
