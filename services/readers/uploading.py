"""Uploads take turns: reading a workbook costs a process and up to a gigabyte, so only a few are read at once.

A school has one workbook read at a time and few waiting, so that a busy school does not stand in the way of the others:
neither of those whose turn it is, nor of those who wait.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from services.readers.errors import SchoolUploadsBusy, UploadsBusy


class Uploads:
    """Turns of one process: `parallel` workbooks are read at once, `waiting` more may wait; of a school so many."""

    def __init__(self, parallel: int = 2, waiting: int = 16, waiting_of_school: int = 3) -> None:
        self._slots = asyncio.Semaphore(parallel)
        self._most = parallel + waiting
        self._most_of_school = 1 + waiting_of_school
        self._locks: dict[UUID, asyncio.Lock] = {}
        self._here: Counter[UUID] = Counter()

    @asynccontextmanager
    async def turn(self, school_id: UUID) -> AsyncIterator[None]:
        """Raises SchoolUploadsBusy or UploadsBusy when too many wait already."""
        if self._here[school_id] >= self._most_of_school:
            raise SchoolUploadsBusy
        if self._here.total() >= self._most:
            raise UploadsBusy
        self._here[school_id] += 1
        lock = self._locks.setdefault(school_id, asyncio.Lock())
        try:
            async with lock, self._slots:
                yield
        finally:
            self._here[school_id] -= 1
            if not self._here[school_id]:
                del self._here[school_id], self._locks[school_id]
