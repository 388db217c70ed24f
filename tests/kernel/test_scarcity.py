"""Too few connections for too many clients: a clear refusal, and all is well again. Nothing stays open behind us."""

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from deploy.local.postgres import LocalPostgres
from deploy.migrations import migration_folders
from shared.migrate import migrate
from shared.secrets import Secrets
from shared.settings import Settings
from tests.kernel.notes import SERVICE, A
from tests.running_service import serving
from tests.waiting import eventually

GRADES = "/api/params/grades"
CLIENTS = 100


@pytest.fixture
async def ten_connections(tmp_path: Path, secrets: Secrets) -> AsyncIterator[str]:
    """A server that takes ten, three of them its administrator's."""
    server = LocalPostgres(tmp_path / "postgres", settings={"fsync": "off", "max_connections": "10"})
    try:
        await server.start()
        await migrate(server.url, secrets, migration_folders())
        yield server.url
    finally:
        await server.stop()


async def test_a_hundred_clients_at_ten_connections(
    ten_connections: str, settings: Settings, secrets: Secrets, logged: io.StringIO
) -> None:
    """As if many processes shared them: the pool alone would ask for more than there are."""
    greedy = msgspec.structs.replace(settings, database_url=ten_connections, pool_size=CLIENTS, pool_timeout=2.0)
    async with serving(greedy, secrets, SERVICE) as running, running.client(A) as teacher:

        async def is_served() -> bool:
            return (await teacher.get(GRADES)).status_code == 200

        await eventually(is_served)
        answers = await asyncio.gather(*(teacher.get(GRADES) for _ in range(CLIENTS)))
        statuses = Counter(answer.status_code for answer in answers)
        assert set(statuses) == {200, 503}, statuses
        for answer in answers:
            if answer.status_code == 503:
                assert (answer.json()["code"], answer.headers["retry-after"]) == ("unavailable", "2")
        await eventually(is_served)
    assert "TooManyConnectionsError" in logged.getvalue()


def open_files() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


async def test_a_service_that_ends_leaves_nothing_open(settings: Settings, secrets: Secrets) -> None:
    async def live_and_end() -> None:
        async with serving(settings, secrets, SERVICE) as running, running.client(A) as teacher:
            for _ in range(20):
                await teacher.get(GRADES)

    await live_and_end()
    before = open_files()
    for _ in range(3):
        await live_and_end()

    async def as_before() -> bool:
        return open_files() <= before

    await eventually(as_before)
