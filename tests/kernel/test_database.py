"""Transactions: all or nothing, tried again where PostgreSQL asks for it, in time where it does not answer."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from shared.database import Database, Transaction
from shared.secrets import Secrets
from shared.settings import Settings
from tests.kernel.gate import Gate
from tests.kernel.notes import SERVICE, A, Administrator, bodies, caller, insert


async def test_a_use_case_commits_whole_or_not_at_all(database: Database) -> None:
    async def fail(tx: Transaction) -> None:
        await insert(tx, "first")
        raise KeyError("second")

    with pytest.raises(KeyError):
        await database.run(caller(A), fail)
    assert await database.run(caller(A), bodies) == []


async def test_two_that_wait_for_each_other_both_get_through(database: Database) -> None:
    one, other = uuid4(), uuid4()
    await database.run(caller(A), insert, "one", one)
    await database.run(caller(A), insert, "other", other)
    both_hold_one = asyncio.Barrier(2)
    one_is_through = asyncio.Event()
    tries = 0

    async def count_up(tx: Transaction, first: UUID, second: UUID) -> None:
        nonlocal tries
        tries += 1
        if tries > 2:
            # Else, quicker than the other wakes up, it could take the same row and be chosen once more.
            await one_is_through.wait()
        await tx.connection.execute("update notes set number = number + 1 where id = $1", first)
        if tries <= 2:
            await both_hold_one.wait()
        await tx.connection.execute("update notes set number = number + 1 where id = $1", second)

    async def get_through(first: UUID, second: UUID) -> None:
        await database.run(caller(A), count_up, first, second)
        one_is_through.set()

    await asyncio.gather(get_through(one, other), get_through(other, one))
    assert tries == 3
    async with database.transaction(caller(A)) as tx:
        assert [row["number"] for row in await tx.connection.fetch("select number from notes")] == [2, 2]


async def test_what_keeps_failing_is_given_up(database: Database) -> None:
    tries = 0

    async def always(_: Transaction) -> None:
        nonlocal tries
        tries += 1
        raise asyncpg.SerializationError("could not serialize access")

    with pytest.raises(asyncpg.SerializationError):
        await database.run(caller(A), always)
    assert tries == 3


async def test_other_errors_are_not_tried_again(database: Database) -> None:
    tries = 0

    async def wrong(tx: Transaction) -> None:
        nonlocal tries
        tries += 1
        await insert(tx, "indecent")

    with pytest.raises(asyncpg.CheckViolationError):
        await database.run(caller(A), wrong)
    assert tries == 1


async def test_a_full_pool_says_so_in_time(database_alone: Settings, secrets: Secrets, administrator: object) -> None:
    database = await Database.open(
        SERVICE, msgspec.structs.replace(database_alone, pool_size=1, pool_timeout=1.0), secrets
    )
    async with database.transaction(caller(A)):
        with pytest.raises(TimeoutError):
            await database.run(caller(A), bodies)
    assert await database.run(caller(A), bodies) == []
    await database.close()


async def test_a_server_that_is_away_shows_in_the_first_transaction(
    database_alone: Settings, database_gate: Gate, secrets: Secrets, administrator: Administrator
) -> None:
    await database_gate.shut()
    settings = msgspec.structs.replace(database_alone, database_url=database_gate.url)
    database = await Database.open(SERVICE, settings, secrets)
    with pytest.raises(OSError):
        await database.run(caller(A), bodies)
    await database_gate.open()
    await database.run(caller(A), insert, "back")
    await database_gate.shut()
    with pytest.raises((OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)):
        await database.run(caller(A), bodies)
    await database_gate.open()
    assert await database.run(caller(A), bodies) == ["back"]
    await database.close()


async def test_a_server_that_does_not_answer_is_given_up_in_time(
    database_alone: Settings, database_gate: Gate, secrets: Secrets, administrator: Administrator
) -> None:
    settings = msgspec.structs.replace(
        database_alone, database_url=database_gate.url, database_timeout=2.0, pool_timeout=1.0
    )
    database = await Database.open(SERVICE, settings, secrets)
    await database.run(caller(A), bodies)
    database_gate.freeze()
    async with asyncio.timeout(10):
        with pytest.raises(TimeoutError):
            await database.run(caller(A), bodies)
    await database_gate.open()
    async with asyncio.timeout(10):
        await database.run(caller(A), insert, "awake")
    await database.close()


async def test_closing_waits_for_nobody_for_ever(database_alone: Settings, secrets: Secrets) -> None:
    database = await Database.open(SERVICE, database_alone, secrets)
    await database.ping()
    await database.close()
    with pytest.raises(asyncpg.InterfaceError):
        await database.ping()


async def test_sessions_have_limits(database: Database) -> None:
    async with database.transaction(caller(A)) as tx:
        settings = {
            name: await tx.connection.fetchval("select current_setting($1)", name)
            for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "search_path")
        }
    assert settings == {
        "statement_timeout": "30s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "30s",
        "search_path": SERVICE,
    }
