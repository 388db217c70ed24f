"""Real PostgreSQL and NATS for tests.

In this order: what `SC_DATABASE_URL` and `SC_NATS_URL` name, Docker where an engine answers, servers of our own below
a temporary folder. A given PostgreSQL must be the tests' own: they set the passwords of the `sc_*` roles. A given NATS
serves one test at a time, so not under `pytest -n`: its streams are deleted before each.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg

from deploy.local.nats import LocalNats
from deploy.local.nats_binary import find_nats_server
from deploy.local.postgres import LocalPostgres
from deploy.migrations import migration_folders
from shared.broker import connect, declare
from shared.migrate import migrate
from shared.secrets import Secrets
from shared.topology import STREAMS
from tests.containers import docker_answers, nats_container, postgres_container

PROJECT = Path(__file__).parents[1]

# What a crash would cost is of no interest here.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum_naptime": "10s"}


class SharedNatsRefused(Exception):
    """SC_NATS_URL names one server, which cannot serve several test processes: run pytest without -n."""


@asynccontextmanager
async def postgres_server(environ: Mapping[str, str], folder: Path) -> AsyncIterator[str]:
    """Yields an administrator's URL."""
    if "SC_DATABASE_URL" in environ:
        yield environ["SC_DATABASE_URL"]
    elif docker_answers():
        with postgres_container() as url:
            yield url
    else:
        postgres = LocalPostgres(folder, settings=_FAST)
        try:
            await postgres.start()
            yield postgres.url
        finally:
            await postgres.stop()


class TemplateDatabase:
    """A migrated database that is cloned in 0.1 s for each test that wants one."""

    def __init__(self, url: str, secrets: Secrets) -> None:
        self._url = url
        self._secrets = secrets
        self._name = f"sc_template_{uuid4().hex[:12]}"

    async def create(self) -> None:
        await self._execute(f"create database {self._name}")
        await migrate(_with_database(self._url, self._name), self._secrets, migration_folders())

    async def drop(self) -> None:
        await self._execute(f"drop database if exists {self._name} with (force)")

    @asynccontextmanager
    async def clone(self) -> AsyncIterator[str]:
        """Yields the administrator's URL of a fresh copy, which is dropped afterwards."""
        name = f"sc_test_{uuid4().hex[:12]}"
        await self._execute(f"create database {name} template {self._name} strategy file_copy")
        try:
            yield _with_database(self._url, name)
        finally:
            await self._execute(f"drop database if exists {name} with (force)")

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._url, timeout=10)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


class NatsServers:
    """Gives each test a server with the declared streams and consumers, and nothing in them."""

    def __init__(self, environ: Mapping[str, str], secrets: Secrets, folder: Path, shared: str | None) -> None:
        self._environ = environ
        self._secrets = secrets
        self._folder = folder
        self._shared = shared

    @classmethod
    @asynccontextmanager
    async def open(cls, environ: Mapping[str, str], secrets: Secrets, folder: Path) -> "AsyncIterator[NatsServers]":
        if "SC_NATS_URL" in environ:
            if "PYTEST_XDIST_WORKER" in environ:
                raise SharedNatsRefused(SharedNatsRefused.__doc__)
            yield cls(environ, secrets, folder, environ["SC_NATS_URL"])
        elif docker_answers():
            with nats_container(secrets, folder) as url:
                yield cls(environ, secrets, folder, url)
        else:
            yield cls(environ, secrets, folder, None)

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[str]:
        """Yields the server's URL."""
        if self._shared is not None:
            await _delete_streams(self._shared, self._secrets)
            await declare(self._shared, self._secrets)
            yield self._shared
            return
        nats = LocalNats(self._folder / uuid4().hex[:8], find_nats_server(PROJECT / "var"), self._secrets)
        try:
            await nats.start()
            await declare(nats.url, self._secrets)
            yield nats.url
        finally:
            await nats.stop()


async def _delete_streams(url: str, secrets: Secrets) -> None:
    client = await connect(url, "admin", secrets.password("nats-admin"), "_INBOX_admin")
    try:
        jetstream = client.jetstream()
        present = {info.config.name for info in await jetstream.streams_info()}
        for stream in STREAMS:
            if stream.name in present:
                await jetstream.delete_stream(stream.name)
    finally:
        await client.close()


def _with_database(url: str, name: str) -> str:
    """The URL with another database; its options stay."""
    address, _, options = url.partition("?")
    return f"{address.rpartition('/')[0]}/{name}" + (f"?{options}" if options else "")
