"""Lists of a school and of a district use indexes in a table of many schools."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from services.params.queries import SQL
from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import CITY, Actor, Caller, Scope
from tests.query_plan import explain, fill, indexes, reads, scanned

SCHOOL = UUID(int=1234)
DISTRICT = "500134"
ACTOR = Actor(UUID(int=1), "teacher")

FILL = (
    """
    insert into params.grades (school_id, district, id, name, name_key, sort_order, created_at, updated_at)
    select lpad(to_hex(school), 32, '0')::uuid, (500100 + school % 40)::text,
        lpad(to_hex(school * 10 + grade), 32, '0')::uuid, grade || '年级', grade || '年级', grade, now(), now()
    from generate_series(1, 4000) school, generate_series(1, 6) grade
    """,
    """
    insert into params.classes (school_id, district, id, grade_id, name, name_key, sort_order, created_at, updated_at)
    select school_id, district, gen_random_uuid(), id, number || '班', number || '班', number, now(), now()
    from params.grades, generate_series(1, 4) number
    """,
    """
    insert into params.class_usage (school_id, district, class_id, readers)
    select school_id, district, id, 40 from params.classes
    """,
)


@pytest.fixture
async def database(database_url: str, secrets: Secrets) -> AsyncIterator[Database]:
    settings = Settings(database_url=database_url, nats_url="nats://127.0.0.1:1", secrets=secrets.folder)
    await fill(database_url, *FILL)
    database = await Database.open("params", settings, secrets)
    yield database
    await database.close()


@pytest.mark.parametrize("generic", [False, True])
async def test_a_school_reads_its_own_rows_alone(database: Database, generic: bool) -> None:
    grade_id = UUID(int=12341)
    statements: dict[str, tuple[object, ...]] = {
        "list_grades": (None, None, None, 50, 0),
        "count_grades": (None, False, "1"),
        "fetch_grade": (grade_id,),
        "list_classes": (None, None, None, None, 50, 0),
        "count_classes": (SCHOOL, None, None, grade_id),
        "fetch_class_names": ([grade_id],),
        "lock_grade": (grade_id,),
    }
    async with database.transaction(Caller(Scope("school", "500134", SCHOOL), ACTOR)) as tx:
        for name, values in statements.items():
            assert scanned(await explain(tx, SQL[name], *values, generic=generic)) == set(), name
        assert await tx.connection.fetchval("select count(*) from classes") == 24


async def test_a_district_leafs_by_an_index(database: Database) -> None:
    async with database.transaction(Caller(Scope("district", DISTRICT), ACTOR)) as tx:
        for name, index, more in (
            ("list_grades", "grades_of_district_in_order", ()),
            ("list_classes", "classes_of_district_in_order", (None,)),
        ):
            plan = await explain(tx, SQL[name], None, None, None, *more, 50, 0)
            assert scanned(plan) == set()
            assert index in indexes(plan)
            assert scanned(await explain(tx, SQL[name], SCHOOL, None, None, *more, 50, 0)) == set()


@pytest.mark.parametrize("generic", [False, True])
async def test_above_a_school_one_is_found_without_reading_the_others(database: Database, generic: bool) -> None:
    grade_id = UUID(int=12341)
    async with database.transaction(Caller(CITY, ACTOR)) as tx:
        class_id = await tx.connection.fetchval("select id from classes where grade_id = $1 limit 1", grade_id)
    for scope in (Scope("district", DISTRICT), CITY):
        async with database.transaction(Caller(scope, ACTOR)) as tx:
            for name, values in (
                ("fetch_grade", (grade_id,)),
                ("fetch_class", (class_id,)),
                ("list_classes", (None, None, None, grade_id, 50, 0)),
            ):
                plan = await explain(tx, SQL[name], *values, generic=generic, run=True)
                assert sum(rows for *_, rows in reads(plan)) < 30, (scope.kind, name, reads(plan))
