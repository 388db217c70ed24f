"""audit, served; and its database without a server."""

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
async def audit(settings: Settings, secrets: Secrets) -> AsyncIterator[RunningService]:
    async with serving(settings, secrets, "audit") as running:
        yield running


@pytest.fixture
def school() -> Scope:
    return a_school()


@pytest.fixture
async def teacher(audit: RunningService, school: Scope) -> AsyncIterator[httpx.AsyncClient]:
    async with audit.client(school) as client:
        yield client


@pytest.fixture
async def database(database_url: str, secrets: Secrets) -> AsyncIterator[Database]:
    """Of audit; no broker is needed for what the database decides."""
    settings = Settings(database_url=database_url, nats_url="nats://127.0.0.1:1", secrets=secrets.folder)
    database = await Database.open("audit", settings, secrets)
    yield database
    await database.close()


@pytest.fixture
async def administrator(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Who may do everything with the database: in these tests, whoever tampers with the log."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()
