"""The tests' own servers: separate databases, declared streams, each service's rights."""

import asyncpg
import nats
import pytest

from shared.broker import connect
from shared.secrets import Secrets
from shared.settings import Settings
from shared.topology import DURABLES, SERVICES, inbox_prefix


async def test_every_service_logs_in_to_a_migrated_database(settings: Settings, secrets: Secrets) -> None:
    for service in SERVICES:
        url = settings.service_database_url(service, secrets.password(f"postgres-{service}"))
        connection = await asyncpg.connect(url)
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"select seq from {service}.outbox")
        finally:
            await connection.close()


@pytest.mark.parametrize("attempt", [1, 2])
async def test_each_test_has_its_own_database(database_url: str, attempt: int) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("create table only_once (attempt int)")
    finally:
        await connection.close()


@pytest.mark.parametrize("attempt", [1, 2])
async def test_each_test_has_its_own_streams(nats_url: str, secrets: Secrets, attempt: int) -> None:
    client = await connect(nats_url, "admin", secrets.password("nats-admin"), "_INBOX_admin")
    try:
        jetstream = client.jetstream()
        assert await jetstream.publish("sc.v1._._.district.opened", b"{}") is not None
        info = await jetstream.stream_info("EVENTS")
        assert info.state.messages == 1
        assert info.state.consumer_count == sum(durable.stream == "EVENTS" for durable in DURABLES)
    finally:
        await client.close()


async def test_a_wrong_password_opens_nothing(nats_url: str) -> None:
    with pytest.raises(nats.errors.Error, match="Authorization Violation"):
        await nats.connect(nats_url, user="readers", password="guess", allow_reconnect=False)


async def test_a_service_reaches_no_stream_administration(nats_url: str, secrets: Secrets) -> None:
    client = await connect(nats_url, "cards", secrets.password("nats-cards"), inbox_prefix("cards"))
    try:
        with pytest.raises(nats.errors.TimeoutError):
            await client.jetstream(timeout=0.3).stream_info("EVENTS")
    finally:
        await client.close()
