"""LocalNats: keeps its streams, comes back after kills, adopts what a killed start left behind."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.nats import LocalNats
from deploy.local.nats_binary import find_nats_server
from shared.broker import connect, declare
from shared.secrets import Secrets
from tests.servers import PROJECT


@pytest.fixture
async def server(tmp_path: Path, secrets: Secrets) -> AsyncIterator[LocalNats]:
    nats = LocalNats(tmp_path / "nats", find_nats_server(PROJECT / "var"), secrets)
    await nats.start()
    yield nats
    await nats.stop()


async def publish(server: LocalNats, secrets: Secrets) -> int:
    client = await connect(server.url, "admin", secrets.password("nats-admin"), "_INBOX_admin")
    try:
        return (await client.jetstream().publish("sc.v1._._.district.opened", b"{}")).seq
    finally:
        await client.close()


async def test_streams_and_address_survive_a_restart_and_a_kill(server: LocalNats, secrets: Secrets) -> None:
    url = server.url
    await declare(url, secrets)
    assert await publish(server, secrets) == 1
    await server.restart()
    assert await publish(server, secrets) == 2
    await server.kill()
    await server.start()
    assert server.url == url
    assert await publish(server, secrets) == 3


async def test_another_start_adopts_the_running_server_and_can_stop_it(server: LocalNats, secrets: Secrets) -> None:
    second = LocalNats(server.folder, find_nats_server(PROJECT / "var"), secrets)
    await second.start()
    assert (second.pid, second.url) == (server.pid, server.url)
    await second.stop()
    assert not server.alive


async def test_the_configuration_is_its_owners_alone(server: LocalNats) -> None:
    assert (server.folder / "nats.conf").stat().st_mode & 0o077 == 0
