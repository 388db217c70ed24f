"""Lists of a school and of a district use indexes in a table of many schools."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest

from services.params import queries
from services.params.queries import SQL
from services.params.schemas import ParamFilter
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
    statements: list[tuple[str, Sequence[object]]] = [
        queries.grades_statement(ParamFilter(), 50, 0),
        queries.grade_count_statement(ParamFilter(disabled=False, q="1")),
        queries.classes_statement(ParamFilter(), 50, 0),
        queries.class_count_statement(ParamFilter(school_id=SCHOOL, grade_id=grade_id)),
        (SQL["fetch_grade"], (grade_id,)),
        (SQL["fetch_class_names"], ([grade_id],)),
        (SQL["lock_grade"], (grade_id,)),
    ]
    async with database.transaction(Caller(Scope("school", "500134", SCHOOL), ACTOR)) as tx:
        for text, values in statements:
            assert scanned(await explain(tx, text, *values, generic=generic)) == set(), text
        assert await tx.connection.fetchval("select count(*) from classes") == 24


@pytest.mark.parametrize("generic", [False, True])
async def test_above_a_school_one_leafs_by_an_index(database: Database, generic: bool) -> None:
    for scope, name in ((Scope("district", DISTRICT), "district"), (CITY, "city")):
        async with database.transaction(Caller(scope, ACTOR)) as tx:
            for statement, index in (
                (queries.grades_statement, f"grades_of_{name}_in_order"),
                (queries.classes_statement, f"classes_of_{name}_in_order"),
            ):
                text, values = statement(ParamFilter(), 50, 0)
                plan = await explain(tx, text, *values, generic=generic)
                assert scanned(plan) == set()
                assert index in indexes(plan)


@pytest.mark.parametrize("generic", [False, True])
async def test_above_a_school_one_is_found_without_reading_the_others(database: Database, generic: bool) -> None:
    grade_id = UUID(int=12341)
    async with database.transaction(Caller(CITY, ACTOR)) as tx:
        class_id = await tx.connection.fetchval("select id from classes where grade_id = $1 limit 1", grade_id)
    statements: list[tuple[str, Sequence[object]]] = [
        (SQL["fetch_grade"], (grade_id,)),
        (SQL["fetch_class"], (class_id,)),
        queries.classes_statement(ParamFilter(grade_id=grade_id), 50, 0),
        queries.class_count_statement(ParamFilter(grade_id=grade_id)),
        queries.grade_count_statement(ParamFilter(school_id=SCHOOL)),
        queries.class_count_statement(ParamFilter(school_id=SCHOOL)),
    ]
    for scope in (Scope("district", DISTRICT), CITY):
        async with database.transaction(Caller(scope, ACTOR)) as tx:
            for text, values in statements:
                plan = await explain(tx, text, *values, generic=generic, run=True)
                assert sum(rows for *_, rows in reads(plan)) < 30, (scope.kind, text, reads(plan))
            for statement in (queries.grades_statement, queries.classes_statement):
                text, values = statement(ParamFilter(school_id=SCHOOL), 50, 0)
                assert scanned(await explain(tx, text, *values, generic=generic)) == set()
