"""Processor time by process: on a machine that others use too, it says what wall time does not.

PostgreSQL's backends are counted together by their database user, and with them its other processes by their kind.
Linux alone.
"""

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

_TICK: int = os.sysconf("SC_CLK_TCK")


def processor_seconds(processes: Mapping[str, int], postgres: int) -> dict[str, float]:
    """Seconds so far: `processes` by their names (name → process id), those of the server `postgres` as `pg …`."""
    seconds = defaultdict(float, {name: _seconds(pid) for name, pid in processes.items()})
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and _parent(folder) == postgres:
            seconds[_postgres_name(folder)] += _seconds(int(folder.name))
    return seconds


def _seconds(pid: int) -> float:
    """Its own and that of the processes it has started that are over: a workbook is read in one."""
    fields = _stat(Path(f"/proc/{pid}"))
    return sum(int(field) for field in fields[11:15]) / _TICK if fields else 0.0


def _parent(folder: Path) -> int:
    fields = _stat(folder)
    return int(fields[1]) if fields else 0


def _stat(folder: Path) -> list[str]:
    """The fields of `proc_pid_stat(5)` from the state on; none when the process is gone."""
    try:
        return (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _postgres_name(folder: Path) -> str:
    try:
        title = (folder / "cmdline").read_bytes().split(b"\0", 1)[0].decode(errors="replace")
    except OSError:
        return "pg"
    words = title.removeprefix("postgres: ").split()
    return f"pg {words[0]}" if words else "pg"
