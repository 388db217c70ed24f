"""Typed wrappers of `lookup.sql`."""

from datetime import datetime
from uuid import UUID

from services.cards.lifecycle_queries import LockedCard
from shared.database import Connection
from shared.sql import beside

SQL = beside(__file__, "lookup.sql")


async def find_by_id_number(connection: Connection, id_digest: bytes) -> str | None:
    """The number of the person's living card, else of the last one."""
    number: str | None = await connection.fetchval(SQL["find_by_id_number"], id_digest)
    return number


async def find_by_credential(connection: Connection, digest: bytes, kind: str) -> str | None:
    number: str | None = await connection.fetchval(SQL["find_by_credential"], digest, kind)
    return number


async def spend(connection: Connection, actor_id: UUID, now: datetime, cost: int) -> int:
    """What the asker has spent in this minute, this one included; a negative cost is given back."""
    spent: int = await connection.fetchval(SQL["spend"], actor_id, now, cost)
    return spent


async def forget_lookups(connection: Connection, before: datetime) -> None:
    await connection.execute(SQL["forget_lookups"], before)


async def put_credential(
    connection: Connection, card: LockedCard, kind: str, digest: bytes, by: str, now: datetime
) -> bool:
    """A card has one of each kind; a new one takes the old one's place. Whether that changed anything.

    Raises `asyncpg.UniqueViolationError` when it is another card's, wherever in the city.
    """
    is_new: bool | None = await connection.fetchval(
        SQL["put_credential"], card.school_id, card.district, card.card_id, kind, digest, by, now
    )
    return is_new is not None
