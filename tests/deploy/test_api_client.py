"""The client of the commands: services that are away for a moment, and tokens that run out meanwhile."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from litestar import Litestar, Request, Response, get, post

from deploy import api_client
from deploy.api_client import ApiClient, NotReachable, RequestRefused
from deploy.dispatcher import Dispatcher
from deploy.local.port import LOOPBACK, free_port
from tests.deploy.test_serve import serving


class Services:
    """Answer as they are told to, one answer after the other, and then well; `token` is the one that is good."""

    def __init__(self) -> None:
        self.token = 1
        self.log_ins: list[int] = []
        self.answers: list[int] = []

    def apps(self) -> dict[str, Litestar]:
        @post("/api/identity/login", sync_to_thread=False)
        def log_in() -> Response[dict[str, str]]:
            status = self.log_ins.pop(0) if self.log_ins else 200
            return Response({"access_token": str(self.token)}, status_code=status)

        @get("/api/readers", sync_to_thread=False)
        def find(request: Request[Any, Any, Any]) -> Response[dict[str, int]]:
            if self.answers:
                return Response({}, status_code=self.answers.pop(0))
            is_good = request.headers["authorization"] == f"Bearer {self.token}"
            return Response({"total": 7}, status_code=200 if is_good else 401)

        return {
            "identity": Litestar([log_in], openapi_config=None),
            "readers": Litestar([find], openapi_config=None),
        }


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.setattr(api_client, "_PAUSE", 0.01)
    return Services()


@pytest.fixture
async def client(services: Services) -> AsyncIterator[ApiClient]:
    async with serving(Dispatcher(services.apps())) as port:
        async with ApiClient(f"http://{LOOPBACK}:{port}", "teacher-a", "password") as client:
            yield client


async def test_a_token_that_runs_out_while_a_service_is_away(client: ApiClient, services: Services) -> None:
    services.answers = [503, 502]
    services.token += 1
    assert await client.get("/api/readers") == {"total": 7}


async def test_who_logs_in_is_away_as_well(client: ApiClient, services: Services) -> None:
    services.log_ins = [503, 429, 503]
    services.token += 1
    assert await client.get("/api/readers") == {"total": 7}


async def test_a_user_who_is_let_in_no_more_is_told(client: ApiClient, services: Services) -> None:
    services.log_ins = [401]
    services.token += 1
    with pytest.raises(RequestRefused, match="POST /api/identity/login: 401"):
        await client.get("/api/readers")


async def test_nobody_there_is_said_at_once() -> None:
    address = f"http://{LOOPBACK}:{free_port()}"
    with pytest.raises(NotReachable, match=address):
        async with ApiClient(address, "teacher-a", "password"):
            pytest.fail("was let in")
