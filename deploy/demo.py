"""The demo city: whose users everybody may know, and where it must not be opened."""

from typing import Final

import asyncpg
import msgspec

from deploy import main_job
from deploy.api_client import ApiClient
from deploy.reaching import reaching_postgres
from deploy.screen import Screen
from services.identity.bootstrap import (
    DEMO_PASSWORD,
    DEMO_USERS,
    DemoCity,
    DemoUser,
    RealCity,
    open_demo_city,
    refuse_real_city,
)
from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings
from shared.sql import beside

__all__ = ["JOB_USER", "PASSWORD", "USERS", "RealCity", "SecretsOfOthers", "open_city", "refuse_a_real_city"]

PASSWORD: Final = DEMO_PASSWORD
JOB_USER: Final = "teacher-a"
"""Whose school the main job is done for."""

_SQL = beside(__file__)


class SecretsOfOthers(Exception):
    """This PostgreSQL server serves a schoolcard whose secrets are not in"""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            f"{SecretsOfOthers.__doc__} {settings.secrets.absolute()}: set SC_SECRETS to their folder,"
            " or SC_DATABASE_URL to another server"
        )


class ShownUser(msgspec.Struct, frozen=True):
    """`who` in the words of the terminal."""

    username: str
    who: str


def _who(user: DemoUser) -> str:
    if user.school is not None:
        return f"teacher, {user.school.name}"
    return f"library administrator of district {user.district}" if user.district else "city administrator"


USERS: Final = tuple(ShownUser(user.username, _who(user)) for user in DEMO_USERS)


async def open_city(settings: Settings) -> DemoCity:
    """Open the demo city where there is none yet; a second call changes nothing. Raises RealCity, ServerAway."""
    database = await _identity(settings)
    try:
        with reaching_postgres(settings):
            return await open_demo_city(database)
    finally:
        await database.close()


async def refuse_a_real_city(settings: Settings) -> None:
    """To be asked before anything is changed: migrating gives the server's roles the passwords of our secrets.

    Raises RealCity, SecretsOfOthers, ServerAway.
    """
    with reaching_postgres(settings):
        connection = await asyncpg.connect(settings.database_url, timeout=10)
    try:
        known = await connection.fetchrow(_SQL["find_schoolcard"])
    finally:
        await connection.close()
    if known is None or not known["has_role"]:
        return
    database = await _identity(settings)
    try:
        await database.ping()
        if known["has_city"]:
            await refuse_real_city(database)
    except asyncpg.InvalidPasswordError as exc:
        raise SecretsOfOthers(settings) from exc
    finally:
        await database.close()


async def open_classes(address: str, screen: Screen) -> None:
    """The usual grades and classes of the demo's schools; what is there stays."""
    teachers = [user for user in DEMO_USERS if user.school is not None]
    with screen.progress("grades and classes") as advance:
        for done, user in enumerate(teachers):
            advance(done, len(teachers))
            if user.school is not None:
                async with ApiClient(address, user.username, PASSWORD) as teacher:
                    await main_job.open_classes(teacher, user.school.stage)
        advance(len(teachers), len(teachers))


async def _identity(settings: Settings) -> Database:
    return await Database.open("identity", settings, Secrets(settings.secrets))
