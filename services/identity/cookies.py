"""The session as browsers hold it: two HttpOnly, same-site cookies that no script can read. A third one outlives it."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from services.identity import known_browser
from services.identity.logging_in import Session
from shared.authentication import ACCESS_COOKIE, REFRESH_COOKIE, refuse_cross_site

ACCESS_PATH = "/api"
REFRESH_PATH = "/api/identity"
LOGIN_PATH = "/api/identity/login"


def session_cookies(session: Session, secure: bool) -> list[Cookie]:
    cookies = [
        _cookie(ACCESS_COOKIE, session.access_token, ACCESS_PATH, session.lifetime, secure),
        _cookie(REFRESH_COOKIE, session.refresh_token, REFRESH_PATH, session.seconds_left, secure),
    ]
    if session.known_browser is not None:
        name = known_browser.cookie_name(session.user.username)
        cookies.append(_cookie(name, session.known_browser, LOGIN_PATH, known_browser.LIVES, secure))
    return cookies


def no_cookies(secure: bool) -> list[Cookie]:
    """Makes the browser forget both."""
    return [
        _cookie(ACCESS_COOKIE, "", ACCESS_PATH, 0, secure),
        _cookie(REFRESH_COOKIE, "", REFRESH_PATH, 0, secure),
    ]


def is_browser(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """A page sent this, not a program: browsers say where a POST comes from, and pages cannot keep them from it."""
    return "sec-fetch-site" in connection.headers or "origin" in connection.headers


def refuse_foreign_page(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """For what needs no cookie: programs pass, pages of other sites do not. Raises CrossSite."""
    if is_browser(connection):
        refuse_cross_site(connection)


def _cookie(key: str, value: str, path: str, max_age: int, secure: bool) -> Cookie:
    return Cookie(key=key, value=value, path=path, max_age=max_age, httponly=True, samesite="strict", secure=secure)
