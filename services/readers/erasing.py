"""Imports do not stay: previews nobody confirmed, and the files and rows of old imports (minors' personal data).

Across schools, under the worker scope, in bites.
"""

from datetime import timedelta

import asyncpg

from services.readers import importing_queries as stored
from shared import outbox
from shared.contracts.batch import BatchCancelled
from shared.database import Transaction
from shared.envelope import Event, event_of

KEPT = timedelta(days=1)
UNDO = timedelta(days=30)
"""How long an import can be undone."""


async def expire_previews(tx: Transaction) -> int:
    """Cancel previews that were not confirmed within a day; returns how many."""
    expired = await stored.expire_drafts(tx.connection, tx.now - KEPT)
    await outbox.append(tx, [_cancelled(tx, row) for row in expired])
    return len(expired)


async def erase_imports(tx: Transaction) -> int:
    """Erase files and rows of imports cancelled, or confirmed more than a day ago and carried out; returns how many."""
    return await stored.erase_imports(tx.connection, tx.now - KEPT, tx.now)


async def erase_effects(tx: Transaction) -> int:
    """Forget former values that are too old for undoing; returns of how many imports."""
    return await stored.erase_effects(tx.connection, tx.now - UNDO, tx.now)


def _cancelled(tx: Transaction, row: asyncpg.Record) -> Event:
    return event_of(
        BatchCancelled(actor=tx.actor, version=2, batch_no=row["batch_no"], kind="import", reason="expired"),
        source=tx.service,
        subject_id=row["batch_no"],
        time=tx.now,
        district=row["district"],
        school_id=row["school_id"],
    )
