"""The whole system, the pages built and served with it, and a browser.

One system serves all tests of a process; each test module, or each test, works in a school of its own.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from services.console.build import ensure_built, ensure_installed
from services.identity.bootstrap import open_demo_city
from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings
from shared.topology import SERVICES
from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.desk import PATIENCE, Desk, Desks
from tests.browser.school import SchoolOffice
from tests.running_service import serving
from tests.servers import NatsServers, TemplateDatabase

# In which language the browser itself speaks (its fields for dates, for one) it takes from here on Linux.
_CHINESE: dict[str, str | float | bool] = {**os.environ, "LANGUAGE": "zh_CN"}

# As long as gestures wait (tests/browser/desk.py): the browser shares its processors with other tests' servers.
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On a new machine the first of these tests waits for a browser, for npm and for the pages to be built."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="session")
async def city_database(template_database: TemplateDatabase) -> AsyncIterator[str]:
    """An administrator's URL of the system's database."""
    async with template_database.clone() as url:
        yield url


@pytest.fixture(scope="session")
async def system(
    city_database: str,
    nats_servers: NatsServers,
    secrets: Secrets,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[str]:
    """The address of all services and the console, with the demo city's users in it."""
    ensure_installed(dev=True)
    ensure_built()
    async with nats_servers.fresh() as nats_url:
        folder = tmp_path_factory.mktemp("system")
        settings = Settings(database_url=city_database, nats_url=nats_url, var=folder, secrets=secrets.folder)
        database = await Database.open("identity", settings, secrets)
        try:
            await open_demo_city(database)
        finally:
            await database.close()
        async with serving(settings, secrets, *SERVICES, "console") as running:
            yield running.address


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS, env=_CHINESE)
        try:
            yield browser
        finally:
            await browser.close()


@pytest.fixture(scope="session")
async def office(system: str, city_database: str) -> AsyncIterator[SchoolOffice]:
    """Opens schools over HTTP."""
    async with SchoolOffice.open(system, city_database) as office:
        yield office


@pytest.fixture
async def desks(browser: Browser, system: str) -> AsyncIterator[Desks]:
    """Opens browser windows; at the end none of them may have had a fault in its scripts or its policies."""
    desks = Desks(browser, system)
    try:
        yield desks
        desks.check()
    finally:
        await desks.close()


@pytest.fixture
async def teacher(desks: Desks) -> Desk:
    """teacher-a of the demo city, logged in."""
    return await desks.log_in("teacher-a")
