"""Debian packages without root: downloaded with apt, unpacked into a folder, nothing installed.

Used before there is a virtual environment, so it needs the standard library alone.
"""

import os
import shutil
import subprocess
from pathlib import Path


class PackageUnavailable(Exception):
    """The package cannot be downloaded here."""


def unpack(package: str, into: Path, work: Path) -> None:
    """Unpack `package` below `into`. `work` keeps downloads and, where the machine has none, package lists of our own.

    Raises PackageUnavailable, with what apt said.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise PackageUnavailable("there is no apt-get on this machine")
    downloads = work / "downloads"
    shutil.rmtree(downloads, ignore_errors=True)
    downloads.mkdir(parents=True)
    private = _private_lists(work)
    # The machine's own package lists serve when they are there and fresh.
    if not _download(package, downloads, [])[0]:
        _apt([*private, "update"], downloads)
        done, said = _download(package, downloads, private)
        if not done:
            raise PackageUnavailable(f"apt-get download {package}: {said}")
    archives = sorted(downloads.glob("*.deb"))
    part = into.with_name(into.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    subprocess.run(["dpkg", "-x", str(archives[-1]), str(part)], check=True)
    shutil.rmtree(into, ignore_errors=True)
    part.rename(into)
    shutil.rmtree(downloads)


def _private_lists(work: Path) -> list[str]:
    """Options that keep apt's lists and cache below `work`, where no root is needed."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    values = {
        "Dir::State": work.resolve(),
        "Dir::State::lists": work.resolve() / "lists",
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": work.resolve() / "cache",
        "Acquire::Languages": "none",
    }
    return [f"-o{name}={value}" for name, value in values.items()]


def _download(package: str, folder: Path, options: list[str]) -> tuple[bool, str]:
    said = _apt([*options, "download", package], folder)
    return any(folder.glob("*.deb")), said


def _apt(arguments: list[str], folder: Path) -> str:
    """Run apt-get; returns the last line it complained with."""
    # Root's downloads would be handed to the user _apt, who may not enter our folder.
    sandbox = ["-oAPT::Sandbox::User=root"] if os.getuid() == 0 else []
    answer = subprocess.run(
        ["apt-get", "-qq", *sandbox, *arguments],
        cwd=folder,
        env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = answer.stderr.strip().splitlines()
    return lines[-1] if lines else ""
