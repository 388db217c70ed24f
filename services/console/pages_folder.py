"""The built pages as they are served: every file in memory under its exact path, so no path leads anywhere else."""

import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

_UNSEEN: Final = -1

# What the machine's own tables say differs; browsers refuse scripts of another type.
_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}


class PageFile(msgspec.Struct, frozen=True):
    """One file; `gzipped` is empty where compressing does not pay."""

    content: bytes
    gzipped: bytes
    media_type: str
    etag: str


class PagesFolder:
    """Reads the folder when it is first asked, and again when a build has replaced it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = _UNSEEN
        self._files: Mapping[str, PageFile] = {}

    def find(self, path: str) -> PageFile | None:
        """`path` without the leading slash; None for what is not there."""
        return self._current().get(path)

    @property
    def is_built(self) -> bool:
        return "index.html" in self._current()

    def _current(self) -> Mapping[str, PageFile]:
        # Every build writes its index anew, into a new folder.
        index = self._folder / "index.html"
        try:
            seen = index.stat().st_mtime_ns
        except FileNotFoundError:
            seen = _UNSEEN
        if seen != self._seen:
            self._files = {} if seen == _UNSEEN else _read(self._folder)
            self._seen = seen
        return self._files


def _read(folder: Path) -> dict[str, PageFile]:
    return {
        path.relative_to(folder).as_posix(): _page_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and path.suffix != ".gz"
    }


def _page_file(path: Path) -> PageFile:
    content = path.read_bytes()
    gzipped = path.with_name(path.name + ".gz")
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return PageFile(
        content=content,
        gzipped=gzipped.read_bytes() if gzipped.exists() else b"",
        media_type=guessed,
        etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
    )
