"""What time brings about. The day after a suspension's last day the card is active again, and the log tells; budgets
of look-ups are forgotten.

Protocol. Every minute, a bite of the cards whose suspension is over is resumed in one transaction; what another process
has in hand is left to it. Between the end of the day and the tick the card is good already: rules look at the day.
Failures. Killed or without database: the next tick does it.
"""

from services.cards import lifecycle
from services.cards import lifecycle_queries as queries
from services.cards.lifecycle_rules import Order
from services.cards.lookup import forget_lookups
from shared.china import local_day
from shared.database import Database, Transaction
from shared.lifecycle import Ticker
from shared.tenancy import WORKER, Caller, system_actor

_BITE = 1000
_OVER = Order(step="resume", reason_code="until_over", cause="time")


class Resuming(Ticker):
    """One process's; several do no harm."""

    def __init__(self, database: Database) -> None:
        super().__init__("cards-resuming", every=60.0)
        self._database = database
        self._caller = Caller(WORKER, system_actor(database.service))

    async def tick(self) -> None:
        while await self._database.run(self._caller, resume_overdue) == _BITE:
            pass
        await self._database.run(self._caller, forget_lookups)


async def resume_overdue(tx: Transaction) -> int:
    """Resume what is over; returns how many cards were looked at."""
    cards = await queries.lock_overdue_suspensions(tx.connection, local_day(tx.now), _BITE)
    await lifecycle.carry_out(tx, cards, _OVER)
    return len(cards)
