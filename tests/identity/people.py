"""The demo city's people, logged in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from services.identity.bootstrap import DEMO_PASSWORD
from tests.running_service import RunningService

API = "/api/identity"
LOGIN = f"{API}/login"
GOOD_PASSWORD = "blaue-Berge-77"

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
CROSS_SITE = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}


async def open_session(client: httpx.AsyncClient, username: str, password: str = DEMO_PASSWORD) -> dict[str, Any]:
    """The answer of a log-in that succeeds; the client's cookies are forgotten, so that headers alone count."""
    response = await client.post(LOGIN, json={"username": username, "password": password})
    assert response.status_code == 200, response.text
    client.cookies.clear()
    answer: dict[str, Any] = response.json()
    return answer


@asynccontextmanager
async def log_in(
    identity: RunningService, username: str, password: str = DEMO_PASSWORD
) -> AsyncIterator[httpx.AsyncClient]:
    """A client that sends the token of a real log-in."""
    async with identity.stranger() as client:
        session = await open_session(client, username, password)
        client.headers["Authorization"] = f"Bearer {session['access_token']}"
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
