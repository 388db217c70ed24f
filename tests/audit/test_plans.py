"""Log pages come from indexes in a log of many schools and months, under every scope's own role."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from services.audit import queries
from services.audit.chain import Link
from services.audit.queries import SQL, listing
from services.audit.rules import around, entry_of, windows
from services.audit.schemas import Cursor, LogFilter
from shared.database import Database
from shared.tenancy import CITY, WORKER, Caller, Scope
from tests.audit.story import TEACHER, reader_created
from tests.query_plan import PLANNED, Planned, explain, fill, index_conditions, indexes, reads, scanned

SCHOOL = UUID(int=1234)
A_SCHOOL = Scope("school", "500134", SCHOOL)
DISTRICT = Scope("district", "500134")
NOW = datetime(2026, 6, 30, tzinfo=UTC)
BATCH, READER = "1782000001234", UUID(int=1234 * 1000 + 3)
MONTHS = "select audit.ensure_months(array(select generate_series(date '2026-01-01', '2026-08-01', '1 month')::date))"
# 4,000 schools, 20 entries each over six months; one in a thousand is a rare fact.
FILL = """
    insert into audit.log (school_id, district, occurred_at, event_id, recorded_at, operator, actor_id, entity, fact,
        subject_id, reader_id, batch_no, body, chain_seq, hash)
    select lpad(to_hex(school), 32, '0')::uuid, (500100 + school % 40)::text,
        timestamptz '2026-06-29' - number * interval '9 days' - school * interval '1 second',
        lpad(to_hex(school * 1000 + number), 32, '0')::uuid, now(), 'teacher-' || school,
        lpad(to_hex(school), 32, '0')::uuid, 'reader',
        case when (school * 20 + number) % 1000 = 0 then 'revealed' else 'created' end,
        'x', lpad(to_hex(school * 1000 + number), 32, '0')::uuid, (1782000000000 + school)::text,
        '{}', number, sha256('x')
    from generate_series(1, 4000) school, generate_series(1, 20) number
"""
HEADS = """
    insert into audit.chain_heads (school_id, district, seq, hash)
    select distinct school_id, district, 20, sha256('x') from audit.log
"""


@pytest.fixture
async def filled(database: Database, database_url: str) -> Database:
    await fill(database_url, MONTHS, FILL, HEADS)
    return database


@pytest.mark.parametrize("planned", PLANNED)
async def test_pages_come_from_an_index(filled: Database, planned: Planned) -> None:
    searches = {
        "of_batch": LogFilter(batch_no=BATCH),
        "of_reader": LogFilter(reader_id=READER),
        "of_operator": LogFilter(operator="teacher-1234"),
        "of_fact": LogFilter(entity="reader", fact="revealed"),
        "of_school": LogFilter(school_id=SCHOOL),
        "of_time": LogFilter(since=NOW - timedelta(days=40), until=NOW - timedelta(days=20)),
        "of_everything": LogFilter(),
    }
    cursor = Cursor(NOW - timedelta(days=20), UUID(int=5))
    for scope in (A_SCHOOL, DISTRICT, CITY):
        async with filled.transaction(Caller(scope, TEACHER)) as tx:
            for name, search in searches.items():
                for at in (None, cursor):
                    for window in windows(search, at, NOW):
                        if scope == A_SCHOOL:
                            # As the use case does.
                            search = msgspec.structs.replace(search, school_id=SCHOOL)
                        statement, values = listing(search, at, window, 51)
                        plan = await explain(tx, statement, *values, planned=planned)
                        # A partition of no rows at all is read as one likes.
                        assert scanned(plan) <= {"log_2026_07", "log_2026_08", "log_other"}, (scope.kind, name)


async def test_a_search_takes_its_own_index(filled: Database) -> None:
    """Where a page is far from being the newest entries, the condition's index finds it."""
    for scope in (DISTRICT, CITY):
        async with filled.transaction(Caller(scope, TEACHER)) as tx:
            for search, index in (
                (LogFilter(batch_no=BATCH), "batch_no"),
                (LogFilter(reader_id=READER), "reader_id"),
                (LogFilter(operator="teacher-1234"), "operator"),
            ):
                for window in windows(search, None, NOW):
                    statement, values = listing(search, None, window, 51)
                    assert any(index in name for name in indexes(await explain(tx, statement, *values)))


# 30,000 entries, of which three tell of failures.
LARGE_BATCH = "1783000000000000001"
FILL_BATCH = f"""
    insert into audit.log (school_id, district, occurred_at, event_id, recorded_at, operator, actor_id, entity, fact,
        subject_id, reader_id, batch_no, body, chain_seq, hash)
    select '{SCHOOL}', '500134', timestamptz '2026-06-20' + n * interval '1 millisecond',
        lpad(to_hex(100000000 + n), 32, '0')::uuid, now(), 'teacher-1234', '{SCHOOL}',
        case when n % 10000 = 0 then 'batch' else 'reader' end,
        case when n % 10000 = 0 then 'item_failed' when n % 2 = 0 then 'created' else 'changed' end,
        'x', null, '{LARGE_BATCH}', '{{}}', 100 + n, sha256('x')
    from generate_series(1, 30000) n
"""


@pytest.mark.parametrize("planned", PLANNED)
async def test_of_a_large_batch_no_more_is_read_than_is_shown(
    database: Database, database_url: str, planned: Planned
) -> None:
    await fill(database_url, MONTHS, FILL, FILL_BATCH, HEADS)
    kinds: tuple[tuple[str | None, str | None], ...] = (
        ("batch", "item_failed"),
        ("batch", None),
        (None, "item_failed"),
        (None, None),
    )
    for scope in (A_SCHOOL, DISTRICT, CITY):
        async with database.transaction(Caller(scope, TEACHER)) as tx:
            for entity, fact in kinds:
                school_id = SCHOOL if scope == A_SCHOOL else None
                search = LogFilter(batch_no=LARGE_BATCH, entity=entity, fact=fact, school_id=school_id)
                for window in windows(search, None, NOW):
                    statement, values = listing(search, None, window, 51)
                    plan = await explain(tx, statement, *values, planned=planned, run=True)
                    read = sum(rows for *_, rows in reads(plan))
                    assert read < 400, (scope.kind, entity, fact, reads(plan))


async def test_within_a_school_what_is_common_in_the_city_is_not_walked_through(filled: Database) -> None:
    search = LogFilter(school_id=SCHOOL, operator="teacher-1234", entity="reader", fact="created")
    for scope in (A_SCHOOL, DISTRICT, CITY):
        async with filled.transaction(Caller(scope, TEACHER)) as tx:
            for window in windows(search, None, NOW):
                statement, values = listing(search, None, window, 51)
                used = indexes(await explain(tx, statement, *values))
                assert not [name for name in used if "operator" in name or "fact" in name], used


async def test_the_first_look_is_into_two_months_and_what_lies_ahead(filled: Database) -> None:
    async with filled.transaction(Caller(A_SCHOOL, TEACHER)) as tx:
        first = next(iter(windows(LogFilter(), None, NOW)))
        statement, values = listing(LogFilter(), None, first, 51)
        used = indexes(await explain(tx, statement, *values))
        assert not [name for name in used if "_2026_01" in name or "_2026_04" in name], used


async def test_one_entry_comes_from_an_index(filled: Database) -> None:
    window = around(UUID("0192d3a0-0000-7000-8000-000000000001"))
    assert window is not None
    one = f"select {SQL['entry_columns']} from log where {SQL['since']} and {SQL['before']} and {SQL['matching_event']}"
    one = one.replace("$?", "$1", 1).replace("$?", "$2", 1).replace("$?", "$3", 1)
    for scope in (A_SCHOOL, DISTRICT, CITY):
        async with filled.transaction(Caller(scope, TEACHER)) as tx:
            plan = await explain(tx, one, window.since, window.before, UUID(int=7), planned="general")
            assert scanned(plan) <= {"log_2026_07", "log_2026_08", "log_other"}


@pytest.mark.parametrize("planned", PLANNED)
async def test_verification_goes_on_where_it_was(filled: Database, planned: Planned) -> None:
    """In the chains' index alone, from the last link on, and past no entries of others."""
    entry = entry_of(reader_created(A_SCHOOL), NOW)
    after = Link(entry=entry, seq=3, hash=b"", head=None)
    for scope, district, school_id, begins in (
        (A_SCHOOL, "500134", SCHOOL, ("district =", "school_id =", "ROW(chain_seq, event_id) >")),
        (DISTRICT, "500134", SCHOOL, ("district =", "school_id =", "ROW(chain_seq, event_id) >")),
        (DISTRICT, "500134", None, ("district =", "ROW(school_id, chain_seq, event_id) >")),
        (CITY, "500134", SCHOOL, ("district =", "school_id =", "ROW(chain_seq, event_id) >")),
        (CITY, None, None, ("ROW(district, school_id, chain_seq, event_id) >",)),
    ):
        async with filled.transaction(Caller(scope, TEACHER)) as tx:
            statement, values = queries.chain_page(district, school_id, after, 50)
            plan = await explain(tx, statement, *values, planned=planned)
            assert scanned(plan) <= {"log_2026_07", "log_2026_08", "log_other", "chain_heads"}
            walked = {name: text for name, text in index_conditions(plan).items() if name.startswith("log_2026")}
            # A chain of twenty is sorted as quickly as it is read in order.
            assert school_id is not None or len(walked) >= 6, (scope.kind, plan)
            for name, condition in walked.items():
                assert "chain_seq" in name, name
                assert all(begin in condition for begin in begins), (scope.kind, name, condition)
            if school_id is not None:
                assert all("chain" in name or "pkey" in name or "once" in name for name in indexes(plan)), plan
                assert await queries.fetch_districts(tx.connection, SCHOOL) == ["500134"]
                plan = await explain(tx, SQL["fetch_districts"], SCHOOL, planned=planned)
                assert scanned(plan) <= {"log_2026_07", "log_2026_08", "log_other"}, plan
            assert await queries.fetch_head_without_entries(tx.connection, None) is None


async def test_logging_finds_duplicates_by_the_key(filled: Database) -> None:
    async with filled.transaction(Caller(WORKER, TEACHER)) as tx:
        plan = await explain(
            tx, SQL["fetch_logged"], [SCHOOL] * 500, [NOW] * 500, [SCHOOL] * 500, NOW - timedelta(days=1), NOW
        )
        assert scanned(plan) <= {"log_2026_07", "log_2026_08", "log_other"}
