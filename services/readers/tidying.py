"""What must not stay: drafts nobody confirmed, uploaded files and rows whose purpose has ended."""

import asyncio
from typing import Final

from services.readers import approving, erasing
from services.readers.scratch import clear_leftovers
from shared.database import Database
from shared.lifecycle import Ticker
from shared.tenancy import WORKER, Caller, system_actor

_CHORES: Final = (
    approving.expire_drafts,
    approving.erase_items,
    erasing.expire_previews,
    erasing.erase_imports,
    erasing.erase_effects,
)


class Tidying(Ticker):
    """Every minute, each chore in a transaction of its own; first what killed processes left on disk."""

    def __init__(self, database: Database) -> None:
        super().__init__(f"{database.service}-tidying", every=60.0)
        self._database = database
        self._caller = Caller(WORKER, system_actor(database.service))

    async def tick(self) -> None:
        await asyncio.to_thread(clear_leftovers)
        for chore in _CHORES:
            await self._database.run(self._caller, chore)
