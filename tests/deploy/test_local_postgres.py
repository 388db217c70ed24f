"""LocalPostgres: keeps its data, comes back after kills, adopts what a killed start left behind."""

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from deploy.local.postgres import LocalPostgres


@pytest.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[LocalPostgres]:
    server = LocalPostgres(tmp_path / "postgres", settings={"fsync": "off"})
    await server.start()
    yield server
    await server.stop()


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_data_and_address_survive_a_restart_and_a_kill(postgres: LocalPostgres) -> None:
    url, pid = postgres.url, postgres.pid
    await execute(url, "create table kept ()")
    await postgres.restart()
    assert postgres.pid != pid
    await postgres.kill()
    assert not postgres.alive
    await postgres.start()
    assert postgres.url == url
    await execute(url, "table kept")


async def test_another_start_adopts_the_running_server_and_can_stop_it(postgres: LocalPostgres) -> None:
    second = LocalPostgres(postgres.folder)
    await second.start()
    assert (second.pid, second.url) == (postgres.pid, postgres.url)
    await second.stop()
    assert not postgres.alive


async def test_a_pid_file_that_names_another_program_stops_nobody(postgres: LocalPostgres) -> None:
    pid_file = postgres.folder / "data/postmaster.pid"
    lines = pid_file.read_text().splitlines()
    await postgres.kill()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        await postgres.start()
        assert postgres.alive
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_half_an_initdb_is_begun_again(tmp_path: Path) -> None:
    server = LocalPostgres(tmp_path / "postgres", settings={"fsync": "off"})
    (server.folder / "data.part/base").mkdir(parents=True)
    try:
        await server.start()
        await execute(server.url, "select 1")
    finally:
        await server.stop()


async def test_chinese_trigrams_and_an_owner_only_password(postgres: LocalPostgres) -> None:
    connection = await asyncpg.connect(postgres.url)
    try:
        await connection.execute("create extension pg_trgm")
        assert await connection.fetchval("select show_trgm('王小明')")
    finally:
        await connection.close()
    assert (postgres.folder / "password").stat().st_mode & 0o077 == 0
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.url.replace("postgres:", "postgres:x"))
