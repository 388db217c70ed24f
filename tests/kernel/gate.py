"""A gate before a server: shut, nobody gets through and who was inside is thrown out; frozen, nothing moves."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit


class Gate:
    """Stands on a port of its own; `url` is the server's with that port."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._moving = asyncio.Event()
        self._inside: set[asyncio.StreamWriter] = set()
        self.port = 0

    @property
    def url(self) -> str:
        user, at, _ = self._parts.netloc.rpartition("@")
        return urlunsplit(self._parts._replace(netloc=f"{user}{at}127.0.0.1:{self.port}"))

    async def open(self) -> None:
        self._moving.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._let_in, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for writer in list(self._inside):
            writer.transport.abort()
        self._moving.set()

    def freeze(self) -> None:
        self._moving.clear()

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            onward, back = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        except OSError:
            writer.transport.abort()
            return
        self._inside |= {writer, back}
        try:
            await asyncio.gather(self._carry(reader, back), self._carry(onward, writer))
        finally:
            self._inside -= {writer, back}

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._moving.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def gate_before(url: str) -> AsyncIterator[Gate]:
    gate = Gate(url)
    await gate.open()
    try:
        yield gate
    finally:
        await gate.shut()
