"""Giving out numbers: each district's serials of the year, one after the other, none twice.

The counters are locked first and advanced once, however many numbers are wanted. A number that somebody had assigned
beforehand, or had ages ago, is passed over. Used-up serials are told by leaving places without a number.
"""

from collections.abc import Iterable, Mapping, Sequence

from services.cards import numbering_queries as queries
from services.cards import rules
from shared.database import Connection


async def lock_serials(connection: Connection, districts: Iterable[str], year: int) -> dict[str, int]:
    """The last serial of each district; nobody else gives out numbers there until the transaction ends."""
    return await queries.lock_counters(connection, districts, year)


async def next_numbers(
    connection: Connection, places: Mapping[str, Sequence[int]], serials: Mapping[str, int], year: int
) -> tuple[dict[int, str], list[int]]:
    """A number for each place, by district; and the places for which the serials did not reach."""
    last_serials = dict(serials)
    waiting = {district: list(queue) for district, queue in places.items() if queue}
    numbers: dict[int, str] = {}
    without: list[int] = []
    while waiting:
        offered = {
            district: rules.numbers_after(district, year, last_serials[district], len(queue))
            for district, queue in waiting.items()
        }
        free = await queries.take_numbers(connection, [number for batch in offered.values() for number in batch])
        for district, batch in offered.items():
            queue = waiting.pop(district)
            taken = [number for number in batch if number in free]
            numbers |= dict(zip(queue, taken, strict=False))
            last_serials[district] += len(batch)
            rest = queue[len(taken) :]
            if rest and batch:
                waiting[district] = rest
            else:
                without += rest
    if numbers:
        await queries.advance_counters(connection, last_serials, year)
    return numbers, without
