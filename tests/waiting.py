"""Waiting for a condition, which is what tests do instead of sleeping."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(check: Callable[[], Awaitable[T]], within: float = 20.0) -> T:
    """The first answer that is true. Raises TimeoutError when none comes in time (seconds).

    Time enough for a machine with much else to do: who waits for what comes does not wait longer for that.
    """
    async with asyncio.timeout(within):
        while not (found := await check()):
            await asyncio.sleep(0.01)
        return found
