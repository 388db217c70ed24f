"""What every request passes before its handler: marks, limits, one log line, one measurement.

The log line has method, route template, status, duration, actor and request id. It never has a query string, a body
or a header: those carry pupils' names and ID numbers.
"""

import json
import re
import time
from typing import Any

import msgspec
import structlog
from litestar import Litestar, Request
from litestar.enums import ScopeType
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Histogram

from shared.errors import FieldError, Malformed
from shared.ids import new_id

_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_FIELD = re.compile(r"field `([^`]+)`|at `\$\.([^`]+)`")
_SECURITY_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]

_log = structlog.get_logger(__name__)


class DuplicateField(Malformed):
    """请求中有重复的字段。"""

    code = "duplicate_field"


class TooDeep(Malformed):
    """请求的嵌套层次太深。"""

    code = "too_deep"


def request_seconds(registry: CollectorRegistry) -> Histogram:
    """The measurement of one service's requests; made once, while Litestar makes a middleware for each route."""
    return Histogram(
        "schoolcard_request_seconds",
        "Duration of requests",
        ("service", "method", "route", "status"),
        registry=registry,
    )


class GuardedApp(Litestar):
    """A service's app with the guard around all of it: routing too, so that an unknown address is marked and logged."""

    def __init__(self, service: str, registry: CollectorRegistry, **options: Any) -> None:
        super().__init__(**options)
        self._resolve_in_turn()
        self._guard = RequestGuard(super().__call__, service, request_seconds(registry))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._guard(scope, receive, send)

    def _resolve_in_turn(self) -> None:
        """Dependencies one after the other. Litestar gives those that do not need each other a task each, in a group of
        its own for every request: a tenth of what a small one costs, and none of ours waits for anything."""
        for route in self.routes:
            if isinstance(route, HTTPRoute):
                for _, model in route.route_handler_map.values():
                    model.dependency_batches = [{one} for batch in model.dependency_batches for one in batch]


class RequestGuard:
    """ASGI middleware around one service's app."""

    def __init__(self, app: ASGIApp, service: str, seconds: Histogram) -> None:
        self._app = app
        self._service = service
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = _accept(_REQUEST_ID, headers.get(b"x-request-id")) or new_id().hex
        traceparent = _accept(_TRACEPARENT, headers.get(b"traceparent")) or f"00-{new_id().hex}-{new_id().hex[:16]}-01"
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        state["traceparent"] = traceparent
        method = scope["method"]
        started = time.perf_counter()
        status = 0

        async def mark(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                kept = [*message["headers"], *_SECURITY_HEADERS, (b"x-request-id", request_id.encode())]
                if not any(name == b"cache-control" for name, _ in kept):
                    kept.append((b"cache-control", b"no-store"))
                message["headers"] = kept
            await send(message)

        try:
            await self._app(scope, receive, mark)
        finally:
            seconds = time.perf_counter() - started
            route = str(scope.get("path_template") or "-")
            self._seconds.labels(self._service, method, route, str(status)).observe(seconds)
            if not route.endswith(("/health/live", "/health/ready", "/metrics")):
                _log.info(
                    "request",
                    service=self._service,
                    method=method,
                    route=route,
                    status=status,
                    ms=round(seconds * 1000, 1),
                    request_id=request_id,
                    actor=state.get("actor"),
                )


async def refuse_odd_json(request: Request[Any, Any, Any]) -> None:
    """Litestar's `before_request`, for what it lets pass: duplicate fields, absurd depth, `"1"` where a number belongs.

    Whatever the content type says: handlers read JSON from anything that is no form.
    """
    if request.method in ("GET", "HEAD", "DELETE") or request.content_type[0] in _FORMS:
        return
    body = await request.body()
    if not body:
        return
    try:
        json.loads(body, object_pairs_hook=_unique, parse_int=str, parse_float=str)
    except RecursionError as exc:
        raise TooDeep from exc
    except ValueError as exc:
        raise Malformed from exc
    expected = request.route_handler.parsed_data_field
    if expected is not None:
        _check_types(body, expected.annotation)


def _check_types(body: bytes, kind: Any) -> None:
    try:
        msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as exc:
        named = _FIELD.search(str(exc))
        field = next(filter(None, named.groups()), None) if named else None
        raise Malformed(errors=[FieldError("malformed_value", "该项缺失、多余或格式不正确。", field=field)]) from exc
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise Malformed from exc


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise DuplicateField
    return found


def _accept(pattern: re.Pattern[str], raw: bytes | None) -> str | None:
    text = raw.decode("latin-1") if raw else ""
    return text if pattern.fullmatch(text) else None
