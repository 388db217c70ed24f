"""Events that a consumer could not apply: listing them, and asking the consumer to try again."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeAlias

import asyncpg
import msgspec

from deploy.reaching import reaching_postgres
from shared.database import service_url, session_settings
from shared.secrets import Secrets
from shared.settings import Settings
from shared.sql import beside
from shared.topology import SERVICES

_SQL = beside(__file__)

_Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class DeadLetter(msgspec.Struct, frozen=True):
    """`error` is the exception's kind and first line; the body is not shown."""

    consumer: str
    message_id: str
    subject: str
    error: str
    parked_at: datetime
    retry_at: datetime | None


async def list_dead_letters(settings: Settings) -> list[DeadLetter]:
    found: list[DeadLetter] = []
    for service in SERVICES:
        async with as_role(settings, service, "worker") as connection:
            found += [DeadLetter(**row) for row in await connection.fetch(_SQL["fetch_dead_letters"])]
    return found


async def retry_dead_letters(settings: Settings, message_ids: Sequence[str], consumer: str | None) -> int:
    """All letters, or those named; returns how many. The consumers take them up within seconds."""
    count = 0
    for service in SERVICES:
        async with as_role(settings, service, "worker") as connection:
            count += await connection.fetchval(_SQL["retry_dead_letters"], list(message_ids), consumer)
    return count


@asynccontextmanager
async def as_role(settings: Settings, service: str, role: str) -> AsyncIterator[_Connection]:
    """A connection as one of a service's own roles, with the service's own password. Raises ServerAway."""
    url = service_url(service, settings, Secrets(settings.secrets))
    roles = {"role": f"sc_{service}_{role}", "statement_timeout": "10min"}
    with reaching_postgres(settings):
        connection = await asyncpg.connect(url, timeout=10, server_settings=session_settings(service) | roles)
    try:
        yield connection
    finally:
        await connection.close()
