"""Making servers ready for the services: schemas, roles, streams, consumers."""

import asyncio
import time

import asyncpg
import nats.errors

from deploy.migrations import migration_folders
from deploy.reaching import ServerAway, reaching_nats, reaching_postgres
from shared.broker import declare
from shared.migrate import migrate
from shared.secrets import Secrets
from shared.settings import Settings

_AWAY = (ServerAway, OSError, asyncpg.CannotConnectNowError, nats.errors.Error)


async def prepare(settings: Settings, wait: float = 0.0) -> list[str]:
    """Migrate the database and declare the streams; returns `service/file` of each migration that was applied.

    `wait`: seconds to try again while a server does not answer yet. Raises ServerAway, MigrationEdited,
    TopologyMismatch, SecretMissing and the drivers' errors.
    """
    secrets = Secrets(settings.secrets)
    deadline = time.monotonic() + wait
    while True:
        try:
            with reaching_postgres(settings):
                applied = await migrate(settings.database_url, secrets, migration_folders())
            with reaching_nats(settings):
                await declare(settings.nats_url, secrets, settings.events_bytes)
        except _AWAY:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.5)
        else:
            return applied
