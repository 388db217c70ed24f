"""The folder of exports: a file is there while it is written and sent, and goes with its request.

Only a process that is killed leaves one behind, or the folder beside it in which it was written. They hold what pupils'
rows hold, some of them full ID numbers, so leftovers are cleared when a service starts and every minute after that
(`shared.housekeeping`), whoever's they are.
"""

import contextlib
import shutil
import stat
import time
from pathlib import Path

from shared.ids import new_id

WRITING = ".export-"
"""Folders that begin so hold rows on their way into a file."""

_OLD = 3600.0
"""Seconds: longer than any export is written or sent."""


def folder_of(var: Path) -> Path:
    return var / "exports"


def new_export(folder: Path, kind: str) -> Path:
    """Where a new export goes; the folder is made where it is missing, for this user alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{kind}-{new_id().hex}.xlsx"


def clear_exports(folder: Path) -> int:
    """Delete what killed processes left; returns how many files and folders."""
    now, cleared = time.time(), 0
    for path in [*folder.glob("*.xlsx"), *folder.glob(f"{WRITING}*")]:
        with contextlib.suppress(FileNotFoundError):  # another process clears too, or the file was sent
            found = path.lstat()
            if found.st_mtime >= now - _OLD:
                continue
            if stat.S_ISDIR(found.st_mode):
                shutil.rmtree(path)
            else:
                path.unlink()
            cleared += 1
    return cleared
