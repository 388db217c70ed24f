"""HTTP of sessions: `/api/identity/login`, `refresh`, `logout`, `me`, `me/password`."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.types import ControllerRouterHandler

from services.identity import rules, users
from services.identity.cookies import is_browser, no_cookies, refuse_foreign_page, session_cookies
from services.identity.errors import RefreshTokenInvalid
from services.identity.known_browser import cookie_name
from services.identity.logging_in import FrontDoor, Session, at_the_door
from services.identity.refresh_token import parse_refresh_token
from services.identity.schemas import LoggedIn, Login, PasswordChange, Refresh, User
from shared.authentication import (
    ACCESS_COOKIE,
    INITIAL_PASSWORD,
    PUBLIC,
    REFRESH_COOKIE,
    SessionEnded,
    refuse_cross_site,
)
from shared.errors import Unauthenticated
from shared.kernel import Kernel
from shared.tenancy import Caller
from shared.tokens import Principal, TokenInvalid
from shared.visitor_address import TrustedProxies

AnyRequest: TypeAlias = Request[Any, Any, Any]


@post("/login", opt=PUBLIC, status_code=200, tags=["sessions"])
async def log_in(
    data: JSONBody[Login],
    request: AnyRequest,
    kernel: NamedDependency[Kernel],
    front_door: NamedDependency[FrontDoor],
    proxies: NamedDependency[TrustedProxies],
) -> Response[LoggedIn]:
    """Open a session. 401 `wrong_credentials` for an unknown username as for a wrong password; 429 `login_locked`
    after several wrong ones in a row, `login_busy` when too many log in at once, of this address or of all."""
    refuse_foreign_page(request)
    proof = request.cookies.get(cookie_name(rules.username_key(data.username)))
    address = proxies.address_of(request)
    session = await front_door.log_in(_caller(request), address, data.username, data.password, proof)
    return _answer(session, kernel, with_tokens=not is_browser(request))


@post("/refresh", opt=PUBLIC, status_code=200, tags=["sessions"])
async def refresh(
    request: AnyRequest,
    kernel: NamedDependency[Kernel],
    front_door: NamedDependency[FrontDoor],
    data: JSONBody[Refresh | None] = None,
) -> Response[LoggedIn]:
    """A new access token and a new refresh token for the old one, from the body or the cookie.

    A refresh token is good once: its second use ends the session (401 `refresh_token_reused`). Two requests at the same
    moment: one gets 409 `refresh_superseded` and nothing else happens.
    """
    text = _refresh_token(data)
    with_tokens = text is not None
    if text is None:
        text = _refresh_cookie(request)
    session = await front_door.refresh(_caller(request), parse_refresh_token(text))
    return _answer(session, kernel, with_tokens)


@post("/logout", opt=PUBLIC, status_code=204, tags=["sessions"])
async def log_out(
    request: AnyRequest,
    kernel: NamedDependency[Kernel],
    front_door: NamedDependency[FrontDoor],
    data: JSONBody[Refresh | None] = None,
) -> Response[None]:
    """End the session of the token in the header, of the refresh token in the body, or of the cookies.

    Every service refuses its tokens within a second. Cookies that are no longer good are forgotten just the same.
    """
    principal = _bearer(request, kernel)
    text = _refresh_token(data)
    if principal is None and text is None:
        await _log_out_by_cookie(request, kernel, front_door)
    if principal is not None:
        await _log_out_principal(request, principal, front_door)
    if text is not None and not await front_door.log_out_by(_caller(request), parse_refresh_token(text)):
        raise RefreshTokenInvalid
    return Response(None, status_code=204, cookies=no_cookies(kernel.settings.secure_cookies))


@get("/me", opt=INITIAL_PASSWORD, tags=["sessions"])
async def fetch_me(caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]) -> User:
    """Who is logged in, of which school or district."""
    return await kernel.database.run(caller, users.fetch_me)


@post("/me/password", opt=INITIAL_PASSWORD, status_code=200, tags=["sessions"])
async def change_password(
    data: JSONBody[PasswordChange],
    request: Request[Principal, str, State],
    kernel: NamedDependency[Kernel],
    front_door: NamedDependency[FrontDoor],
) -> Response[LoggedIn]:
    """Change one's own password. All sessions end, this one too; the answer opens a new one, as a log-in does."""
    session = await front_door.change_password(_caller(request), request.user, data.current_password, data.new_password)
    return _answer(session, kernel, with_tokens=_bearer(request, kernel) is not None)


SESSION_HANDLERS: Sequence[ControllerRouterHandler] = (log_in, refresh, log_out, fetch_me, change_password)


def _caller(request: AnyRequest) -> Caller:
    state = request.scope["state"]
    return at_the_door(state["request_id"], state["traceparent"])


def _answer(session: Session, kernel: Kernel, with_tokens: bool) -> Response[LoggedIn]:
    # What a page can read, an injected script can take along: pages get their tokens as cookies alone.
    body = LoggedIn(
        expires_in=session.lifetime,
        user=session.user,
        access_token=session.access_token if with_tokens else msgspec.UNSET,
        refresh_token=session.refresh_token if with_tokens else msgspec.UNSET,
    )
    return Response(body, status_code=200, cookies=session_cookies(session, kernel.settings.secure_cookies))


def _refresh_token(data: Refresh | None) -> str | None:
    return None if data is None or data.refresh_token is msgspec.UNSET else data.refresh_token


def _refresh_cookie(request: AnyRequest) -> str:
    text = request.cookies.get(REFRESH_COOKIE)
    if text is None:
        raise Unauthenticated
    refuse_cross_site(request)
    return text


def _bearer(request: AnyRequest, kernel: Kernel) -> Principal | None:
    header = request.headers.get("authorization")
    if header is None:
        return None
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer":
        raise TokenInvalid
    return kernel.verifier.verify(token.strip())


async def _log_out_principal(request: AnyRequest, principal: Principal, front_door: FrontDoor) -> None:
    caller = msgspec.structs.replace(_caller(request), actor=principal.actor)
    if not await front_door.log_out(caller, principal.scope.row_school_id, principal.session_id):
        raise SessionEnded


async def _log_out_by_cookie(request: AnyRequest, kernel: Kernel, front_door: FrontDoor) -> None:
    access, text = request.cookies.get(ACCESS_COOKIE), request.cookies.get(REFRESH_COOKIE)
    if access is None and text is None:
        raise Unauthenticated
    refuse_cross_site(request)
    try:
        if text is not None and await front_door.log_out_by(_caller(request), parse_refresh_token(text)):
            return
        if access is not None:
            await _log_out_principal(request, kernel.verifier.verify(access), front_door)
    except Unauthenticated:
        # Not logged in any more is what was asked for; the cookies go in any case.
        return
