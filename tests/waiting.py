"""Waiting for a condition, which is what tests do instead of sleeping."""

import asyncio
from collections.abc import Awaitable, Callable


async def eventually(check: Callable[[], Awaitable[bool]], within: float = 10.0) -> None:
    """Raises TimeoutError when the condition does not come true in time (seconds)."""
    async with asyncio.timeout(within):
        while not await check():
            await asyncio.sleep(0.01)
