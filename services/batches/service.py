"""Use cases of batches: search, look, leaf through items (appendix 3 §2.2)."""

import asyncio
from datetime import datetime
from uuid import UUID

from services.batches import queries
from services.batches.errors import BatchNotFound
from services.batches.schemas import Batch, BatchFilter, BatchItem, Day, Outcome
from shared.database import Database, Transaction
from shared.pagination import Page, offset, page_of
from shared.tenancy import Caller

_PATIENCE = 1.5
_FIRST_PAUSE = 0.03


async def list_batches(tx: Transaction, search: BatchFilter, page: int, page_size: int) -> Page[Batch]:
    rows = await queries.list_batches(tx.connection, search, page_size, offset(page, page_size))
    batches = [Batch(**row) for row in rows]
    return await page_of(batches, page, page_size, lambda: queries.count_batches(tx.connection, search))


async def count_days(
    tx: Transaction, since: datetime, until: datetime, school_id: UUID | None, district: str | None
) -> list[Day]:
    """A day without batches has no line."""
    return [Day(**row) for row in await queries.count_days(tx.connection, since, until, school_id, district)]


async def fetch_batch(tx: Transaction, batch_no: str) -> Batch:
    """Raises BatchNotFound."""
    row = await queries.fetch_batch(tx.connection, batch_no)
    if row is None:
        raise BatchNotFound
    return Batch(**row)


async def await_batch(database: Database, caller: Caller, batch_no: str) -> Batch:
    """The batch, or BatchNotFound after a moment's patience.

    A batch opened just now is reported some milliseconds later; whoever asks at once need not notice.
    """
    loop = asyncio.get_running_loop()
    deadline, pause = loop.time() + _PATIENCE, _FIRST_PAUSE
    while True:
        try:
            return await database.run(caller, fetch_batch, batch_no)
        except BatchNotFound:
            if not _is_number(batch_no) or loop.time() >= deadline:
                raise
        await asyncio.sleep(min(pause, max(deadline - loop.time(), 0)))
        pause *= 2


async def list_items(
    tx: Transaction, batch_no: str, outcome: Outcome | None, page: int, page_size: int
) -> Page[BatchItem]:
    """By number; items that wait are those without an outcome yet. Raises BatchNotFound."""
    batch = await fetch_batch(tx, batch_no)
    where = (tx.connection, batch.school_id, batch_no)
    if outcome is None:
        rows = await queries.list_items(*where, batch.total, page_size, offset(page, page_size))
    else:
        rows = await queries.list_items_of(*where, outcome, batch.total, page_size, offset(page, page_size))
    return Page([BatchItem(**row) for row in rows], batch.count(outcome))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
