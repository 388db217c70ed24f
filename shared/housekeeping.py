"""Housekeeping: what the kernel keeps, it keeps for a time.

Sent outbox rows stay long enough for `schoolcard reconcile` to publish again what a broken broker lost; the inbox
stays longer than any message can come back; answers stay a day for clients that ask again. Exports that killed
processes left on disk do not stay.
"""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from shared.database import Database, Transaction
from shared.export_folder import clear_exports
from shared.lifecycle import Ticker
from shared.relay import Relay
from shared.tenancy import WORKER, Caller, system_actor

# An event lies up to 14 days in its outbox and, sent again from there, 30 days in its stream; the rest is for a broker
# that was away.
_REMEMBERED: Final = timedelta(days=90)
_FORGET = """
delete from inbox where ctid = any(array(select ctid from inbox where event_id < $1 order by event_id limit 5000))
"""
_PURGES = (
    "delete from answers where ctid = any("
    "array(select ctid from answers where created_at < now() - interval '1 day' limit 5000))",
    "delete from ended_sessions where expires_at < now() - interval '1 hour'",
)


class Housekeeping(Ticker):
    """Purges in small bites every minute; the relay, which may delete from the outbox, purges that."""

    def __init__(self, database: Database, relay: Relay, exports: Path) -> None:
        super().__init__(f"{database.service}-housekeeping", every=60.0)
        self._database = database
        self._relay = relay
        self._exports = exports
        self._caller = Caller(WORKER, system_actor(database.service))

    async def tick(self) -> None:
        # First: it needs no database.
        await asyncio.to_thread(clear_exports, self._exports)
        await self._database.run(self._caller, _purge)
        self._relay.purge_soon()


async def _purge(tx: Transaction) -> None:
    await tx.connection.execute(_FORGET, _first_id(tx.now - _REMEMBERED))
    await tx.connection.execute(";".join(_PURGES))


def _first_id(moment: datetime) -> UUID:
    """No UUIDv7 of this moment or later is less: it begins with its milliseconds since 1970 (RFC 9562 §5.7)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
