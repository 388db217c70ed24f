"""The returning process: `python -m shared.workbook.returning.worker JOB`, JOB being a file with the JSON of `Job`.

Under the same limits as reading. Answers with one frame: `Closing`, its count being the rows written, or `Refusal`.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from shared.workbook.frames import Closing, Frame, pack
from shared.workbook.parsing import read_book, read_tables
from shared.workbook.refusals import corrupt, too_costly
from shared.workbook.returning.package import write_package
from shared.workbook.returning.plain import write_plain
from shared.workbook.returning.plan import SheetPlan, plan_sheet
from shared.workbook.roster import Limits, WorkbookRefused
from shared.workbook.worker import limit, peak_bytes, print_place, refusal


class Job(msgspec.Struct, frozen=True):
    """What to read, what the teacher called it, where to write, and why each row (`RosterRow.row`) is returned."""

    source: str
    filename: str
    target: str
    reasons: dict[str, str]
    limits: Limits


class UnknownRow(Exception):
    """A row to be returned is none of the file's."""


def main() -> None:
    """Write one returned workbook."""
    job = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Job)
    limit(job.limits)
    try:
        _send(Closing(write(job), peak_bytes()))
    except WorkbookRefused as refused:
        _send(refusal(refused))
    except MemoryError:
        _send(refusal(too_costly()))
    except Exception as error:
        print_place(error)
        _send(refusal(corrupt()))
    sys.stdout.flush()


def write(job: Job) -> int:
    """Write the workbook and say how many rows are in it. Raises WorkbookRefused, UnknownRow."""
    source, target = Path(job.source), Path(job.target)
    kind, book = read_book(source, job.filename, job.limits)
    tables, _ = read_tables(book)
    sheets = {sheet.name: sheet for sheet in book.sheets}
    plans: dict[str, SheetPlan] = {}
    gone: set[str] = set()
    written = 0
    for table in tables:
        name = table.header.name
        prefix = f"{name}!" if len(tables) > 1 else ""
        reasons = _reasons(job.reasons, prefix, {pupil.number for pupil in table.pupils})
        written += len(reasons)
        if reasons:
            plans[name] = plan_sheet(sheets[name], table, reasons)
        else:
            gone.add(name)
    if written < len(job.reasons) or not plans:
        raise UnknownRow
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        if kind in ("xlsx", "xlsm"):
            write_package(source, unfinished, plans, frozenset(gone))
        else:
            write_plain(unfinished, book, plans)
        # A file at `target` is a finished one.
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return written


def _reasons(reasons: Mapping[str, str], prefix: str, numbers: set[int]) -> dict[int, str]:
    return {number: reasons[label] for number in numbers if (label := f"{prefix}{number}") in reasons}


def _send(frame: Frame) -> None:
    sys.stdout.buffer.write(pack(frame))


if __name__ == "__main__":
    main()
