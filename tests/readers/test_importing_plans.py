"""Statements of imports use their indexes in a large batch that no statistics know of yet."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.readers.importing_queries import SQL
from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import WORKER, Actor, Caller, Scope
from tests.query_plan import PLANNED, Planned, explain, fill, index_conditions, indexes, scanned
from tests.readers.importing import Administrator

SCHOOL, FRESH = UUID(int=1234), "1800000000000"
TEACHER = Actor(UUID(int=1), "teacher")

# 4,000 imports of 2,000 schools: of most the effects are erased, of a few they are due.
FILL = (
    """
    insert into readers.imports (school_id, district, batch_no, status, filename, format, total, new, changed,
        unchanged, rejected, opened_by, opened_at, confirmed_at, erased_at, effects_erased_at)
    select lpad(to_hex(school), 32, '0')::uuid, (500100 + school % 40)::text, (1700000000000 + school * 10 + n)::text,
        'running', 'x', 'xlsx', 20, 20, 0, 0, 0, 'teacher', timestamptz '2026-01-01',
        timestamptz '2026-01-01' + case when school between 6 and 200 then interval '6 months' else interval '0' end,
        timestamptz '2026-01-02', case when school > 200 then timestamptz '2026-02-02' end
    from generate_series(1, 2000) school, generate_series(1, 2) n
    """,
    """
    insert into readers.import_rows (school_id, district, batch_no, item_no, row, outcome, id_digest)
    select school_id, district, batch_no, item_no, item_no::text, 'new', sha256((batch_no || item_no)::bytea)
    from readers.imports, generate_series(1, 20) item_no
    """,
    """
    insert into readers.import_chunks (school_id, district, batch_no, first, last, done)
    select school_id, district, batch_no, 1, 20, true from readers.imports
    """,
    """
    insert into readers.import_effects (school_id, district, batch_no, item_no, reader_id, mark)
    select school_id, district, batch_no, item_no, gen_random_uuid(), sha256('x')
    from readers.imports, generate_series(1, 20) item_no where effects_erased_at is null
    """,
)
LARGE = """
    insert into readers.import_rows (school_id, district, batch_no, item_no, row, outcome, id_digest)
    select $1, '500134', $2, item_no, item_no::text, 'new', sha256(item_no::text::bytea)
    from generate_series(1, 50000) item_no
"""


@pytest.fixture
async def database(database_url: str, secrets: Secrets, administrator: Administrator) -> AsyncIterator[Database]:
    """Statistics of many small imports, and then one of 50,000 rows."""
    for table in ("imports", "import_rows", "import_chunks", "import_effects"):
        await administrator.execute(f"alter table readers.{table} set (autovacuum_enabled = false)")
    await fill(database_url, *FILL)
    await administrator.execute(LARGE, SCHOOL, FRESH)
    settings = Settings(database_url=database_url, nats_url="nats://127.0.0.1:1", secrets=secrets.folder)
    database = await Database.open("readers", settings, secrets)
    yield database
    await database.close()


@pytest.mark.parametrize("planned", PLANNED)
async def test_some_rows_of_a_fresh_batch_are_changed_without_reading_all(database: Database, planned: Planned) -> None:
    items = list(range(20_001, 20_501))
    nothing: list[Any] = [None] * len(items)
    async with database.transaction(Caller(Scope("school", "500134", SCHOOL), TEACHER)) as tx:
        for name, values in {
            "update_rows": (items, ["new"] * len(items), *[nothing] * 6, items[0], items[-1]),
            "mark_failed": (items, ["x"] * len(items), items[0], items[-1]),
        }.items():
            plan = await explain(tx, SQL[name], FRESH, *values, planned=planned)
            assert scanned(plan) == set(), (name, plan)
            assert "item_no" in index_conditions(plan)["import_rows_pkey"], (name, plan)


@pytest.mark.parametrize("planned", PLANNED)
async def test_effects_to_erase_are_found_without_looking_at_all_imports(database: Database, planned: Planned) -> None:
    async with database.transaction(Caller(WORKER, TEACHER)) as tx:
        plan = await explain(tx, SQL["erase_effects"], datetime(2026, 2, 1, tzinfo=UTC), tx.now, planned=planned)
        assert "imports_with_effects" in indexes(plan), plan
        assert scanned(plan) == set(), plan
