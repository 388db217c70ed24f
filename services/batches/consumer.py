"""What batches learns from readers and cards. Facts come in any order and more than once.

An item counts once: its row is the proof. A batch is completed by the transaction that finds it confirmed with its
last item final, and by no other: that one sets `completed_at` and publishes `batch.completed`. Rows are locked in one
order (items, then batches, each by school and number), so consumers working side by side wait and never deadlock.
"""

from collections.abc import Sequence

from services.batches import queries, rules
from services.batches.rules import Header
from shared import outbox
from shared.contracts.batch import BatchCompleted
from shared.database import Transaction
from shared.envelope import Event, event_of


async def follow_batches(tx: Transaction, events: Sequence[Event]) -> None:
    """Opened, confirmed, cancelled, undone; items that succeeded, failed or were skipped."""
    headers = [header for event in events if (header := rules.header_of(event)) is not None]
    await _apply(tx, rules.fold(headers), events)


async def follow_cards(tx: Transaction, events: Sequence[Event]) -> None:
    """Cards that were issued after an approval, or refused."""
    await _apply(tx, [], events)


async def _apply(tx: Transaction, headers: Sequence[Header], events: Sequence[Event]) -> None:
    items = [item for event in events for item in rules.items_of(event)]
    if not headers and not items:
        return
    touched = await queries.apply_facts(tx.connection, headers, items)
    completed = await queries.complete_batches(tx.connection, touched, tx.now)
    await outbox.append(
        tx,
        [
            event_of(
                BatchCompleted(
                    actor=tx.actor,
                    version=3,
                    batch_no=row["batch_no"],
                    kind=row["kind"],
                    total=row["total"],
                    succeeded=row["succeeded"],
                    failed=row["failed"],
                    skipped=row["skipped"],
                    completed_at=tx.now,
                ),
                source=tx.service,
                subject_id=row["batch_no"],
                time=tx.now,
                district=row["district"],
                school_id=row["school_id"],
            )
            for row in completed
        ],
    )
