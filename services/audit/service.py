"""Use cases of the log: leaf through it, look at one entry (日志查询-校, appendix 3)."""

from uuid import UUID

import asyncpg
import msgspec

from services.audit import queries, rules
from services.audit.errors import EntryNotFound
from services.audit.presenting import entry_out
from services.audit.schemas import Cursor, Language, LogEntry, LogFilter
from shared.database import Transaction
from shared.pagination import Slice


async def list_entries(
    tx: Transaction, search: LogFilter, cursor: Cursor | None, limit: int, language: Language
) -> Slice[LogEntry]:
    """Newest first. Entries that arrive meanwhile neither double nor hide those of later pages."""
    rows = await fetch_rows(tx, search, cursor, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return Slice(
        [entry_out(row, language) for row in rows[:limit]],
        None if last is None else Cursor(last["occurred_at"], last["event_id"]).encode(),
    )


async def fetch_rows(tx: Transaction, search: LogFilter, cursor: Cursor | None, count: int) -> list[asyncpg.Record]:
    """Up to `count` rows below the cursor, newest first."""
    if search.school_id is None and tx.scope.school_id is not None:
        search = msgspec.structs.replace(search, school_id=tx.scope.school_id)
    rows: list[asyncpg.Record] = []
    for window in rules.windows(search, cursor, tx.now):
        rows += await queries.list_entries(tx.connection, search, cursor, window, count - len(rows))
        if len(rows) == count:
            break
    return rows


async def fetch_entry(tx: Transaction, event_id: UUID, language: Language) -> LogEntry:
    """Raises EntryNotFound."""
    window = rules.around(event_id)
    row = None if window is None else await queries.fetch_entry(tx.connection, event_id, window)
    if row is None:
        raise EntryNotFound
    return entry_out(row, language)
