"""batches, served; and its database without a server."""

from collections.abc import AsyncIterator

import httpx
import pytest

from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import Scope
from tests.running_service import RunningService, a_school, serving


@pytest.fixture
async def batches(settings: Settings, secrets: Secrets) -> AsyncIterator[RunningService]:
    async with serving(settings, secrets, "batches") as running:
        yield running


@pytest.fixture
def school() -> Scope:
    return a_school()


@pytest.fixture
async def teacher(batches: RunningService, school: Scope) -> AsyncIterator[httpx.AsyncClient]:
    async with batches.client(school) as client:
        yield client


@pytest.fixture
async def database(database_url: str, secrets: Secrets) -> AsyncIterator[Database]:
    """Of batches; no broker is needed for what the database decides."""
    settings = Settings(database_url=database_url, nats_url="nats://127.0.0.1:1", secrets=secrets.folder)
    database = await Database.open("batches", settings, secrets)
    yield database
    await database.close()
