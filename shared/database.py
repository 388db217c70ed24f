"""Tenant transactions on PostgreSQL.

Every transaction opens with one statement that begins it, takes the scope's role and sets the tenant
(`begin; select set_config('role', …), …`): three round trips for a one-query transaction. For what is asked most a
function does the same within one statement (`Database.ask`). All settings are local to the transaction, so a pooled
connection needs no reset when it goes back.

A login role owns nothing, inherits nothing and therefore sees nothing until a scope is taken.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Concatenate, ParamSpec, Self, TypeAlias, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import Actor, Caller, Scope

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
P = ParamSpec("P")
T = TypeVar("T")

_RETRIED = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
_ATTEMPTS = 3


class Transaction:
    """An open transaction under one scope. It commits when the block that opened it ends, and only there."""

    def __init__(self, connection: Connection, service: str, caller: Caller) -> None:
        self.connection = connection
        self.service = service
        self.caller = caller
        self.now = datetime.now(UTC)

    @property
    def scope(self) -> Scope:
        return self.caller.scope

    @property
    def actor(self) -> Actor:
        return self.caller.actor


class Database:
    """A service's pool of connections, used through scoped transactions alone."""

    def __init__(self, service: str, pool: "asyncpg.Pool[asyncpg.Record]", pool_timeout: float) -> None:
        self.service = service
        self._pool = pool
        self._pool_timeout = pool_timeout

    @asynccontextmanager
    async def transaction(self, caller: Caller) -> AsyncIterator[Transaction]:
        """Raises `asyncpg.PostgresError`, `OSError` or `TimeoutError`; nothing is kept when the block raises."""
        async with self._pool.acquire(timeout=self._pool_timeout) as connection:
            await connection.execute(_opening(self.service, caller.scope))
            try:
                yield Transaction(connection, self.service, caller)
            except BaseException:
                if not connection.is_closed():
                    await connection.execute("rollback")
                raise
            await connection.execute("commit")

    async def run(
        self,
        caller: Caller,
        use_case: Callable[Concatenate[Transaction, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run one use case in one transaction; serialization failures and deadlocks are tried again."""
        attempt = 1
        while True:
            try:
                async with self.transaction(caller) as tx:
                    return await use_case(tx, *args, **kwargs)
            except _RETRIED:
                if attempt == _ATTEMPTS:
                    raise
                attempt += 1

    async def ask(self, caller: Caller, statement: str, *values: object) -> list[asyncpg.Record]:
        """What one statement answers that takes the scope itself: role, school and district are its `$1` to `$3`.

        One round trip where a transaction has three, for the question that is asked most. Raises as `transaction` does.
        """
        scope = caller.scope
        taken = _role(self.service, scope), str(scope.school_id or ""), scope.district or ""
        async with self._pool.acquire(timeout=self._pool_timeout) as connection:
            return await connection.fetch(statement, *taken, *values)

    async def ping(self, patience: float = 10.0) -> None:
        """Raises within `patience` seconds when the server does not answer; the connection goes with the question.

        A question that is only cancelled would be waited for: the pool asks the server to forget it, and to say so.
        """
        async with asyncio.timeout(patience), self._pool.acquire() as connection:
            try:
                await connection.fetchval("select 1")
            except BaseException:
                connection.terminate()
                raise

    async def close(self) -> None:
        """Waits briefly for work under way, then closes the connections."""
        try:
            await asyncio.wait_for(self._pool.close(), 5)
        except TimeoutError:
            self._pool.terminate()

    @classmethod
    async def open(cls, service: str, settings: Settings, secrets: Secrets) -> Self:
        """Connects lazily: a server that is down shows in the first transaction, not here."""
        pool = await asyncpg.create_pool(
            service_url(service, settings, secrets),
            min_size=0,
            max_size=settings.pool_size,
            timeout=settings.pool_timeout,
            command_timeout=settings.database_timeout,
            server_settings=session_settings(service),
            reset=_keep_session,
        )
        return cls(service, pool, settings.pool_timeout)


def service_url(service: str, settings: Settings, secrets: Secrets) -> str:
    return settings.service_database_url(service, secrets.password(f"postgres-{service}"))


def session_settings(service: str) -> dict[str, str]:
    return {
        "application_name": f"schoolcard-{service}",
        "search_path": service,
        "statement_timeout": "30s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "30s",
        "TimeZone": "UTC",
        "jit": "off",
    }


async def _keep_session(_connection: Connection) -> None:
    """Nothing outlives a transaction here, so the pool's own reset (one round trip) is left out."""


def _role(service: str, scope: Scope) -> str:
    return f"sc_{service}_{scope.kind}"


def _opening(service: str, scope: Scope) -> str:
    # The simple protocol takes no parameters; each value's shape was checked when the Scope was made.
    return (
        f"begin; select set_config('role', '{_role(service, scope)}', true), "
        f"set_config('sc.school_id', '{scope.school_id or ''}', true), "
        f"set_config('sc.district', '{scope.district or ''}', true)"
    )
