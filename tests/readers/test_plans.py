"""Searches of readers use indexes in a table of many schools, whoever asks."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.readers import approving_queries, queries, searching
from services.readers.queries import SQL
from services.readers.schemas import ReaderFilter, Sort
from services.readers.sealing import Sealer
from shared.conditions import Conditions
from shared.database import Database, Transaction
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import CITY, Actor, Caller, Scope
from tests.query_plan import PLANNED, Planned, explain, fill, indexes, scanned
from tests.readers.people import id_number

SCHOOL = UUID(int=1234)
CLASS = UUID(int=12341)
GRADE = UUID(int=1234)
DISTRICT = Scope("district", "500134")
IN_TIME = {"readers_by_time", "readers_of_district_by_time", "readers_of_city_by_time"}
RETURNED, FIRST = 8, datetime(2026, 9, 1, tzinfo=UTC)
SCOPES = {"school": Scope("school", "500134", SCHOOL), "district": DISTRICT, "city": CITY}

FILL = (
    """
    insert into readers.grades (school_id, district, grade_id, name, disabled, sort_order, version)
    select lpad(to_hex(school), 32, '0')::uuid, (500100 + school % 40)::text, lpad(to_hex(school), 32, '0')::uuid,
        '三年级', false, 1, 1
    from generate_series(1, 2000) school
    """,
    """
    insert into readers.classes (school_id, district, class_id, grade_id, name, disabled, sort_order, version)
    select school_id, district,
        lpad(to_hex(('x' || right(school_id::text, 8))::bit(32)::int * 10 + number), 32, '0')::uuid,
        grade_id, number || '班', false, number, 1
    from readers.grades, generate_series(1, 4) number
    """,
    """
    insert into readers.readers (school_id, district, id, class_id, name, home_district, sealed, id_digest, id_tail,
        status, card_no, created_at, updated_at)
    select school_id, district, gen_random_uuid(), class_id,
        substr('赵钱孙李周吴郑王冯陈', 1 + number % 10, 1) || chr(19968 + number * 37 % 5000), '500103', '\\x00',
        sha256((class_id::text || number)::bytea), substr(sha256((class_id::text || number || 't')::bytea), 1, 8),
        case when number % 3 = 0 then 'carded' else 'pending' end,
        case when number % 3 = 0 then left(hashtextextended(class_id::text || number, 0)::text, 15) end,
        timestamptz '2026-09-01' + number * interval '1 minute', now()
    from readers.classes, generate_series(1, 15) number
    """,
    # What few have, and the oldest of all: two schools of the district, one of each without a class.
    f"""
    update readers.readers set status = 'returned', reason = 'x',
        class_id = case when class_id::text not like '%7' then class_id end
    where school_id = any('{{{SCHOOL},{UUID(int=74)}}}') and created_at < '2026-09-01 00:01:30'
    """,
)

# Of 120,000 readers a district has so few that walking past all of them costs as little as looking a few up.
CITY_WIDE = """
update pg_class set reltuples = reltuples * 40 where oid = 'readers.readers'::regclass
    or oid in (select indexrelid from pg_index where indrelid = 'readers.readers'::regclass)
"""


@pytest.fixture(scope="module")
async def database(template_database: Any, secrets: Secrets) -> AsyncIterator[Database]:
    """120,000 readers of 2,000 schools, only looked at, with statistics of a whole city's five million."""
    async with template_database.clone() as url:
        await fill(url, "alter table readers.readers set (autovacuum_enabled = false)", *FILL)
        administrator = await asyncpg.connect(url)
        await administrator.execute(CITY_WIDE)
        await administrator.close()
        settings = Settings(database_url=url, nats_url="nats://127.0.0.1:1", secrets=secrets.folder)
        database = await Database.open("readers", settings, secrets)
        yield database
        await database.close()


def caller(kind: str) -> Caller:
    return Caller(SCOPES[kind], Actor(UUID(int=1), "somebody"))


async def plan_of_page(tx: Transaction, found: Conditions, sort: Sort, planned: Planned = "first") -> dict[str, Any]:
    text, values = queries.page_statement(found, sort, 50, 0)
    return await explain(tx, text, *values, planned=planned)


async def conditions(tx: Transaction, sealer: Sealer, **search: Any) -> Conditions:
    found = await searching.find(tx, sealer, ReaderFilter(**search))
    assert found is not None
    return found


SEARCHES: dict[str, dict[str, Any]] = {
    "all": {},
    "class": {"class_id": CLASS},
    "grade": {"grade_id": GRADE},
    "status": {"status": "pending"},
    "card": {"card_no": "123"},
    "name": {"name": "王小"},
    "name_start": {"name": "王小", "name_match": "start"},
    "surname": {"name": "王", "name_match": "start"},
    "id_number": {"id_number": id_number(1)},
    "school": {"school_id": SCHOOL},
    "school_and_name": {"school_id": SCHOOL, "name": "小"},
    "school_and_status": {"school_id": SCHOOL, "status": "carded"},
    "district": {"district": "500134"},
    "district_and_name": {"district": "500134", "name": "小"},
    "district_and_status": {"district": "500134", "status": "pending"},
}


@pytest.mark.parametrize("kind", list(SCOPES))
@pytest.mark.parametrize("search", list(SEARCHES))
async def test_no_search_reads_the_whole_table(database: Database, sealer: Sealer, kind: str, search: str) -> None:
    async with database.transaction(caller(kind)) as tx:
        found = await conditions(tx, sealer, **SEARCHES[search])
        orders: list[Sort] = ["-created_at", "created_at"]
        if kind != "city" or SEARCHES[search].keys() & {"school_id", "district"}:
            orders += ["name", "-updated_at", "status", "class"]
        for sort in orders:
            plan = await plan_of_page(tx, found, sort)
            assert "readers" not in scanned(plan), (sort, plan)
        text, values = queries.after_statement(found, None, 2000)
        assert "readers" not in scanned(await explain(tx, text, *values))


@pytest.mark.parametrize("kind", ["district", "city"])
@pytest.mark.parametrize("planned", PLANNED)
async def test_a_status_that_few_have_is_looked_for_where_they_are(
    database: Database, sealer: Sealer, kind: str, planned: Planned
) -> None:
    async with database.transaction(caller(kind)) as tx:
        text, values = queries.rare_statement("returned", None)
        plan = await explain(tx, text, *values, planned=planned)
        assert scanned(plan) <= {"reader_counts"}, plan
        assert indexes(plan) <= {"readers_by_class", "reader_counts_of_district"}, plan
        for wanted in (50, None):
            found = await searching.find(tx, sealer, ReaderFilter(status="returned"), wanted)
            assert found is not None
            rows = await queries.fetch_page(tx.connection, found, "-created_at", 50, 0)
            assert len(rows) == RETURNED
            assert {row["status"] for row in rows} == {"returned"}
            assert {row["class_id"] is None for row in rows} == {True, False}
            for text, values in (
                queries.page_statement(found, "-created_at", 50, 0),
                queries.after_statement(found, None, 2000),
                queries.after_statement(found, (FIRST, UUID(int=5)), 2000),
            ):
                plan = await explain(tx, text, *values, planned=planned)
                assert "readers" not in scanned(plan), plan
                assert not indexes(plan) & IN_TIME, plan


@pytest.mark.parametrize("planned", PLANNED)
async def test_the_city_reads_of_a_district_what_the_district_would(
    database: Database, sealer: Sealer, planned: Planned
) -> None:
    async with database.transaction(caller("city")) as tx:
        counted = {"reader_counts_of_district"}
        for text, values in (
            queries.overview_statement(by_school=True, district="500134"),
            queries.overview_statement(by_school=False, district="500134"),
            queries.totals_statement(ReaderFilter(status="pending", district="500134")),
            queries.weights_statement("500134"),
        ):
            plan = await explain(tx, text, *values, planned=planned)
            assert scanned(plan) == set() and indexes(plan) == counted, plan
        text, values = queries.rare_statement("returned", "500134")
        plan = await explain(tx, text, *values, planned=planned)
        assert scanned(plan) == set() and indexes(plan) == {"readers_by_class", *counted}, plan
        found = await searching.find(tx, sealer, ReaderFilter(status="returned", district="500134"), 50)
        assert found is not None
        assert len(await queries.fetch_page(tx.connection, found, "-created_at", 50, 0)) == RETURNED
        assert await searching.find(tx, sealer, ReaderFilter(status="returned", district="500135"), 50) is None
        plan = await plan_of_page(tx, await conditions(tx, sealer, district="500134"), "-created_at", planned)
        assert indexes(plan) & IN_TIME == {"readers_of_district_by_time"}, plan


@pytest.mark.parametrize("kind", ["district", "city"])
@pytest.mark.parametrize("planned", PLANNED)
async def test_a_status_that_many_have_is_read_in_order_of_time(
    database: Database, sealer: Sealer, kind: str, planned: Planned
) -> None:
    async with database.transaction(caller(kind)) as tx:
        for status in ("pending", "carded"):
            found = await searching.find(tx, sealer, ReaderFilter(status=status), 50)
            assert found is not None
            assert indexes(await plan_of_page(tx, found, "-created_at", planned)) & IN_TIME, status


@pytest.mark.parametrize("planned", PLANNED)
@pytest.mark.parametrize(
    ("search", "index"),
    [
        ("class", {"readers_by_class", "readers_by_time"}),
        ("card", {"reader_cards_of_city_by_number"}),
        ("surname", {"readers_by_name"}),
        ("id_number", {"one_reader_per_person", "readers_of_city_by_digest"}),
    ],
)
async def test_a_school_finds_by_its_own_indexes(
    database: Database, sealer: Sealer, search: str, index: set[str], planned: Planned
) -> None:
    async with database.transaction(caller("school")) as tx:
        found = await conditions(tx, sealer, **SEARCHES[search])
        plan = await explain(tx, f"select count(*) from readers r {found.where}", *found.values, planned=planned)
        assert indexes(plan) & index, json.dumps(plan)


@pytest.mark.parametrize("kind", ["district", "city"])
@pytest.mark.parametrize(
    ("search", "index"),
    [
        ("card", "reader_cards_of_city_by_number"),
        ("id_number", "readers_of_city_by_digest"),
        ("name_start", "readers_of_city_by_name"),
    ],
)
async def test_wider_views_find_by_indexes_over_schools(
    database: Database, sealer: Sealer, kind: str, search: str, index: str
) -> None:
    async with database.transaction(caller(kind)) as tx:
        found = await conditions(tx, sealer, **SEARCHES[search])
        plan = await explain(tx, f"select count(*) from readers r {found.where}", *found.values)
        assert index in indexes(plan), plan


@pytest.mark.parametrize("kind", list(SCOPES))
@pytest.mark.parametrize("planned", PLANNED)
async def test_single_statements(database: Database, kind: str, planned: Planned) -> None:
    statements: dict[str, tuple[object, ...]] = {
        "fetch_tail_candidates": (b"12345678",),
        "find_class_name": (CLASS,),
        "find_class": (CLASS,),
    }
    if kind == "school":
        statements |= {
            "lock_reader": (UUID(int=5),),
            "find_person": (b"1" * 32,),
            "fetch_classes": (),
        }
    async with database.transaction(caller(kind)) as tx:
        for name, values in statements.items():
            plan = await explain(tx, SQL[name], *values, planned=planned)
            assert not scanned(plan) & {"readers", "reader_counts", "approval_items"}, (name, plan)
        for text, given in (
            queries.counts_statement(SCHOOL),
            queries.totals_statement(ReaderFilter(school_id=None if kind == "school" else SCHOOL)),
        ):
            plan = await explain(tx, text, *given, planned=planned)
            assert not scanned(plan) & {"reader_counts", "classes"}, plan
        one = f"select {SQL['reader_columns']} from reader_rows r where r.id = $1"
        assert "readers" not in scanned(await explain(tx, one, UUID(int=5), planned=planned))
        if kind == "school":
            for name, values in {
                "fetch_chosen": ([UUID(int=5)],),
                "lock_readers": ([UUID(int=5)],),
                "approve_readers": ([UUID(int=5)], tx.now),
            }.items():
                plan = await explain(tx, approving_queries.SQL[name], *values, planned=planned)
                assert scanned(plan) == set(), (name, plan)


async def test_a_next_page_of_an_export_begins_at_its_key(database: Database, sealer: Sealer) -> None:
    for kind in SCOPES:
        async with database.transaction(caller(kind)) as tx:
            found = await conditions(tx, sealer)
            text, values = queries.after_statement(found, (tx.now, UUID(int=5)), 2000)
            plan = await explain(tx, text, *values)
            assert indexes(plan) & IN_TIME, plan
