"""A server process: one we started, or one that a killed start left behind."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

_LOG_LIMIT = 10 * 1024 * 1024


class ServerProcess:
    """A running server known by its process id. `child` is set when this process started it."""

    def __init__(self, pid: int, child: "subprocess.Popen[bytes] | None" = None) -> None:
        self.pid = pid
        self._child = child

    @classmethod
    def spawn(
        cls,
        arguments: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> Self:
        """Start a server in a session of its own, so that the terminal's Ctrl-C reaches us and not it.

        Without an environment and a folder it has ours.
        """
        if log.exists() and log.stat().st_size > _LOG_LIMIT:
            log.replace(log.with_name(log.name + ".old"))
        with log.open("ab") as output:
            child = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=folder,
                start_new_session=True,
            )
        return cls(child.pid, child)

    @property
    def alive(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        return is_running(self.pid)

    def send(self, number: signal.Signals) -> None:
        if self.alive:
            os.kill(self.pid, number)

    async def wait(self, seconds: float) -> bool:
        """True when the process has ended within `seconds`."""
        deadline = time.monotonic() + seconds
        while self.alive:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.01)
        return True

    async def end(self, *numbers: signal.Signals, patience: float = 15.0) -> None:
        """Send each signal in turn until one ends the process within `patience` seconds; SIGKILL comes last."""
        for number in numbers:
            self.send(number)
            if await self.wait(patience):
                return
        self.send(signal.SIGKILL)
        await self.wait(patience)


def is_running(pid: int) -> bool:
    """False for a zombie too: nobody may ever reap what a killed start left behind."""
    return exists(pid) and not is_zombie(pid)


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_zombie(pid: int) -> bool:
    """True when the whole process has ended; while other threads of it still do, it holds its port and its files."""
    process = Path(f"/proc/{pid}")
    try:
        status = (process / "stat").read_text(encoding="utf-8", errors="replace")
        threads = sum(1 for _ in (process / "task").iterdir())
    except OSError:
        return False  # no /proc (macOS), where launchd reaps at once
    return status.rpartition(")")[2].split()[0] in ("Z", "X") and threads <= 1


def command_of(pid: int) -> str:
    """The command line of a process, empty when it is gone."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""
    answer = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def last_lines(log: Path, count: int = 8) -> str:
    """The end of a server's log, for an error message."""
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    except FileNotFoundError:
        return ""
