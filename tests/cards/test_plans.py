"""Searches, look-ups and issuing use indexes in a city of many schools, under each scope's own policies."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from hashlib import sha256
from uuid import UUID

import asyncpg
import pytest

from services.cards import (
    figures_queries,
    issuing_queries,
    lifecycle_queries,
    lookup_queries,
    privileges_queries,
    queries,
)
from services.cards.schemas import CardFilter
from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import CITY, WORKER, Actor, Caller, Scope
from tests.query_plan import PLANNED, Planned, explain, fill, indexes, pages, reads, scanned
from tests.servers import TemplateDatabase

SCHOOL = UUID(int=1234)
DISTRICT = "500134"
ACTOR = Actor(UUID(int=1), "library")
NUMBER = "500134260024681"
DIGEST = sha256(b"24681").digest()
"""The first card of SCHOOL."""

FILL = (
    """
    insert into cards.grades (school_id, district, grade_id, name, sort_order, version)
    select lpad(to_hex(school), 32, '0')::uuid, (500100 + school % 40)::text, lpad(to_hex(school), 32, '0')::uuid,
        '三年级', 1, 1
    from generate_series(1, 3000) school
    """,
    """
    insert into cards.classes (school_id, district, class_id, grade_id, name, sort_order, version)
    select school_id, district,
        lpad(to_hex(('x' || right(school_id::text, 8))::bit(32)::int * 4 + number), 32, '0')::uuid, grade_id,
        number || '班', number, 1
    from cards.grades, generate_series(0, 3) number
    """,
    """
    insert into cards.card_numbers (card_no)
    select (500100 + school % 40)::text || '26' || lpad((school * 20 + card)::text, 7, '0')
    from generate_series(1, 3000) school, generate_series(1, 20) card
    """,
    """
    insert into cards.cards (school_id, district, card_no, card_id, reader_id, id_digest, masked_name, class_id,
        class_version, reader_version, issued_at, updated_at)
    select lpad(to_hex(school), 32, '0')::uuid, (500100 + school % 40)::text,
        (500100 + school % 40)::text || '26' || lpad((school * 20 + card)::text, 7, '0'), gen_random_uuid(),
        gen_random_uuid(), sha256((school * 20 + card)::text::bytea), '王*明',
        lpad(to_hex(school * 4 + card % 4), 32, '0')::uuid, 1, 1, now() - make_interval(mins => school * 20 + card),
        now()
    from generate_series(1, 3000) school, generate_series(1, 20) card
    """,
    """
    insert into cards.district_privileges (district, version, effective_on, privileges, physical_fee_fen, changed_by,
        changed_at)
    select (500100 + district)::text, version, '2026-01-01', '{}', 0, 'library', now()
    from generate_series(0, 39) district, generate_series(1, 100) version
    """,
    """
    insert into cards.issue_counts (school_id, district, day, class_id, cards)
    select school_id, district, date '2025-01-01' + (class * 7 + day * 97)::int % 900, class_id, 5
    from (select *, row_number() over (order by class_id) as class from cards.classes) c, generate_series(0, 8) day
    on conflict do nothing
    """,
    """
    insert into cards.card_credentials (school_id, district, card_id, kind, digest, added_by, added_at)
    select school_id, district, card_id, 'social_security', id_digest, 'library', now() from cards.cards
    """,
)

CITY_WIDE = """
update pg_class set reltuples = reltuples * 83
where relnamespace = 'cards'::regnamespace and relname like '%card%' and reltuples > 0
"""


async def believe_in_five_million(url: str) -> None:
    """Statistics of a whole city, by which plans are made as they would be there: five million rows take minutes."""
    administrator = await asyncpg.connect(url)
    try:
        for table in ("cards", "card_credentials", "card_numbers"):
            await administrator.execute(f"alter table cards.{table} set (autovacuum_enabled = false)")
        await administrator.execute(CITY_WIDE)
    finally:
        await administrator.close()


@pytest.fixture(scope="module")
async def database(template_database: TemplateDatabase, secrets: Secrets) -> AsyncIterator[Database]:
    async with template_database.clone() as url:
        await fill(url, *FILL)
        await believe_in_five_million(url)
        settings = Settings(database_url=url, nats_url="nats://127.0.0.1:1", secrets=secrets.folder)
        database = await Database.open("cards", settings, secrets)
        yield database
        await database.close()


@pytest.mark.parametrize("planned", PLANNED)
@pytest.mark.parametrize("scope", [Scope("school", DISTRICT, SCHOOL), Scope("district", DISTRICT), CITY])
async def test_pages_and_single_cards_are_found_by_an_index(database: Database, scope: Scope, planned: Planned) -> None:
    async with database.transaction(Caller(scope, ACTOR)) as tx:
        for search in (
            CardFilter(),
            CardFilter(school_id=SCHOOL),
            CardFilter(card_no=NUMBER),
            CardFilter(reader_id=UUID(int=5)),
            CardFilter(class_id=UUID(int=SCHOOL.int * 4), school_id=SCHOOL),
        ):
            for text, values in (
                queries.page_statement(search, 50, 0),
                queries.after_statement(search, datetime.now(UTC), NUMBER, 50),
            ):
                plan = await explain(tx, text, *values, planned=planned)
                assert "cards" not in scanned(plan), (scope.kind, search)


@pytest.mark.parametrize("planned", PLANNED)
@pytest.mark.parametrize("scope", [Scope("school", DISTRICT, SCHOOL), Scope("district", DISTRICT), CITY])
async def test_of_a_class_or_grade_alone_no_other_cards_are_read(
    database: Database, scope: Scope, planned: Planned
) -> None:
    """Also above a school, where it is not said whose class or grade it is."""
    async with database.transaction(Caller(scope, ACTOR)) as tx:
        for search, cards in ((CardFilter(class_id=UUID(int=SCHOOL.int * 4)), 5), (CardFilter(grade_id=SCHOOL), 20)):
            text, values = queries.page_statement(search, 50, 0)
            plan = await explain(tx, text, *values, planned=planned, run=True)
            read = [rows for table, *_, rows in reads(plan) if table == "cards"]
            # Chosen, and then read with their names.
            assert sum(read) <= 2 * cards, (search, reads(plan))
            # And what leads to them: all classes of this city, which are few, would be a hundred pages.
            assert pages(plan) <= 15 * cards, (search, pages(plan))


@pytest.mark.parametrize("planned", PLANNED)
@pytest.mark.parametrize("scope", [Scope("school", DISTRICT, SCHOOL), Scope("district", DISTRICT), CITY])
async def test_one_schools_or_readers_cards_are_counted_without_the_others(
    database: Database, scope: Scope, planned: Planned
) -> None:
    async with database.transaction(Caller(scope, ACTOR)) as tx:
        for search in (
            CardFilter(school_id=SCHOOL),
            CardFilter(class_id=UUID(int=SCHOOL.int * 4), status="active"),
            CardFilter(grade_id=SCHOOL),
            CardFilter(reader_id=UUID(int=5)),
            CardFilter(card_no=NUMBER),
        ):
            text, values = queries.count_statement(search)
            plan = await explain(tx, text, *values, planned=planned, run=True)
            assert scanned(plan) == set() and pages(plan) <= 40, (search, pages(plan))


@pytest.mark.parametrize("planned", PLANNED)
@pytest.mark.parametrize("scope", [Scope("district", DISTRICT), Scope("district", "500135"), CITY])
async def test_a_look_up_probes_one_index_for_one_row(database: Database, scope: Scope, planned: Planned) -> None:
    """Of a city's cards nothing is read but the one that was shown, also by a district whose it is not."""
    is_seen = 0 if scope.district == "500135" else 1
    by_digest = [("cards", "Index Scan", "cards_of_city_by_digest", 1)]
    by_credential = [
        ("card_credentials", "Index Scan", "card_credentials_of_city", 1),
        ("cards", "Index Scan", "cards_by_id", is_seen),
    ]
    by_number = [
        ("cards", "Index Scan", "cards_of_city_by_number", 1),
        ("classes", "Index Scan", "classes_pkey", is_seen),
        ("grades", "Index Scan", "grades_pkey", is_seen),
    ]
    async with database.transaction(Caller(scope, ACTOR)) as tx:
        if scope == CITY:
            assert (await explain(tx, "select card_no from cards"))["Plan Rows"] > 4_000_000
        for statement, values, expected in (
            (lookup_queries.SQL["find_by_id_number"], (DIGEST,), by_digest),
            (lookup_queries.SQL["find_by_credential"], (DIGEST, "social_security"), by_credential),
            (queries.card_statement(), (NUMBER,), by_number),
        ):
            plan = await explain(tx, statement, *values, planned=planned, run=True)
            assert reads(plan) == expected, plan
        terms = await explain(tx, privileges_queries.SQL["fetch_terms_of"], [DISTRICT], date(2026, 9, 1))
        assert scanned(terms) == set()


@pytest.mark.parametrize("planned", PLANNED)
@pytest.mark.parametrize("scope", [Scope("school", DISTRICT, SCHOOL), Scope("school", DISTRICT, UUID(int=1235))])
async def test_a_school_reads_its_own_card_alone(database: Database, scope: Scope, planned: Planned) -> None:
    async with database.transaction(Caller(scope, ACTOR)) as tx:
        plan = await explain(tx, queries.card_statement(), NUMBER, planned=planned, run=True)
    (card, *names) = reads(plan)
    assert card[0] == "cards" and card[1] == "Index Scan" and card[2] in ("cards_pkey", "cards_of_city_by_number")
    assert card[3] <= 1 and all(how == "Index Scan" and rows <= 1 for _, how, _, rows in names), plan


@pytest.mark.parametrize(
    ("scope", "district", "index"),
    [
        (Scope("school", DISTRICT, SCHOOL), None, "issue_counts_pkey"),
        (Scope("district", DISTRICT), None, "issue_counts_of_district"),
        (CITY, DISTRICT, "issue_counts_of_district"),
        (CITY, None, "issue_counts_of_city"),
    ],
)
async def test_days_are_counted_from_an_index(
    database: Database, scope: Scope, district: str | None, index: str
) -> None:
    async with database.transaction(Caller(scope, ACTOR)) as tx:
        text, values = figures_queries.days_statement(date(2026, 1, 1), date(2026, 1, 30), None, district)
        plan = await explain(tx, text, *values)
        assert scanned(plan) == set() and indexes(plan) == {index}, plan


@pytest.mark.parametrize("planned", PLANNED)
@pytest.mark.parametrize("scope", [Scope("school", DISTRICT, SCHOOL), Scope("district", DISTRICT), CITY])
async def test_figures_of_one_school_are_added_up_from_its_own(
    database: Database, scope: Scope, planned: Planned
) -> None:
    """Also above a school: of four classes, each with cards of nine days."""
    first, last = date(2026, 1, 1), date(2026, 1, 30)
    async with database.transaction(Caller(scope, ACTOR)) as tx:
        for text, values in (
            figures_queries.days_statement(first, last, SCHOOL, None),
            figures_queries.schools_statement(first, last, SCHOOL),
            figures_queries.grades_statement(first, last, SCHOOL),
            figures_queries.states_statement(SCHOOL),
        ):
            plan = await explain(tx, text, *values, planned=planned, run=True)
            counts = [rows for table, *_, rows in reads(plan) if table.endswith("_counts")]
            assert counts and sum(counts) <= 40, reads(plan)


@pytest.mark.parametrize("planned", PLANNED)
async def test_issuing_and_steps_read_what_they_touch(database: Database, planned: Planned) -> None:
    async with database.transaction(Caller(WORKER, ACTOR)) as tx:
        plan = await explain(tx, issuing_queries.SQL["fetch_known_cards"], [b"x" * 32] * 500, planned=planned)
        assert scanned(plan) == set() and "cards_of_city_by_digest" in indexes(plan)
    async with database.transaction(Caller(Scope("district", DISTRICT), ACTOR)) as tx:
        plan = await explain(tx, lifecycle_queries.numbers_statement(), [NUMBER] * 100, planned=planned)
        assert "cards" not in scanned(plan)
        for search in (
            CardFilter(card_no=NUMBER),
            CardFilter(reader_id=UUID(int=5)),
            CardFilter(school_id=SCHOOL),
            CardFilter(physical="wanted"),
        ):
            text, values = lifecycle_queries.matching_statement(search, 5001)
            assert "cards" not in scanned(await explain(tx, text, *values, planned=planned)), search
        history = await explain(tx, lifecycle_queries.SQL["fetch_history"], SCHOOL, UUID(int=7), planned=planned)
        assert "cards" not in scanned(history)
        assert "cards_by_id" in indexes(history)
