"""Typed wrappers of `of_status.sql`."""

from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from services.readers.schemas import Status
from shared.conditions import Conditions
from shared.database import Connection
from shared.sql import beside

SQL = beside(__file__, "of_status.sql")

Order: TypeAlias = Literal["oldest", "newest"]
Key: TypeAlias = tuple[datetime, UUID]
"""A place in the order of time: created at, id."""

BEFORE_ALL: Final[Key] = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))

_ORDERS: Final[dict[Order, str]] = {"oldest": "r.created_at, r.id", "newest": "r.created_at desc, r.id"}


async def are_near(
    connection: Connection, status: Status, district: str | None, order: Order, after: Key, wanted: int, steps: int
) -> bool:
    """Whether among so many readers, the first in this order (after the key, for the oldest), as many as are wanted
    have the status."""
    text, values = near_statement(status, district, order, after, wanted, steps)
    near: bool = await connection.fetchval(text, *values)
    return near


def near_statement(
    status: Status, district: str | None, order: Order, after: Key, wanted: int, steps: int
) -> tuple[str, list[object]]:
    found = Conditions(SQL)
    found.add("matching_district", district)
    if order == "oldest":
        found.add("after_key", *after)
    values = [*found.values, steps, status, wanted]
    steps_at, status_at, wanted_at = range(len(values) - 2, len(values) + 1)
    text = (
        f"select count(*) >= ${wanted_at} from (select from ("
        f"select r.status from readers r {found.where} order by {_ORDERS[order]} limit ${steps_at}"
        f") w where w.status = ${status_at} limit ${wanted_at}) f"
    )
    return text, values


async def fetch_first(
    connection: Connection, status: Status, district: str | None, order: Order, after: Key, wanted: int
) -> list[UUID]:
    """The ids of the first in this order (after the key, for the oldest) that have the status, `wanted` at most."""
    text, values = first_statement(status, district, order, after, wanted)
    return [row["id"] for row in await connection.fetch(text, *values)]


def first_statement(
    status: Status, district: str | None, order: Order, after: Key, wanted: int
) -> tuple[str, list[object]]:
    key = after if order == "oldest" else ()
    return SQL[f"fetch_{order}"], [status, wanted, district, *key]
