"""Background loops: one shape for all of them.

A loop is started once and stopped any number of times; `stop` returns when the loop has ended, and asks again when it
goes on after `patience` seconds. What a turn raises is logged and the next turn is tried after a pause that grows to
`max_pause`: a loop never dies of an error, and never spins on one.
"""

import asyncio

import structlog

from shared.log import describe

_log = structlog.get_logger(__name__)


class Loop:
    """Base of relay, consumers and housekeeping. Subclasses implement `turn`, which returns to be called again."""

    first_pause = 0.1
    max_pause = 5.0
    patience = 2.0

    def __init__(self, name: str) -> None:
        self.name = name
        self._task: asyncio.Task[None] | None = None
        self.failing_since: float | None = None

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        await self.end()
        await self.release()

    async def end(self) -> None:
        """End the task that turns, and keep what it holds."""
        task, self._task = self._task, None
        while task is not None and not task.done():
            # Before Python 3.12 `asyncio.wait_for` drops a cancellation that meets its result: ask again.
            task.cancel()
            await asyncio.wait([task], timeout=self.patience)

    async def turn(self) -> None:
        """One round of work."""
        raise NotImplementedError

    async def release(self) -> None:
        """Give back what turns hold between them (connections, subscriptions); called after an error and at the end."""

    async def _run(self) -> None:
        pause = self.first_pause
        while True:
            try:
                await self.turn()
                pause = self.first_pause
                self.failing_since = None
            except Exception as exc:  # any error of a turn: report, let go, try again
                now = asyncio.get_running_loop().time()
                self.failing_since = self.failing_since or now
                _log.warning("loop_turn_failed", loop=self.name, error=describe(exc))
                await self._let_go()
                await asyncio.sleep(pause)
                pause = min(pause * 2, self.max_pause)

    async def _let_go(self) -> None:
        try:
            await self.release()
        except Exception as exc:  # what is held is the broken connection's, as a rule: the next turn makes a new one
            _log.warning("loop_release_failed", loop=self.name, error=describe(exc))


class Ticker(Loop):
    """A loop that calls a function every `every` seconds."""

    def __init__(self, name: str, every: float) -> None:
        super().__init__(name)
        self._every = every

    async def turn(self) -> None:
        await self.tick()
        await asyncio.sleep(self._every)

    async def tick(self) -> None:
        raise NotImplementedError
