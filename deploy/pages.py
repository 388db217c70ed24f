"""Building the pages beside the start: in a process of its own, so that Ctrl-C need not wait for npm."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable

from services.console.node import ROOT


async def build_pages(tell: Callable[[str], None]) -> None:
    """Do what `services.console.build` does; when that fails, `tell` says why and all else goes on without pages."""
    builder = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.console.build",
        cwd=ROOT,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
    )
    try:
        _, complaint = await asyncio.gather(_pass_on(builder, tell), _read_all(builder))
        if await builder.wait() != 0:
            tell(f"the pages could not be built; the HTTP interface works without them\n{complaint}")
    finally:
        if builder.returncode is None:
            # The whole session: npm and Vite are its children.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(builder.pid, signal.SIGKILL)
            await builder.wait()


async def _pass_on(builder: Process, tell: Callable[[str], None]) -> None:
    assert builder.stdout is not None
    async for line in builder.stdout:
        tell(line.decode(errors="replace").rstrip())


async def _read_all(builder: Process) -> str:
    assert builder.stderr is not None
    return (await builder.stderr.read()).decode(errors="replace").strip()
