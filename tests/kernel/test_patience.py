"""Slow clients: two hundred half-open connections are closed in time, and nobody else notices them."""

import asyncio
import contextlib
import time

import httpx
import pytest

from deploy.patience import PatientProtocol
from tests.running_service import RunningService

_SOCKETS = 200


class SlowClient:
    """Sends the beginning of a request, then a byte now and then; `closed_after` in seconds once it was cut off."""

    def __init__(self, address: str, beginning: bytes) -> None:
        self._host, port = address.removeprefix("http://").split(":")
        self._port = int(port)
        self._beginning = beginning

    async def live(self) -> float:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        started = time.monotonic()
        dripping = asyncio.create_task(self._drip(writer))
        with contextlib.suppress(ConnectionError):
            await reader.read()
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)
        writer.transport.abort()
        return time.monotonic() - started

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        writer.write(self._beginning)
        while True:
            await asyncio.sleep(0.5)
            writer.write(b"a")


async def test_two_hundred_half_open_connections_are_closed_in_time(
    params: RunningService, teacher: httpx.AsyncClient
) -> None:
    beginnings = (b"", b"GET /api/params/grades HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    clients = [SlowClient(params.address, beginnings[number % 2]) for number in range(_SOCKETS)]
    living = asyncio.gather(*(client.live() for client in clients))
    while not living.done():
        started = time.monotonic()
        assert (await teacher.get("/api/params/grades")).status_code == 200
        assert time.monotonic() - started < 3
        await asyncio.wait([living], timeout=1)
    assert max(await living) <= 15


async def test_a_body_that_does_not_come_is_not_waited_for(
    params: RunningService, teacher: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientProtocol, "body_patience", 1.0)
    beginning = (
        "POST /api/params/grades HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n"
        f"Authorization: {teacher.headers['authorization']}\r\n\r\n{{"
    ).encode()
    assert await SlowClient(params.address, beginning).live() < 15
    assert (await teacher.get("/api/params/grades")).json()["total"] == 0


async def test_a_connection_that_is_kept_is_used_again(params: RunningService) -> None:
    async with params.stranger() as client:
        for _ in range(3):
            assert (await client.get("/api/params/health/live")).status_code == 200


@pytest.mark.parametrize("endless", [b"X-More: " + b"x" * 1000 + b"\r\n", b"y" * 1000], ids=["fields", "one field"])
async def test_headers_without_end_are_cut_off(params: RunningService, endless: bytes) -> None:
    host, port = params.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /api/params/grades HTTP/1.1\r\nHost: x\r\nX-First: ")
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < 20_000_000 and not reader.at_eof():
            writer.write(endless * 64)
            sent += len(endless) * 64
            await writer.drain()
    assert sent < 20_000_000
    with contextlib.suppress(ConnectionError):
        answer = await reader.read()
        assert answer == b"" or b" 431 " in answer
    writer.transport.abort()
