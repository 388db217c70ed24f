"""Live progress: many open streams, one look at the database.

Protocol. A stream registers a watch for its batch. Every `every` seconds the feed reads all watched batches in one
statement and tells each watch what its batch is like now; a watch keeps the newest state alone, so a slow client costs
nothing and misses only what is outdated. A stream ends when its batch is completed or cancelled, when its session has
ended, or when its client leaves. Without watches the database is not asked.

Who may see a batch is decided under the caller's own scope before the stream opens; the feed then reads as worker.

Failures. Database away: nothing changes, streams stay open with their heartbeats, the next look catches up.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from uuid import UUID

import msgspec
from litestar.response.sse import ServerSentEventMessage

from services.batches import queries
from services.batches.schemas import Batch
from shared.database import Database, Transaction
from shared.lifecycle import Ticker
from shared.sessions import EndedSessions
from shared.tenancy import WORKER, Caller, system_actor


class Watch:
    """One stream's view of its batch."""

    def __init__(self, batch: Batch, session_id: UUID | None) -> None:
        self.key = (batch.school_id, batch.batch_no)
        self.session_id = session_id
        self.is_over = False
        self._batch = batch
        self._changed = asyncio.Event()

    def tell(self, batch: Batch) -> None:
        if batch != self._batch:
            self._batch = batch
            self._changed.set()

    def end(self) -> None:
        self.is_over = True
        self._changed.set()

    async def next(self, timeout: float) -> Batch | None:
        """The batch when it has changed, None when it has not within `timeout` seconds."""
        try:
            await asyncio.wait_for(self._changed.wait(), timeout)
        except TimeoutError:
            return None
        self._changed.clear()
        return self._batch


class ProgressFeed(Ticker):
    """One process's feed of all its streams. `looks` counts questions to the database since the start."""

    heartbeat = 15.0

    def __init__(self, database: Database, ended_sessions: EndedSessions) -> None:
        super().__init__("batches-progress", every=0.2)
        self._database = database
        self._ended_sessions = ended_sessions
        self._caller = Caller(WORKER, system_actor(database.service))
        self._watches: set[Watch] = set()
        self.looks = 0

    @property
    def streams(self) -> int:
        return len(self._watches)

    async def stream(self, batch: Batch, session_id: UUID | None) -> AsyncGenerator[ServerSentEventMessage, None]:
        """`event: progress` with the batch's JSON: at once, then whenever it has changed; comments keep it alive."""
        with self._watch(batch, session_id) as watch:
            yield _message(batch)
            while not batch.is_final:
                changed = await watch.next(self.heartbeat)
                if watch.is_over:
                    return
                if changed is None:
                    yield ServerSentEventMessage(comment="still here")
                else:
                    batch = changed
                    yield _message(batch)

    async def tick(self) -> None:
        for watch in self._watches:
            if watch.session_id is not None and watch.session_id in self._ended_sessions:
                watch.end()
        keys = {watch.key for watch in self._watches}
        if not keys:
            return
        self.looks += 1
        batches = await self._database.run(self._caller, _fetch, sorted(keys))
        for watch in self._watches:
            if watch.key in batches:
                watch.tell(batches[watch.key])

    @contextmanager
    def _watch(self, batch: Batch, session_id: UUID | None) -> Iterator[Watch]:
        watch = Watch(batch, session_id)
        self._watches.add(watch)
        try:
            yield watch
        finally:
            self._watches.discard(watch)


def _message(batch: Batch) -> ServerSentEventMessage:
    return ServerSentEventMessage(event="progress", data=msgspec.json.encode(batch).decode())


async def _fetch(tx: Transaction, keys: list[tuple[UUID, str]]) -> dict[tuple[UUID, str], Batch]:
    batches = [Batch(**row) for row in await queries.fetch_batches(tx.connection, keys)]
    return {(batch.school_id, batch.batch_no): batch for batch in batches}
