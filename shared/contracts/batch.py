"""Facts about batches. Every fact of one item carries `batch_no` and `item_no`; of many, each item its number."""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

from shared.contracts.fact import Fact

BatchKind: TypeAlias = Literal["import", "approval"]


class _Batch(Fact, frozen=True, kw_only=True):
    ENTITY = "batch"
    kind: BatchKind


class BatchOpened(_Batch, frozen=True, kw_only=True):
    """A draft: `total` items wait for somebody's confirmation."""

    FACT = "opened"
    total: int
    opened_at: datetime
    filename: str | None = None


class BatchConfirmed(_Batch, frozen=True, kw_only=True):
    """The work begins. Tells everything `BatchOpened` told, so that a follower needs only one of the two."""

    FACT = "confirmed"
    total: int
    opened_at: datetime
    opened_by: str
    filename: str | None = None


class BatchCancelled(_Batch, frozen=True, kw_only=True):
    FACT = "cancelled"
    reason: Literal["cancelled", "expired"] = "cancelled"


class _Item(Fact, frozen=True, kw_only=True):
    """`row` as Excel shows it, for imports; `reader_id` where there is a reader."""

    ENTITY = "batch"
    row: str | None = None
    reader_id: UUID | None = None


class BatchItemFailed(_Item, frozen=True, kw_only=True):
    FACT = "item_failed"
    code: str
    detail: str


class BatchItemSkipped(_Item, frozen=True, kw_only=True):
    """Nothing to do for this item (an approval of a reader who is not waiting for one)."""

    FACT = "item_skipped"
    code: str
    detail: str


class BatchItemUnchanged(_Item, frozen=True, kw_only=True):
    """An imported row says what the reader's record says already: the item has succeeded, nothing changed."""

    FACT = "item_unchanged"


class DoneItem(msgspec.Struct, frozen=True):
    """An item that has succeeded, and the reader it is about."""

    item_no: int
    reader_id: UUID


class BatchItemsImported(_Batch, frozen=True, kw_only=True):
    """Up to about 1,000 readers were created or changed: each has its `reader.created` or `reader.changed` before."""

    FACT = "items_imported"
    REPEATS = True
    items: tuple[DoneItem, ...]


class BatchCompleted(_Batch, frozen=True, kw_only=True):
    FACT = "completed"
    total: int
    succeeded: int
    failed: int
    skipped: int
    completed_at: datetime


class BatchUndone(_Batch, frozen=True, kw_only=True):
    """An import was taken back as a whole: readers it had made are `deleted`, others have their former values back."""

    FACT = "undone"
    undone_at: datetime
    deleted: int
    restored: int
