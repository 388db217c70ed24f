"""Several services in one process: one ASGI application that hands each request to its service by the path's prefix.

The services stay what they are alone: own routes, own loops, own database role, own NATS user.
"""

import importlib
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import AsyncExitStack
from typing import Any, Final, TypeAlias, cast

import msgspec
import structlog
from litestar import Litestar

from shared.errors import NotFound
from shared.problems import MEDIA_TYPE, problem_of
from shared.settings import Settings

_log = structlog.get_logger(__name__)

CONTENTS: Final = "/api/health"

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


def load(names: Iterable[str], settings: Settings) -> dict[str, Litestar]:
    """The apps of the named services. A process loads the code of the services it runs, and no other."""
    return {name: importlib.import_module(f"services.{name}.app").create_app(settings) for name in names}


class Dispatcher:
    """Serves `/api/<service>/…` by the service's app and all else by the console, where it runs.

    `/api/health` says which services there are. What is nobody's gets 404.
    """

    def __init__(self, apps: dict[str, Litestar]) -> None:
        self._apps = apps

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] == "http" and scope["path"] == CONTENTS:
            await _answer(send, 200, b"application/json", msgspec.json.encode(self._contents()))
            return
        app = self._apps.get(_service(scope["path"]), self._apps.get("console"))
        if app is not None:
            await app(cast(Any, scope), cast(Any, receive), cast(Any, send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4404, "reason": ""})
        else:
            body = msgspec.json.encode(problem_of(NotFound(), ""))
            await _answer(send, 404, MEDIA_TYPE.encode(), body)

    def _contents(self) -> dict[str, str]:
        return {name: f"/api/{name}/health/ready" for name in self._apps}

    async def _live(self, receive: Receive, send: Send) -> None:
        """The lifespan protocol: the process is up when all its services are."""
        await receive()
        running = AsyncExitStack()
        try:
            failed = await self._enter_all(running)
            if failed is None:
                await send({"type": "lifespan.startup.complete"})
                await receive()
        finally:
            # Closed, not left by the exception: contextlib turns for ever in an exception whose context is a circle.
            await running.aclose()
        if failed is None:
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await send({"type": "lifespan.startup.failed", "message": f"{type(failed).__name__}: {failed}"})

    async def _enter_all(self, running: AsyncExitStack) -> Exception | None:
        """What kept a service from starting, if anything did; those before it are up then."""
        for name, app in self._apps.items():
            try:
                await running.enter_async_context(app.lifespan())
            except Exception as exc:  # whatever it is, it is said in a sentence and ends the process
                _log.exception("service_did_not_start", service=name)
                return exc
        return None


def _service(path: str) -> str:
    _, api, name, *_ = [*path.split("/", 3), "", ""]
    return name if api == "api" else ""


async def _answer(send: Send, status: int, media_type: bytes, body: bytes) -> None:
    headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
