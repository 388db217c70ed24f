"""The kernel, with a throw-away table, on real servers; gates before them where they are to go away."""

import io
import sys
from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import msgspec
import pytest
import structlog

from shared import log
from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings
from tests.kernel.followers import DURABLE, Followers
from tests.kernel.gate import Gate, gate_before
from tests.kernel.notes import SERVICE, A, create_table, nats_admin
from tests.running_service import RunningService, serving


@pytest.fixture
async def administrator(database_url: str) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    connection = await asyncpg.connect(database_url, server_settings={"search_path": SERVICE})
    try:
        await create_table(connection)
        yield connection
    finally:
        await connection.close()


@pytest.fixture
def database_alone(database_url: str, secrets: Secrets) -> Settings:
    """Settings for what needs no broker."""
    return Settings(database_url=database_url, nats_url="nats://127.0.0.1:1", secrets=secrets.folder)


@pytest.fixture
async def database(database_alone: Settings, secrets: Secrets, administrator: object) -> AsyncIterator[Database]:
    opened = await Database.open(SERVICE, database_alone, secrets)
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def database_gate(database_url: str) -> AsyncIterator[Gate]:
    async with gate_before(database_url) as gate:
        yield gate


@pytest.fixture
async def nats_gate(nats_url: str) -> AsyncIterator[Gate]:
    async with gate_before(nats_url) as gate:
        yield gate


@pytest.fixture
def gated(settings: Settings, database_gate: Gate, nats_gate: Gate) -> Settings:
    """Settings whose servers stand behind gates."""
    return msgspec.structs.replace(settings, database_url=database_gate.url, nats_url=nats_gate.url)


@pytest.fixture
async def params(settings: Settings, secrets: Secrets) -> AsyncIterator[RunningService]:
    """The smallest service, served."""
    async with serving(settings, secrets, SERVICE) as running:
        yield running


@pytest.fixture
async def teacher(params: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    async with params.client(A) as client:
        yield client


@pytest.fixture
async def followers(settings: Settings, secrets: Secrets, administrator: object) -> AsyncIterator[Followers]:
    made = Followers(settings, secrets)
    yield made
    await made.close()


@pytest.fixture
async def impatient(settings: Settings, secrets: Secrets) -> None:
    """What is not acknowledged within a second comes again."""
    async with nats_admin(settings, secrets) as client:
        info = await client.jetstream().consumer_info(DURABLE.stream, DURABLE.name)
        assert info.config is not None
        info.config.ack_wait = 1
        await client.jetstream().add_consumer(DURABLE.stream, info.config)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a process would write to its log."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    log.configure()
    structlog.configure(cache_logger_on_first_use=False)
    yield stream
    structlog.reset_defaults()
