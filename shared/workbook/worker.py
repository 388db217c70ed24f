"""The reading process: `python -m shared.workbook.worker JOB`, JOB being the JSON of `Job`.

Puts itself under limits before it opens the file, and answers in frames on its standard output. Standard error says
where our own code failed, without any of the file's content.
"""

import gc
import itertools
import os
import re
import resource
import sys
import traceback
from pathlib import Path

import msgspec

from shared.workbook.frames import ROWS_PER_FRAME, Closing, Frame, Opening, Refusal, Rows, pack
from shared.workbook.parsing import open_roster
from shared.workbook.refusals import corrupt, too_costly
from shared.workbook.roster import Limits, ReadingRules, WorkbookRefused

_NICENESS = 5
_KIBIBYTE_PLATFORMS = ("linux",)
_STATUS = Path("/proc/self/status")
_HIGH_WATER = re.compile(r"VmHWM:\s+([0-9]+) kB")


class Job(msgspec.Struct, frozen=True):
    """What to read, what the teacher called it, and by which rules."""

    path: str
    filename: str
    rules: ReadingRules


def main() -> None:
    """Read one file."""
    job = msgspec.json.decode(sys.argv[1], type=Job)
    limit(job.rules.limits)
    # Nothing here is cyclic and the process ends with the file: collecting would only cost time.
    gc.disable()
    try:
        _send_roster(job)
    except WorkbookRefused as refused:
        _send(refusal(refused))
    except MemoryError:
        _send(refusal(too_costly()))
    except Exception as error:
        print_place(error)
        _send(refusal(corrupt()))
    sys.stdout.flush()


def _send_roster(job: Job) -> None:
    """Rows go out as they are checked: whoever asked works on them meanwhile."""
    opened = open_roster(Path(job.path), job.filename, job.rules)
    _send(Opening(opened.format, opened.encoding, opened.sheets, opened.skipped))
    count = 0
    while rows := list(itertools.islice(opened.rows, ROWS_PER_FRAME)):
        _send(Rows(rows))
        count += len(rows)
    _send(Closing(count, peak_bytes()))


def limit(limits: Limits) -> None:
    """Take memory, processor time and files away from this process, beyond what `limits` grants."""
    os.nice(_NICENESS)
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(what, (allowed, allowed))
        except (ValueError, OSError):
            # macOS knows RLIMIT_AS but refuses to set it; the other limits still hold there.
            if sys.platform != "darwin":
                raise


def peak_bytes() -> int:
    """The most memory this process has held so far."""
    # What getrusage says begins with the memory of the process that started this one.
    if _STATUS.exists() and (found := _HIGH_WATER.search(_STATUS.read_text())):
        return int(found[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * 1024 if sys.platform in _KIBIBYTE_PLATFORMS else peak


def print_place(error: BaseException) -> None:
    """Say where an exception came from; its message is left out, as it may quote the file."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    print(type(error).__name__, "at", " < ".join(reversed(places)), file=sys.stderr)


def refusal(refused: WorkbookRefused) -> Refusal:
    """What is sent when the file is refused."""
    return Refusal(refused.refusal, refused.detail, peak_bytes())


def _send(frame: Frame) -> None:
    sys.stdout.buffer.write(pack(frame))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
