"""Workers: long work cut into chunks that survive kills.

Protocol. A use case hands in chunks (`outbox.enqueue`) in the transaction that starts the work; the relay puts the
first few on WORK. A worker fetches chunks and runs each in one transaction under the school's scope, which is part of
the subject and so of what NATS lets a service publish. The handler locks the rows it was told of and flips their state:
a chunk that comes twice, or from a worker that was stopped and woke up, finds nothing left to do. The same transaction
sends the next chunk that waits: a killed worker has done neither, and at no time does a chunk wait without one under
way that will send it. So large work and small take turns, whoever came first.

Failures. Database away: the chunk is handed back with a delay and comes again, without end. A handler that keeps
failing is a bug: it is logged as an error each time and the chunk stays; nothing is lost or dropped. It takes one of
its work's few places on WORK and nobody else's. A chunk that comes again after it was done sends one more: its work has
a place more from then on.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar
from uuid import UUID

import msgspec
import structlog
from nats.aio.msg import Msg

from shared import outbox
from shared.broker import Broker
from shared.consume import Puller
from shared.database import Database, Transaction
from shared.log import describe
from shared.tenancy import Caller, Scope, system_actor

C = TypeVar("C", bound=msgspec.Struct)
_log = structlog.get_logger(__name__)


class Worker(Puller, Generic[C]):
    """Runs chunks of one kind, up to `parallel` at a time: one is computed while another waits for the database."""

    parallel = 2
    retry_delay = 1.0
    max_delay = 15.0

    def __init__(
        self,
        noun: str,
        database: Database,
        broker: Broker,
        chunk_type: type[C],
        handler: Callable[[Transaction, C], Awaitable[None]],
    ) -> None:
        super().__init__(noun, database, broker)
        self._type = chunk_type
        self._handler = handler

    async def turn(self) -> None:
        chunks = await self.fetch(self.parallel)
        if chunks:
            async with self.holding(chunks):
                await asyncio.gather(*(self._work(message) for message in chunks))

    async def _work(self, message: Msg) -> None:
        try:
            chunk = msgspec.json.decode(message.data, type=self._type)
            headers = message.headers or {}
            actor = system_actor(self.database.service)
            caller = Caller(_scope(message.subject), actor, traceparent=headers.get("traceparent"))
            await self.database.run(caller, self._carry_out, chunk, headers.get(outbox.QUEUE))
        except Exception as exc:  # hand it back; a chunk is never given up
            attempts = message.metadata.num_delivered or 1
            _log.error("chunk_failed", worker=self.name, attempts=attempts, error=describe(exc))
            await message.nak(delay=min(self.retry_delay * attempts, self.max_delay))
            return
        await self.answer([message])

    async def _carry_out(self, tx: Transaction, chunk: C, queue: str | None) -> None:
        # The next one first: what a handler locks at its end others wait for.
        if queue is not None:
            await outbox.send_next(tx, UUID(queue))
        await self._handler(tx, chunk)


def _scope(subject: str) -> Scope:
    *_, district, school_id = subject.split(".")
    return Scope("school", district, UUID(school_id))
