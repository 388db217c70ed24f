"""All services of one city, and two schools of it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.identity.bootstrap import open_demo_city
from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import CITY, Scope
from shared.topology import SERVICES
from tests.isolation.operations import Operation, find_operations
from tests.isolation.school_a import SchoolA, fill, rest
from tests.running_service import RunningService, serving
from tests.servers import NatsServers, TemplateDatabase


@pytest.fixture(scope="session")
async def city_settings(
    template_database: TemplateDatabase,
    nats_servers: NatsServers,
    secrets: Secrets,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Settings]:
    async with template_database.clone() as database_url, nats_servers.fresh() as nats_url:
        var = tmp_path_factory.mktemp("var")
        yield Settings(database_url=database_url, nats_url=nats_url, var=var, secrets=secrets.folder)


@pytest.fixture(scope="session")
async def schools(city_settings: Settings, secrets: Secrets) -> dict[str, Scope]:
    """`a`; `c` of the same district; `b` of another."""
    database = await Database.open("identity", city_settings, secrets)
    demo = await open_demo_city(database)
    await database.close()
    districts = {"a": "500103", "b": "500106", "c": "500103"}
    return {name: Scope("school", code, demo.schools[f"teacher-{name}"]) for name, code in districts.items()}


@pytest.fixture(scope="session")
async def everything(
    city_settings: Settings, secrets: Secrets, schools: dict[str, Scope]
) -> AsyncIterator[RunningService]:
    async with serving(city_settings, secrets, *SERVICES) as running:
        yield running


@pytest.fixture(scope="session")
async def admin(city_settings: Settings) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    connection = await asyncpg.connect(city_settings.database_url)
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def school_a(
    everything: RunningService,
    schools: dict[str, Scope],
    admin: "asyncpg.Connection[asyncpg.Record]",
    city_settings: Settings,
    secrets: Secrets,
) -> SchoolA:
    school_id = schools["a"].school_id
    assert school_id is not None
    async with (
        everything.client(schools["a"]) as teacher,
        everything.client(Scope("district", "500103")) as library,
        everything.client(CITY) as city,
        everything.stranger() as guardian,
    ):
        filled = await fill(teacher, library, city, guardian, school_id)
    await rest(admin, city_settings, secrets)
    return filled


@pytest.fixture(scope="session")
async def operations(everything: RunningService) -> list[Operation]:
    async with everything.stranger() as anybody:
        found = await find_operations(anybody)
    assert len(found) > 80
    return found
