"""A throw-away service with the kernel around it: its routes do what real ones must never do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import asyncpg
import httpx
import litestar.exceptions
import msgspec
import nats.errors
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from shared import errors
from shared.errors import FieldError, SchoolcardError
from shared.kernel import Kernel
from shared.settings import Settings
from shared.tenancy import Caller
from shared.web import service_app
from tests.kernel.notes import SERVICE, insert


class NoSuchColour(errors.Invalid):
    """没有这种颜色。"""

    code = "no_such_colour"


class Thing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    number: int = 0
    nested: dict[str, Any] = {}
    short: Annotated[str, msgspec.Meta(max_length=3)] = ""


RAISED: dict[str, Exception] = {
    "invalid": NoSuchColour(errors=[FieldError("no_such_colour", "没有这种颜色。", field="colour", row="三年级1班!7")]),
    "not_found": errors.NotFound(),
    "stale": errors.Stale(),
    "forbidden": errors.Forbidden(),
    "conflict": errors.Conflict("班级正在使用中。"),
    "too_many": errors.TooManyRequests(),
    "too_large": errors.TooLarge(),
    "bare": SchoolcardError(),
    "value": ValueError("王小明 500101201601011234"),
    "key": KeyError("x"),
    "assertion": AssertionError(),
    "recursion": RecursionError(),
    "memory": MemoryError(),
    "unicode": UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    "os": OSError("no route"),
    "timeout": TimeoutError(),
    "nats": nats.errors.NoServersError(),
    "interface": asyncpg.InterfaceError("pool is closing"),
    "ending": asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"),
    "disk": asyncpg.DiskFullError("no space left"),
    "connections": asyncpg.TooManyConnectionsError("sorry"),
    "shutdown": asyncpg.AdminShutdownError("terminating"),
    "deadlock": asyncpg.DeadlockDetectedError("deadlock"),
    "syntax": asyncpg.PostgresSyntaxError("syntax error at 王小明"),
    "cancelled": asyncpg.QueryCanceledError("canceling statement due to statement timeout"),
    "teapot": litestar.exceptions.HTTPException(status_code=418, detail="teapot"),
    "five hundred": litestar.exceptions.InternalServerException("boom"),
    "bad gateway": litestar.exceptions.HTTPException(status_code=502),
}


@get("/raise/{kind:str}")
async def raise_it(kind: FromPath[str]) -> None:
    raise RAISED[kind]


@post("/things")
async def make_thing(data: JSONBody[Thing], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]) -> Thing:
    """Puts the name into the database, whatever it is."""
    await kernel.database.run(caller, insert, data.name)
    return data


@get("/pages/{number:int}")
async def fetch_number(number: FromPath[int], size: Annotated[int, QueryParameter(name="size")] = 1) -> dict[str, int]:
    return {"number": number, "size": size}


HANDLERS = (raise_it, make_thing, fetch_number)


@asynccontextmanager
async def small_service(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it, below /api/params; what its app raises past its own handlers reaches the test."""
    app = service_app(SERVICE, settings, HANDLERS)
    up, down = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        # A lifespan begins and ends in one task.
        async with app.lifespan():
            up.set()
            await down.wait()

    living = asyncio.create_task(live())
    await up.wait()
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://small", timeout=20) as client:
            yield client
    finally:
        down.set()
        await living
