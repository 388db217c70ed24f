"""The HTTP server around one service or all of them."""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Iterator, Sequence

import uvicorn

from deploy.dispatcher import Dispatcher, load
from deploy.patience import PatientProtocol
from shared.settings import Settings


class PortBusy(Exception):
    """Another program listens on this port."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"another program already uses {host}:{port}: set SC_PORT to a free port")


class CannotListen(Exception):
    """Nothing can listen at this address."""

    def __init__(self, host: str, port: int, exc: OSError) -> None:
        super().__init__(f"cannot listen at {host}:{port} (SC_HOST, SC_PORT): {exc.strerror or exc}")


class ServiceFailed(Exception):
    """A service could not start; its log says why."""


class ServerEnded(Exception):
    """The HTTP server ended although nobody had stopped it; the log says why."""


class _Server(uvicorn.Server):
    """Without uvicorn's own signal handling and exits: whoever started it stops it, and hears why it did not start."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit as exc:
            raise ServiceFailed(ServiceFailed.__doc__) from exc

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, taken before anything else is started. Raises PortBusy, CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(1024)
    except OSError as exc:
        listening.close()
        if exc.errno == errno.EADDRINUSE:
            raise PortBusy(host, port) from exc
        raise CannotListen(host, port, exc) from exc
    return listening


class HttpServer:
    """`start` returns when the services are up, `stop` when requests under way have ended (3 s at most)."""

    def __init__(self, names: Sequence[str], settings: Settings, listening: socket.socket) -> None:
        config = uvicorn.Config(
            Dispatcher(load(names, settings)),
            http=PatientProtocol,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=3,
            h11_max_incomplete_event_size=32 * 1024,
        )
        self._server = _Server(config)
        self._listening = listening
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    async def start(self) -> None:
        """Raises ServiceFailed."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listening]), name="http")
        while not self._server.started:
            if self._task.done():
                task, self._task = self._task, None
                await task
                raise ServiceFailed(ServiceFailed.__doc__)
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self._stopped = True
        task, self._task = self._task, None
        self._server.should_exit = True
        if task is not None:
            await task

    async def wait(self) -> None:
        """Until `stop` is called. Raises what ended the server before, at least ServerEnded."""
        if self._task is None:
            return
        await asyncio.wait([self._task])
        if not self._stopped:
            task, self._task = self._task, None
            await task
            raise ServerEnded(ServerEnded.__doc__)


def stop_on_signals() -> asyncio.Event:
    """An event that Ctrl-C, SIGTERM and the end of the terminal set; what `nohup` starts outlives the terminal."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, stop.set)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        loop.add_signal_handler(signal.SIGHUP, stop.set)
    return stop


async def serve(names: Sequence[str], settings: Settings) -> None:
    """Serve until Ctrl-C or SIGTERM. Raises PortBusy, CannotListen, ServiceFailed, ServerEnded."""
    stop = stop_on_signals()
    server = HttpServer(names, settings, listen(settings.host, settings.port))
    await server.start()
    ended = asyncio.create_task(server.wait())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([ended, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    await server.stop()
    await ended
