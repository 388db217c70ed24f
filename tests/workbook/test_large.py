"""The largest rosters: read whole, under the memory that a server has for them, at a fair price."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from shared.workbook.frames import Closing
from shared.workbook.parsing import parse_roster
from shared.workbook.reading import read_roster, worker_frames
from shared.workbook.roster import WorkbookRefused
from shared.workbook.worker import Job
from tests.workbook.building import lines, text
from tests.workbook.large import large_id_number, read_plainly, write_roster
from tests.workbook.people import RULES, TITLES, TODAY, pupil

_COUNT = 50_000
_MOST_BYTES = 300 * 1024 * 1024
# Measured as 2.2; the rest is for what else the machine does meanwhile.
_MOST_TIMES_THE_FLOOR = 3.0


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "全校.xlsx"
    write_roster(path, _COUNT)
    return path


async def test_fifty_thousand_pupils(large: Path) -> None:
    roster = await read_roster(large, large.name, RULES)
    assert [row.number for row in roster.rows] == list(range(2, _COUNT + 2))
    assert not any(row.errors or row.changes for row in roster.rows)
    assert [row.values.id_number for row in roster.rows] == [large_id_number(index) for index in range(_COUNT)]


async def test_memory_of_the_reading_process(large: Path) -> None:
    job = msgspec.json.encode(Job(path=str(large), filename=large.name, rules=RULES)).decode()
    async with worker_frames("shared.workbook.worker", job, RULES.limits) as frames:
        closing = [frame async for frame in frames if isinstance(frame, Closing)]
    assert [frame.count for frame in closing] == [_COUNT]
    assert closing[0].peak_bytes < _MOST_BYTES


def test_time_of_reading(large: Path) -> None:
    """Processor time, best of three, against calamine with plain checks in the same process."""
    floor = min(_seconds(lambda: read_plainly(large, TODAY)) for _ in range(3))
    ours = min(_seconds(lambda: parse_roster(large, large.name, RULES)) for _ in range(3))
    assert ours < _MOST_TIMES_THE_FLOOR * floor


def test_more_rows_than_one_import_takes(tmp_path: Path) -> None:
    path = text(lines([TITLES, *[pupil(index) for index in range(60_001)]]))(tmp_path)
    with pytest.raises(WorkbookRefused) as refused:
        parse_roster(path, path.name, RULES)
    assert refused.value.refusal == "too_large"
    assert "60000" in refused.value.detail


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
