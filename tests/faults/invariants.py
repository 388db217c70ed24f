"""What must be true of the whole system once it has come to rest, whatever was done to it before.

I1 every event is logged once and nothing else is; I2 every batch adds up; I3 nobody has two living cards; I4 nothing
waits to be sent; I5 the streams hold what the outboxes sent, all of it and nothing else; I6 every consumer applied each
of its events once; I13 no card number is given twice. What services know of each other agrees.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias
from uuid import UUID

import asyncpg
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from deploy.at_rest import wait_until_heard
from shared.broker import connect
from shared.secrets import Secrets
from shared.settings import Settings
from shared.sql import beside
from shared.topology import DURABLES, EVENTS, SERVICES, STREAMS, Durable, Stream

_SQL = beside(__file__, "invariants.sql")

_Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

NOTHING: frozenset[UUID] = frozenset()


async def come_to_rest(settings: Settings, patience: float = 60.0) -> None:
    """Until nothing is on its way any more: what is heard may make something new to be said."""
    async with asyncio.timeout(patience):
        before = None
        while before != (now := await _positions(settings)):
            before = now
            await wait_until_heard(settings, DURABLES, SERVICES)


async def check(settings: Settings, strangers: frozenset[UUID] = NOTHING) -> None:
    """To be asked at rest. `strangers` are events that a test put on the stream itself."""
    connection = await asyncpg.connect(settings.database_url, timeout=10)
    try:
        assert await _rows(connection, "log_without_change", list(strangers)) == []
        for name in (
            "change_without_log",
            "unsent",
            "batches_that_do_not_add_up",
            "persons_with_two_cards",
            "numbers_given_twice",
            "readers_and_cards_that_disagree",
            "versions_that_skip",
            "transactions_left_open",
            "work_left_undone",
        ):
            assert await _rows(connection, name) == [], name
        sent = {row["id"]: row["subject"] for row in await connection.fetch(_SQL["fetch_sent"])}
        inboxes = await connection.fetch(_SQL["fetch_inboxes"])
    finally:
        await connection.close()
    await _check_streams(settings, sent, strangers)
    _check_inboxes(sent, inboxes, strangers)


async def _check_streams(settings: Settings, sent: dict[UUID, str], strangers: frozenset[UUID]) -> None:
    """I5."""
    held: list[UUID] = []
    for stream in STREAMS:
        held += await _message_ids(settings, stream)
    assert set(held) - strangers == set(sent)


def _check_inboxes(sent: dict[UUID, str], inboxes: list[asyncpg.Record], strangers: frozenset[UUID]) -> None:
    """I6. An inbox's key lets an event in once; here none may be missing or too many."""
    applied: dict[str, set[UUID]] = {}
    for row in inboxes:
        applied.setdefault(row["consumer"], set()).add(row["event_id"])
    followed: dict[str, list[Durable]] = {}
    for durable in DURABLES:
        if durable.stream == EVENTS and durable.service != "audit":
            followed.setdefault(f"{durable.service}-{durable.follower or durable.noun}", []).append(durable)
    for consumer, durables in followed.items():
        expected = {id_ for id_, subject in sent.items() if any(_hears(durable, subject) for durable in durables)}
        assert applied.get(consumer, set()) - strangers == expected, consumer


def _hears(durable: Durable, subject: str) -> bool:
    parts, tokens = durable.filter_subject.split("."), subject.split(".")
    if parts[-1] == ">":
        return tokens[: len(parts) - 1] == parts[:-1]
    return len(parts) == len(tokens) and all(part in ("*", token) for part, token in zip(parts, tokens, strict=True))


async def _rows(connection: _Connection, name: str, *arguments: object) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in await connection.fetch(_SQL[name], *arguments)]


async def _positions(settings: Settings) -> list[int]:
    async with admin(settings) as jetstream:
        return [(await jetstream.stream_info(stream.name)).state.last_seq for stream in STREAMS]


async def _message_ids(settings: Settings, stream: Stream) -> list[UUID]:
    return [UUID((message.headers or {})["Nats-Msg-Id"]) for message in await read(settings, stream, headers_only=True)]


async def read(settings: Settings, stream: Stream, *, headers_only: bool = False) -> list[Msg]:
    """All messages of a stream."""
    async with admin(settings) as jetstream:
        state = (await jetstream.stream_info(stream.name)).state
        subscription = await jetstream.pull_subscribe(
            stream.subjects[0],
            stream=stream.name,
            config=ConsumerConfig(
                ack_policy=AckPolicy.NONE,
                deliver_policy=DeliverPolicy.ALL,
                headers_only=headers_only,
                inactive_threshold=60,
            ),
        )
        found: list[Msg] = []
        while len(found) < state.messages:
            found += await subscription.fetch(2000, timeout=20)
        await subscription.unsubscribe()
        return found


@asynccontextmanager
async def admin(settings: Settings) -> AsyncIterator[JetStreamContext]:
    password = Secrets(settings.secrets).password("nats-admin")
    client = await connect(settings.nats_url, "admin", password, "_INBOX_admin")
    try:
        yield client.jetstream(timeout=10)
    finally:
        await client.close()
