"""One origin before services that listen at ports of their own: `/api/<service>/…` goes to the service's port.

One request a connection, bytes passed on as they come. A service that is away answers 502, as a real proxy's would.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from deploy.local.port import LOOPBACK

_AWAY = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_CHUNK = 64 * 1024


class FrontProxy:
    """`ports` maps a service to its port; `other` gets what is no service's."""

    def __init__(self, ports: Mapping[str, int], other: int) -> None:
        self._ports = ports
        self._other = other
        self._open: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[str]:
        """Yields the address."""
        server = await asyncio.start_server(self._accept, LOOPBACK, 0)
        try:
            yield f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            for task in self._open:
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._connected(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, EOFError):
                await self._serve(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        line, _, headers = head.partition(b"\r\n")
        kept = [header for header in headers.split(b"\r\n") if not header.lower().startswith(b"connection:")]
        try:
            back_reader, back_writer = await asyncio.open_connection(LOOPBACK, self._port_of(line))
        except OSError:
            writer.write(_AWAY)
            return
        back_writer.write(b"\r\n".join([line, b"Connection: close", *kept]))
        sending = asyncio.create_task(_pump(reader, back_writer))
        try:
            await _pump(back_reader, writer)
        finally:
            sending.cancel()
            await asyncio.wait([sending])
            back_writer.close()
            with contextlib.suppress(OSError):
                await back_writer.wait_closed()

    def _port_of(self, line: bytes) -> int:
        path = line.split(b" ")[1].partition(b"?")[0].decode("ascii")
        _, api, name, *_ = [*path.split("/", 3), "", ""]
        return self._ports.get(name, self._other) if api == "api" else self._other


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
