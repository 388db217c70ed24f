"""The HTTP server: prefixes, lifespans, slow clients, a busy port."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from litestar import Litestar, get

from deploy.dispatcher import Dispatcher
from deploy.local.port import LOOPBACK
from deploy.patience import PatientProtocol
from deploy.serve import PortBusy, listen, stop_on_signals
from tests.waiting import eventually


def small_app(name: str, lived: list[str]) -> Litestar:
    @get(f"/api/{name}/who", sync_to_thread=False)
    def who() -> str:
        return name

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        lived.append(f"{name} up")
        yield
        lived.append(f"{name} down")

    return Litestar([who], lifespan=[lifespan], openapi_config=None)


class Impatient(PatientProtocol):
    header_patience = 0.3
    body_patience = 0.5


@asynccontextmanager
async def serving(dispatcher: Dispatcher, protocol: type[PatientProtocol] = PatientProtocol) -> AsyncIterator[int]:
    """Yields the port."""
    listening = listen(LOOPBACK, 0)
    server = uvicorn.Server(uvicorn.Config(dispatcher, http=protocol, log_config=None, lifespan="on"))
    task = asyncio.create_task(server.serve(sockets=[listening]))

    async def has_begun() -> bool:
        assert not task.done()
        return server.started

    await eventually(has_begun)
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await task


@pytest.fixture
def lived() -> list[str]:
    return []


@pytest.fixture
def dispatcher(lived: list[str]) -> Dispatcher:
    return Dispatcher({name: small_app(name, lived) for name in ("readers", "cards")})


async def test_requests_go_by_prefix_and_every_lifespan_is_entered(dispatcher: Dispatcher, lived: list[str]) -> None:
    async with serving(dispatcher) as port, httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}") as client:
        assert lived == ["readers up", "cards up"]
        assert (await client.get("/api/readers/who")).text == "readers"
        assert (await client.get("/api/cards/who")).text == "cards"
        assert (await client.get("/api/health")).json() == {
            "readers": "/api/readers/health/ready",
            "cards": "/api/cards/health/ready",
        }
    assert lived[2:] == ["cards down", "readers down"]


async def test_a_service_that_cannot_start_ends_the_others(lived: list[str]) -> None:
    async def refuse() -> None:
        raise PortBusy(LOOPBACK, 1)

    broken = Litestar([], on_startup=[refuse], openapi_config=None)
    dispatcher = Dispatcher({"readers": small_app("readers", lived), "cards": broken})
    config = uvicorn.Config(dispatcher, log_config=None, lifespan="on")
    async with asyncio.timeout(10):
        with pytest.raises(SystemExit):
            await uvicorn.Server(config).serve()
    assert lived == ["readers up", "readers down"]


@pytest.mark.parametrize("path", ["/", "/api", "/api/", "/api/nobody/who", "/nothing", "//api/readers/who"])
async def test_what_is_nobodys_is_a_problem(dispatcher: Dispatcher, path: str) -> None:
    async with serving(dispatcher) as port, httpx.AsyncClient() as client:
        answer = await client.get(f"http://{LOOPBACK}:{port}{path}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /api/readers/who HTTP/1.1\r\nHost: x\r\n",
        b"POST /api/readers/who HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
        b"GET /api/readers/who HTTP/1.1\r\nHost: x\r\n\r\nGET /api/readers/who HTTP/1.1\r\n",
    ],
    ids=["silence", "half a header", "half a body", "half a second request"],
)
async def test_a_slow_client_is_cut_off(dispatcher: Dispatcher, begun: bytes) -> None:
    async with serving(dispatcher, Impatient) as port:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(begun)
        async with asyncio.timeout(10):
            await reader.read()
        writer.close()
        await writer.wait_closed()


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_busy_port_is_said_in_a_sentence(taken: int) -> None:
    with pytest.raises(PortBusy, match=f"another program already uses {LOOPBACK}:{taken}: set SC_PORT"):
        listen(LOOPBACK, taken)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_terminal_that_ends_stops_it_like_ctrl_c(number: signal.Signals) -> None:
    loop = asyncio.get_running_loop()
    # Whoever runs these tests under nohup has it ignored.
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    stop = stop_on_signals()
    try:
        os.kill(os.getpid(), number)
        await asyncio.wait_for(stop.wait(), 30)
    finally:
        for handled in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(handled)
        signal.signal(signal.SIGHUP, before)


async def test_what_nohup_starts_outlives_its_terminal() -> None:
    loop = asyncio.get_running_loop()
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stop_on_signals()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        for handled in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(handled)
        signal.signal(signal.SIGHUP, before)
