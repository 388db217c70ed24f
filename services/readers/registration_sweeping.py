"""Retention of what guardians sent: it goes when its purpose has ended.

Rejected and withdrawn registrations are erased after 30 days; of a merged one everything that was filled in (the reader
and the consent have it), while its row stays as long as the consent, which its receipt can withdraw. What nobody
decided is erased after half a year, a link when nothing that came by it is left.
"""

from datetime import timedelta
from typing import Final

from services.readers import registering_queries as queries
from shared.database import Database, Transaction
from shared.lifecycle import Ticker
from shared.tenancy import WORKER, Caller, system_actor

DECIDED_KEPT: Final = timedelta(days=30)
SENT_KEPT: Final = timedelta(days=180)


class RegistrationSweep(Ticker):
    """In bites, every minute, across schools."""

    def __init__(self, database: Database) -> None:
        super().__init__("readers-registration-sweep", every=60.0)
        self._database = database
        self._caller = Caller(WORKER, system_actor("readers"))

    async def tick(self) -> None:
        await self._database.run(self._caller, sweep)


async def sweep(tx: Transaction) -> None:
    await queries.erase(tx.connection, tx.now - DECIDED_KEPT, tx.now - SENT_KEPT)
