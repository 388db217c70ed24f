"""Typed wrappers of `numbering.sql`."""

from collections.abc import Iterable, Mapping, Sequence

from shared.database import Connection
from shared.sql import beside

SQL = beside(__file__, "numbering.sql")


async def lock_counters(connection: Connection, districts: Iterable[str], year: int) -> dict[str, int]:
    """The last serial of each district; nobody else issues in these districts until the transaction ends."""
    rows = await connection.fetch(SQL["lock_counters"], sorted(set(districts)), year)
    return {row["district"]: row["last_serial"] for row in rows}


async def advance_counters(connection: Connection, last_serials: Mapping[str, int], year: int) -> None:
    await connection.execute(SQL["advance_counters"], list(last_serials), year, list(last_serials.values()))


async def take_numbers(connection: Connection, numbers: Sequence[str]) -> set[str]:
    """Returns those that nobody ever had."""
    rows = await connection.fetch(SQL["take_numbers"], numbers)
    return {row["card_no"] for row in rows}
