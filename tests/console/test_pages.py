"""The pages' own checks: types, component tests, size, and that the types of the interfaces are current."""

import re
from pathlib import Path

import pytest

from deploy import api_types
from services.console.build import PAGES, run
from services.console.node import Node
from shared.topology import SERVICES

LARGEST_FIRST_PAGE = 250_000

_TOOLS = PAGES / "node_modules"
_LOADED_AT_ONCE = re.compile(r"""(?:from|import)\s*["'](\./[\w.-]+\.js)["']""")


@pytest.mark.timeout(300)
def test_types_hold(node: Node) -> None:
    run([node.program, str(_TOOLS / "vue-tsc" / "bin" / "vue-tsc.js"), "--noEmit"], node)


@pytest.mark.timeout(300)
def test_component_tests_pass(node: Node) -> None:
    said = run([node.program, str(_TOOLS / "vitest" / "vitest.mjs"), "run", "--no-color"], node)
    assert re.search(r"Test Files +\d+ passed \(\d+\)", said), said


@pytest.mark.timeout(300)
def test_types_of_the_interfaces_are_current(node: Node, tmp_path: Path) -> None:
    api_types.main(tmp_path)
    outdated = [
        name
        for name in SERVICES
        if (tmp_path / f"{name}.d.ts").read_text() != (api_types.FOLDER / f"{name}.d.ts").read_text()
    ]
    assert outdated == [], "run: python -m deploy.api_types"


def test_first_pages_are_small(built: Path) -> None:
    """Script of the first page, compressed: the log-in page, and the frame with each kind of overview after it."""
    index = (built / "index.html").read_text()
    at_once = re.findall(r'(?:src|href)="/(assets/[\w.-]+\.js)"', index)
    shell = [path.name for part in ("LoginPage", "AppShell", "OverviewPage") for path in _chunks(built, part)]
    overviews = [path.name for path in _chunks(built, r"(?:School|District|City)Overview")]
    assert len(shell) == 3 and len(overviews) == 3
    wanted = {Path(name).name for name in at_once} | set(shell) | set(overviews)
    assert _size(built, wanted) < LARGEST_FIRST_PAGE


def test_pages_need_no_inline_script(built: Path) -> None:
    index = (built / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|<style|\sstyle=", index)


def test_the_lock_names_no_registry() -> None:
    assert '"resolved":' not in (PAGES / "package-lock.json").read_text()


def _chunks(built: Path, name: str) -> list[Path]:
    pattern = re.compile(rf"{name}-[\w-]+\.js")
    return [path for path in (built / "assets").iterdir() if pattern.fullmatch(path.name)]


def _size(built: Path, names: set[str]) -> int:
    """Bytes of these scripts and all they import before they run."""
    seen: set[str] = set()
    waiting = list(names)
    total = 0
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        path = built / "assets" / name
        packed = path.with_name(name + ".gz")
        total += (packed if packed.exists() else path).stat().st_size
        waiting += [Path(other).name for other in _LOADED_AT_ONCE.findall(path.read_text())]
    return total
