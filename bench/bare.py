"""The floor of a single GET: Litestar and asyncpg with nothing between them, `python -m bench.bare PORT SCHOOL`.

One pool, one query by primary key as the database's administrator, one Struct as JSON; no token, no row-level security,
no decryption, no log. Served like the services are.
"""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
import uvicorn
import uvloop
from litestar import Litestar, get
from litestar.datastructures import State
from litestar.params import FromPath

_QUERY = """
select id, school_id, class_id, name, guardian_name, home_district, status, card_no, version, created_at, updated_at
from readers.readers where school_id = $1 and id = $2
"""


class Row(msgspec.Struct):
    id: UUID
    school_id: UUID
    class_id: UUID | None
    name: str
    guardian_name: str
    home_district: str
    status: str
    card_no: str | None
    version: int
    created_at: datetime
    updated_at: datetime


@get("/readers/{reader_id:uuid}")
async def fetch(reader_id: FromPath[UUID], state: State) -> Row:
    row = await state.pool.fetchrow(_QUERY, state.school_id, reader_id)
    return Row(**row)


@asynccontextmanager
async def _pool(app: Litestar) -> AsyncGenerator[None, None]:
    async with asyncpg.create_pool(os.environ["SC_DATABASE_URL"], min_size=6, max_size=6) as pool:
        app.state.pool = pool
        yield


def main(port: int, school_id: UUID) -> None:
    app = Litestar(route_handlers=[fetch], lifespan=[_pool], state=State({"school_id": school_id}), openapi_config=None)
    config = uvicorn.Config(app, host="127.0.0.1", port=port, http="httptools", log_config=None, access_log=False)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main(int(sys.argv[1]), UUID(sys.argv[2]))
