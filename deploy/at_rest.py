"""Whether everything that was said has been sent and heard."""

import asyncio
from collections.abc import Iterable

from deploy.dead_letters import as_role
from shared.broker import connect
from shared.secrets import Secrets
from shared.settings import Settings
from shared.sql import beside
from shared.topology import Durable

_SQL = beside(__file__)
_POLL = 0.1


async def wait_until_heard(settings: Settings, durables: Iterable[Durable], services: Iterable[str]) -> None:
    """Until these services' outboxes are empty and these consumers have acknowledged all there is; use a timeout.

    Raises the drivers' errors while a server is away.
    """
    durables, services = tuple(durables), tuple(services)
    client = await connect(settings.nats_url, "admin", Secrets(settings.secrets).password("nats-admin"), "_INBOX_admin")
    try:
        # The outboxes first: what they still hold the consumers cannot know of.
        while any([await _has_unsent(settings, name) for name in services]):
            await asyncio.sleep(_POLL)
        jetstream = client.jetstream(timeout=10)
        for durable in durables:
            while True:
                info = await jetstream.consumer_info(durable.stream, durable.name)
                if not info.num_pending and not info.num_ack_pending:
                    break
                await asyncio.sleep(_POLL)
    finally:
        await client.close()


async def _has_unsent(settings: Settings, service: str) -> bool:
    async with as_role(settings, service, "relay") as connection:
        return bool(await connection.fetchval(_SQL["has_unsent"]))
