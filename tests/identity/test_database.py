"""What the database itself refuses, whatever the service would ask of it."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.identity.bootstrap import DemoCity
from services.identity.sweeping import sweep
from shared.database import Database, Transaction
from shared.tenancy import CITY, NO_SCHOOL, WORKER, Caller, Scope, system_actor

TENANT_TABLES = ("schools", "users", "credentials", "sessions", "refresh_tokens")
DISTRICT = Scope("district", "500103")


@pytest.fixture
async def school(demo: DemoCity) -> Scope:
    return Scope("school", "500103", demo.schools["teacher-a"])


@pytest.fixture
async def admin(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def fetch(database: Database, scope: Scope, statement: str, *values: object) -> list[asyncpg.Record]:
    async def run(tx: Transaction) -> list[asyncpg.Record]:
        return await tx.connection.fetch(statement, *values)

    return await database.run(Caller(scope, system_actor("test")), run)


async def user_ids(database: Database, demo: DemoCity) -> dict[str, UUID]:
    return {row["username"]: row["id"] for row in await fetch(database, CITY, "select username, id from users")}


async def test_row_level_security_is_enabled_and_forced(admin: "asyncpg.Connection[asyncpg.Record]") -> None:
    rows = await admin.fetch(
        "select relname, relrowsecurity, relforcerowsecurity from pg_class"
        " where relnamespace = 'identity'::regnamespace and relkind = 'r'"
    )
    forced = {row["relname"] for row in rows if row["relrowsecurity"] and row["relforcerowsecurity"]}
    assert {*TENANT_TABLES, "usernames", "school_names"} <= forced


async def test_without_a_scope_there_is_nothing(database: Database, demo: DemoCity) -> None:
    async with database._pool.acquire() as connection:
        for table in (*TENANT_TABLES, "usernames", "school_names", "login_attempts", "city"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"select 1 from {table}")


async def test_a_school_sees_itself(database: Database, school: Scope) -> None:
    assert [row["school_id"] for row in await fetch(database, school, "select school_id from schools")] == [
        school.school_id
    ]
    assert [row["username"] for row in await fetch(database, school, "select username from users")] == ["teacher-a"]


@pytest.mark.parametrize("table", ["credentials", "sessions", "refresh_tokens", "usernames", "login_attempts"])
async def test_a_school_sees_nothing_of_logging_in(database: Database, school: Scope, table: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetch(database, school, f"select 1 from {table}")


@pytest.mark.parametrize("scope", [DISTRICT, CITY])
async def test_admins_read_no_password_hash(database: Database, demo: DemoCity, scope: Scope) -> None:
    for statement in ("select password_hash from credentials", "select digest from refresh_tokens"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await fetch(database, scope, statement)


async def test_a_district_sees_itself(database: Database, demo: DemoCity) -> None:
    schools = await fetch(database, DISTRICT, "select school_id from schools")
    assert {row["school_id"] for row in schools} == {demo.schools["teacher-a"], demo.schools["teacher-c"]}
    for table in ("users", "schools"):
        assert not await fetch(database, DISTRICT, f"select 1 from {table} where district <> '500103'")


async def test_a_district_changes_no_colleague_and_no_other_district(database: Database, demo: DemoCity) -> None:
    ids = await user_ids(database, demo)
    for username in ("district-500103", "district-500106", "teacher-b", "city"):
        changed = await fetch(
            database, DISTRICT, "update users set disabled = true where id = $1 returning id", ids[username]
        )
        assert not changed
        changed = await fetch(
            database,
            DISTRICT,
            "update credentials set password_hash = '$argon2id$x' where user_id = $1 returning user_id",
            ids[username],
        )
        assert not changed


@pytest.mark.parametrize(
    ("school_id", "district", "scope"),
    [
        (NO_SCHOOL, "500103", "district"),
        (NO_SCHOOL, "000000", "city"),
        (uuid4(), "500106", "school"),
    ],
)
async def test_a_district_opens_no_other_users(
    database: Database, demo: DemoCity, school_id: UUID, district: str, scope: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetch(
            database,
            DISTRICT,
            "insert into users (school_id, district, id, username, display_name, scope, created_at, updated_at)"
            " values ($1, $2, $3, 'mallory', 'M', $4, now(), now())",
            school_id,
            district,
            uuid4(),
            scope,
        )


@pytest.mark.parametrize(
    "statement",
    [
        "insert into schools (school_id, district, name, name_key, stage, created_at, updated_at)"
        " values (gen_random_uuid(), '500103', 'x', 'x', 'primary', now(), now())",
        "update schools set disabled = true",
        "update users set disabled = true",
        "update users set scope = 'city'",
        "insert into usernames values ('mallory', gen_random_uuid(), gen_random_uuid())",
        "delete from users",
        "delete from credentials",
        "insert into city (demo) values (true)",
    ],
)
@pytest.mark.parametrize("kind", ["school", "worker"])
async def test_logging_in_and_schools_change_no_users(
    database: Database, school: Scope, statement: str, kind: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetch(database, school if kind == "school" else WORKER, statement)


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (
            "update users set scope = 'district' where username = 'teacher-a'",
            "school_users_and_no_others_have_a_school",
        ),
        ("update users set scope = 'district' where username = 'city'", "city_users_and_no_others_lack_a_district"),
        ("update users set scope = 'x' where username = 'district-500103'", "scope_is_known"),
        ("update credentials set password_hash = 'schoolcard-demo'", "password_is_hashed"),
        ("update schools set stage = 'university'", "stage_is_known"),
    ],
)
async def test_invariants(
    admin: "asyncpg.Connection[asyncpg.Record]", demo: DemoCity, statement: str, constraint: str
) -> None:
    await admin.execute("set search_path = identity")
    with pytest.raises(asyncpg.CheckViolationError) as caught:
        await admin.execute(statement)
    assert caught.value.constraint_name == constraint


async def test_old_sessions_are_swept(
    database: Database, admin: "asyncpg.Connection[asyncpg.Record]", demo: DemoCity
) -> None:
    await admin.execute("set search_path = identity")
    for hours in (-30, -1, 1):
        values: list[Any] = [demo.schools["teacher-a"], uuid4(), hours]
        await admin.execute(
            "insert into sessions (school_id, district, id, user_id, opened_at, token_until, expires_at)"
            " values ($1, '500103', $2, $2, now(), now(), now() + make_interval(hours => $3))",
            *values,
        )
        await admin.execute("insert into refresh_tokens values ($1, '500103', $2, '\\x00')", *values[:2])
    await database.run(Caller(WORKER, system_actor("identity")), sweep)
    assert await admin.fetchval("select count(*) from sessions") == 2
    assert await admin.fetchval("select count(*) from refresh_tokens") == 2
