"""Row-level security as every service gets it: the scope decides, and without one there is nothing."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.database import Database, service_url
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import CITY, NO_SCHOOL, WORKER, Scope, ScopeKind
from tests.kernel.notes import DISTRICT, SERVICE, A, Administrator, B, C, bodies, caller, insert
from tests.waiting import eventually


@pytest.fixture
async def filled(database: Database) -> Database:
    for scope, body in ((A, "a"), (B, "b"), (C, "c")):
        await database.run(caller(scope), insert, body)
    return database


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (A, ["a"]),
        (B, ["b"]),
        (DISTRICT, ["a", "b"]),
        (Scope("district", "500106"), ["c"]),
        (Scope("district", "500999"), []),
        (Scope("school", "500103", uuid4()), []),
        (CITY, ["a", "b", "c"]),
        (WORKER, ["a", "b", "c"]),
    ],
)
async def test_each_scope_sees_its_own(filled: Database, scope: Scope, seen: list[str]) -> None:
    assert await filled.run(caller(scope), bodies) == seen


@pytest.mark.parametrize("kind", ["school", "district"])
async def test_a_role_without_a_tenant_sees_nothing(
    filled: Database, database_alone: Settings, secrets: Secrets, kind: str
) -> None:
    connection = await asyncpg.connect(service_url(SERVICE, database_alone, secrets))
    try:
        await connection.execute(f"set role sc_{SERVICE}_{kind}")
        assert await connection.fetchval(f"select count(*) from {SERVICE}.notes") == 0
        # What set_config leaves behind after a transaction is an empty text, not NULL.
        async with connection.transaction():
            await connection.execute("select set_config('sc.school_id', '', true), set_config('sc.district', '', true)")
            assert await connection.fetchval(f"select count(*) from {SERVICE}.notes") == 0
        assert await connection.fetchval(f"select count(*) from {SERVICE}.notes") == 0
    finally:
        await connection.close()


async def test_a_school_writes_nothing_of_another(filled: Database) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await filled.run(caller(A), insert, "forged", None, B)

    async def take_over(tx: object) -> str:
        answer: str = await tx.connection.execute("update notes set body = 'mine'")  # type: ignore[attr-defined]
        return answer

    assert await filled.run(caller(A), take_over) == "UPDATE 1"
    assert await filled.run(caller(B), bodies) == ["b"]


async def test_a_row_cannot_be_given_away(filled: Database) -> None:
    async with filled.transaction(caller(A)) as tx:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.connection.execute("update notes set school_id = $1", B.school_id)
        await tx.connection.execute("rollback; begin")


@pytest.mark.parametrize("scope", [DISTRICT, CITY])
async def test_who_may_read_may_not_write(filled: Database, scope: Scope) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await filled.run(caller(scope), insert, "x", None, A)


@pytest.mark.parametrize(
    ("kind", "district", "school_id"),
    [
        ("school", "500103", None),
        ("school", None, uuid4()),
        ("district", None, None),
        ("district", "500103", uuid4()),
        ("city", "500103", None),
        ("worker", None, NO_SCHOOL),
        ("district", "50010", None),
        ("district", "5001033", None),
        ("district", "50010x", None),
        ("district", "５００１０３", None),
        ("district", "'||1=1", None),
        ("district", "", None),
    ],
)
def test_a_scope_that_says_too_little_or_too_much_is_none(
    kind: ScopeKind, district: str | None, school_id: UUID | None
) -> None:
    with pytest.raises(ValueError, match="scope|district"):
        Scope(kind, district, school_id)


@pytest.fixture
async def one_connection(database_alone: Settings, secrets: Secrets, filled: Database) -> "Database":
    import_settings = Settings(
        database_url=database_alone.database_url,
        nats_url="",
        secrets=database_alone.secrets,
        pool_size=1,
        pool_timeout=5,
    )
    return await Database.open(SERVICE, import_settings, secrets)


async def _left_behind(database: Database) -> tuple[str, str, str]:
    """What the next to use the pool's one connection would find, before a scope is taken."""
    async with database._pool.acquire() as connection:
        row = await connection.fetchrow(
            "select current_user::text as role, coalesce(current_setting('sc.school_id', true), '') as school,"
            " coalesce(current_setting('sc.district', true), '') as district"
        )
        assert row is not None
        assert not connection.is_in_transaction()
        return row["role"], row["school"], row["district"]


NOTHING = (f"sc_{SERVICE}", "", "")


async def test_nothing_stays_on_a_connection_that_goes_back(one_connection: Database) -> None:
    for scope in (A, DISTRICT, CITY):
        await one_connection.run(caller(scope), bodies)
        assert await _left_behind(one_connection) == NOTHING
    await one_connection.close()


async def test_nothing_stays_after_an_error(one_connection: Database) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await one_connection.run(caller(A), insert, "indecent")
    assert await _left_behind(one_connection) == NOTHING
    assert await one_connection.run(caller(B), bodies) == ["b"]
    await one_connection.close()


async def test_nothing_stays_of_what_was_cancelled_wherever_it_was(
    one_connection: Database, administrator: Administrator
) -> None:
    """A client that goes away cancels its request at any await: while a transaction opens, works or commits."""

    async def write(tx: object) -> None:
        await insert(tx, "half")  # type: ignore[arg-type]
        await insert(tx, "done")  # type: ignore[arg-type]

    await one_connection.run(caller(A), bodies)
    for steps in range(60):
        task = asyncio.create_task(one_connection.run(caller(A), write))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await _left_behind(one_connection) == NOTHING
        assert await one_connection.run(caller(B), bodies) == ["b"]
    counts = await administrator.fetchrow(
        "select count(*) filter (where body = 'half') as half, count(*) filter (where body = 'done') as done from notes"
    )
    assert counts is not None and counts["half"] == counts["done"]

    async def none_is_left_open() -> bool:
        """A server takes a moment to see that a connection was dropped in the middle of a transaction."""
        left = await administrator.fetchval(
            "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in tr%'"
        )
        return bool(left == 0)

    await eventually(none_is_left_open)
    await one_connection.close()


async def test_a_connection_that_is_killed_is_replaced(one_connection: Database, administrator: Administrator) -> None:
    async def die(tx: object) -> None:
        await insert(tx, "lost")  # type: ignore[arg-type]
        pid = await tx.connection.fetchval("select pg_backend_pid()")  # type: ignore[attr-defined]
        await administrator.execute("select pg_terminate_backend($1, 10000)", pid)
        await bodies(tx)  # type: ignore[arg-type]

    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.InterfaceError)):
        await one_connection.run(caller(A), die)
    assert await one_connection.run(caller(A), bodies) == ["a"]
    await one_connection.close()
