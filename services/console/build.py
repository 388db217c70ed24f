"""Build the pages: `ensure_built()` does what is missing and nothing else; `python -m services.console.build` calls it.

Protocol. A digest over the sources stands beside what was built from them; while both agree nothing happens. Otherwise
npm installs what the lock names (only when the lock has changed), Vite builds into a folder of its own, every text file
is compressed once, and the new folder takes the old one's place by a rename. One at a time installs or builds: a file
lock.
A killed build leaves the old pages as they were.
"""

import fcntl
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.console.node import ROOT, Node, NodeUnavailable, find_node

PAGES: Final = Path(__file__).with_name("pages")
DIST: Final = Path(__file__).with_name("dist")
BUILT: Final = DIST / "pages"

_NODE_FOLDER = ROOT / "var" / "node"
_NOT_SOURCES = {"node_modules", "dist", "coverage"}
_COMPRESSIBLE = {".html", ".js", ".css", ".svg", ".json", ".txt", ".webmanifest"}


class BuildFailed(Exception):
    """The pages could not be built"""

    def __init__(self, step: str, output: str) -> None:
        super().__init__(f"{BuildFailed.__doc__}: {step}\n{output[-4000:]}")


def ensure_built(tell: Callable[[str], None] = print) -> Path:
    """The folder of built pages, made or renewed when the sources have changed; says one line when it has work.

    Raises NodeUnavailable, BuildFailed.
    """
    digest = _digest_of_sources()
    if _is_built_from(digest):
        return BUILT
    with _alone():
        if not _is_built_from(digest):
            started = time.monotonic()
            tell("building the pages (half a minute, only when they have changed) ...")
            _build(_install(False, tell), digest)
            tell(f"pages built in {time.monotonic() - started:.0f} s")
    return BUILT


def ensure_installed(*, dev: bool = False, tell: Callable[[str], None] = print) -> Node:
    """npm's packages as locked; with `dev` also those that check and test the pages.

    Raises NodeUnavailable, BuildFailed.
    """
    with _alone():
        return _install(dev, tell)


def _install(dev: bool, tell: Callable[[str], None]) -> Node:
    node = find_node(_NODE_FOLDER, tell)
    lock = hashlib.sha256((PAGES / "package-lock.json").read_bytes()).hexdigest()
    stamp = PAGES / "node_modules" / ".installed"
    present = stamp.read_text().split() if stamp.exists() else []
    if present[:1] != [lock] or (dev and present[1:] != ["dev"]):
        arguments = ["ci", "--no-audit", "--no-fund", "--loglevel=error", *([] if dev else ["--omit=dev"])]
        run([*node.npm, *arguments], node)
        stamp.write_text(f"{lock} {'dev' if dev else 'run'}")
    return node


def run(command: list[str], node: Node) -> str:
    """Run a tool in the pages' folder with its Node.js first in the path; its output. Raises BuildFailed."""
    path = os.pathsep.join([str(Path(node.program).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        command,
        cwd=PAGES,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BuildFailed(" ".join(command), done.stdout)
    return done.stdout


def _digest_of_sources() -> str:
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(f"{path.relative_to(PAGES).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources() -> list[Path]:
    found = []
    for folder, folders, files in os.walk(PAGES):
        folders[:] = [name for name in folders if name not in _NOT_SOURCES]
        found += [Path(folder) / name for name in files if not name.endswith(".test.ts")]
    return sorted(found)


def _is_built_from(digest: str) -> bool:
    stamp = BUILT / ".built-from"
    return stamp.exists() and stamp.read_text() == digest


def _build(node: Node, digest: str) -> None:
    new, old = DIST / "new", DIST / "old"
    shutil.rmtree(new, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    vite = PAGES / "node_modules" / "vite" / "bin" / "vite.js"
    build = [node.program, str(vite), "build", "--logLevel", "warn", "--outDir", str(new)]
    run(build, node)
    # The guardians' pages are for old phones: a build of their own, into the same folder.
    run([*build, "--config", "vite.guardian.config.ts"], node)
    _compress(new)
    (new / ".built-from").write_text(digest)
    if BUILT.exists():
        BUILT.rename(old)
    new.rename(BUILT)
    shutil.rmtree(old, ignore_errors=True)


def _compress(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.suffix in _COMPRESSIBLE and path.stat().st_size > 500:
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


@contextmanager
def _alone() -> Iterator[None]:
    DIST.mkdir(exist_ok=True)
    with (DIST / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    try:
        ensure_built(lambda text: print(text, flush=True))
    except (NodeUnavailable, BuildFailed) as exc:
        sys.exit(str(exc))
