"""A client that costs little: keep-alive connections that write a fixed request and read its answer."""

import asyncio
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec


class RequestFailed(Exception):
    """A request of the measurement was not answered with 200."""


class Load(msgspec.Struct, frozen=True):
    """`seconds` are each request's own."""

    duration: float
    seconds: list[float]

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.duration


async def load(url: str, headers: Mapping[str, str], *, connections: int, requests: int) -> Load:
    """Send `requests` GETs over `connections`, each waiting for its answer. Raises RequestFailed."""
    address = urlsplit(url)
    lines = [f"GET {address.path}{'?' if address.query else ''}{address.query} HTTP/1.1", f"Host: {address.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    request = "\r\n".join([*lines, "", ""]).encode()
    share = requests // connections
    started = time.perf_counter()
    rounds = [_connection(address.hostname or "", address.port or 80, request, share) for _ in range(connections)]
    seconds = [one for each in await asyncio.gather(*rounds) for one in each]
    return Load(time.perf_counter() - started, seconds)


async def _connection(host: str, port: int, request: bytes, count: int) -> list[float]:
    reader, writer = await asyncio.open_connection(host, port)
    seconds = []
    try:
        for _ in range(count):
            started = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RequestFailed(head.decode(errors="replace").splitlines()[0])
            await reader.readexactly(_length(head))
            seconds.append(time.perf_counter() - started)
    finally:
        writer.close()
    return seconds


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":", 1)[1])
    raise RequestFailed("an answer without content-length")
