"""The servers that schoolcard stands on, on one machine: started together, watched, stopped together.

A server that dies is started again within a second at the same address. Servers that were given by URL are used and
left alone.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from deploy.local.nats import LocalNats
from deploy.local.nats_binary import find_nats_server
from deploy.local.postgres import LocalPostgres
from shared.lifecycle import Ticker
from shared.secrets import Secrets

_log = structlog.get_logger(__name__)

DATABASE = "schoolcard"


class _Watch(Ticker):
    """Looks five times a second. A start that fails is tried again with growing pauses, like any loop's turn."""

    max_pause = 1.0

    def __init__(self, server: LocalPostgres | LocalNats, tell: Callable[[str], None]) -> None:
        super().__init__(f"watch-{server.name}", every=0.2)
        self._server = server
        self._tell = tell

    async def tick(self) -> None:
        if not self._server.alive:
            await self._server.start()
            _log.warning("server_restarted", server=self._server.name, pid=self._server.pid)
            self._tell(f"{self._server.name} had ended and was started again")


class LocalStack:
    """PostgreSQL below `var/postgres` unless `database_url` is given, NATS below `var/nats` unless `nats_url` is.

    After `start` the two URLs are set. `tell` hears what takes long and what went wrong, in a sentence.
    """

    def __init__(
        self,
        var: Path,
        secrets: Secrets,
        *,
        database_url: str | None = None,
        nats_url: str | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.var = var
        self.secrets = secrets
        self.database_url = database_url or ""
        self.nats_url = nats_url or ""
        self.postgres = LocalPostgres(var / "postgres") if database_url is None else None
        self.nats: LocalNats | None = None
        self._nats_given = nats_url is not None
        self._tell = tell
        self._watches: list[_Watch] = []

    async def start(self) -> None:
        """Raises PostgresUnavailable, NatsUnavailable; what had started is stopped again then."""
        try:
            # Both are waited for even when one fails: what starts late must be stopped too.
            results = await asyncio.gather(self._start_postgres(), self._start_nats(), return_exceptions=True)
            for failure in results:
                if failure is not None:
                    raise failure
        except BaseException:
            await self.stop()
            raise
        self._watches = [_Watch(server, self._tell) for server in (self.postgres, self.nats) if server is not None]
        for watch in self._watches:
            watch.start()

    async def stop(self) -> None:
        """Ends what `start` started or adopted, and nothing else. Safe to repeat."""
        for watch in self._watches:
            await watch.stop()
        self._watches = []
        await asyncio.gather(*(server.stop() for server in (self.postgres, self.nats) if server is not None))

    async def _start_postgres(self) -> None:
        if self.postgres is None:
            return
        if not (self.var / "postgres/data").exists():
            self._tell("preparing PostgreSQL below var/ (first time only)")
        await self.postgres.start()
        self.database_url = await self.postgres.create_database(DATABASE)

    async def _start_nats(self) -> None:
        if self._nats_given:
            return
        program = await asyncio.to_thread(find_nats_server, self.var, self._tell)
        self.nats = LocalNats(self.var / "nats", program, self.secrets)
        await self.nats.start()
        self.nats_url = self.nats.url
