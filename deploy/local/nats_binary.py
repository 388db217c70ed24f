"""Where nats-server is: on the path, else Debian's package unpacked below a folder, without root."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from deploy.local.debian import PackageUnavailable, unpack

# Debian keeps servers where an ordinary user's path does not look.
_ALSO = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin")


class NatsUnavailable(Exception):
    """nats-server cannot be started here."""


def find_nats_server(var: Path, tell: Callable[[str], None] = lambda _: None) -> Path:
    """The nats-server program; unpacked below `var/nats-server` when the machine has none.

    `tell` hears of a download before it begins. Raises NatsUnavailable with what to do.
    """
    on_path = shutil.which("nats-server", path=os.pathsep.join([os.environ.get("PATH", os.defpath), *_ALSO]))
    if on_path is not None:
        return Path(on_path)
    home = var.absolute() / "nats-server"
    if (ours := _unpacked(home)) is not None:
        return ours
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs may want it at once
        if (ours := _unpacked(home)) is None:
            tell("nats-server is not installed: unpacking Debian's package below var/ (first time only)")
            try:
                unpack("nats-server", home / "package", home / "apt")
            except (PackageUnavailable, subprocess.SubprocessError) as exc:
                raise NatsUnavailable(
                    f"nats-server is not on this machine and could not be fetched ({exc}): install it (brew install"
                    " nats-server, apt-get install nats-server) or point SC_NATS_URL at an existing server"
                ) from exc
            ours = _unpacked(home)
    if ours is None:
        raise NatsUnavailable("Debian's nats-server package holds no program that runs here")
    return ours


def _unpacked(home: Path) -> Path | None:
    for folder in ("usr/sbin", "usr/bin"):
        program = home / "package" / folder / "nats-server"
        if program.exists() and subprocess.run([str(program), "-v"], capture_output=True, check=False).returncode == 0:
            return program
    return None
