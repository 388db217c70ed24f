"""A nats-server of our own below a folder, with JetStream, on a loopback port.

States as for PostgreSQL (`deploy/local/postgres.py`): a server that a killed start left behind is adopted when it
opens to our administrator's password at the port we remember.
"""

import asyncio
import contextlib
import signal
import time
from pathlib import Path

import msgspec

from deploy.local.nats_binary import NatsUnavailable
from deploy.local.port import LOOPBACK, is_free, keep_port
from deploy.local.process import ServerProcess, command_of, is_running, last_lines
from deploy.nats_config import ADMIN, render
from shared.secrets import Secrets, write_secret


class NatsNotReloaded(Exception):
    """nats-server did not take up its new configuration"""


class _Info(msgspec.Struct):
    """The server's first line (NATS client protocol, INFO)."""

    jetstream: bool = False


class LocalNats:
    """Users and permissions come from `shared.topology`, passwords from `secrets`. Ready in 0.1 s."""

    name = "NATS"
    patience = 30.0

    def __init__(self, folder: Path, program: Path, secrets: Secrets, port: int = 0) -> None:
        self.folder = folder.absolute()
        self.log = self.folder / "log"
        self.port = port
        self._wanted_port = port
        self._program = program
        self._secrets = secrets
        self._process: ServerProcess | None = None

    @property
    def url(self) -> str:
        return f"nats://{LOOPBACK}:{self.port}"

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.alive

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Returns when JetStream is ready. Raises NatsUnavailable, NatsNotReloaded."""
        if self.alive:
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if await self.adopt():
            if not self._is_configured():
                await self.reload()
            return
        self.port = self._choose_port()
        self._process = process = ServerProcess.spawn([str(self._program), "-c", str(self._configure())], self.log)
        if not await self._wait_until_ready(process):
            await self.stop()
            raise NatsUnavailable(f"nats-server did not start; its log ends with:\n{last_lines(self.log)}")

    async def stop(self) -> None:
        """Safe to repeat."""
        if self._process is not None:
            await self._process.end(signal.SIGTERM)
            self._process = None

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def kill(self) -> None:
        """SIGKILL, for tests of what survives it."""
        if self._process is not None:
            await self._process.end()

    async def _wait_until_ready(self, process: ServerProcess) -> bool:
        deadline = time.monotonic() + self.patience
        while process.alive and time.monotonic() < deadline:
            if await self._opens():
                return True
            await asyncio.sleep(0.01)
        return False

    async def adopt(self) -> bool:
        """Take over a server of this folder that runs already; False when none does."""
        try:
            pid = int((self.folder / "pid").read_text())
            self.port = int((self.folder / "port").read_text())
        except (FileNotFoundError, ValueError):
            return False
        deadline = time.monotonic() + self.patience
        while is_running(pid) and "nats-server" in command_of(pid) and not is_free(self.port):
            if await self._opens():
                self._process = ServerProcess(pid)
                return True
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.05)
        return False

    async def _opens(self) -> bool:
        return await self.lets_in(ADMIN, self._secrets.password("nats-admin"))

    async def lets_in(self, user: str, password: str) -> bool:
        """True when the server at our port has JetStream and takes this password."""
        try:
            async with asyncio.timeout(2):
                reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
                try:
                    return await _greet(reader, writer, user, password)
                finally:
                    writer.close()
                    with contextlib.suppress(OSError):
                        await writer.wait_closed()
        except (OSError, TimeoutError, EOFError):
            return False

    async def reload(self) -> None:
        """Have the running server take up who may log in now, and for what. Connections stay. Raises NatsNotReloaded.

        Twice: nats-server 2.9 connects what a new account imports in the reload after the one that made the account.
        """
        self._configure()
        for _ in range(2):
            await self._reload_once()

    async def _reload_once(self) -> None:
        assert self._process is not None
        said_before = self.log.stat().st_size
        self._process.send(signal.SIGHUP)
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            said = self.log.read_bytes()[said_before:]
            if b"Reloaded server configuration" in said:
                return
            if b"Failed to reload" in said:
                break
            await asyncio.sleep(0.01)
        raise NatsNotReloaded(f"{NatsNotReloaded.__doc__}; its log ends with:\n{last_lines(self.log)}")

    def _is_configured(self) -> bool:
        path = self.folder / "nats.conf"
        return path.exists() and path.read_text(encoding="utf-8") == self._configuration()

    def _configuration(self) -> str:
        return render(
            self._secrets, host=LOOPBACK, port=self.port, store=self.folder / "store", pid_file=self.folder / "pid"
        )

    def _configure(self) -> Path:
        path = self.folder / "nats.conf"
        write_secret(path, self._configuration().encode())
        return path

    def _choose_port(self) -> int:
        # A server that comes back after a crash keeps its address: its clients are waiting there.
        if self.port and is_free(self.port):
            return keep_port(self.folder / "port", self.port)
        return keep_port(self.folder / "port", self._wanted_port)


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, user: str, password: str) -> bool:
    first = await reader.readline()
    if not first.startswith(b"INFO ") or not msgspec.json.decode(first[5:], type=_Info).jetstream:
        return False
    login = {"user": user, "pass": password, "verbose": False, "pedantic": False}
    writer.write(b"CONNECT " + msgspec.json.encode(login) + b"\r\nPING\r\n")
    return (await reader.readline()).startswith(b"PONG")
