"""Schools of the tests' own, opened over HTTP as the city does it, so that no test meets another's data."""

from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec

from tests.waiting import eventually

PASSWORD = "mu-tong-yao-zhi-2026"
DEMO_PASSWORD = "schoolcard-demo"


class OpenedSchool(msgspec.Struct, frozen=True):
    """`username` is its teacher, whose password is PASSWORD."""

    id: str
    name: str
    username: str


class SchoolOffice:
    """The city admin's desk."""

    def __init__(self, http: httpx.AsyncClient, database: asyncpg.Connection) -> None:
        self._http = http
        self._database = database

    @classmethod
    @asynccontextmanager
    async def open(cls, address: str, database_url: str) -> AsyncIterator["SchoolOffice"]:
        database = await asyncpg.connect(database_url)
        try:
            auth = _LoggedIn("city", DEMO_PASSWORD)
            async with httpx.AsyncClient(base_url=address, auth=auth, timeout=30, trust_env=False) as http:
                yield cls(http, database)
        finally:
            await database.close()

    async def open_school(
        self, *, stage: str | None = None, classes: int = 0, district: str = "500103"
    ) -> OpenedSchool:
        """A new primary school; with `stage` it has the usual grades with so many classes each."""
        mark = uuid4().hex[:10]
        username = f"t{mark}"
        operator = {"username": username, "display_name": "王老师", "password": PASSWORD}
        body = {"name": f"测试学校{mark}", "stage": "primary", "district": district, "operator": operator}
        school = await post(self._http, "/api/identity/schools", body)
        opened = OpenedSchool(school["id"], school["name"], username)
        async with httpx.AsyncClient(base_url=str(self._http.base_url), timeout=30, trust_env=False) as teacher:
            await self._choose_password(teacher, username)
            if stage is not None:
                made = await post(teacher, "/api/params/setup", {"stage": stage, "classes_per_grade": classes})
                await self.wait_for_classes(opened, made["classes_created"])
        return opened

    async def open_library(self, district: str, username: str) -> None:
        """The admin of a district's library, whose password is PASSWORD as well."""
        body = {"username": username, "display_name": "馆员", "password": PASSWORD, "scope": "district"}
        await post(self._http, "/api/identity/users", {**body, "district": district})
        async with httpx.AsyncClient(base_url=str(self._http.base_url), timeout=30, trust_env=False) as admin:
            await self._choose_password(admin, username)

    async def wait_for_classes(self, school: OpenedSchool, count: int) -> None:
        """Until readers has heard of so many classes of the school."""
        known = "select count(*) from readers.classes where school_id = $1 and not deleted"

        async def are_known() -> bool:
            return bool(await self._database.fetchval(known, UUID(school.id)) >= count)

        await eventually(are_known)

    async def _choose_password(self, teacher: httpx.AsyncClient, username: str) -> None:
        """What the pages would ask for first: the password somebody else has set is replaced."""
        first = f"{PASSWORD}-first"
        await log_in(teacher, username, PASSWORD)
        for old, new in ((PASSWORD, first), (first, PASSWORD)):
            changed = await post(
                teacher, "/api/identity/me/password", {"current_password": old, "new_password": new}, status=200
            )
            teacher.headers["Authorization"] = f"Bearer {changed['access_token']}"


class _LoggedIn(httpx.Auth):
    """Logs in at the first request, and again when the token has run out: a desk may be open longer than one lives."""

    requires_response_body = True

    def __init__(self, username: str, password: str) -> None:
        self._login = {"username": username, "password": password}
        self._token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
            response = yield request
            if response.status_code != 401:
                return
        answer = yield httpx.Request("POST", request.url.join("/api/identity/login"), json=self._login)
        self._token = answer.json()["access_token"]
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


@asynccontextmanager
async def client(address: str, username: str, password: str = PASSWORD) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client that is logged in, for what a test needs besides the browser."""
    async with httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as http:
        await log_in(http, username, password)
        yield http


async def log_in(http: httpx.AsyncClient, username: str, password: str) -> None:
    answer = await post(http, "/api/identity/login", {"username": username, "password": password}, status=200)
    http.headers["Authorization"] = f"Bearer {answer['access_token']}"


async def post(http: httpx.AsyncClient, path: str, body: Mapping[str, Any], status: int | None = None) -> Any:
    response = await http.post(path, json=body)
    assert response.status_code == (status or response.status_code) and response.is_success, response.text
    return response.json() if response.content else None
