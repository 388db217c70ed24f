"""Uploads take turns: a school one at a time, the process a few, beyond that a clear refusal."""

import asyncio
from uuid import UUID, uuid4

import pytest

from services.readers.errors import SchoolUploadsBusy, UploadsBusy
from services.readers.uploading import Uploads


class Reading:
    """Holds a turn until it is told to end."""

    def __init__(self, uploads: Uploads, school_id: UUID) -> None:
        self.has_begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.task = asyncio.create_task(self._read(uploads, school_id))

    async def _read(self, uploads: Uploads, school_id: UUID) -> None:
        async with uploads.turn(school_id):
            self.has_begun.set()
            await self.may_end.wait()

    async def end(self) -> None:
        self.may_end.set()
        await self.task


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_busy_school_does_not_stand_in_the_way() -> None:
    uploads, busy, other = Uploads(parallel=2), uuid4(), uuid4()
    first, second, third = (Reading(uploads, school) for school in (busy, busy, other))
    await settle()
    assert (first.has_begun.is_set(), second.has_begun.is_set(), third.has_begun.is_set()) == (True, False, True)
    await third.end()
    await settle()
    assert not second.has_begun.is_set()
    await first.end()
    await asyncio.wait_for(second.has_begun.wait(), 5)
    await second.end()


async def test_few_are_read_at_once_and_not_too_many_wait() -> None:
    uploads = Uploads(parallel=1, waiting=1)
    one, two = Reading(uploads, uuid4()), Reading(uploads, uuid4())
    await settle()
    assert (one.has_begun.is_set(), two.has_begun.is_set()) == (True, False)
    with pytest.raises(UploadsBusy):
        async with uploads.turn(uuid4()):
            pytest.fail("a third was let in")
    await one.end()
    await asyncio.wait_for(two.has_begun.wait(), 5)
    await two.end()
    async with uploads.turn(uuid4()):
        pass


async def test_a_school_does_not_take_all_the_places() -> None:
    uploads, busy = Uploads(parallel=2, waiting=4, waiting_of_school=3), uuid4()
    of_busy = [Reading(uploads, busy) for _ in range(4)]
    await settle()
    for _ in range(2):
        with pytest.raises(SchoolUploadsBusy):
            async with uploads.turn(busy):
                pytest.fail("a fifth was let in")
    others = [Reading(uploads, uuid4()) for _ in range(2)]
    await settle()
    assert others[0].has_begun.is_set()
    # The school's own limit is told first: it is the one the school can do something about.
    with pytest.raises(SchoolUploadsBusy):
        async with uploads.turn(busy):
            pytest.fail("a fifth was let in")
    with pytest.raises(UploadsBusy):
        async with uploads.turn(uuid4()):
            pytest.fail("a seventh was let in")
    for reading in (*others, *of_busy):
        await reading.end()
    async with uploads.turn(busy):
        pass


async def test_whoever_gives_up_leaves_the_turn_to_others() -> None:
    uploads, school = Uploads(parallel=1), uuid4()
    one, two, three = (Reading(uploads, school) for _ in range(3))
    await settle()
    two.task.cancel()
    one.task.cancel()
    await asyncio.wait_for(three.has_begun.wait(), 5)
    await three.end()
