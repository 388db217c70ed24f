"""Readers of a status that many have, far along time: found by the counts, in order, past all the others."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.readers import of_status_queries, queries, rules, searching
from services.readers.of_status_queries import BEFORE_ALL, Key, Order
from services.readers.schemas import ReaderFilter, Sort, Status
from services.readers.sealing import Sealer
from shared.database import Database, Transaction
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import CITY, Actor, Caller, Scope
from tests.query_plan import PLANNED, Planned, explain, fill, reads

FILL = (
    """
    insert into readers.classes (school_id, district, class_id, grade_id, name, disabled, sort_order, version)
    select lpad(to_hex(school), 32, '0')::uuid, (500100 + school % 40)::text, lpad(to_hex(school), 32, '0')::uuid,
        lpad(to_hex(school), 32, '0')::uuid, '1班', false, 1, 1
    from generate_series(1, 800) school
    """,
    # One school after the other; the first half has cards, the second waits, and in each are a few of the others.
    """
    insert into readers.readers (school_id, district, id, class_id, name, home_district, sealed, id_digest, id_tail,
        status, card_no, created_at, updated_at)
    select school_id, district, gen_random_uuid(), case when number % 20 > 0 then class_id end, '赵一', '500103',
        '\\x00', sha256((class_id::text || number)::bytea), '', status,
        case when status = 'carded' then left(hashtextextended(class_id::text || number, 0)::text, 15) end,
        timestamptz '2026-09-01' + school * interval '10 minutes' + number * interval '1 second', now()
    from (
        select c.*, ('x' || right(c.school_id::text, 8))::bit(32)::int as school from readers.classes c
    ) c, generate_series(1, 60) number, lateral (
        select case when (school < 400) = (school % 50 > 0 or number <> 7) then 'carded' else 'pending' end as status
    ) s
    """,
)
PLACES: dict[str, Scope] = {"city": CITY, "district": Scope("district", "500103")}
SORTS: dict[Order, Sort] = {"oldest": "created_at", "newest": "-created_at"}


@pytest.fixture(scope="module")
async def url(template_database: Any) -> AsyncIterator[str]:
    """48,000 readers of 800 schools, only looked at."""
    async with template_database.clone() as url:
        await fill(url, *FILL)
        yield url


@pytest.fixture(scope="module")
async def database(url: str, secrets: Secrets) -> AsyncIterator[Database]:
    settings = Settings(database_url=url, nats_url="nats://127.0.0.1:1", secrets=secrets.folder)
    database = await Database.open("readers", settings, secrets)
    yield database
    await database.close()


def caller(kind: str) -> Caller:
    return Caller(PLACES[kind], Actor(UUID(int=1), "somebody"))


async def in_order(tx: Transaction, status: Status, order: Order, district: str | None = None) -> list[asyncpg.Record]:
    """All of them, as reading every reader finds them."""
    found = await tx.connection.fetch(
        "select id, created_at from readers where status = $1 and ($2::text is null or district = $2)"
        f" order by created_at {'desc' if order == 'newest' else ''}, id",
        status,
        district,
    )
    assert found
    return found


@pytest.mark.parametrize("order", list(SORTS))
@pytest.mark.parametrize("status", ["pending", "carded"])
async def test_pages_are_those_of_all(database: Database, sealer: Sealer, status: Status, order: Order) -> None:
    async with database.transaction(caller("city")) as tx:
        everybody = await in_order(tx, status, order)
        assert len(everybody) > rules.MOST_NAMED
        for skipped, size in ((0, 50), (4_950, 50), (10_000, 200)):
            found = await searching.find(tx, sealer, ReaderFilter(status=status), skipped + size, order=order)
            assert found is not None
            rows = await queries.fetch_page(tx.connection, found, SORTS[order], size, skipped)
            assert [row["id"] for row in rows] == [row["id"] for row in everybody[skipped : skipped + size]]


@pytest.mark.parametrize(("kind", "district"), [("city", None), ("city", "500103"), ("district", None)])
@pytest.mark.parametrize("status", ["pending", "carded"])
async def test_exports_have_everybody_once(
    database: Database, sealer: Sealer, kind: str, district: str | None, status: Status
) -> None:
    async with database.transaction(caller(kind)) as tx:
        seen: list[UUID] = []
        last: Key | None = None
        while True:
            search = ReaderFilter(status=status, district=district)
            found = await searching.find(tx, sealer, search, 2001, order="oldest", after=last or BEFORE_ALL)
            assert found is not None
            rows = (await queries.fetch_after(tx.connection, found, last, 2001))[:2000]
            seen += [row["id"] for row in rows]
            if len(rows) < 2000:
                break
            last = rows[-1]["created_at"], rows[-1]["id"]
        assert seen == [row["id"] for row in await in_order(tx, status, "oldest", district)]


@pytest.mark.parametrize("planned", PLANNED)
async def test_far_along_time_the_others_are_not_walked_past(database: Database, planned: Planned) -> None:
    """Of those who came first all have cards but a few; those who wait came last."""
    async with database.transaction(caller("city")) as tx:
        first = (await in_order(tx, "pending", "oldest"))[3]
        far: list[tuple[Status, Order, Key]] = [
            ("pending", "oldest", BEFORE_ALL),
            ("pending", "oldest", (first["created_at"], first["id"])),
            ("carded", "newest", BEFORE_ALL),
        ]
        for status, order, key in far:
            place = status, None, order, key, 100
            assert not await of_status_queries.are_near(tx.connection, *place, rules.steps(100))
            text, values = of_status_queries.first_statement(*place)
            read = reads(await explain(tx, text, *values, planned=planned, run=True))
            assert sum(rows for table, *_, rows in read if table == "readers") < 1_500, (status, order, read)
            assert {index for table, _, index, _ in read if table == "readers"} == {"readers_by_class"}, read
        for status, order in (("carded", "oldest"), ("pending", "newest")):
            assert await of_status_queries.are_near(tx.connection, status, None, order, BEFORE_ALL, 50, 5_000)


OUTSIDE = """
    select c.school_id, c.class_id, c.status from readers.reader_counts c
    join readers.readers r on r.school_id = c.school_id and r.status = c.status
        and coalesce(r.class_id, '00000000-0000-0000-0000-000000000000') = c.class_id
    where r.created_at not between c.first_at and c.last_at
"""
WRONG = """
    select school_id, class_id, status, c.readers, r.readers from readers.reader_counts c full join (
        select school_id, coalesce(class_id, '00000000-0000-0000-0000-000000000000') as class_id, status,
            count(*) as readers from readers.readers group by 1, 2, 3
    ) r using (school_id, class_id, status)
    where coalesce(c.readers, 0) <> coalesce(r.readers, 0)
"""


@pytest.mark.parametrize(
    "change",
    [
        # As many come as leave: the first and the last of those who wait change places.
        """
        update readers.readers r set class_id = o.class_id, school_id = o.school_id, district = o.district
        from readers.readers o, (
            select min(created_at) as first, max(created_at) as last from readers.readers
            where status = 'pending' and class_id is not null
        ) e
        where (r.created_at, o.created_at) in ((e.first, e.last), (e.last, e.first))
        """,
        "update readers.readers set status = 'returned', reason = 'x' where status = 'pending'",
        "update readers.readers set class_id = null where school_id = lpad(to_hex(450), 32, '0')::uuid",
        "delete from readers.readers where status = 'pending'",
        "update readers.readers set name = '赵二' where status = 'pending'",
    ],
)
async def test_nobody_is_outside_the_time_that_the_counts_tell(url: str, change: str) -> None:
    connection = await asyncpg.connect(url)
    changed = connection.transaction()
    await changed.start()
    try:
        done = await connection.execute(change)
        assert int(done.split()[-1]) > 1
        assert not await connection.fetch(WRONG)
        assert not await connection.fetch(OUTSIDE)
    finally:
        await changed.rollback()
        await connection.close()


async def test_who_comes_where_nobody_was_left_begins_anew(url: str) -> None:
    """Else a class would for ever be looked into for those who left it long ago."""
    connection = await asyncpg.connect(url)
    changed = connection.transaction()
    await changed.start()
    try:
        await connection.execute(
            "update readers.readers set status = 'approved' where status = 'pending';"
            "update readers.readers set status = 'pending'"
            " where created_at = (select max(created_at) from readers.readers)"
        )
        row = await connection.fetchrow(
            "select readers, first_at = last_at as is_narrow from readers.reader_counts"
            " where status = 'pending' and readers > 0"
        )
        assert row is not None and dict(row) == {"readers": 1, "is_narrow": True}
        assert not await connection.fetch(OUTSIDE)
    finally:
        await changed.rollback()
        await connection.close()
