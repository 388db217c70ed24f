"""Uploaded files on disk: there while they are worked on, and not a day longer."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from services.readers.scratch import clear_leftovers, scratch
from services.readers.tidying import Tidying
from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings
from tests.waiting import eventually


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    return room


def leave(room: Path, name: str, hours: float) -> Path:
    """A folder as a killed process leaves it, with a file in it."""
    folder = room / name
    folder.mkdir()
    (folder / "roster").write_bytes(b"PK")
    then = time.time() - hours * 3600
    os.utime(folder, (then, then))
    return folder


def test_a_file_goes_with_its_use(room: Path) -> None:
    with scratch() as folder:
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "roster").write_bytes(b"PK")
        assert clear_leftovers() == 0
        assert folder.parent == room
    assert list(room.iterdir()) == []


def test_only_old_leftovers_of_ours_are_cleared(room: Path) -> None:
    old = leave(room, "schoolcard-upload-a1", 1.1)
    stay = [leave(room, "schoolcard-upload-b2", 0.9), leave(room, "schoolcard-backup", 99), leave(room, "other", 99)]
    link = room / "schoolcard-upload-c3"
    link.symlink_to(stay[1])
    os.utime(link, (0, 0), follow_symlinks=False)
    assert clear_leftovers() == 1
    assert not old.exists()
    assert all((folder / "roster").exists() for folder in stay)
    assert link.is_symlink()


async def test_a_starting_service_clears_them(room: Path, settings: Settings, secrets: Secrets) -> None:
    leftover = leave(room, "schoolcard-upload-a1", 2)
    database = await Database.open("readers", settings, secrets)
    tidying = Tidying(database)
    tidying.start()

    async def is_gone() -> bool:
        return not leftover.exists()

    try:
        await eventually(is_gone)
    finally:
        await tidying.stop()
        await database.close()
