"""What guardians and schools ask of registrations uses indexes in tables of many schools."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from services.readers import consenting_queries
from services.readers import registering_queries as queries
from services.readers.registering_queries import SQL
from shared.database import Database, Transaction
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import WORKER, Caller, Scope, system_actor
from tests.query_plan import PLANNED, Planned, explain, fill, indexes, reads, scanned

SCHOOL = UUID(int=1234)
DISTRICT = "500134"

FILL = (
    """
    insert into readers.registration_links (school_id, district, id, token_digest, created_by, created_at, expires_at)
    select lpad(to_hex(school), 32, '0')::uuid, (500100 + school % 40)::text, lpad(to_hex(school), 32, '0')::uuid,
        sha256(('token' || school)::bytea), 'somebody', now(), now() + interval '30 days'
    from generate_series(1, 2000) school
    """,
    """
    insert into readers.registrations (school_id, district, id, link_id, receipt_digest, first_digest, id_digest,
        sealed, text_version, text_digest, signature_digest, signed_at, status, submitted_at, updated_at)
    select school_id, district, gen_random_uuid(), id, sha256((id::text || number)::bytea), '',
        sha256(number::text::bytea), 'x', 1, '', '', now(),
        case when number % 5 = 0 then 'rejected' else 'submitted' end,
        timestamptz '2026-09-01' + number * interval '1 minute', now()
    from readers.registration_links, generate_series(1, 50) number
    """,
    "update readers.registrations set reason = 'x' where status = 'rejected'",
    """
    insert into readers.readers (school_id, district, id, name, home_district, sealed, id_digest, id_tail, created_at,
        updated_at)
    select school_id, district, gen_random_uuid(), '赵一', '500103', '', sha256(number::text::bytea), '', now(), now()
    from readers.registration_links, generate_series(1, 30) number
    """,
    """
    insert into readers.consents (school_id, district, id, reader_id, consent_version, how, relation, signed_at,
        text_version, text_digest, signature_digest, sealed, receipt_digest, recorded_by, recorded_at)
    select school_id, district, gen_random_uuid(), id, 1, 'phone', 'mother', now(), 1, '', '', '',
        sha256(id::text::bytea), 'somebody', now()
    from readers.readers
    """,
)


@pytest.fixture(scope="module")
async def url(template_database: Any) -> AsyncIterator[str]:
    """100,000 registrations of 2,000 schools, only looked at."""
    async with template_database.clone() as url:
        # Constraints the shortened rows do not meet are not what is looked at here.
        await fill(url, "alter table readers.registrations drop constraint rejected_says_why", *FILL)
        yield url


@pytest.fixture(scope="module")
async def database(url: str, secrets: Secrets) -> AsyncIterator[Database]:
    settings = Settings(database_url=url, nats_url="nats://127.0.0.1:1", secrets=secrets.folder)
    database = await Database.open("readers", settings, secrets)
    yield database
    await database.close()


def caller(kind: Any) -> Caller:
    return Caller(Scope(kind, DISTRICT, SCHOOL), system_actor("test"))


@pytest.mark.parametrize("planned", PLANNED)
@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (queries.page_statement("submitted", None, None, 50, 0), "registrations_by_time"),
        (queries.count_statement("submitted", None, None), "registrations_by_time"),
        (queries.page_statement(None, None, SCHOOL, 50, 0), "registrations_by_link"),
        ((SQL["count_by_link"], [[SCHOOL]]), "registrations_by_link"),
        (queries.links_statement(None, 50, 0), "registration_links_pkey"),
    ],
)
async def test_a_schools_lists(
    database: Database, statement: tuple[str, list[object]], index: str, planned: Planned
) -> None:
    async def plan(tx: Transaction) -> dict[str, Any]:
        text, values = statement
        return await explain(tx, text, *values, planned=planned)

    found = await database.run(caller("school"), plan)
    assert not scanned(found) & {"registrations", "registration_links", "readers"}
    assert index in indexes(found)


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("fetch_own", {"one_registration_per_receipt", "registrations_of_all_by_receipt"}),
        ("withdraw_own_consent", {"consents_by_receipt", "one_consent_in_force_per_receipt"}),
    ],
)
async def test_what_a_receipt_leads_to(database: Database, statement: str, index: set[str]) -> None:
    """One probe, whichever of two indexes that find one row each."""

    async def plan(tx: Transaction) -> dict[str, Any]:
        more = () if statement == "fetch_own" else (tx.now, "somebody", "")
        return await explain(tx, SQL[statement], b"d" * 32, *more, planned="general")

    found = await database.run(caller("guardian"), plan)
    assert not scanned(found) & {"registrations", "consents", "readers"}
    assert index & indexes(found)


async def test_whose_consents_a_merge_moves(database: Database) -> None:
    async def plan(tx: Transaction) -> dict[str, Any]:
        return await explain(tx, SQL["fetch_signed_for_others"], [b"d" * 32], [SCHOOL])

    found = await database.run(caller("school"), plan)
    assert not scanned(found) & {"consents"}
    assert {"consents_by_receipt", "one_consent_in_force_per_receipt"} & indexes(found)


async def test_how_many_wait_at_a_link(url: str) -> None:
    """The function's own statement, as the owner in whose name it runs."""
    connection = await asyncpg.connect(url)
    try:
        body = await connection.fetchval("select prosrc from pg_proc where proname = 'presented_is_full'")
        await connection.execute(f"set role sc_owner; set search_path = readers; set sc.school_id = '{SCHOOL}'")
        statement = body.replace("most", "6000")
        plan = msgspec.json.decode(await connection.fetchval(f"explain (format json) {statement}"))[0]["Plan"]
    finally:
        await connection.close()
    assert not scanned(plan)
    assert "registrations_by_link" in indexes(plan)


async def test_a_readers_consents(database: Database) -> None:
    async def plan(tx: Transaction) -> dict[str, Any]:
        return await explain(tx, consenting_queries.SQL["fetch_consents"], SCHOOL, planned="general")

    found = await database.run(caller("school"), plan)
    assert indexes(found) == {"consents_by_reader"}


@pytest.mark.parametrize(
    ("function", "index"),
    [("school_of_link", "registration_links_by_token"), ("school_of_receipt", "registrations_of_all_by_receipt")],
)
async def test_whose_it_is(url: str, function: str, index: str) -> None:
    """The functions' own statements, as the owner in whose name they run."""
    connection = await asyncpg.connect(url)
    try:
        body = await connection.fetchval("select prosrc from pg_proc where proname = $1", function)
        await connection.execute(
            "set role sc_owner; set search_path = readers; set plan_cache_mode = force_generic_plan"
        )
        statement = body.replace("= digest", "= $1")
        plan = msgspec.json.decode(await connection.fetchval(f"explain (format json) {statement}", b"d" * 32))[0][
            "Plan"
        ]
    finally:
        await connection.close()
    assert indexes(plan) == {index}


LONG_MERGED = """
    update readers.registrations set status = 'merged', reader_id = gen_random_uuid(), sealed = '',
        updated_at = now() - interval '1 year';
    insert into readers.consents (school_id, district, id, reader_id, consent_version, how, relation, signed_at,
        text_version, text_digest, signature_digest, sealed, receipt_digest, recorded_by, recorded_at, withdrawn_at,
        withdrawn_by)
    select g.school_id, g.district, gen_random_uuid(), r.id, 1, 'phone', 'mother', now(), 1, '', '', '',
        g.receipt_digest, 'somebody', now(), now(), 'somebody'
    from readers.registrations g
    join (select distinct on (school_id) school_id, id from readers.readers) r on r.school_id = g.school_id;
    update readers.registrations g set consent_gone = true, sealed = 'x'
    from (select id from readers.registrations limit 1) one where g.id = one.id;
    analyze readers.registrations, readers.consents;
    set local role sc_readers_worker;
    set local search_path = readers
"""


async def test_retention_does_not_walk_past_what_stays(url: str) -> None:
    """A hundred thousand merged and emptied long ago: one may be due, and is not emptied."""
    connection = await asyncpg.connect(url)
    changed = connection.transaction()
    await changed.start()
    try:
        await connection.execute(LONG_MERGED)
        tx = Transaction(connection, "readers", Caller(WORKER, system_actor("test")))
        for name in ("erase_registrations", "empty_registrations"):
            bounds = tx.now - timedelta(days=30), tx.now - timedelta(days=180)
            plan = await explain(tx, SQL[name], *bounds, planned="general", run=True)
            assert sum(rows for *_, rows in reads(plan)) < 200, (name, reads(plan))
    finally:
        await changed.rollback()
        await connection.close()
