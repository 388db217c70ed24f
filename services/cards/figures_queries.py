"""Typed wrappers of `figures.sql`."""

from datetime import date
from uuid import UUID

import asyncpg

from shared.database import Connection
from shared.sql import beside

SQL = beside(__file__, "figures.sql")


async def issued_by_day(
    connection: Connection, since: date, until: date, school_id: UUID | None
) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["issued_by_day"], since, until, school_id)


async def issued_by_school(
    connection: Connection, since: date, until: date, school_id: UUID | None
) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["issued_by_school"], since, until, school_id)


async def issued_by_grade(
    connection: Connection, since: date, until: date, school_id: UUID | None
) -> list[asyncpg.Record]:
    """Grades of one name are one line, across schools."""
    return await connection.fetch(SQL["issued_by_grade"], since, until, school_id)


async def now_by_state(connection: Connection, school_id: UUID | None) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["now_by_state"], school_id)


async def refunds_by_status(connection: Connection, school_id: UUID | None) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["refunds_by_status"], school_id)
