"""A PostgreSQL server of our own below a folder, on a loopback port, without installing or configuring anything.

States: no data (initdb), stopped, running as our child, running but left behind by a start that was killed. The last
is adopted: its pid file names it and our password opens it. A pid file whose process is gone, or is another program
since a reboot, stops nobody from starting.
"""

import asyncio
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import asyncpg

from deploy.local.port import LOOPBACK, is_free, keep_port
from deploy.local.postgres_binaries import PostgresUnavailable, find_binaries, unprivileged
from deploy.local.process import ServerProcess, command_of, exists, is_running, last_lines

# The log must not quote what pupils' rows hold: no statements, no details.
_SETTINGS: Mapping[str, str] = {
    "unix_socket_directories": "",
    "listen_addresses": LOOPBACK,
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "max_connections": "200",
}
_NOT_YET = (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError)


class LocalPostgres:
    """`settings` are further PostgreSQL settings (tests: `fsync=off`). Ready in 0.2 s, the first time in 2 s."""

    name = "PostgreSQL"
    patience = 30.0

    def __init__(self, folder: Path, port: int = 0, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.absolute()
        self.log = self.folder / "log"
        self.port = port
        self._data = self.folder / "data"
        self._wanted_port = port
        self._settings = {**_SETTINGS, **(settings or {})}
        self._process: ServerProcess | None = None
        self._password = ""

    @property
    def url(self) -> str:
        """The administrator's URL of the database `postgres`."""
        return self.database_url("postgres")

    def database_url(self, database: str) -> str:
        return f"postgresql://postgres:{self._password}@{LOOPBACK}:{self.port}/{database}?sslmode=disable"

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.alive

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Returns when the server answers. Raises PostgresUnavailable."""
        if self.alive:
            return
        if await self.adopt():
            return
        binaries = await asyncio.to_thread(find_binaries, self._major())
        prefix = await asyncio.to_thread(unprivileged, self.folder, binaries)
        if not self._data.exists():
            await asyncio.to_thread(self._initdb, prefix, binaries)
        self.port = self._choose_port()
        arguments = [*prefix, str(binaries / "postgres"), "-D", str(self._data), "-p", str(self.port)]
        arguments += [f"--{name}={value}" for name, value in self._settings.items()]
        await self._spawn(arguments)

    async def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back. Safe to repeat."""
        if self._process is not None:
            await self._process.end(signal.SIGINT, signal.SIGQUIT)
            self._process = None

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def kill(self) -> None:
        """SIGKILL, for tests of what survives it."""
        if self._process is not None:
            await self._process.end()

    async def create_database(self, name: str, template: str = "template1") -> str:
        """Create the database if it is not there; returns its administrator's URL."""
        connection = await asyncpg.connect(self.url, timeout=10)
        try:
            if not await connection.fetchval("select true from pg_database where datname = $1", name):
                await connection.execute(f'create database "{name}" template "{template}"')
        finally:
            await connection.close()
        return self.database_url(name)

    async def _spawn(self, arguments: list[str]) -> None:
        deadline = time.monotonic() + self.patience
        while True:
            self._process = process = ServerProcess.spawn(arguments, self.log)
            if await self._wait_until_ready(process, deadline):
                return
            # A killed server's last children hold its shared memory for a moment: then the next try succeeds.
            if time.monotonic() > deadline or "shared memory" not in last_lines(self.log, 4):
                await self.stop()
                raise PostgresUnavailable(f"PostgreSQL did not start; its log ends with:\n{last_lines(self.log)}")
            await asyncio.sleep(0.05)

    async def _wait_until_ready(self, process: ServerProcess, deadline: float) -> bool:
        while process.alive and time.monotonic() < deadline:
            try:
                await self._check_identity()
            except _NOT_YET:
                await asyncio.sleep(0.02)
            else:
                return True
        return False

    async def _check_identity(self) -> None:
        """Raises unless the server at our port is the one of our folder."""
        connection = await asyncpg.connect(self.url, timeout=3)
        try:
            folder = await connection.fetchval("select current_setting('data_directory')")
        finally:
            await connection.close()
        if Path(folder).resolve() != self._data.resolve():
            raise PostgresUnavailable(f"port {self.port} belongs to another PostgreSQL server ({folder})")

    async def adopt(self) -> bool:
        """Take over a server of this folder that runs already; False when none does."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._password = self._keep_password()
        deadline = time.monotonic() + self.patience
        while (left := self._left_behind()) is not None:
            pid, self.port = left
            try:
                await self._check_identity()
            except _NOT_YET as exc:
                # It may be starting, recovering or ending: each shows in a moment.
                if time.monotonic() > deadline:
                    raise PostgresUnavailable(f"PostgreSQL (process {pid}) runs but does not answer") from exc
                await asyncio.sleep(0.05)
            else:
                self._process = ServerProcess(pid)
                return True
        return False

    def _left_behind(self) -> tuple[int, int] | None:
        """Process id and port of a server that runs on our data, from its pid file."""
        file = self._data / "postmaster.pid"
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
            pid, port = int(lines[0]), int(lines[3])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        if is_running(pid) and "postgres" in command_of(pid):
            return pid, port
        if exists(pid):
            # A zombie, or another program since a reboot: PostgreSQL would take the number for its server. What is
            # left of a dead server's children it still notices by their shared memory, whose key is the folder's.
            file.unlink(missing_ok=True)
        return None

    def _initdb(self, prefix: list[str], binaries: Path) -> None:
        """All or nothing: a run that was killed in the middle begins again."""
        part = self.folder / "data.part"
        shutil.rmtree(part, ignore_errors=True)
        arguments = [*prefix, str(binaries / "initdb"), "-D", str(part), "-U", "postgres", "-E", "UTF8"]
        arguments += ["-A", "scram-sha-256", f"--pwfile={self.folder / 'password'}", "--no-instructions", "--no-sync"]
        # Trigrams of Chinese text need a UTF-8 character type; macOS knows no C.UTF-8.
        arguments += ["--locale=en_US.UTF-8" if sys.platform == "darwin" else "--locale=C.UTF-8"]
        answer = subprocess.run(arguments, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise PostgresUnavailable(f"initdb failed:\n{(answer.stderr or answer.stdout).strip()}")
        part.rename(self._data)

    def _major(self) -> str | None:
        try:
            return (self._data / "PG_VERSION").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None

    def _keep_password(self) -> str:
        file = self.folder / "password"
        if not file.exists() or not file.read_text(encoding="utf-8"):
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(24), encoding="utf-8")
        return file.read_text(encoding="utf-8")

    def _choose_port(self) -> int:
        # A server that comes back after a crash keeps its address: its clients are waiting there.
        if self.port and is_free(self.port):
            return keep_port(self.folder / "port", self.port)
        return keep_port(self.folder / "port", self._wanted_port)
