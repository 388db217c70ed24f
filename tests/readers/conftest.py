"""readers, served; its database without a server; and what params and cards tell it."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest

from services.readers.sealing import Sealer
from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import CITY, Scope
from tests.readers.classes import open_classes
from tests.readers.families import open_link, token_of
from tests.readers.people import CardsOf, ParamsOf
from tests.running_service import RunningService, a_school, serving


@pytest.fixture
async def readers(settings: Settings, secrets: Secrets) -> AsyncIterator[RunningService]:
    async with serving(settings, secrets, "readers") as running:
        yield running


@pytest.fixture
def school() -> Scope:
    return a_school()


@pytest.fixture
async def teacher(readers: RunningService, school: Scope) -> AsyncIterator[httpx.AsyncClient]:
    async with readers.client(school) as client:
        yield client


@pytest.fixture
async def stranger(readers: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    """A teacher of another school in the same district."""
    async with readers.client(a_school()) as client:
        yield client


@pytest.fixture
async def district(readers: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    async with readers.client(Scope("district", "500103")) as client:
        yield client


@pytest.fixture
async def other_district(readers: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    async with readers.client(Scope("district", "500106")) as client:
        yield client


@pytest.fixture
async def city(readers: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    async with readers.client(CITY) as client:
        yield client


@pytest.fixture
async def database(database_url: str, secrets: Secrets) -> AsyncIterator[Database]:
    """Of readers; no broker is needed for what the database decides."""
    settings = Settings(database_url=database_url, nats_url="nats://127.0.0.1:1", secrets=secrets.folder)
    database = await Database.open("readers", settings, secrets)
    yield database
    await database.close()


@pytest.fixture
def sealer(secrets: Secrets) -> Sealer:
    return Sealer(secrets.cipher(), secrets.digester())


@pytest.fixture
def params(database: Database, school: Scope) -> ParamsOf:
    return ParamsOf(database, school)


@pytest.fixture
def cards(database: Database, school: Scope) -> CardsOf:
    return CardsOf(database, school)


@pytest.fixture
async def administrator(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Who sees everything in the database."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


class Told:
    """What readers appended to its outbox, oldest first."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def facts(self, kind: str) -> list[dict[str, Any]]:
        """Bodies of one kind, such as `reader.approved`."""
        rows = await self._connection.fetch(
            "select body from readers.outbox where subject like 'sc.v1.%.' || $1 order by seq", kind
        )
        return [msgspec.json.decode(row["body"]) for row in rows]

    async def subjects(self, kind: str) -> list[str]:
        rows = await self._connection.fetch(
            "select subject from readers.outbox where subject like 'sc.v1.%.' || $1 order by seq", kind
        )
        return [row["subject"] for row in rows]

    async def bytes(self) -> bytes:
        """Everything told, whatever its kind."""
        rows = await self._connection.fetch("select subject, headers::text, body from readers.outbox order by seq")
        return b"\n".join(f"{row['subject']} {row['headers']} ".encode() + row["body"] for row in rows)


@pytest.fixture
def told(administrator: "asyncpg.Connection[asyncpg.Record]") -> Told:
    return Told(administrator)


@pytest.fixture
async def classes(database: Database, school: Scope) -> dict[str, UUID]:
    """三年级1班, 三年级2班, 四年级1班 of the school, as readers knows them from params: name → id."""
    return await open_classes(database, school, {"三年级": ["1班", "2班"], "四年级": ["1班"]})


@pytest.fixture
async def phone(readers: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    """A guardian's: somebody without an account."""
    async with readers.stranger() as client:
        yield client


@pytest.fixture
async def link(teacher: httpx.AsyncClient) -> dict[str, Any]:
    """By which a school's guardians register."""
    return await open_link(teacher)


@pytest.fixture
def token(link: dict[str, Any]) -> str:
    return token_of(link)
