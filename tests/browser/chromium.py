"""A Chromium to test with: the machine's, else Debian's, fetched where that is allowed, else a sentence what to do."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from tests.servers import PROJECT

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"

# The first two are for running as root in a container; the others keep it from calling its maker.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
)


class ChromiumMissing(Exception):
    """The browser tests need a browser: apt-get install chromium chromium-l10n fonts-noto-cjk (or set SC_CHROMIUM)."""


def find_chromium() -> str:
    """The path of a browser. Raises ChromiumMissing: browser tests are never skipped."""
    lock = PROJECT / "var" / "chromium.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as waiting:
        # Test processes side by side all want it: apt-get refuses the second, and half installed it does not run.
        fcntl.flock(waiting, fcntl.LOCK_EX)
        if _present() is None and shutil.which("apt-get") and os.geteuid() == 0:
            _install()
        found = _present()
    if found is None:
        raise ChromiumMissing(ChromiumMissing.__doc__)
    return found


def _present() -> str | None:
    if given := os.environ.get("SC_CHROMIUM"):
        return given
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return MAC if found is None and Path(MAC).exists() else found


def _install() -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # Whoever else installs something on this machine is waited for.
    patient = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-qq"]
    # Debian's has English alone without its l10n, whatever it is asked to speak: dates would be mm/dd/yyyy.
    for command in (["update"], ["install", "-y", "chromium", "chromium-l10n", "fonts-noto-cjk"]):
        subprocess.run([*patient, *command], env=environment, capture_output=True, check=False, timeout=900)
