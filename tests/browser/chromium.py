"""A Chromium to test with: the machine's, else Debian's, fetched where that is allowed, else a sentence what to do."""

import os
import shutil
import subprocess
from pathlib import Path

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
    given = os.environ.get("SC_CHROMIUM")
    found = given or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and Path(MAC).exists():
        found = MAC
    return found or _install()


def _install() -> str:
    if shutil.which("apt-get") and os.geteuid() == 0:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        # Debian's has English alone without its l10n, whatever it is asked to speak: dates would be mm/dd/yyyy.
        for command in (["update", "-qq"], ["install", "-y", "-qq", "chromium", "chromium-l10n", "fonts-noto-cjk"]):
            subprocess.run(["apt-get", *command], env=environment, capture_output=True, check=False, timeout=900)
        found = shutil.which("chromium")
        if found:
            return found
    raise ChromiumMissing(ChromiumMissing.__doc__)
