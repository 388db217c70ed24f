"""An HTTP server that does not wait for ever: a client that is slow to send its request is cut off.

uvicorn has a limit for idle connections alone; two hundred clients that send a byte now and then would hold two
hundred connections. Answers may take as long as they like: progress streams are long.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class PatientProtocol(HttpToolsProtocol):
    """Seconds from the first byte to the end of the headers, and from there to the end of the body."""

    header_patience = 10.0
    body_patience = 60.0
    # Bytes of one request's headers; the parser itself would take gigabytes.
    header_limit = 64 * 1024

    _deadline: asyncio.TimerHandle | None = None
    _in_headers = True
    _header_bytes = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect(self.header_patience)

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._header_bytes = self._header_bytes + len(data) if self._in_headers else 0
        if self._header_bytes > self.header_limit and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        self._in_headers = True
        self._expect(self.header_patience)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_headers = False
        self._expect(self.body_patience)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._expect(None)
        super().on_message_complete()

    def _expect(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.close()
