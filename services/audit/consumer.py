"""What audit does on everybody's events: it logs them.

A batch of events of many schools is one insert. The ends of their chains are locked first, in one order, so that two
processes never write the same place of a chain; an event that is logged already stays where it is.
"""

from collections.abc import Sequence

from services.audit import queries, rules
from services.audit.chain import Entry, Head
from shared.broker import Broker
from shared.consume import Consumer
from shared.database import Database, Transaction
from shared.envelope import Event


class LogConsumer(Consumer):
    """Hears everything. The log remembers its events itself, by their ids."""

    remembers = False

    def __init__(self, database: Database, broker: Broker) -> None:
        super().__init__("everything", database, broker, append_to_log)


async def append_to_log(tx: Transaction, events: Sequence[Event]) -> None:
    """Raises MalformedEvent."""
    entries = [rules.entry_of(event, tx.now) for event in events]
    await queries.ensure_months(tx.connection, rules.months(entry.occurred_at for entry in entries))
    heads = await queries.lock_chains(tx.connection, {entry.chain for entry in entries})
    logged = await queries.fetch_logged(tx.connection, entries)
    placed: list[tuple[Entry, Head]] = []
    for entry in entries:
        if entry.event_id not in logged:
            head = heads[entry.chain] = heads[entry.chain].follow(entry)
            placed.append((entry, head))
    if placed:
        await queries.insert_entries(tx.connection, placed)
        await queries.advance_chains(tx.connection, heads)
