"""The right moment for a fault: when a part of the work is done, and not all of it."""

import asyncio
from uuid import UUID

import asyncpg

from shared.settings import Settings
from shared.sql import beside
from tests.faults.school import Desk

_SQL = beside(__file__, "progress.sql")


class TooLate(Exception):
    """The work was over before the fault"""


async def in_the_middle(settings: Settings, service: str, kind: str, desk: Desk) -> None:
    """`service` has done some of the school's import or approval (`kind`). Raises TooLate."""
    connection = await asyncpg.connect(settings.database_url, timeout=10)
    try:
        async with asyncio.timeout(30):
            while not (done := await connection.fetchval(_SQL[f"{service}_in_{kind}"], UUID(desk.school_id))):
                await asyncio.sleep(0.002)
    finally:
        await connection.close()
    if done >= desk.roster.good:
        raise TooLate(f"{TooLate.__doc__} ({service}, {kind}: {done})")
