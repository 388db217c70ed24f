"""One stack per folder: a lock that ends with its process, however it ends."""

import fcntl
import os
from pathlib import Path
from typing import Self


class AlreadyRunning(Exception):
    """schoolcard is already running in this folder"""

    def __init__(self, address: str) -> None:
        super().__init__(f"{AlreadyRunning.__doc__}, at {address}" if address else str(AlreadyRunning.__doc__))
        self.address = address


class RunLock:
    """`with RunLock(var, address):` raises AlreadyRunning when another process holds the folder."""

    def __init__(self, var: Path, address: str = "") -> None:
        self._path = var / "run.lock"
        self._address = address
        self._handle: int | None = None

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            address = os.read(handle, 200).decode()
            os.close(handle)
            raise AlreadyRunning(address) from exc
        os.truncate(handle, 0)
        os.write(handle, self._address.encode())
        self._handle = handle
        return self

    def __exit__(self, *_: object) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            os.truncate(handle, 0)
            os.close(handle)
