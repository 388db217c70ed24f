"""The door for a file from outside: parsed in a process of its own, under limits, and never trusted.

    async with open_roster(path, "三年级.xlsx", ReadingRules(today=date.today())) as roster:
        async for rows in roster.steps():
            …

The process (`shared.workbook.worker`) looks at the file, refuses it or parses it, and sends what it found through
its standard output, in frames, so that the caller's event loop is never held longer than a frame takes.
If it is killed by a limit the file is refused as `too_large`; if it fails in any other way, as `corrupt`, and the place
of the failure is logged. The file is only read, never changed or deleted. Nothing is written to disk.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

import msgspec
import structlog

from shared.workbook.frames import LENGTH, LONGEST_FRAME, Closing, Frame, Opening, Refusal, Rows, unpack
from shared.workbook.refusals import corrupt, too_costly
from shared.workbook.roster import Limits, ReadingRules, Roster, RosterRow, WorkbookRefused
from shared.workbook.worker import Job

_log = structlog.get_logger(__name__)

_PIPE_BUFFER = 1 << 20
_LONGEST_COMPLAINT = 2_000
_ROOT = Path(__file__).parent.parent.parent
# How a process ends that ran into a limit: processor time, memory (an allocator that gives up aborts), or the kernel.
_LIMIT_SIGNALS = frozenset({signal.SIGXCPU, signal.SIGABRT, signal.SIGKILL})


class RosterStream:
    """A roster that is being read: what its rows stand in is known, they come while the file is still checked."""

    def __init__(self, opening: Opening, frames: AsyncIterator[Frame]) -> None:
        self.format = opening.format
        self.encoding = opening.encoding
        self.sheets = opening.sheets
        self.skipped = opening.skipped
        self._frames = frames
        self._steps: list[list[RosterRow]] = []
        self._is_complete = False

    async def steps(self) -> AsyncIterator[list[RosterRow]]:
        """All rows, some hundreds at a time; from the first on, however often it is asked.

        Raises WorkbookRefused, at worst after the last row: what was made of the rows must then be undone.
        """
        at = 0
        while at < len(self._steps) or not self._is_complete:
            if at < len(self._steps):
                yield self._steps[at]
                at += 1
            else:
                await self._receive()

    async def _receive(self) -> None:
        match await anext(self._frames, None):
            case Rows(rows=rows):
                self._steps.append(rows)
            case Refusal(code=code, detail=detail):
                raise WorkbookRefused(code, detail)
            case Closing(count=count) if count == sum(map(len, self._steps)):
                self._is_complete = True
            case _:
                raise corrupt()


@asynccontextmanager
async def open_roster(path: Path, filename: str, rules: ReadingRules) -> AsyncIterator[RosterStream]:
    """The roster in `path`; `filename` is what the teacher called it, used in sentences only.

    Raises WorkbookRefused when the file as a whole cannot be used. The process is gone when the block is left.
    """
    job = Job(path=str(path.absolute()), filename=filename, rules=rules)
    async with worker_frames("shared.workbook.worker", msgspec.json.encode(job).decode(), rules.limits) as frames:
        match await anext(frames):
            case Opening() as opening:
                yield RosterStream(opening, frames)
            case Refusal(code=code, detail=detail):
                raise WorkbookRefused(code, detail)
            case _:
                raise corrupt()


async def read_roster(path: Path, filename: str, rules: ReadingRules) -> Roster:
    """All of the roster in `path`. Raises WorkbookRefused."""
    async with open_roster(path, filename, rules) as stream:
        rows = [row async for step in stream.steps() for row in step]
        return Roster(
            format=stream.format,
            encoding=stream.encoding,
            sheets=stream.sheets,
            rows=rows,
            skipped=stream.skipped,
        )


@asynccontextmanager
async def worker_frames(module: str, argument: str, limits: Limits) -> AsyncIterator[AsyncIterator[Frame]]:
    """Run a module as a process and iterate over the frames it sends within `limits.wall_seconds`.

    Raises WorkbookRefused when it ends without having said all. The process is gone when the block is left.
    """
    deadline = asyncio.get_running_loop().time() + limits.wall_seconds
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, argument, stdout=PIPE, stderr=PIPE, env=_environment(), limit=_PIPE_BUFFER
    )  # fmt: skip
    try:
        async with aclosing(_frames(process, deadline)) as frames:
            yield frames
    finally:
        # It has said all, or nobody listens any more.
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            await process.wait()


async def _frames(process: Process, deadline: float) -> AsyncGenerator[Frame, None]:
    assert process.stdout is not None and process.stderr is not None
    complaints = asyncio.create_task(process.stderr.read(_LONGEST_COMPLAINT))
    try:
        while True:
            try:
                # Its time alone counts, not that of whoever works on what it has said.
                async with asyncio.timeout_at(deadline):
                    length: int = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))[0]
                    if length > LONGEST_FRAME:
                        raise too_costly()
                    frame = unpack(await process.stdout.readexactly(length))
            except asyncio.IncompleteReadError as error:
                raise await _ended_early(process, complaints) from error
            except TimeoutError as error:
                raise too_costly() from error
            last = isinstance(frame, Closing | Refusal)
            if last and (complaint := (await complaints).decode(errors="replace").strip()):
                _log.error("workbook_reading_failed", place=complaint)
            yield frame
            if last:
                return
    finally:
        complaints.cancel()


async def _ended_early(process: Process, complaints: "asyncio.Task[bytes]") -> WorkbookRefused:
    code = await process.wait()
    _log.error("workbook_process_died", returncode=code, place=(await complaints).decode(errors="replace").strip())
    return too_costly() if -code in _LIMIT_SIGNALS else corrupt()


def _environment() -> dict[str, str]:
    """Nothing of our own settings or secrets; only what Python needs to start."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    return {**kept, "PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "1"}
