"""The services as operators run them: a process each (`schoolcard serve <service>`), started, killed, started again."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Self

import httpx
import msgspec

from deploy.local.nats import LocalNats
from deploy.local.nats_binary import find_nats_server
from deploy.local.port import LOOPBACK, free_port
from deploy.local.postgres import LocalPostgres
from deploy.local.process import ServerProcess, last_lines
from deploy.prepare import prepare
from shared.secrets import Secrets
from shared.settings import Settings
from shared.topology import SERVICES, SMALL_EVENTS
from tests.front_proxy import FrontProxy
from tests.servers import PROJECT

ALL = "all"

_PATIENCE = 60.0


class ServiceDidNotStart(Exception):
    """A service's process ended or was not ready in time; its log says why"""


class ServiceProcess:
    """One `schoolcard serve <what>` at a port that it keeps. Its log lies in `settings.var`."""

    def __init__(self, what: str, settings: Settings) -> None:
        self.what = what
        self.port = free_port()
        self.log = settings.var / f"{what}.log"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SC_")},
            "SC_DATABASE_URL": settings.database_url,
            "SC_NATS_URL": settings.nats_url,
            "SC_VAR": str(settings.var),
            "SC_SECRETS": str(settings.secrets),
            "SC_PORT": str(self.port),
        }
        self._process: ServerProcess | None = None

    def spawn(self) -> None:
        arguments = [sys.executable, "-m", "deploy.cli", "serve", self.what]
        self._process = ServerProcess.spawn(arguments, self.log, environment=self._environment, folder=PROJECT)

    async def wait_until_ready(self) -> None:
        """Raises ServiceDidNotStart."""
        assert self._process is not None
        names = (*SERVICES, "console") if self.what == ALL else (self.what,)
        try:
            async with asyncio.timeout(_PATIENCE), httpx.AsyncClient(trust_env=False) as client:
                while not await self._are_ready(client, names):
                    if not self._process.alive:
                        break
                    await asyncio.sleep(0.05)
                else:
                    return
        except TimeoutError:
            pass
        raise ServiceDidNotStart(f"{ServiceDidNotStart.__doc__} ({self.what}):\n{last_lines(self.log, 20)}")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def peak_memory(self) -> int:
        """Bytes held at most since its start. Linux alone."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    async def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            await self._process.end()

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send(number)

    async def stop(self) -> None:
        if self._process is not None:
            await self._process.end(signal.SIGTERM)

    async def _are_ready(self, client: httpx.AsyncClient, names: Sequence[str]) -> bool:
        # The pages need not be built for any of this.
        kinds = {name: "live" if name == "console" else "ready" for name in names}
        try:
            for name, kind in kinds.items():
                address = f"http://{LOOPBACK}:{self.port}/api/{name}/health/{kind}"
                if (await client.get(address)).status_code != 200:
                    return False
        except httpx.TransportError:
            return False
        return True


class Processes:
    """A whole system of processes behind one address."""

    def __init__(self, settings: Settings, running: dict[str, ServiceProcess], address: str) -> None:
        self.settings = settings
        self.address = address
        self._running = running

    @classmethod
    @asynccontextmanager
    async def apart(cls, settings: Settings) -> AsyncIterator[Self]:
        """Each service in a process of its own, the console too."""
        running = {name: ServiceProcess(name, settings) for name in (*SERVICES, "console")}
        ports = {name: process.port for name, process in running.items()}
        async with AsyncExitStack() as stack:
            await _start(list(running.values()), stack)
            address = await stack.enter_async_context(FrontProxy(ports, ports["console"]).listen())
            yield cls(settings, running, address)

    @classmethod
    @asynccontextmanager
    async def together(cls, settings: Settings) -> AsyncIterator[Self]:
        """All services in one process."""
        process = ServiceProcess(ALL, settings)
        async with AsyncExitStack() as stack:
            await _start([process], stack)
            yield cls(settings, {ALL: process}, f"http://{LOOPBACK}:{process.port}")

    def address_of(self, service: str) -> str:
        """The service's own, past the proxy."""
        return f"http://{LOOPBACK}:{self._running[service].port}"

    def peak_memory(self) -> dict[str, int]:
        """Bytes, by process."""
        return {name: process.peak_memory for name, process in self._running.items()}

    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._running.items()}

    async def kill(self, service: str) -> None:
        await self._running[service].kill()

    def send(self, service: str, number: signal.Signals) -> None:
        self._running[service].send(number)

    @asynccontextmanager
    async def another(self, service: str) -> AsyncIterator[None]:
        """A second process of the service, past the proxy, until the block ends."""
        process = ServiceProcess(service, self.settings)
        try:
            process.spawn()
            await process.wait_until_ready()
            yield
        finally:
            await process.stop()

    async def start(self, service: str) -> None:
        """Again, where it was. Raises ServiceDidNotStart."""
        process = self._running[service]
        process.spawn()
        await process.wait_until_ready()


async def _start(processes: Sequence[ServiceProcess], stack: AsyncExitStack) -> None:
    for process in processes:
        stack.push_async_callback(process.stop)
        process.spawn()
    for process in processes:
        await process.wait_until_ready()


class Servers(msgspec.Struct, frozen=True):
    """PostgreSQL and NATS of a test's own, which it may kill; `settings` name them."""

    postgres: LocalPostgres
    nats: LocalNats
    settings: Settings

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, secrets: Secrets) -> AsyncIterator[Self]:
        """Below `folder`, migrated, streams declared. Durable as in earnest: a kill must cost nothing."""
        postgres = LocalPostgres(folder / "postgres")
        nats = LocalNats(folder / "nats", find_nats_server(PROJECT / "var"), secrets)
        try:
            await postgres.start()
            await nats.start()
            settings = Settings(
                database_url=await postgres.create_database("schoolcard"),
                nats_url=nats.url,
                var=folder,
                secrets=secrets.folder,
                events_bytes=SMALL_EVENTS,
            )
            await prepare(settings)
            yield cls(postgres, nats, settings)
        finally:
            await nats.stop()
            await postgres.stop()
