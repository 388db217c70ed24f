"""Long computations on the event loop, in slices: others wait for one slice, never for all of it.

A thread would not do better: it holds the interpreter for longer at a time than a slice takes.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_SLICE = 0.001
"""Seconds."""

_GROUP = 25
"""Items between two looks at the clock where items cost a few microseconds each: some tenths of a millisecond."""


async def in_slices(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """`[work(item) for item in items]`, letting others run every millisecond."""
    results: list[R] = []
    until = time.perf_counter() + _SLICE
    for item in items:
        results.append(work(item))
        if time.perf_counter() > until:
            await asyncio.sleep(0)
            until = time.perf_counter() + _SLICE
    return results


async def in_groups(work: Callable[[Sequence[T]], list[R]], items: Sequence[T]) -> list[R]:
    """What `work` returns for all items, given few at a time, letting others run every millisecond."""
    groups = (items[at : at + _GROUP] for at in range(0, len(items), _GROUP))
    return [result for results in await in_slices(work, groups) for result in results]
