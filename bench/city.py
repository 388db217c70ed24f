"""The system under measurement: private servers, every service a process of its own, the demo city."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from bench.processor import processor_seconds
from deploy import demo
from deploy.api_client import ApiClient
from shared.secrets import Secrets, generate_missing
from shared.settings import Settings
from tests.processes import Processes, Servers
from tests.pupils import Roster, write_roster

TEACHERS = ("teacher-a", "teacher-b", "teacher-c")


class City(msgspec.Struct, frozen=True):
    """`folder` is gone when the measurements are over."""

    settings: Settings
    secrets: Secrets
    processes: Processes
    servers: Servers
    folder: Path

    def processor_seconds(self) -> dict[str, float]:
        """Used so far, by process; `bench` is this one: client, proxy and floors."""
        own = {"bench": os.getpid(), "nats": self.servers.nats.pid or 0, **self.processes.pids()}
        return processor_seconds(own, self.servers.postgres.pid or 0)

    def client(self, username: str) -> ApiClient:
        return ApiClient(self.processes.address, username, demo.PASSWORD)

    def roster(self, first: int, total: int) -> Roster:
        """A workbook of right rows of pupils who are in no other roster."""
        return write_roster(self.folder / f"roster-{first}-{total}.xlsx", first, total, 0)


@asynccontextmanager
async def open_city() -> AsyncIterator[City]:
    with TemporaryDirectory(prefix="schoolcard-bench-") as room:
        folder = Path(room)
        # PostgreSQL may have to run as another user than root.
        folder.chmod(0o755)
        secrets = generate_missing(folder / "secrets")
        async with Servers.open(folder, secrets) as servers:
            await demo.open_city(servers.settings)
            async with Processes.apart(servers.settings) as processes:
                yield City(servers.settings, secrets, processes, servers, folder)
