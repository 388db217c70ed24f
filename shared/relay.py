"""The relay: sends a service's outbox to JetStream, in order, each row at least once.

Protocol. One relay per service leads: it holds an advisory lock on a connection of its own, so the lock ends with the
connection (the pool would release it). The leader reads unsent rows in `seq` order, publishes them pipelined, waits
for the acknowledgements and marks the rows sent up to the first that failed; the rest waits for the next turn.
Unsent means `sent_at is null`, never `seq > last`: a lower `seq` may commit after a higher one.

Failures. Killed between acknowledgement and marking: the row is sent again with the same `Nats-Msg-Id`; the stream
drops it within its deduplication window, every consumer's inbox after it. Broker away: rows wait. The connection
breaks: acknowledgements that are on their way are lost, so they are not waited for, and what was acknowledged is marked
at once; if the broker comes back without its store, `reconcile` ends the leader's session, whose mark cannot come late
then, and finds it among what was sent, or it is unsent and goes to the new store. Two relays: one leads, the other
keeps asking for the lock. A leader that is stopped, or whose machine is gone, leads on in name: so the database ends a
session of the relay's that has said nothing for `silence` seconds (a leader speaks at each poll; what takes it longer
is a publishing of `ack_timeout` at most), or whose machine does not answer. Until another leads, those that wait for
the lock look at the oldest unsent row too: each process shows how far its service is behind.

Wake-up is a NOTIFY; the poll each second is the truth.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence

import asyncpg
import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.broker import Broker
from shared.database import service_url, session_settings
from shared.lifecycle import Loop
from shared.outbox import channel
from shared.secrets import Secrets
from shared.settings import Settings
from shared.topology import inbox_prefix

LEADERS = 0x5CE1
"""The class of the relays' advisory locks."""

_LOOKS_EACH = 0.1
_FETCH_UNSENT = """
select seq, subject, headers, body, extract(epoch from now() - created_at)::float8 as age
from outbox where sent_at is null order by seq limit $1
"""
_FETCH_LAG = """
select extract(epoch from now() - created_at)::float8 from outbox where sent_at is null order by seq limit 1
"""
_MARK_SENT = "update outbox set sent_at = now() where seq = any($1)"
# By the key, as no index keeps the times: the oldest rows are those sent first, or they wait themselves.
_PURGE_SENT = """
delete from outbox where sent_at < now() - interval '14 days' and seq = any(array(
    select seq from outbox order by seq limit 5000))
"""


def lock_name(service: str) -> str:
    """Whose hash is the key of the lock that the service's leading relay holds."""
    return f"relay-{service}"


class PublishRefused(Exception):
    """The broker did not take an event; it waits in the outbox."""


class _Ack(msgspec.Struct):
    stream: str = ""
    seq: int = 0
    error: dict[str, object] | None = None


class Relay(Loop):
    """One service's relay. `lag` is the age in seconds of the oldest unsent row at the last look.

    `silence`, in seconds, is how long a leader that says nothing leads on."""

    batch_size = 1000
    poll = 1.0
    ack_timeout = 10.0
    silence = 60.0

    def __init__(self, service: str, settings: Settings, secrets: Secrets, broker: Broker) -> None:
        super().__init__(f"{service}-relay")
        self._service = service
        self._url = service_url(service, settings, secrets)
        self._timeout = settings.database_timeout
        self._broker = broker
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._leading = False
        self._woken = asyncio.Event()
        self._purge_due = False
        self._publisher: _Publisher | None = None
        self.lag = 0.0
        self.sent = 0
        self.looked_at = time.monotonic()

    async def turn(self) -> None:
        connection = await self._connected()
        if not self._leading:
            self._leading = await connection.fetchval(
                "select pg_try_advisory_lock($1, hashtext($2))", LEADERS, lock_name(self._service)
            )
            if not self._leading:
                self._look(await connection.fetchval(_FETCH_LAG))
                await asyncio.sleep(self.poll)
                return
        self._woken.clear()
        rows = await connection.fetch(_FETCH_UNSENT, self.batch_size)
        # Before sending: what is refused must show at once, however the turn ends.
        self._look(rows[0]["age"] if rows else None)
        if rows:
            await self._send(connection, rows)
        if len(rows) < self.batch_size:
            self.lag = 0.0
        if self._purge_due:
            await connection.execute(_PURGE_SENT)
            self._purge_due = False
        if len(rows) < self.batch_size:
            await self._wait()

    def purge_soon(self) -> None:
        """Ask for old sent rows to be deleted in the next turn."""
        self._purge_due = True

    async def release(self) -> None:
        self._leading = False
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed():
            connection.terminate()
        publisher, self._publisher = self._publisher, None
        if publisher is not None:
            await publisher.close()

    def _look(self, age: float | None) -> None:
        self.lag = 0.0 if age is None else max(age, 0.0)
        self.looked_at = time.monotonic()

    async def _connected(self) -> "asyncpg.Connection[asyncpg.Record]":
        if self._connection is None or self._connection.is_closed():
            await self.release()
            self._connection = await asyncpg.connect(
                self._url,
                timeout=5,
                command_timeout=self._timeout,
                # A mark that is lost in a crash costs a message sent twice, as above: nothing has to wait for the disk.
                server_settings=session_settings(self._service)
                | {"role": f"sc_{self._service}_relay", "synchronous_commit": "off"}
                | _ends_when_silent(self.silence),
            )
            await self._connection.add_listener(channel(self._service), lambda *_: self._woken.set())
        return self._connection

    async def _send(self, connection: "asyncpg.Connection[asyncpg.Record]", rows: Sequence[asyncpg.Record]) -> None:
        client = await self._broker.client()
        if self._publisher is None or self._publisher.client is not client:
            self._publisher = _Publisher(client, inbox_prefix(self._service))
            await self._publisher.open()
        taken = await self._publisher.publish(
            [(row["subject"], msgspec.json.decode(row["headers"]), row["body"]) for row in rows], self.ack_timeout
        )
        await connection.execute(_MARK_SENT, [row["seq"] for row in rows[:taken]])
        self.sent += taken
        if taken < len(rows):
            raise PublishRefused(f"{PublishRefused.__doc__} ({rows[taken]['subject']}: {self._publisher.refusal})")

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), self.poll)
        except TimeoutError:
            return


def _ends_when_silent(seconds: float) -> dict[str, str]:
    """Settings of a session whose locks go soon after its owner has."""
    return {
        "idle_session_timeout": f"{int(seconds * 1000)}",
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
        # Of an answer that is never taken; keepalives rest while one is on its way.
        "tcp_user_timeout": "30000",
    }


class _Publisher:
    """Pipelined publishing: every message is written, then all acknowledgements are awaited together."""

    def __init__(self, client: Client, prefix: str) -> None:
        self.client = client
        self.refusal = ""
        self._inbox = f"{prefix}.relay.{client.new_inbox()[-22:]}"
        self._round = 0
        self._waiting: dict[str, int] = {}
        self._acked: set[int] = set()
        self._done = asyncio.Event()

    async def open(self) -> None:
        self._subscription = await self.client.subscribe(f"{self._inbox}.*.*", cb=self._receive)

    async def close(self) -> None:
        if self.client.is_connected:
            await self._subscription.unsubscribe()

    async def publish(self, messages: Sequence[tuple[str, dict[str, str], bytes]], timeout: float) -> int:
        """Returns how many messages, from the first on without a gap, the stream has taken."""
        if not self.client.is_connected:
            self.refusal = "not connected"
            return 0
        connections = self.client.stats["reconnects"]
        self._round += 1
        self._acked.clear()
        self._done.clear()
        self.refusal = "no acknowledgement in time"
        self._waiting = {f"{self._inbox}.{self._round}.{index}": index for index in range(len(messages))}
        for (subject, headers, body), reply in zip(messages, list(self._waiting), strict=True):
            await self.client.publish(subject, body, reply=reply, headers=headers)
        # What was not acknowledged counts as not taken.
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and not self._done.is_set():
            if not self.client.is_connected or self.client.stats["reconnects"] != connections:
                self.refusal = "the connection broke"
                break
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._done.wait(), _LOOKS_EACH)
        return next((index for index in range(len(messages)) if index not in self._acked), len(messages))

    async def _receive(self, message: Msg) -> None:
        index = self._waiting.pop(message.subject, None)
        if index is None:
            return
        ack = msgspec.json.decode(message.data, type=_Ack) if message.data else _Ack(error={"code": "no stream"})
        if ack.error is None:
            self._acked.add(index)
        else:
            self.refusal = str(ack.error)
        if not self._waiting:
            self._done.set()
