"""Schema migrations: plain SQL files, applied once each, in order, remembered with a checksum.

Each service has its own schema and its own table of applied files (`<schema>.migrations`). One migrator works at a
time: the others poll for the advisory lock (its blocking form deadlocks with `create index concurrently`).
An applied file that was edited afterwards is an error, not a surprise.
"""

import asyncio
import hashlib
from collections.abc import Iterable
from pathlib import Path

import asyncpg

from shared.secrets import Secrets
from shared.topology import SERVICES

_LOCK = 0x5C_CA_4D
_KERNEL = Path(__file__).with_name("migrations")


class MigrationEdited(Exception):
    """An applied migration has been edited since: add a new file instead (a demo's data: `make clean-data`)."""


class MigrationFile:
    """One file; `{service}` in it stands for the schema's name."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.text = path.read_text(encoding="utf-8")
        self.checksum = hashlib.sha256(self.text.encode()).hexdigest()


async def migrate(database_url: str, secrets: Secrets, migrations: dict[str, Path]) -> list[str]:
    """Bring the database of all services up to date; returns `service/file` of what was applied.

    `migrations` maps each service to the folder of its files. Raises MigrationEdited, `asyncpg.PostgresError`.
    """
    connection = await asyncpg.connect(database_url, timeout=10)
    try:
        await _lock(connection)
        await _ensure_roles(connection, secrets)
        async with connection.transaction():
            await connection.execute("create schema if not exists sc authorization sc_owner")
        applied = await _apply(connection, "sc", [MigrationFile(_KERNEL / "0000_protect.sql")])
        for service in SERVICES:
            roles = (_KERNEL / "roles.sql").read_text(encoding="utf-8")
            await connection.execute(roles.replace("{service}", service))
            own = sorted(migrations[service].glob("*.sql")) if service in migrations else []
            files = [MigrationFile(path) for path in [_KERNEL / "0000_kernel.sql", *own]]
            applied += await _apply(connection, service, files)
        return applied
    finally:
        await connection.close()


async def _lock(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    while not await connection.fetchval("select pg_try_advisory_lock($1)", _LOCK):
        await asyncio.sleep(0.1)


async def _ensure_roles(connection: "asyncpg.Connection[asyncpg.Record]", secrets: Secrets) -> None:
    wanted = ["sc_owner"]
    for service in SERVICES:
        wanted += [f"sc_{service}", *(f"sc_{service}_{scope}" for scope in _scopes(service))]
    existing = set(
        await connection.fetchval(
            "select coalesce(array_agg(rolname::text), '{}') from pg_roles where rolname = any($1)", wanted
        )
    )
    statements = [f"create role {role} nologin noinherit;" for role in wanted if role not in existing]
    statements.append("grant sc_owner to current_user;")
    for service in SERVICES:
        # Password literals cannot be parameters; ours are URL-safe base64, but quote them all the same.
        password = secrets.password(f"postgres-{service}").replace("'", "''")
        members = ", ".join(f"sc_{service}_{scope}" for scope in _scopes(service))
        statements.append(f"alter role sc_{service} login noinherit password '{password}';")
        statements.append(f"grant {members} to sc_{service};")
    await connection.execute("\n".join(statements))


_SCOPES = ("school", "district", "city", "worker", "relay")
# The only door for people without an account; elsewhere the role does not even exist.
_DOORS = {"readers": ("guardian",)}


def _scopes(service: str) -> tuple[str, ...]:
    return _SCOPES + _DOORS.get(service, ())


async def _apply(
    connection: "asyncpg.Connection[asyncpg.Record]", schema: str, files: Iterable[MigrationFile]
) -> list[str]:
    await connection.execute(
        f"set role sc_owner; create table if not exists {schema}.migrations (name text primary key, "
        "checksum text not null, applied_at timestamptz not null default now()); reset role"
    )
    known = {
        row["name"]: row["checksum"]
        for row in await connection.fetch(f"select name, checksum from {schema}.migrations")
    }
    applied = []
    for file in files:
        if file.name in known:
            if known[file.name] != file.checksum:
                raise MigrationEdited(f"{MigrationEdited.__doc__} ({schema}/{file.name})")
            continue
        async with connection.transaction():
            await connection.execute(f"set local role sc_owner; set local search_path = {schema}")
            await connection.execute(file.text.replace("{service}", schema))
            await connection.execute(
                f"insert into {schema}.migrations (name, checksum) values ($1, $2)", file.name, file.checksum
            )
        applied.append(f"{schema}/{file.name}")
    return applied
