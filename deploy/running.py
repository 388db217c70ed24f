"""Where the servers are: from `SC_DATABASE_URL` and `SC_NATS_URL`, else from the note that `schoolcard up` left."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from shared.settings import Settings, from_environment
from shared.topology import SMALL_EVENTS


class NothingRuns(Exception):
    """schoolcard does not run in this folder"""

    def __init__(self, var: Path) -> None:
        super().__init__(
            f"{NothingRuns.__doc__} ({var.absolute()}): start it with `make run`,"
            " or set SC_DATABASE_URL and SC_NATS_URL to the servers you mean"
        )


class Running(msgspec.Struct, frozen=True):
    """What a running stack tells its siblings. It holds the database's password: its file is its owner's alone."""

    database_url: str
    nats_url: str
    address: str
    events_bytes: int = SMALL_EVENTS


def var_folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("SC_VAR") or "var")


def note(var: Path, running: Running) -> None:
    part = _file(var).with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(running))
    part.rename(_file(var))


def forget(var: Path) -> None:
    _file(var).unlink(missing_ok=True)


def recall(var: Path) -> Running | None:
    try:
        return msgspec.json.decode(_file(var).read_bytes(), type=Running)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def settings(environ: Mapping[str, str]) -> Settings:
    """Raises NothingRuns, SettingInvalid for a bad value."""
    running = recall(var_folder(environ))
    if running is not None:
        known = {
            "SC_DATABASE_URL": running.database_url,
            "SC_NATS_URL": running.nats_url,
            "SC_EVENTS_BYTES": str(running.events_bytes),
        }
        environ = {**known, "SC_VAR": str(var_folder(environ)), **environ}
    try:
        return from_environment(environ)
    except KeyError as exc:
        raise NothingRuns(var_folder(environ)) from exc


def address(environ: Mapping[str, str]) -> str:
    """Of the HTTP server. Raises NothingRuns."""
    running = recall(var_folder(environ))
    if running is None:
        raise NothingRuns(var_folder(environ))
    return running.address


def _file(var: Path) -> Path:
    return var / "running.json"
