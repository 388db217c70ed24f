"""Server-sent events: at once, on change, to the end; ended sessions; hundreds of streams on one look."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from services.batches.progress import ProgressFeed
from services.batches.schemas import Batch
from services.batches.service import fetch_batch
from shared.broker import Broker
from shared.contracts.identity import SessionRevoked
from shared.database import Database
from shared.envelope import event_of
from shared.secrets import Secrets
from shared.sessions import EndedSessions
from shared.settings import Settings
from shared.tenancy import Caller, Scope
from tests.batches.facts import OPENED_AT, TEACHER, BatchFacts, follow
from tests.running_service import RunningService, publish


class Stream:
    """One open stream, read message by message."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self) -> dict[str, Any] | None:
        """The next batch; None when the stream has ended."""
        event = None
        async for line in self._lines:
            name, _, value = line.partition(":")
            if name == "event":
                event = value.strip()
            elif name == "data":
                assert event == "progress"
                batch: dict[str, Any] = msgspec.json.decode(value)
                return batch
        return None

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(30):
            while True:
                batch = await self.next()
                assert batch is not None
                if wanted(batch):
                    return batch


@asynccontextmanager
async def open_stream(client: httpx.AsyncClient, batch_no: str) -> AsyncIterator[Stream]:
    async with client.stream("GET", f"/api/batches/{batch_no}/progress") as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Stream(response)


async def test_progress_is_told_at_once_then_on_change_to_the_end(
    teacher: httpx.AsyncClient, school: Scope, database: Database
) -> None:
    facts = BatchFacts(school, 2)
    await follow(database, [facts.opened()])
    async with open_stream(teacher, facts.batch_no) as stream:
        assert (await stream.until(lambda batch: True))["status"] == "draft"
        await follow(database, [facts.confirmed()])
        assert (await stream.until(lambda batch: batch["status"] == "running"))["waiting"] == 2
        await follow(database, [facts.item(1, "failed")])
        assert (await stream.until(lambda batch: batch["waiting"] == 1))["failed"] == 1
        await follow(database, [facts.item(2)])
        last = await stream.until(lambda batch: batch["waiting"] == 0)
        assert await stream.next() is None
    assert last == (await teacher.get(f"/api/batches/{facts.batch_no}")).json()
    async with open_stream(teacher, facts.batch_no) as stream:
        assert await stream.next() == last
        assert await stream.next() is None


async def test_a_cancelled_batch_ends_its_streams(
    teacher: httpx.AsyncClient, school: Scope, database: Database
) -> None:
    facts = BatchFacts(school, 2)
    await follow(database, [facts.opened()])
    async with open_stream(teacher, facts.batch_no) as stream:
        await stream.next()
        await follow(database, [facts.cancelled()])
        await stream.until(lambda batch: batch["status"] == "cancelled")
        assert await stream.next() is None


async def test_a_stream_ends_with_its_session(
    batches: RunningService, school: Scope, database: Database, settings: Settings, secrets: Secrets
) -> None:
    facts = BatchFacts(school, 2)
    await follow(database, [facts.opened()])
    session_id = uuid4()
    revoked = SessionRevoked(actor=TEACHER, version=1, session_id=session_id, expires_at=int(time.time()) + 600)
    event = event_of(revoked, source="identity", subject_id=session_id, time=OPENED_AT, district=None, school_id=None)
    async with batches.client(school, session_id) as client:
        async with open_stream(client, facts.batch_no) as stream, batches.client(school) as other:
            async with open_stream(other, facts.batch_no) as another:
                await stream.next()
                await another.next()
                await publish(settings, secrets, [event])
                async with asyncio.timeout(30):
                    assert await stream.next() is None
                await follow(database, [facts.confirmed()])
                await another.until(lambda batch: batch["status"] == "running")
        assert (await client.get("/api/batches")).status_code == 401


async def test_hundreds_of_streams(batches: RunningService, school: Scope, database: Database) -> None:
    stories = [BatchFacts(school, 1, batch_no=str(number)) for number in range(20)]
    await follow(database, [facts.confirmed() for facts in stories])
    limits = httpx.Limits(max_connections=None)
    headers = {"Authorization": f"Bearer {batches.token(school)}"}
    async with httpx.AsyncClient(
        base_url=batches.address, headers=headers, timeout=30, trust_env=False, limits=limits
    ) as client:
        opened = asyncio.Semaphore(0)

        async def watch(batch_no: str) -> str:
            async with open_stream(client, batch_no) as stream:
                await stream.next()
                opened.release()
                last = await stream.until(lambda batch: batch["waiting"] == 0)
                assert await stream.next() is None
            return str(last["status"])

        watching = [asyncio.create_task(watch(facts.batch_no)) for facts in stories * 15]
        for _ in watching:
            await opened.acquire()
        await follow(database, [facts.item(1) for facts in stories])
        assert await asyncio.gather(*watching) == ["completed"] * 300


@pytest.fixture
def feed(database: Database, settings: Settings, secrets: Secrets) -> ProgressFeed:
    """Not started: the test decides when it looks."""
    return ProgressFeed(database, EndedSessions(database, Broker("batches", settings, secrets)))


@pytest.fixture
async def batch(database: Database, school: Scope) -> Batch:
    """A running batch with one item that waits."""
    facts = BatchFacts(school, 1)
    await follow(database, [facts.confirmed()])
    return await database.run(Caller(school, TEACHER), fetch_batch, facts.batch_no)


async def test_one_look_serves_all_streams_and_none_is_needed_without(
    feed: ProgressFeed, batch: Batch, school: Scope, database: Database
) -> None:
    await feed.tick()
    assert feed.looks == 0
    streams = [feed.stream(batch, None) for _ in range(50)]
    for stream in streams:
        await anext(stream)
    waiting = [asyncio.ensure_future(anext(stream)) for stream in streams]
    await follow(database, [BatchFacts(school, 1).item(1)])
    await feed.tick()
    for message in await asyncio.gather(*waiting):
        assert '"completed"' in str(message.data)
    assert (feed.looks, feed.streams) == (1, 50)
    for stream in streams:
        await stream.aclose()
    assert feed.streams == 0


async def test_silence_is_broken_by_comments(feed: ProgressFeed, batch: Batch) -> None:
    feed.heartbeat = 0.01
    stream = feed.stream(batch, None)
    await anext(stream)
    assert (await anext(stream)).comment
    await stream.aclose()
