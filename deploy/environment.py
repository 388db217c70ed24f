"""Make `.venv` from a hashed lock with the standard library alone: `python3 -m deploy.environment <lock>`.

Debian's python3 comes without ensurepip and pip. Then pip is taken from wherever it is, at last from Debian's package
of its wheel, unpacked below `var/` without root.
"""

import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

from deploy.local.debian import PackageUnavailable, unpack

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def main(lock: Path) -> None:
    """Install what `lock` pins, with its hashes checked, and this project in place; then set the lock's stamp."""
    started = time.monotonic()
    if not _works(PYTHON):
        shutil.rmtree(VENV, ignore_errors=True)
        venv.EnvBuilder(symlinks=True, with_pip=False).create(VENV)
    pip = _find_pip()
    _say(f"installing {lock.relative_to(ROOT)} into .venv (a minute, only when it has changed) ...")
    _run([*pip, "install", "--require-hashes", "-r", str(lock)])
    _run([*pip, "install", "--no-deps", "-e", str(ROOT)])
    # Development needs more than running, so it serves both.
    for name in {lock.stem, "run"}:
        (VENV / f"{name}.stamp").touch()
    _say(f"done in {time.monotonic() - started:.0f} s")


def _find_pip() -> list[str]:
    """The command that runs pip for `.venv`."""
    if _works(PYTHON, "-m", "pip"):
        return [str(PYTHON), "-m", "pip"]
    if subprocess.run([str(PYTHON), "-m", "ensurepip"], capture_output=True, check=False).returncode == 0:
        return [str(PYTHON), "-m", "pip"]
    if _works(Path(sys.executable), "-m", "pip"):
        return [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    return [str(PYTHON), f"{_pip_wheel()}/pip"]


def _pip_wheel() -> Path:
    """A wheel runs as it is."""
    unpacked = ROOT / "var" / "pip" / "package"
    wheels = "usr/share/python-wheels/pip-*.whl"
    found = [*Path("/").glob(wheels), *unpacked.glob(wheels)]
    if not found:
        _say("this Python has no pip: unpacking Debian's below var/ (first time only) ...")
        try:
            unpack("python3-pip-whl", unpacked, ROOT / "var" / "pip" / "apt")
        except (PackageUnavailable, subprocess.SubprocessError) as exc:
            sys.exit(f"this Python has no pip, and none could be fetched ({exc}): apt-get install python3-venv")
        found = list(unpacked.glob(wheels))
    return found[-1]


def _works(program: Path, *arguments: str) -> bool:
    probe = arguments or ("-c", "import sys; sys.exit(sys.version_info < (3, 11))")
    if arguments:
        probe = (*arguments, "--version")
    try:
        return subprocess.run([str(program), *probe], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _run(command: list[str]) -> None:
    # Twice quiet: warnings about the machine's own pip configuration are not for whoever starts this.
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    environment.pop("PIP_USER", None)
    if subprocess.run([*command, "-qq"], env=environment, check=False).returncode != 0:
        sys.exit("pip could not install what the project needs; what it said is above")


def _say(text: str) -> None:
    sys.stdout.write(f"  {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
