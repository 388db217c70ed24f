"""Counting schools reads no more of a city than one sees of it."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from services.identity.queries import SQL
from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import Actor, Caller, Scope
from tests.query_plan import explain, fill, indexes, scanned
from tests.servers import TemplateDatabase

SCHOOL = UUID(int=1234)

FILL = """
insert into identity.schools (school_id, district, name, name_key, stage, created_at, updated_at)
select lpad(to_hex(school), 32, '0')::uuid, (500100 + school % 40)::text, 'school ' || school, 'school ' || school,
    'primary', now(), now()
from generate_series(1, 8000) school
"""


@pytest.fixture(scope="module")
async def database(template_database: TemplateDatabase, secrets: Secrets) -> AsyncIterator[Database]:
    """8,000 schools, only looked at."""
    async with template_database.clone() as url:
        await fill(url, FILL)
        settings = Settings(database_url=url, nats_url="nats://127.0.0.1:1", secrets=secrets.folder)
        database = await Database.open("identity", settings, secrets)
        yield database
        await database.close()


@pytest.mark.parametrize(
    ("scope", "index"),
    [
        (Scope("school", "500134", SCHOOL), "schools_pkey"),
        (Scope("district", "500134"), "schools_of_district_by_name"),
    ],
)
async def test_only_ones_own_schools_are_read_to_be_counted(database: Database, scope: Scope, index: str) -> None:
    async with database.transaction(Caller(scope, Actor(UUID(int=1), "somebody"))) as tx:
        plan = await explain(tx, SQL["count_schools_by_district"])
        assert scanned(plan) == set() and indexes(plan) == {index}, plan
