"""A client that costs little: keep-alive connections that write a fixed request and read its answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Self
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


class Connection:
    """One keep-alive connection that asks the same again and again."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
        self._reader = reader
        self._writer = writer
        self._request = request

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, headers: Mapping[str, str]) -> AsyncIterator[Self]:
        address = urlsplit(url)
        target = f"{address.path}{'?' if address.query else ''}{address.query}"
        lines = [f"GET {target} HTTP/1.1", f"Host: {address.netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        reader, writer = await asyncio.open_connection(address.hostname or "", address.port or 80)
        try:
            yield cls(reader, writer, "\r\n".join([*lines, "", ""]).encode())
        finally:
            writer.close()

    async def ask(self) -> bytes:
        """The answer's body. Raises RequestFailed."""
        self._writer.write(self._request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RequestFailed(head.decode(errors="replace").splitlines()[0])
        return await self._reader.readexactly(_length(head))


async def load(url: str, headers: Mapping[str, str], *, connections: int, requests: int) -> Load:
    """Send `requests` GETs over `connections`, each waiting for its answer. Raises RequestFailed."""
    started = time.perf_counter()
    rounds = [_ask_on(url, headers, requests // connections) for _ in range(connections)]
    seconds = [one for each in await asyncio.gather(*rounds) for one in each]
    return Load(time.perf_counter() - started, seconds)


async def _ask_on(url: str, headers: Mapping[str, str], count: int) -> list[float]:
    seconds = []
    async with Connection.open(url, headers) as connection:
        for _ in range(count):
            started = time.perf_counter()
            await connection.ask()
            seconds.append(time.perf_counter() - started)
    return seconds


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":", 1)[1])
    raise RequestFailed("an answer without content-length")
