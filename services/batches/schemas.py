"""Batches and their items on the wire."""

from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from shared.contracts.batch import BatchKind

Status: TypeAlias = Literal["draft", "running", "completed", "cancelled"]
Outcome: TypeAlias = Literal["waiting", "succeeded", "failed", "skipped"]


class Batch(Struct, frozen=True, kw_only=True):
    """One import or approval. `waiting + succeeded + failed + skipped = total`; `filename` of an import's workbook.

    `undone_at`: an import that was taken back as a whole afterwards; its counts stay what they were.
    """

    batch_no: str
    school_id: UUID
    district: str
    kind: BatchKind
    status: Status
    total: int
    waiting: int
    succeeded: int
    failed: int
    skipped: int
    opened_by: str
    opened_at: datetime
    completed_at: datetime | None = None
    undone_at: datetime | None = None
    filename: str | None = None

    @property
    def is_final(self) -> bool:
        return self.status in ("completed", "cancelled")

    def count(self, outcome: Outcome | None) -> int:
        """How many items have this outcome; all of them for None."""
        if outcome is None:
            return self.total
        return {
            "waiting": self.waiting,
            "succeeded": self.succeeded,
            "failed": self.failed,
            "skipped": self.skipped,
        }[outcome]


class BatchItem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One item, numbered from 1. `row` as Excel shows it; `code` and the Chinese `detail` say why it failed."""

    item_no: int
    outcome: Outcome
    reader_id: UUID | None = None
    row: str | None = None
    code: str | None = None
    detail: str | None = None


class Day(Struct, frozen=True, kw_only=True):
    """What became of the confirmed batches opened on a day (Asia/Shanghai): items that succeeded, of one kind."""

    day: date
    kind: BatchKind
    batches: int
    succeeded: int


class BatchFilter(Struct, frozen=True, kw_only=True):
    """A search: `batch_no` is the number's beginning; `since` and `until` bound the opening, both inclusive."""

    school_id: UUID | None = None
    kind: BatchKind | None = None
    status: Status | None = None
    batch_no: str | None = None
    since: datetime | None = None
    until: datetime | None = None
