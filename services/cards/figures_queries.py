"""Typed wrappers of `figures.sql`."""

from datetime import date
from uuid import UUID

import asyncpg

from shared.conditions import Conditions
from shared.database import Connection
from shared.sql import beside

SQL = beside(__file__, "figures.sql")


async def issued_by_day(
    connection: Connection, since: date, until: date, school_id: UUID | None, district: str | None = None
) -> list[asyncpg.Record]:
    text, values = days_statement(since, until, school_id, district)
    return await connection.fetch(text, *values)


def days_statement(since: date, until: date, school_id: UUID | None, district: str | None) -> tuple[str, list[object]]:
    found = Conditions(SQL)
    found.add("issued_within", since, until)
    found.add("issued_in_school", school_id)
    found.add("issued_in_district", district)
    return f"{SQL['issued_by_day']} {found.where} {SQL['day_by_day']}", found.values


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
