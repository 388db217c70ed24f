"""Migrations: once each, in order, whole or not at all, by one migrator at a time."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from deploy.migrations import migration_folders
from shared.migrate import MigrationEdited, migrate
from shared.secrets import Secrets


@pytest.fixture
async def empty(postgres_url: str) -> AsyncIterator[str]:
    """A database with nothing in it."""
    name = f"sc_empty_{uuid4().hex[:12]}"
    administrator = await asyncpg.connect(postgres_url)
    await administrator.execute(f"create database {name}")
    address, _, options = postgres_url.partition("?")
    try:
        yield f"{address.rpartition('/')[0]}/{name}" + (f"?{options}" if options else "")
    finally:
        await administrator.execute(f"drop database {name} with (force)")
        await administrator.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Migrations of params: one file."""
    (tmp_path / "0001_init.sql").write_text("create table things (id int primary key);")
    return tmp_path


async def test_the_second_time_there_is_nothing_to_do(empty: str, secrets: Secrets) -> None:
    first = await migrate(empty, secrets, migration_folders())
    assert "sc/0000_protect.sql" in first and "params/0001_init.sql" in first and "params/0000_kernel.sql" in first
    assert await migrate(empty, secrets, migration_folders()) == []


async def test_files_are_applied_in_their_order_and_later_ones_later(
    empty: str, secrets: Secrets, folder: Path
) -> None:
    await migrate(empty, secrets, {"params": folder})
    (folder / "0003_third.sql").write_text("insert into things values (3);")
    (folder / "0002_second.sql").write_text("create unique index things_by_id on things (id);")
    applied = await migrate(empty, secrets, {"params": folder})
    assert applied == ["params/0002_second.sql", "params/0003_third.sql"]


async def test_an_applied_file_that_was_edited_is_refused_by_name(empty: str, secrets: Secrets, folder: Path) -> None:
    await migrate(empty, secrets, {"params": folder})
    (folder / "0001_init.sql").write_text("create table things (id bigint primary key);")
    (folder / "0002_more.sql").write_text("create table more (id int);")
    with pytest.raises(MigrationEdited, match="params/0001_init.sql"):
        await migrate(empty, secrets, {"params": folder})
    connection = await asyncpg.connect(empty)
    assert await connection.fetchval("select to_regclass('params.more')") is None
    await connection.close()


async def test_a_file_that_fails_leaves_nothing(empty: str, secrets: Secrets, folder: Path) -> None:
    (folder / "0002_broken.sql").write_text("create table more (id int); select 1/0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty, secrets, {"params": folder})
    connection = await asyncpg.connect(empty)
    assert await connection.fetchval("select to_regclass('params.things')") == "params.things"
    assert await connection.fetchval("select to_regclass('params.more')") is None
    await connection.close()
    (folder / "0002_broken.sql").write_text("create table more (id int);")
    assert await migrate(empty, secrets, {"params": folder}) == [
        "params/0002_broken.sql",
        *[f"{s}/0000_kernel.sql" for s in ("readers", "cards", "batches", "audit")],
    ]


async def test_two_migrators_at_once_do_it_once(empty: str, secrets: Secrets) -> None:
    answers = await asyncio.gather(*(migrate(empty, secrets, migration_folders()) for _ in range(3)))
    applied = [name for answer in answers for name in answer]
    assert len(applied) == len(set(applied)) > 10
    assert sorted(len(answer) > 0 for answer in answers) == [False, False, True]


async def test_migrators_of_two_databases_of_one_server_do_not_trip_over_each_other(
    postgres_url: str, secrets: Secrets
) -> None:
    """Roles belong to the server: both want to make and to grant the same ones."""
    names = [f"sc_twin_{uuid4().hex[:12]}" for _ in range(4)]
    administrator = await asyncpg.connect(postgres_url)
    address, _, options = postgres_url.partition("?")
    try:
        for name in names:
            await administrator.execute(f"create database {name}")
        urls = [f"{address.rpartition('/')[0]}/{name}" + (f"?{options}" if options else "") for name in names]
        answers = await asyncio.gather(*(migrate(url, secrets, {}) for url in urls))
        assert all(len(answer) == 7 for answer in answers)
    finally:
        for name in names:
            await administrator.execute(f"drop database if exists {name} with (force)")
        await administrator.close()
