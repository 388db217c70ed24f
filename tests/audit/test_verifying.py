"""One changed byte, one entry gone, one too many: each is found, and where."""

from typing import TypeAlias
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit import verifying
from services.audit.chain import Break, Entry, Head, Link, Walk
from services.audit.rules import entry_of
from services.audit.verifying import verify_chains
from shared.database import Database
from shared.tenancy import CITY, NO_SCHOOL, Caller, Scope
from tests.audit.story import TEACHER, district_opened, log, many_readers, reader_created

Administrator: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

SCHOOL = Scope("school", "500103", UUID(int=2**100))
BEFORE, AFTER = Scope("school", "500103", UUID(int=2**99)), Scope("school", "500103", UUID(int=2**101))

CHANGES = {
    "school_id": "school_id = '00000000-0000-0000-0000-0000000000ff'",
    "district": "district = '500106'",
    "occurred_at": "occurred_at = occurred_at + interval '1 microsecond'",
    "event_id": "event_id = '0192d3a0-0000-7000-8000-000000000001'",
    "recorded_at": "recorded_at = recorded_at + interval '1 microsecond'",
    "operator": "operator = operator || ' '",
    "actor_id": "actor_id = '0192d3a0-0000-7000-8000-0000000000ff'",
    "entity": "entity = 'card'",
    "fact": "fact = 'changed'",
    "subject_id": "subject_id = upper(subject_id) || 'x'",
    "reader_id": "reader_id = null",
    "batch_no": "batch_no = '1'",
    "body": "body = set_byte(body, 12, get_byte(body, 12) # 1)",
    "chain_seq": "chain_seq = 77",
    "hash": "hash = set_byte(hash, 31, get_byte(hash, 31) # 1)",
}


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "_PAGE", 7)


async def _verdicts(database: Database) -> tuple[Break | None, Break | None, Break | None]:
    """As the school, its district and the city see it."""
    scopes = (SCHOOL, Scope("district", "500103"), CITY)
    verdicts = [await verify_chains(database, Caller(scope, TEACHER)) for scope in scopes]
    assert all(verdict.intact == (verdict.first_broken is None) for verdict in verdicts)
    return verdicts[0].first_broken, verdicts[1].first_broken, verdicts[2].first_broken


async def _fill(database: Database) -> None:
    await log(database, [event for school in (BEFORE, SCHOOL, AFTER) for event in many_readers(school, 20)])
    await log(database, [district_opened("500103"), district_opened(None)])


async def test_a_change_in_any_column_is_found(database: Database, administrator: Administrator) -> None:
    await _fill(database)
    assert await _verdicts(database) == (None, None, None)
    columns = await administrator.fetch(
        "select attname from pg_attribute where attrelid = 'audit.log'::regclass and attnum > 0"
    )
    assert {row["attname"] for row in columns} == CHANGES.keys()
    for column, change in CHANGES.items():
        await administrator.execute("create table audit.kept as select * from audit.log")
        await administrator.execute(
            f"update audit.log set {change} where school_id = $1 and chain_seq = 9", SCHOOL.school_id
        )
        for broken in await _verdicts(database):
            assert broken is not None, column
            assert broken.chain_seq in (1, 9), column
        await administrator.execute(
            "delete from audit.log; insert into audit.log select * from audit.kept; drop table audit.kept"
        )
    assert await _verdicts(database) == (None, None, None)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("delete from audit.log where school_id = $1 and chain_seq = 1", ("missing", 1)),
        ("delete from audit.log where school_id = $1 and chain_seq = 9", ("missing", 9)),
        ("delete from audit.log where school_id = $1 and chain_seq = 20", ("missing", 20)),
        ("delete from audit.log where school_id = $1 and chain_seq > 5", ("missing", 6)),
        ("delete from audit.log where school_id = $1", ("missing", 1)),
        ("delete from audit.chain_heads where school_id = $1", ("missing", 21)),
        ("update audit.chain_heads set seq = 21 where school_id = $1", ("missing", 21)),
    ],
)
async def test_what_is_gone_is_found(
    database: Database, administrator: Administrator, statement: str, expected: tuple[str, int]
) -> None:
    await _fill(database)
    await administrator.execute(statement, SCHOOL.school_id)
    for broken in await _verdicts(database):
        assert broken is not None
        assert (broken.school_id, broken.reason, broken.chain_seq) == (SCHOOL.school_id, *expected)


@pytest.mark.parametrize("seq", [1, 7, 8, 20, 21])
async def test_what_was_added_is_found(database: Database, administrator: Administrator, seq: int) -> None:
    """Even at the end of a chain, rightly hashed: the end that is kept does not know it."""
    await _fill(database)
    row = await administrator.fetchrow("select seq, hash from audit.chain_heads where school_id = $1", SCHOOL.school_id)
    assert row is not None
    event = reader_created(SCHOOL)
    forged = Head(row["seq"], row["hash"]).follow(entry_of(event, event.time))
    await administrator.execute(
        "insert into audit.log select school_id, district, $2, $3, $2, 'teacher-a', $4, 'reader', 'created', $5::text, "
        "$5::text::uuid, null, $6, $7, $8 from audit.log where school_id = $1 limit 1",
        SCHOOL.school_id,
        event.time,
        event.id,
        TEACHER.id,
        event.subject_id,
        event.body,
        seq,
        forged.hash,
    )
    for broken in await _verdicts(database):
        assert broken is not None
        assert (broken.school_id, broken.chain_seq) == (SCHOOL.school_id, seq)
        assert broken.reason in ("added", "changed") if seq <= 20 else broken.reason == "added"


async def test_a_rewritten_end_is_found(database: Database, administrator: Administrator) -> None:
    """The last entry changed and hashed anew: it fits its chain, but not the end that is kept."""
    await log(database, many_readers(SCHOOL, 1))
    row = await administrator.fetchrow("select * from audit.log")
    assert row is not None
    values = {name: value for name, value in row.items() if name not in ("chain_seq", "hash")}
    rewritten = Head().follow(Entry(**(values | {"operator": "nobody"})))
    await administrator.execute("update audit.log set operator = 'nobody', hash = $1", rewritten.hash)
    broken = (await verify_chains(database, Caller(SCHOOL, TEACHER))).first_broken
    assert broken is not None
    assert (broken.reason, broken.chain_seq) == ("changed", 1)


async def test_a_chain_without_school_is_checked_too(database: Database, administrator: Administrator) -> None:
    await _fill(database)
    await administrator.execute(
        "update audit.log set operator = 'x' where school_id = $1 and district = '500103'", NO_SCHOOL
    )
    of_school, of_district, of_city = await _verdicts(database)
    assert of_school is None
    assert of_district == of_city
    assert of_city is not None
    assert (of_city.school_id, of_city.district, of_city.chain_seq) == (NO_SCHOOL, "500103", 1)


@given(sizes=st.lists(st.integers(1, 6), min_size=1, max_size=5), cuts=st.data())
def test_pages_of_any_size_find_the_same(sizes: list[int], cuts: st.DataObject) -> None:
    links = [link for number, size in enumerate(sizes) for link in _chain(number + 1, size)]
    harmed = cuts.draw(st.none() | st.integers(0, len(links) - 1))
    if harmed is not None:
        del links[harmed]
    whole = Walk()
    expected = whole.check(links) or whole.finish()
    paged = Walk()
    found: Break | None = None
    while links and found is None:
        size = cuts.draw(st.integers(1, len(links)))
        found = paged.check(links[:size])
        links = links[size:]
    found = found or paged.finish()
    assert found == expected
    assert paged.entries == whole.entries
    lone = harmed is not None and _is_whole_chain(sizes, harmed)
    # A chain that is gone altogether is found by its kept end, not by walking.
    assert (found is not None) == (harmed is not None and not lone)


def _chain(school: int, size: int) -> list[Link]:
    scope = Scope("school", "500103", UUID(int=school))
    head = Head()
    entries: list[tuple[Entry, Head]] = []
    for event in many_readers(scope, size):
        entry = entry_of(event, event.time)
        head = head.follow(entry)
        entries.append((entry, head))
    return [Link(entry=entry, seq=after.seq, hash=after.hash, head=head) for entry, after in entries]


def _is_whole_chain(sizes: list[int], harmed: int) -> bool:
    for size in sizes:
        if harmed < size:
            return size == 1
        harmed -= size
    return False
