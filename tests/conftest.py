"""Fixtures of all tests: a database of one's own, a NATS server of one's own, settings that name them.

One event loop serves the whole session (pyproject), so that session-wide fixtures and tests share it.
"""

import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog

from shared.secrets import Secrets, generate_missing
from shared.settings import Settings
from shared.topology import SMALL_EVENTS
from tests.servers import NatsServers, TemplateDatabase, postgres_server

# The same examples in each run: a red test is red because of what was changed. A loaded machine fails nothing.
hypothesis.settings.register_profile("schoolcard", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("schoolcard")


@pytest.fixture(autouse=True)
def logs_are_left_as_found() -> Iterator[None]:
    """Logs told where to go by one test would be silent for all that read them after it."""
    found = structlog.get_config()
    yield
    assert structlog.get_config() == found


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    """Every service's passwords and keys."""
    base = tmp_path_factory.getbasetemp()
    # Test processes that share one given server share its roles' passwords too.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "secrets"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return generate_missing(folder)


@pytest.fixture(scope="session")
async def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """An administrator's URL of the session's PostgreSQL server."""
    async with postgres_server(os.environ, tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(scope="session")
async def template_database(postgres_url: str, secrets: Secrets) -> AsyncIterator[TemplateDatabase]:
    """The migrated database that others are cloned from."""
    template = TemplateDatabase(postgres_url, secrets)
    try:
        await template.create()
        yield template
    finally:
        await template.drop()


@pytest.fixture(scope="session")
async def nats_servers(secrets: Secrets, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[NatsServers]:
    async with NatsServers.open(os.environ, secrets, tmp_path_factory.mktemp("nats")) as servers:
        yield servers


@pytest.fixture
async def database_url(template_database: TemplateDatabase) -> AsyncIterator[str]:
    """An administrator's URL of this test's own, migrated database."""
    async with template_database.clone() as url:
        yield url


@pytest.fixture
async def nats_url(nats_servers: NatsServers) -> AsyncIterator[str]:
    """This test's own NATS server, streams and consumers declared."""
    async with nats_servers.fresh() as url:
        yield url


@pytest.fixture
def settings(database_url: str, nats_url: str, secrets: Secrets, tmp_path: Path) -> Settings:
    """What a service is started with, on this test's own servers."""
    return Settings(
        database_url=database_url,
        nats_url=nats_url,
        var=tmp_path,
        secrets=secrets.folder,
        events_bytes=SMALL_EVENTS,
    )
