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
    found = _issued(since, until, school_id)
    found.add("of_district", district)
    return f"{SQL['issued_by_day']} {found.where} {SQL['day_by_day']}", found.values


async def issued_by_school(
    connection: Connection, since: date, until: date, school_id: UUID | None
) -> list[asyncpg.Record]:
    text, values = schools_statement(since, until, school_id)
    return await connection.fetch(text, *values)


def schools_statement(since: date, until: date, school_id: UUID | None) -> tuple[str, list[object]]:
    found = _issued(since, until, school_id)
    return f"{SQL['issued_by_school']} {found.where} {SQL['school_by_school']}", found.values


async def issued_by_grade(
    connection: Connection, since: date, until: date, school_id: UUID | None
) -> list[asyncpg.Record]:
    """Grades of one name are one line, across schools."""
    text, values = grades_statement(since, until, school_id)
    return await connection.fetch(text, *values)


def grades_statement(since: date, until: date, school_id: UUID | None) -> tuple[str, list[object]]:
    found = _issued(since, until, school_id)
    return f"{SQL['issued_by_grade']} {found.where} {SQL['grade_by_grade']}", found.values


async def now_by_state(connection: Connection, school_id: UUID | None) -> list[asyncpg.Record]:
    text, values = states_statement(school_id)
    return await connection.fetch(text, *values)


def states_statement(school_id: UUID | None) -> tuple[str, list[object]]:
    found = _of(school_id)
    return f"{SQL['now_by_state']} {found.where} {SQL['state_by_state']}", found.values


async def refunds_by_status(connection: Connection, school_id: UUID | None) -> list[asyncpg.Record]:
    text, values = refunds_statement(school_id)
    return await connection.fetch(text, *values)


def refunds_statement(school_id: UUID | None) -> tuple[str, list[object]]:
    found = _of(school_id)
    return f"{SQL['refunds_by_status']} {found.where} {SQL['status_by_status']}", found.values


def _issued(since: date, until: date, school_id: UUID | None) -> Conditions:
    """Only what is asked for: a plan for one school as for all of them would read them all."""
    found = Conditions(SQL)
    found.add("within", since, until)
    found.add("of_school", school_id)
    return found


def _of(school_id: UUID | None) -> Conditions:
    found = Conditions(SQL)
    found.add("of_school", school_id)
    return found
