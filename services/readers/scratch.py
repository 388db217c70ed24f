"""Room on disk for an uploaded file while another process works on it.

It goes with its use, whatever happens; only a process that is killed leaves it behind. A file of minors' data must not
stay for that, so leftovers are cleared when a service starts and every minute after that.
"""

import contextlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "schoolcard-upload-"
_OLD = 3600.0
"""Seconds: longer than any file is worked on."""


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A new folder, readable by this user alone."""
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        yield Path(folder)


def clear_leftovers() -> int:
    """Delete this user's folders that killed processes left; returns how many."""
    now, cleared = time.time(), 0
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(FileNotFoundError):  # another process clears too
            found = folder.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and found.st_mtime < now - _OLD:
                shutil.rmtree(folder)
                cleared += 1
    return cleared
