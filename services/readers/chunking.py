"""Cutting long work into chunks, each a transaction of its own. The first is small, so that progress shows at once."""

from typing import Final

FIRST: Final = 100


def cut(total: int, size: int) -> list[tuple[int, int]]:
    """The first and last number of each chunk of `total` items, counted from 1; at most `size` in each."""
    first = min(FIRST, size)
    starts = [1, *range(first + 1, total + 1, size)] if total else []
    return [(start, min(start + (size if start > 1 else first) - 1, total)) for start in starts]
