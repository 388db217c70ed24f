"""Hostile files cost the reading process little and are refused with a sentence; nothing else is touched by them.

Processor time and memory are those of the process itself, as the system counted them: a loaded machine changes neither.
Others' readers take minutes and gigabytes for these files, so the bounds leave room for a slow machine.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile

import msgspec
import pytest

from shared.workbook.frames import LENGTH, Closing, Frame, Opening, Refusal, Rows, unpack
from shared.workbook.reading import read_roster
from shared.workbook.roster import Limits, ReadingRules, WorkbookRefused
from shared.workbook.worker import Job
from tests.workbook.building import table
from tests.workbook.hostile import HARMLESS, REFUSED
from tests.workbook.hostile_counts import REFUSED_FOR_COUNT
from tests.workbook.ooxml import package, parts, rows_xml, sheet_xml
from tests.workbook.people import RULES, TITLES, TODAY, pupils

_ROOT = Path(__file__).parent.parent.parent
_MOST_SECONDS = 2.0
_MOST_BYTES = 150 * 1024 * 1024
_REFUSED = REFUSED | REFUSED_FOR_COUNT


class Run(msgspec.Struct):
    """What a reading process said and what it took."""

    frames: list[Frame]
    seconds: float
    peak_bytes: int


def _read(path: Path, rules: ReadingRules = RULES) -> Run:
    job = msgspec.json.encode(Job(path=str(path), filename=path.name, rules=rules)).decode()
    with TemporaryFile() as out:
        process = os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", "shared.workbook.worker", job],
            {"PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"},
            file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1)],
        )
        _, status, usage = os.wait4(process, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        out.seek(0)
        frames = []
        while head := out.read(LENGTH.size):
            frames.append(unpack(out.read(LENGTH.unpack(head)[0])))
    last = frames[-1]
    assert isinstance(last, Closing | Refusal)
    return Run(frames, usage.ru_utime + usage.ru_stime, last.peak_bytes)


@pytest.mark.parametrize("name", _REFUSED)
def test_a_hostile_file_is_refused_at_little_cost(name: str, tmp_path: Path) -> None:
    build, code = _REFUSED[name]
    run = _read(build(tmp_path))
    (refusal,) = run.frames
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert refusal.detail.endswith("。")
    assert run.seconds < _MOST_SECONDS
    assert run.peak_bytes < _MOST_BYTES


@pytest.mark.parametrize("name", HARMLESS)
def test_a_trick_that_has_no_hold_is_read_over(name: str, tmp_path: Path) -> None:
    outside = set(Path("/tmp").glob("owned*"))
    run = _read(HARMLESS[name](tmp_path))
    opening, rows, _ = run.frames
    assert isinstance(opening, Opening) and isinstance(rows, Rows)
    assert len(rows.rows) == 2
    assert rows.rows[0].errors == ()
    assert run.seconds < _MOST_SECONDS
    assert run.peak_bytes < _MOST_BYTES
    assert set(Path("/tmp").glob("owned*")) == outside


async def test_a_process_that_meets_its_limit_is_a_file_too_large(tmp_path: Path) -> None:
    path = package(parts(sheet_xml(rows_xml([TITLES, *pupils(20_000)]))))(tmp_path)
    rules = ReadingRules(today=TODAY, limits=Limits(memory_bytes=40 * 1024 * 1024))
    with pytest.raises(WorkbookRefused) as refused:
        await read_roster(path, path.name, rules)
    assert refused.value.refusal == "too_large"


async def test_a_process_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    path = table([TITLES, *pupils(3000)])(tmp_path)
    rules = ReadingRules(today=TODAY, limits=Limits(wall_seconds=0.05))
    with pytest.raises(WorkbookRefused) as refused:
        await read_roster(path, path.name, rules)
    assert refused.value.refusal == "too_large"


async def test_a_cancelled_reading_leaves_no_process(tmp_path: Path) -> None:
    path = table([TITLES, *pupils(3000)])(tmp_path)
    reading = asyncio.create_task(read_roster(path, path.name, RULES))
    await _until(_children)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not _children()


async def test_reading_does_not_change_the_file(tmp_path: Path) -> None:
    path = table([TITLES, *pupils(2)])(tmp_path)
    before = path.read_bytes()
    roster = await read_roster(path, path.name, RULES)
    assert len(roster.rows) == 2
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def _children() -> list[str]:
    """Reading processes that this process has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text()
            command = (folder / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if f"PPid:\t{os.getpid()}\n" in status and b"shared.workbook.worker" in command:
            found.append(folder.name)
    return found


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)
