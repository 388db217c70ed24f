"""Loops: started once, stopped as often as one likes, never dead of an error, never spinning on one."""

import asyncio

import pytest
from structlog.testing import capture_logs

from shared.lifecycle import Loop, Ticker
from tests.waiting import eventually


class Counting(Loop):
    """Fails while `broken`; counts what happens to it."""

    first_pause = 0.001
    max_pause = 0.004

    def __init__(self) -> None:
        super().__init__("counting")
        self.turns = 0
        self.released = 0
        self.broken = False
        self.turned = asyncio.Event()

    async def turn(self) -> None:
        self.turns += 1
        self.turned.set()
        await asyncio.sleep(0)
        if self.broken:
            raise ValueError("broken")

    async def release(self) -> None:
        self.released += 1


async def _turns(loop: Counting, count: int) -> None:
    async def turned_so_often() -> bool:
        return loop.turns >= count

    await eventually(turned_so_often)


async def test_stop_is_idempotent_and_ends_the_loop() -> None:
    loop = Counting()
    await loop.stop()
    loop.start()
    loop.start()
    await _turns(loop, 3)
    await asyncio.gather(loop.stop(), loop.stop())
    await loop.stop()
    turns = loop.turns
    await asyncio.sleep(0.01)
    assert loop.turns == turns
    assert loop.released >= 1


class Waiting(Loop):
    """Waits for something to arrive, as consumers and relays do."""

    patience = 0.01

    def __init__(self) -> None:
        super().__init__("waiting")
        self.arrived = asyncio.Event()
        self.waits = 0

    async def turn(self) -> None:
        self.arrived.clear()
        self.waits += 1
        await asyncio.wait_for(self.arrived.wait(), 60)


async def test_what_arrives_in_the_moment_of_stopping_does_not_keep_a_loop_going() -> None:
    loop = Waiting()
    loop.start()
    async with asyncio.timeout(5):
        while loop.waits == 0:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        # The wait has its result and is cancelled at once: the result wins, and the cancellation is gone.
        loop.arrived.set()
        await loop.stop()


async def test_a_stopped_loop_can_be_started_again() -> None:
    loop = Counting()
    for _ in range(3):
        turns = loop.turns
        loop.start()
        await _turns(loop, turns + 2)
        await loop.stop()


async def test_an_error_is_no_end() -> None:
    loop = Counting()
    loop.broken = True
    loop.start()
    await _turns(loop, 5)
    since = loop.failing_since
    assert since is not None
    await _turns(loop, loop.turns + 2)
    assert loop.failing_since == since
    assert loop.released >= 5
    loop.broken = False
    await _turns(loop, loop.turns + 3)
    await loop.stop()
    assert not loop.failing_since


async def test_pauses_grow_to_their_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[float] = []
    really_sleep = asyncio.sleep

    async def sleep(seconds: float) -> None:
        if seconds:
            paused.append(seconds)
        await really_sleep(0)

    monkeypatch.setattr("shared.lifecycle.asyncio.sleep", sleep)
    loop = Counting()
    loop.broken = True
    loop.start()
    async with asyncio.timeout(5):
        while len(paused) < 6:
            await really_sleep(0)
    await loop.stop()
    assert paused[:5] == [0.001, 0.002, 0.004, 0.004, 0.004]


async def test_what_fails_while_letting_go_is_no_end_either() -> None:
    class Stubborn(Counting):
        async def release(self) -> None:
            await super().release()
            if self.released < 3:
                raise OSError("gone already")

    loop = Stubborn()
    loop.broken = True
    with capture_logs() as logged:
        loop.start()
        await _turns(loop, 5)
        await loop.stop()
    said = [line["error"] for line in logged if line["event"] == "loop_release_failed"]
    assert said == ["OSError: gone already"] * 2


async def test_stop_in_the_middle_of_a_turn_does_not_wait_for_its_end() -> None:
    class Endless(Counting):
        async def turn(self) -> None:
            await super().turn()
            await asyncio.Event().wait()

    loop = Endless()
    loop.start()
    await loop.turned.wait()
    async with asyncio.timeout(10):
        await loop.stop()
    assert loop.released == 1


async def test_who_is_cancelled_while_stopping_a_loop_is_cancelled() -> None:
    """A server that is told to end at once must not be told by a loop that all is well."""
    holding, let_go = asyncio.Event(), asyncio.Event()

    class Slow(Counting):
        async def turn(self) -> None:
            self.turned.set()
            try:
                await asyncio.Event().wait()
            finally:
                holding.set()
                await let_go.wait()

    loop = Slow()
    loop.start()
    await loop.turned.wait()
    stopping = asyncio.create_task(loop.stop())
    await holding.wait()
    stopping.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await stopping
    let_go.set()


async def test_a_ticker_ticks() -> None:
    class Ticking(Ticker):
        ticks = 0

        async def tick(self) -> None:
            self.ticks += 1

    ticker = Ticking("ticking", every=0.001)
    ticker.start()

    async def ticked() -> bool:
        return ticker.ticks >= 3

    await eventually(ticked)
    await ticker.stop()
