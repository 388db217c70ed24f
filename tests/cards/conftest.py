"""cards, served; and its database without a server."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import Scope
from tests.running_service import RunningService, a_school, serving


@pytest.fixture
async def cards(settings: Settings, secrets: Secrets) -> AsyncIterator[RunningService]:
    async with serving(settings, secrets, "cards") as running:
        yield running


@pytest.fixture
def school() -> Scope:
    return a_school()


@pytest.fixture
async def teacher(cards: RunningService, school: Scope) -> AsyncIterator[httpx.AsyncClient]:
    async with cards.client(school) as client:
        yield client


@pytest.fixture
async def library(cards: RunningService, school: Scope) -> AsyncIterator[httpx.AsyncClient]:
    """The district's library admin."""
    async with cards.client(Scope("district", school.district)) as client:
        yield client


@pytest.fixture
async def stranger(cards: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    """The library admin of another district."""
    async with cards.client(Scope("district", "500106")) as client:
        yield client


@pytest.fixture
async def database(database_url: str, secrets: Secrets) -> AsyncIterator[Database]:
    """Of cards; no broker is needed for what the database decides."""
    settings = Settings(database_url=database_url, nats_url="nats://127.0.0.1:1", secrets=secrets.folder)
    database = await Database.open("cards", settings, secrets)
    yield database
    await database.close()


@pytest.fixture
async def administrator(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Who sees everything."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()
