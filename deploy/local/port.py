"""A loopback port that a server keeps from one start to the next."""

import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"

# Below the ports that systems hand to outgoing connections: a client that keeps knocking at a dead server's port from
# there can meet itself, and then the server finds its port taken.
_RANGE = range(20_000, 32_000)


def keep_port(file: Path, wanted: int = 0) -> int:
    """The port to listen on: `wanted`, else the one remembered in `file` while it is free, else a new free one."""
    remembered = int(file.read_text()) if file.exists() else 0
    port = wanted or (remembered if remembered and is_free(remembered) else free_port())
    if port != remembered:
        file.write_text(str(port))
    return port


def is_free(port: int, host: str = LOOPBACK) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Raises StopIteration when every port of the range is taken."""
    return next(port for port in random.sample(_RANGE, len(_RANGE)) if is_free(port))
