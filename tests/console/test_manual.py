"""The user manual, in one file or several: its pictures are there, all are used, and together they stay small."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
LARGEST = 6_000_000


def test_every_picture_is_there_and_used() -> None:
    text = "".join(chapter.read_text(encoding="utf-8") for chapter in DOCS.glob("manual*.zh-CN.md"))
    shown = {Path(name).name for name in re.findall(r"!\[[^\]]+\]\((manual/[\w-]+\.png)\)", text)}
    assert shown == {path.name for path in (DOCS / "manual").iterdir()}


def test_the_pictures_are_small() -> None:
    assert sum(path.stat().st_size for path in (DOCS / "manual").iterdir()) < LARGEST
