"""LocalStack: servers that die come back, servers that were given are left alone, one start per folder."""

import os
import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from deploy.local.lock import AlreadyRunning, RunLock
from deploy.local.nats import LocalNats
from deploy.local.postgres import LocalPostgres
from deploy.local.stack import LocalStack
from shared.secrets import Secrets
from tests.servers import PROJECT
from tests.waiting import eventually


@pytest.fixture
async def stack(tmp_path: Path, secrets: Secrets) -> AsyncIterator[LocalStack]:
    (tmp_path / "var").mkdir()
    (PROJECT / "var/nats-server").mkdir(parents=True, exist_ok=True)
    (tmp_path / "var/nats-server").symlink_to(PROJECT / "var/nats-server")
    stack = LocalStack(tmp_path / "var", secrets)
    await stack.start()
    yield stack
    await stack.stop()


async def test_a_killed_server_is_back_where_it_was(stack: LocalStack) -> None:
    addresses = (stack.database_url, stack.nats_url)
    servers = (stack.postgres, stack.nats)
    for server in servers:
        assert isinstance(server, LocalPostgres | LocalNats)
        killed = server.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        await eventually(partial(is_back, server, killed))
    assert (stack.database_url, stack.nats_url) == addresses


async def is_back(server: LocalPostgres | LocalNats, killed: int) -> bool:
    return server.alive and server.pid != killed


async def test_given_servers_are_used_and_left_alone(stack: LocalStack, secrets: Secrets, tmp_path: Path) -> None:
    guest = LocalStack(tmp_path / "guest", secrets, database_url=stack.database_url, nats_url=stack.nats_url)
    await guest.start()
    assert (guest.database_url, guest.nats_url) == (stack.database_url, stack.nats_url)
    await guest.stop()
    assert stack.postgres is not None
    assert stack.postgres.alive
    assert stack.nats is not None
    assert stack.nats.alive


def test_a_second_start_in_the_same_folder_names_the_first(tmp_path: Path) -> None:
    with RunLock(tmp_path, "http://127.0.0.1:8123"):
        with pytest.raises(AlreadyRunning, match="http://127.0.0.1:8123"), RunLock(tmp_path, "http://127.0.0.1:1"):
            pass
    with RunLock(tmp_path, "http://127.0.0.1:8124"):
        pass
