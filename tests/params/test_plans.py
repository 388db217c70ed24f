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
from tests.query_plan import PLANNED, Planned, explain, fill, indexes, pages, reads, scanned
from tests.servers import TemplateDatabase

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


@pytest.fixture(scope="module")
async def database(template_database: TemplateDatabase, secrets: Secrets) -> AsyncIterator[Database]:
    """4,000 schools, only looked at."""
    async with template_database.clone() as url:
        await fill(url, *FILL)
        settings = Settings(database_url=url, nats_url="nats://127.0.0.1:1", secrets=secrets.folder)
        database = await Database.open("params", settings, secrets)
        yield database
        await database.close()


@pytest.mark.parametrize("planned", PLANNED)
async def test_a_school_reads_its_own_rows_alone(database: Database, planned: Planned) -> None:
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
            assert scanned(await explain(tx, text, *values, planned=planned)) == set(), text
        assert await tx.connection.fetchval("select count(*) from classes") == 24


# Of a general plan's page it is not known how short it is: only after leafing far and often would one be kept to.
@pytest.mark.parametrize("planned", ["first", "repeated"])
async def test_above_a_school_one_leafs_by_an_index(database: Database, planned: Planned) -> None:
    for scope, name in ((Scope("district", DISTRICT), "district"), (CITY, "city")):
        async with database.transaction(Caller(scope, ACTOR)) as tx:
            for statement, index in (
                (queries.grades_statement, f"grades_of_{name}_in_order"),
                (queries.classes_statement, f"classes_of_{name}_in_order"),
            ):
                text, values = statement(ParamFilter(), 50, 0)
                plan = await explain(tx, text, *values, planned=planned)
                assert scanned(plan) == set()
                assert index in indexes(plan)


@pytest.mark.parametrize("planned", PLANNED)
async def test_above_a_school_one_is_found_without_reading_the_others(database: Database, planned: Planned) -> None:
    grade_id = UUID(int=12341)
    async with database.transaction(Caller(CITY, ACTOR)) as tx:
        class_id = await tx.connection.fetchval("select id from classes where grade_id = $1 limit 1", grade_id)
    statements: list[tuple[int, tuple[str, Sequence[object]]]] = [
        (40, (SQL["fetch_grade"], (grade_id,))),
        (20, (SQL["fetch_class"], (class_id,))),
        (60, queries.classes_statement(ParamFilter(grade_id=grade_id), 50, 0)),
        (20, queries.class_count_statement(ParamFilter(grade_id=grade_id))),
        (20, queries.grade_count_statement(ParamFilter(school_id=SCHOOL))),
        (40, queries.class_count_statement(ParamFilter(school_id=SCHOOL))),
    ]
    for scope in (Scope("district", DISTRICT), CITY):
        async with database.transaction(Caller(scope, ACTOR)) as tx:
            for most_pages, (text, values) in statements:
                plan = await explain(tx, text, *values, planned=planned, run=True)
                assert sum(rows for *_, rows in reads(plan)) < 30, (scope.kind, text, reads(plan))
                assert pages(plan) <= most_pages, (scope.kind, text, pages(plan))
            for statement in (queries.grades_statement, queries.classes_statement):
                text, values = statement(ParamFilter(school_id=SCHOOL), 50, 0)
                assert scanned(await explain(tx, text, *values, planned=planned)) == set()
