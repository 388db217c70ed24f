"""Sweeping: sessions are deleted a day after they could last have been used, counted failures after a day."""

from datetime import timedelta

from services.identity import queries
from shared.database import Database, Transaction
from shared.lifecycle import Ticker
from shared.tenancy import WORKER, Caller, system_actor

_KEPT = timedelta(days=1)


class SessionSweep(Ticker):
    """In bites, every minute."""

    def __init__(self, database: Database) -> None:
        super().__init__("identity-session-sweep", every=60.0)
        self._database = database
        self._caller = Caller(WORKER, system_actor("identity"))

    async def tick(self) -> None:
        await self._database.run(self._caller, sweep)


async def sweep(tx: Transaction) -> None:
    await queries.purge(tx.connection, tx.now - _KEPT, tx.now - _KEPT)
