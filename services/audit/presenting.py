"""Rows of the log as what clients and workbooks get."""

from typing import Any

import asyncpg
import msgspec

from services.audit.schemas import Language, LogEntry
from services.audit.wording import TOGETHER, summarize
from shared.tenancy import NO_DISTRICT, NO_SCHOOL

# The actor stands in columns of its own; the digest is a key between services that says nothing to people; of what is
# told together each has an entry of its own.
_NOT_SHOWN = ("actor", "id_digest", *TOGETHER)


def entry_out(row: asyncpg.Record, language: Language) -> LogEntry:
    body: dict[str, Any] = msgspec.json.decode(row["body"], type=dict[str, Any])
    return LogEntry(
        event_id=row["event_id"],
        occurred_at=row["occurred_at"],
        operator=row["operator"],
        entity=row["entity"],
        fact=row["fact"],
        subject_id=row["subject_id"],
        reader_id=row["reader_id"],
        batch_no=row["batch_no"],
        school_id=None if row["school_id"] == NO_SCHOOL else row["school_id"],
        district=None if row["district"] == NO_DISTRICT else row["district"],
        summary=summarize(row["entity"], row["fact"], body, language),
        detail={name: value for name, value in body.items() if name not in _NOT_SHOWN},
    )
