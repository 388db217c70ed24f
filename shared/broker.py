"""The connection to NATS, and the declaration of streams and consumers."""

import asyncio
import time
from typing import Any, cast

import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import APIError, NotFoundError

from shared.secrets import Secrets
from shared.settings import Settings
from shared.subscribers import is_subscribers, known
from shared.topology import DURABLES, EVENTS, SMALL_EVENTS, Durable, Stream, inbox_prefix, sized

_FIRST_CONNECTION = 5.0
_QUIET = 10.0
_NO_ROOM = 10047
_BLANK = " \t\n\r\v\f"

_log = structlog.get_logger(__name__)


class TopologyMismatch(Exception):
    """The broker did not keep a stream or consumer as it was declared."""


class Broker:
    """One service's connection. It reconnects for ever; publishing meanwhile raises, and loops try again."""

    def __init__(self, service: str, settings: Settings, secrets: Secrets) -> None:
        self._service = service
        self._url = settings.nats_url
        self._password = secrets.password(f"nats-{service}")
        self._client: Client | None = None
        self._connecting = asyncio.Lock()

    async def client(self) -> Client:
        """The connection, made at the first use. Raises TimeoutError, `nats.errors.Error`, OSError."""
        async with self._connecting:
            if self._client is None or self._client.is_closed:
                self._client = await connect(self._url, self._service, self._password, inbox_prefix(self._service))
            return self._client

    async def jetstream(self) -> JetStreamContext:
        return (await self.client()).jetstream(timeout=5)

    @property
    def connected(self) -> bool:
        return self._client is not None and self._client.is_connected

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        try:
            await client.close()
        except RuntimeError as exc:
            # uvloop's word for a server that went just now: what was still to be written has nowhere to go.
            _log.warning("broker_close_failed", user=self._service, detail=str(exc)[:300])


class HeaderReader(Client):
    """The client, reading what stands in a message's headers at one go.

    Its own way tests every character of every name for what no publisher here writes: a fifth of what it costs to
    receive an event.
    """

    @staticmethod
    def _parse_header_lines(raw: bytes) -> dict[str, str]:
        headers = {}
        for line in raw.decode("utf-8", "replace").split("\r\n"):
            name, colon, value = line.partition(":")
            if colon:
                headers[name] = value.strip(_BLANK)
        return headers

    async def give_up(self) -> None:
        """Close, after a first connection that was cancelled in the middle.

        The client takes itself for closed before its connection is: cancelled in between, it would leave that open.
        """
        await self.close()
        if self._transport is not None:
            self._transport.close()  # type: ignore[no-untyped-call]


async def connect(url: str, user: str, password: str, inbox: str) -> Client:
    """The first connection is made now or not at all; afterwards the client reconnects by itself, for ever.

    Raises TimeoutError when there is no server, or none that lets this user in, within 5 s.
    """
    client = HeaderReader()
    try:
        # The client's own first attempt would go on for ever too, and nobody would be told.
        async with asyncio.timeout(_FIRST_CONNECTION):
            await client.connect(
                url,
                user=user,
                password=password,
                name=f"schoolcard-{user}",
                inbox_prefix=inbox.encode(),
                error_cb=_Reporter(user).report,
                allow_reconnect=True,
                max_reconnect_attempts=-1,
                reconnect_time_wait=cast(int, 0.05),  # seconds; a fraction is as good
                connect_timeout=3,
                ping_interval=5,
                max_outstanding_pings=2,
                drain_timeout=3,
            )
    except BaseException:
        await client.give_up()
        raise
    return client


async def declare(url: str, secrets: Secrets, events_bytes: int = SMALL_EVENTS) -> None:
    """Create or update every stream and durable, of services and subscribers, and look at what the server keeps.

    A stream that is there gets its size too: `events_bytes` for EVENTS. Durables of subscribers that are gone go too.
    Raises TopologyMismatch, `nats.errors.Error`.
    """
    client = await connect(url, "admin", secrets.password("nats-admin"), "_INBOX_admin")
    try:
        jetstream = client.jetstream(timeout=10)
        subscribed = [subscriber.durable for subscriber in known(secrets)]
        await asyncio.gather(*(_declare_stream(jetstream, stream) for stream in sized(events_bytes)))
        await asyncio.gather(*(_declare_durable(jetstream, durable) for durable in (*DURABLES, *subscribed)))
        wanted = {durable.name for durable in subscribed}
        for info in await jetstream.consumers_info(EVENTS):
            if is_subscribers(info.name) and info.name not in wanted:
                await jetstream.delete_consumer(EVENTS, info.name)
    finally:
        await client.close()


async def _declare_stream(jetstream: JetStreamContext, stream: Stream) -> None:
    config = StreamConfig(
        name=stream.name,
        subjects=list(stream.subjects),
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.NEW,
        storage=StorageType.FILE,
        max_age=stream.max_age,
        max_bytes=stream.max_bytes,
        duplicate_window=stream.duplicate_window,
    )
    try:
        try:
            kept = (await jetstream.update_stream(config)).config
        except NotFoundError:
            kept = (await jetstream.add_stream(config)).config
    except APIError as exc:
        if exc.err_code != _NO_ROOM:
            raise
        raise TopologyMismatch(
            f"{stream.name}: the max_file_store of nats-server has no room for its {stream.max_bytes} bytes: write the"
            " configuration anew (`schoolcard keys FOLDER`) and restart nats-server, or set SC_EVENTS_BYTES to less"
        ) from exc
    _assert_kept(
        stream.name, kept, subjects=list(stream.subjects), discard=DiscardPolicy.NEW, max_bytes=stream.max_bytes
    )


async def _declare_durable(jetstream: JetStreamContext, durable: Durable) -> None:
    await jetstream.add_consumer(
        durable.stream,
        ConsumerConfig(
            durable_name=durable.name,
            filter_subject=durable.filter_subject,
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=durable.ack_wait,
            max_deliver=-1,
            max_ack_pending=durable.max_ack_pending,
        ),
    )
    # What the server answers is the durable as it was first made.
    kept = (await jetstream.consumer_info(durable.stream, durable.name)).config
    _assert_kept(
        durable.name,
        kept,
        filter_subject=durable.filter_subject,
        ack_policy=AckPolicy.EXPLICIT,
        max_ack_pending=durable.max_ack_pending,
        ack_wait=durable.ack_wait,
    )


def _assert_kept(name: str, kept: Any, **declared: object) -> None:
    for field, value in declared.items():
        if getattr(kept, field) != value:
            raise TopologyMismatch(f"{name}: {field} is {getattr(kept, field)!r}, declared {value!r}")


class _Reporter:
    """A client's errors in the log. While it reconnects it meets the same one twenty times a second."""

    def __init__(self, user: str) -> None:
        self._user = user
        self._quiet_until = 0.0

    async def report(self, error: Exception) -> None:
        # A refused publish shows nowhere else: to its sender it is only a time-out.
        if isinstance(error, OSError):
            now = time.monotonic()
            if now < self._quiet_until:
                return
            self._quiet_until = now + _QUIET
        _log.warning("broker_error", user=self._user, error=type(error).__name__, detail=str(error)[:300])
