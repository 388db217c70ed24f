"""The returned workbook: the teacher's own file, reduced to its rejected rows, each with why in the first column.

    await write_returned(source, target, {"2": row.errors, "7": […]}, filename="三年级2班.xlsx")

Styles, widths, titles above, extra columns, checks and number formats of an .xlsx stay, formulas become the values they
had, and columns that Excel would ruin are made text; other formats come back as a plain .xlsx with the same cells.
Sheets of the roster without rejected rows are left out, and no text of another pupil stays in the file.
It can be corrected and uploaded as it is: reading ignores the first column by its title, and a file that is returned
again gets new reasons in the same column.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from shared.workbook.frames import Closing, Refusal
from shared.workbook.header import REASON_TITLE
from shared.workbook.reading import worker_frames
from shared.workbook.refusals import corrupt
from shared.workbook.returning.worker import Job
from shared.workbook.roster import FIELD_TITLES, Limits, RowError, WorkbookRefused

__all__ = ["REASON_TITLE", "write_returned"]

_WRITING_LIMITS = Limits(cpu_seconds=60, wall_seconds=90.0)


async def write_returned(
    source: Path,
    target: Path,
    rejected: Mapping[str, Sequence[RowError]],
    *,
    filename: str = "",
    limits: Limits = _WRITING_LIMITS,
) -> None:
    """Write `target`, always an .xlsx, from the uploaded `source`; `rejected` maps `RosterRow.row` to its errors.

    Runs in a process of its own like reading. The caller may add errors of its own (class_unknown, a taken ID number).
    `filename` is what the teacher called the file, from which a CSV's class may have been read.
    Raises WorkbookRefused when `source` cannot be read, or has no such row. Nothing is left at `target` then.
    """
    job = Job(
        source=str(source.absolute()),
        filename=filename or source.name,
        target=str(target.absolute()),
        reasons={row: reason(errors) for row, errors in rejected.items()},
        limits=limits,
    )
    written = 0
    # Reasons may be more than a command line holds.
    with TemporaryDirectory(prefix=".returning-", dir=target.parent) as folder:
        path = Path(folder) / "job.json"
        await asyncio.to_thread(path.write_bytes, msgspec.json.encode(job))
        async with worker_frames("shared.workbook.returning.worker", str(path), limits) as frames:
            async for frame in frames:
                match frame:
                    case Refusal():
                        raise WorkbookRefused(frame.code, frame.detail)
                    case Closing():
                        written = frame.count
    if written != len(rejected):
        raise corrupt()


def reason(errors: Sequence[RowError]) -> str:
    """All reasons of a row as one cell's text, a line each, each naming its column."""
    return "\n".join(_line(FIELD_TITLES[error.field], error.detail) for error in errors) or "未导入。"


def _line(title: str, detail: str) -> str:
    return detail if detail.startswith(title) else f"{title}：{detail}"
