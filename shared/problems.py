"""Errors on the wire: RFC 9457 problem details, one map for all services.

`type` is `urn:schoolcard:problem:<code>`; `title` a Chinese sentence. The only 5xx is 503: what the process itself
did wrong is logged with its stack under the request id, and the caller is asked to try again.
"""

from typing import Any

import asyncpg
import msgspec
import nats.errors
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from shared import errors
from shared.errors import FieldError, SchoolcardError
from shared.log import without_values

MEDIA_TYPE = "application/problem+json"

_log = structlog.get_logger(__name__)


class MethodNotAllowed(SchoolcardError):
    """该地址不支持此操作。"""

    code = "method_not_allowed"


class UnsupportedMediaType(SchoolcardError):
    """请求的内容类型不受支持。"""

    code = "unsupported_media_type"


class InternalFault(errors.Unavailable):
    """系统出现意外错误，已记录，请稍后重试。"""

    code = "internal_fault"


_STATUS: tuple[tuple[type[SchoolcardError], int], ...] = (
    (errors.Malformed, 400),
    (errors.Unauthenticated, 401),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (MethodNotAllowed, 405),
    (errors.Conflict, 409),
    (errors.Stale, 412),
    (errors.TooLarge, 413),
    (UnsupportedMediaType, 415),
    (errors.Invalid, 422),
    (errors.TooManyRequests, 429),
    (errors.Unavailable, 503),
)

_BY_STATUS: dict[int, type[SchoolcardError]] = {status: kind for kind, status in _STATUS}

# The database or the broker is away, full, or does not answer in time.
_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # A connection that has been told that its server ends, and has not been closed yet.
    asyncpg.InternalClientError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.LockNotAvailableError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InvalidAuthorizationSpecificationError,
    nats.errors.Error,
    OSError,
    TimeoutError,
)


class Problem(msgspec.Struct, frozen=True):
    """`{type, title, status, detail, code, request_id, errors: [{row?, field?, code, detail}]}`

    `errors` may be empty, and is always there.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: tuple[FieldError, ...]


def problem_of(exc: Exception, request_id: str) -> Problem:
    """Any exception as a problem; what is not known is an `internal_fault`."""
    status, error = _classify(exc)
    return Problem(
        type=f"urn:schoolcard:problem:{error.code}",
        title=error.title,
        status=status,
        detail=error.detail,
        code=error.code,
        request_id=request_id,
        errors=error.errors,
    )


def respond(request: Request[Any, Any, Any], exc: Exception) -> Response[Problem]:
    """Litestar's exception handler for everything."""
    request_id = str(request.scope.get("state", {}).get("request_id", ""))
    problem = problem_of(exc, request_id)
    if problem.status == 503:
        _log.error("request_failed", request_id=request_id, code=problem.code, exc_info=without_values(exc))
    headers = {"Retry-After": "2"} if problem.status in (429, 503) else {}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.status == 405 and isinstance(exc, HTTPException):
        # RFC 9110 §15.5.6: whoever is told that a method is none hears which are.
        headers |= exc.headers or {}
    return Response(problem, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def _classify(exc: Exception) -> tuple[int, SchoolcardError]:
    if isinstance(exc, SchoolcardError):
        status = next((status for kind, status in _STATUS if isinstance(exc, kind)), None)
        return (status, exc) if status is not None else (503, InternalFault())
    if isinstance(exc, ValidationException):
        return 400, errors.Malformed(errors=_fields(exc))
    if isinstance(exc, HTTPException):
        return _classify_http(exc)
    if isinstance(exc, (msgspec.MsgspecError, RecursionError, UnicodeError)):
        return 400, errors.Malformed()
    if isinstance(exc, _AWAY):
        return 503, errors.Unavailable()
    if isinstance(exc, asyncpg.DataError):
        # A value PostgreSQL cannot hold: NUL in a text, a number out of range.
        return 400, errors.Malformed()
    return 503, InternalFault()


def _classify_http(exc: HTTPException) -> tuple[int, SchoolcardError]:
    known = _BY_STATUS.get(exc.status_code)
    if known is not None:
        return exc.status_code, known()
    return (400, errors.Malformed()) if exc.status_code < 500 else (503, InternalFault())


def _fields(exc: ValidationException) -> list[FieldError]:
    found = exc.extra if isinstance(exc.extra, list) else []
    return [
        FieldError("malformed_value", "该项缺失、多余或格式不正确。", field=str(item.get("key") or "") or None)
        for item in found
        if isinstance(item, dict)
    ]
