"""Keeping messages for as long as they are worked on.

Protocol. The server gives a message to somebody else when nothing was heard of it for `ack_wait`. That is short, so
that what a killed process had taken comes again soon. Who works longer says so: after each third of `ack_wait` every
message that is not acknowledged yet is reported as in progress, those that wait behind it too.

Failures. A process that is killed, stopped or stuck in a computation reports nothing, and another gets its messages.
When it wakes up it changes nothing twice: the inbox, or the state of a chunk's rows, has decided. A handler that hangs
reports for `LONGEST` and no longer. A report that is lost costs a message that comes twice.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

import nats.errors
import structlog
from nats.aio.msg import Msg

from shared.log import describe

LONGEST = 60.0
"""Seconds: longer than the database lets a statement or an idle transaction last."""

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def holding(held: Callable[[], Iterable[Msg]], every: float, longest: float = LONGEST) -> AsyncIterator[None]:
    """While the block runs, report what `held` returns as in progress, each `every` seconds."""
    reporting = asyncio.create_task(_report(held, every, time.monotonic() + longest))
    try:
        yield
    finally:
        reporting.cancel()


async def _report(held: Callable[[], Iterable[Msg]], every: float, until: float) -> None:
    while time.monotonic() < until:
        await asyncio.sleep(every)
        try:
            for message in held():
                if not message.is_acked:
                    await message.in_progress()
        except nats.errors.Error as exc:
            # Away: what is held comes again, and the work under way decides by itself what that is worth.
            _log.warning("holding_failed", error=describe(exc))
