"""Typed wrappers of `privileges.sql`."""

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg
import msgspec

from shared.contracts.card import Privileges
from shared.database import Connection
from shared.sql import beside

SQL = beside(__file__, "privileges.sql")


async def fetch_terms_of(connection: Connection, districts: Sequence[str], day: date) -> list[asyncpg.Record]:
    """What is in force on `day` in these districts, where they have decided something."""
    return await connection.fetch(SQL["fetch_terms_of"], districts, day)


async def list_terms(connection: Connection, district: str, limit: int, offset: int) -> list[asyncpg.Record]:
    """Newest first."""
    return await connection.fetch(SQL["list_terms"], district, limit, offset)


async def count_terms(connection: Connection, district: str) -> int:
    total: int = await connection.fetchval(SQL["count_terms"], district)
    return total


async def insert_terms(
    connection: Connection,
    district: str,
    effective_on: date,
    privileges: Privileges,
    physical_fee_fen: int,
    changed_by: str,
    now: datetime,
) -> int:
    """Returns the version. Raises `asyncpg.UniqueViolationError` when somebody else was as fast."""
    text = msgspec.json.encode(privileges).decode()
    version: int = await connection.fetchval(
        SQL["insert_terms"], district, effective_on, text, physical_fee_fen, changed_by, now
    )
    return version
