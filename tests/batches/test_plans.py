"""Lists use indexes in tables of many schools, under every scope."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from services.batches import queries
from services.batches.queries import SQL
from services.batches.schemas import BatchFilter
from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import CITY, Caller, Scope
from tests.batches.facts import OPENED_AT, TEACHER
from tests.query_plan import PLANNED, Planned, explain, fill, index_conditions, indexes, scanned
from tests.servers import TemplateDatabase

SCHOOL = UUID(int=1234)
FILL = (
    """
    insert into batches.batches (school_id, district, batch_no, kind, total, opened_by, opened_at, confirmed)
    select lpad(to_hex(school), 32, '0')::uuid, (500100 + school % 40)::text,
        (1700000000000 + number * 10000 + school)::text, 'import', 10, 'teacher',
        timestamptz '2026-09-01' + number * interval '1 day' + school * interval '1 second', true
    from generate_series(1, 4000) school, generate_series(1, 10) number
    """,
    """
    insert into batches.batch_items (school_id, district, batch_no, item_no, outcome, code, detail)
    select school_id, district, batch_no, item, case when item = 3 then 'failed' else 'succeeded' end, 'c', 'd'
    from batches.batches, generate_series(1, 4) item
    """,
)
LARGE = """
    insert into batches.batch_items (school_id, district, batch_no, item_no, outcome)
    select $1, '500134', $2, item_no, 'succeeded' from generate_series(1, 50000) item_no
"""


@pytest.fixture(scope="module")
async def filled(template_database: TemplateDatabase, secrets: Secrets) -> AsyncIterator[Database]:
    """40,000 batches of 4,000 schools, only looked at."""
    async with template_database.clone() as url:
        await fill(url, *FILL)
        settings = Settings(database_url=url, nats_url="nats://127.0.0.1:1", secrets=secrets.folder)
        database = await Database.open("batches", settings, secrets)
        yield database
        await database.close()


@pytest.mark.parametrize("planned", PLANNED)
async def test_newest_first_comes_from_an_index(filled: Database, planned: Planned) -> None:
    for scope, possible in (
        # Ten batches are sorted as quickly as they are read in order.
        (Scope("school", "500134", SCHOOL), {"batches_by_time", "batches_pkey"}),
        (Scope("district", "500134"), {"batches_of_district_by_time"}),
        (CITY, {"batches_of_city_by_time"}),
    ):
        async with filled.transaction(Caller(scope, TEACHER)) as tx:
            text, values = queries.page_statement(BatchFilter(), 50, 0)
            plan = await explain(tx, text, *values, planned=planned)
            assert scanned(plan) == set(), scope.kind
            assert indexes(plan) <= possible


@pytest.mark.parametrize("planned", PLANNED)
async def test_searches_come_from_an_index(filled: Database, planned: Planned) -> None:
    batch_no = "17000000"
    for scope in (Scope("school", "500134", SCHOOL), Scope("district", "500134"), CITY):
        async with filled.transaction(Caller(scope, TEACHER)) as tx:
            for search in (
                BatchFilter(kind="import", status="running"),
                BatchFilter(batch_no=f"{batch_no}91234"),
                BatchFilter(since=OPENED_AT, until=OPENED_AT),
                BatchFilter(school_id=SCHOOL),
            ):
                text, values = queries.page_statement(search, 50, 0)
                plan = await explain(tx, text, *values, planned=planned)
                assert scanned(plan) == set(), (scope.kind, search)


@pytest.mark.parametrize("planned", PLANNED)
async def test_what_is_counted_comes_from_an_index(filled: Database, planned: Planned) -> None:
    for scope in (Scope("school", "500134", SCHOOL), Scope("district", "500134"), CITY):
        async with filled.transaction(Caller(scope, TEACHER)) as tx:
            for search in (
                BatchFilter(batch_no="1700000091234"),
                BatchFilter(since=OPENED_AT, until=OPENED_AT),
                BatchFilter(school_id=SCHOOL, status="running"),
            ):
                text, values = queries.count_statement(search)
                plan = await explain(tx, text, *values, planned=planned)
                assert scanned(plan) == set(), (scope.kind, search)


@pytest.mark.parametrize("planned", PLANNED)
async def test_items_of_one_batch_alone_are_read(filled: Database, planned: Planned) -> None:
    batch_no = "1700000011234"
    async with filled.transaction(Caller(Scope("district", "500134"), TEACHER)) as tx:
        for name, values in (
            ("list_items", (SCHOOL, batch_no, 1, 10)),
            ("list_waiting_items", (SCHOOL, batch_no, 10, 50, 0)),
            ("list_items_of_outcome", (SCHOOL, batch_no, "failed", 50, 0)),
            ("list_items_of_outcome", (SCHOOL, batch_no, "succeeded", 50, 0)),
        ):
            assert scanned(await explain(tx, SQL[name], *values, planned=planned)) == set(), name
        assert len(await tx.connection.fetch(SQL["list_items"], SCHOOL, batch_no, 1, 10)) == 10


@pytest.mark.parametrize("planned", PLANNED)
async def test_a_page_of_a_large_batch_that_no_statistics_know_of(
    database: Database, database_url: str, planned: Planned
) -> None:
    fresh = "1800000000000"
    await fill(database_url, "alter table batches.batch_items set (autovacuum_enabled = false)", *FILL)
    administrator = await asyncpg.connect(database_url)
    await administrator.execute(LARGE, SCHOOL, fresh)
    await administrator.close()
    async with database.transaction(Caller(Scope("school", "500134", SCHOOL), TEACHER)) as tx:
        plan = await explain(tx, SQL["list_items"], SCHOOL, fresh, 20_001, 20_050, planned=planned)
        assert "item_no >=" in index_conditions(plan)["batch_items_pkey"], plan
        rows = await tx.connection.fetch(SQL["list_items"], SCHOOL, fresh, 49_999, 50_002)
        assert [row["outcome"] for row in rows] == ["succeeded", "succeeded", "waiting", "waiting"]


@pytest.mark.parametrize("planned", PLANNED)
async def test_a_month_is_counted_from_an_index(filled: Database, planned: Planned) -> None:
    for scope in (Scope("school", "500134", SCHOOL), Scope("district", "500134"), CITY):
        async with filled.transaction(Caller(scope, TEACHER)) as tx:
            for school_id in (None, SCHOOL):
                text, values = queries.days_statement(OPENED_AT, OPENED_AT + timedelta(days=1), school_id, None)
                assert scanned(await explain(tx, text, *values, planned=planned)) == set(), (scope.kind, school_id)
