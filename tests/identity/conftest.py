"""identity, served, with the demo city in it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from services.identity.bootstrap import DemoCity, open_demo_city
from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings
from tests.identity.people import log_in
from tests.running_service import RunningService, serving


@pytest.fixture
async def database(settings: Settings, secrets: Secrets) -> AsyncIterator[Database]:
    opened = await Database.open("identity", settings, secrets)
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def demo(database: Database) -> DemoCity:
    return await open_demo_city(database)


@pytest.fixture
async def identity(settings: Settings, secrets: Secrets, demo: DemoCity) -> AsyncIterator[RunningService]:
    async with serving(settings, secrets, "identity") as running:
        yield running


@pytest.fixture
async def stranger(identity: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    async with identity.stranger() as client:
        yield client


@pytest.fixture
async def city(identity: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    async with log_in(identity, "city") as client:
        yield client


@pytest.fixture
async def district(identity: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    """The admin of 500103."""
    async with log_in(identity, "district-500103") as client:
        yield client


@pytest.fixture
async def other_district(identity: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    """The admin of 500106."""
    async with log_in(identity, "district-500106") as client:
        yield client


@pytest.fixture
async def teacher(identity: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    """teacher-a, of a school in 500103."""
    async with log_in(identity, "teacher-a") as client:
        yield client
