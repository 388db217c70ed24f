"""Who calls: the token of a request, checked, turned into a Caller.

Scope comes from the verified token alone. A token arrives as `Authorization: Bearer …` or, from browsers, as an
HttpOnly same-site cookie; requests with the cookie that change something must come from our own pages.
Every route needs a token unless it says `opt={"public": True}`. Whoever has the password somebody else has set gets no
further than the routes that say `opt={"initial_password": True}`.
"""

import hashlib
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers.base import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import Guard

from shared.errors import Conflict, Forbidden, Malformed, Unauthenticated, Unavailable
from shared.kernel import Kernel
from shared.tenancy import Caller, ScopeKind
from shared.tokens import Principal, TokenInvalid

ACCESS_COOKIE = "sc_access"
REFRESH_COOKIE = "sc_refresh"
PUBLIC = {"public": True}
INITIAL_PASSWORD = {"initial_password": True}
EXPECTED_USER = "x-expected-user"
"""The user a page was opened for. All pages of a browser share its cookies: whoever logs in beside an open page would
else carry out, in another school, what was typed for the first one."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_KEY = 200


class CrossSite(Forbidden):
    """该请求不是从本系统的页面发出的，已被拒绝。"""

    code = "cross_site"


class ScopeForbidden(Forbidden):
    """您的账号类型不能进行此操作。"""

    code = "scope_forbidden"


class SessionEnded(Unauthenticated):
    """您已退出登录或登录已失效，请重新登录。"""

    code = "session_ended"


class UserChanged(Conflict):
    """本浏览器已改用另一个账号登录，原账号页面上的操作没有进行，请刷新页面。"""

    code = "user_changed"


class PasswordIsInitial(Forbidden):
    """请先将初始密码改为自己的密码，再使用系统。"""

    code = "password_is_initial"


class BadIdempotencyKey(Malformed):
    """Idempotency-Key 应为 1 至 200 个可见的 ASCII 字符。"""

    code = "idempotency_key_malformed"


class Authentication(AbstractAuthenticationMiddleware):
    """Litestar middleware: sets `request.user` to the token's Principal. Raises Unauthenticated, CrossSite,
    UserChanged, PasswordIsInitial, and Unavailable while the ended sessions are not known yet."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        token = _bearer(connection)
        if token is None:
            token = connection.cookies.get(ACCESS_COOKIE)
            if token is None:
                raise Unauthenticated
            refuse_cross_site(connection)
        kernel: Kernel = connection.app.state.kernel
        principal = kernel.verifier.verify(token)
        if not kernel.ended_sessions.known.is_set():
            raise Unavailable
        if principal.session_id in kernel.ended_sessions:
            raise SessionEnded
        if connection.headers.get(EXPECTED_USER, str(principal.actor.id)) != str(principal.actor.id):
            raise UserChanged
        if principal.must_change_password and not connection.route_handler.opt.get("initial_password"):
            raise PasswordIsInitial
        connection.scope["state"]["actor"] = str(principal.actor.id)
        return AuthenticationResult(user=principal, auth=token)


def refuse_cross_site(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """For what cookies authorize: `Sec-Fetch-Site`, else `Origin`, must be ours. Forwarded hosts are not believed."""
    if connection.scope.get("method", "GET") in _SAFE:
        return
    site = connection.headers.get("sec-fetch-site")
    origin = connection.headers.get("origin")
    same = site == "same-origin" if site is not None else _is_own_origin(connection, origin)
    if not same:
        raise CrossSite


def _is_own_origin(connection: ASGIConnection[Any, Any, Any, Any], origin: str | None) -> bool:
    return origin is not None and origin.partition("://")[2] == connection.headers.get("host")


def _bearer(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    header = connection.headers.get("authorization")
    if header is None:
        return None
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer" or not token:
        raise TokenInvalid
    return token.strip()


def only(*kinds: ScopeKind) -> Guard:
    """A guard that lets users of these scopes through. Raises ScopeForbidden for others."""

    def guard(connection: ASGIConnection[Any, Principal, str, State], _: BaseRouteHandler) -> None:
        if connection.user.scope.kind not in kinds:
            raise ScopeForbidden

    return guard


async def provide_caller(request: Request[Principal, str, State]) -> Caller:
    """The `caller` dependency: the principal with the request's marks and its Idempotency-Key."""
    principal = request.user
    key = request.headers.get("idempotency-key") if request.method == "POST" else None
    return Caller(
        scope=principal.scope,
        actor=principal.actor,
        request_id=request.scope["state"]["request_id"],
        traceparent=request.scope["state"]["traceparent"],
        session_id=principal.session_id,
        idempotency_key=None if key is None else check_key(key),
        fingerprint=b"" if key is None else await _fingerprint(request),
    )


async def _fingerprint(request: Request[Principal, str, State]) -> bytes:
    target = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    is_form = request.headers.get("content-type", "").startswith("multipart/")
    # An upload is not held in memory for this; its handler adds the file's own digest.
    plain = hashlib.sha256(target + (b"" if is_form else await request.body())).hexdigest()
    # It is kept for a day: what a body has of a password or a number must not be guessed from it.
    kernel: Kernel = request.app.state.kernel
    return kernel.digester.digest(plain, b"fingerprint")


def check_key(key: str) -> str:
    if not (1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise BadIdempotencyKey
    return key
