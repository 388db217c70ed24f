"""Keeps the partitions of the coming months made, so that no event has to wait for its own."""

from datetime import UTC, datetime

from services.audit import queries, rules
from shared.database import Database, Transaction
from shared.lifecycle import Ticker
from shared.tenancy import WORKER, Caller, system_actor


class MonthsAhead(Ticker):
    """Looks each hour; the consumer makes what is missing all the same."""

    def __init__(self, database: Database) -> None:
        super().__init__("audit-months-ahead", every=3600.0)
        self._database = database
        self._caller = Caller(WORKER, system_actor("audit"))

    async def tick(self) -> None:
        await self._database.run(self._caller, _make)


async def _make(tx: Transaction) -> None:
    await queries.ensure_months(tx.connection, rules.months_ahead(datetime.now(UTC)))
