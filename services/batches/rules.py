"""Pure decisions: what a fact says about a batch or an item, and how facts of one batch are joined."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec

from services.batches.errors import MomentMalformed, WindowTooWide
from shared import china
from shared.contracts.batch import (
    BatchCancelled,
    BatchConfirmed,
    BatchItemFailed,
    BatchItemsImported,
    BatchItemSkipped,
    BatchItemUnchanged,
    BatchOpened,
    BatchUndone,
    DoneItem,
)
from shared.contracts.card import CardRefused, CardsIssued, IssuedCard
from shared.envelope import Event, MalformedEvent

_WIDEST: Final = timedelta(days=100)

ItemFact: TypeAlias = BatchItemFailed | BatchItemSkipped | BatchItemUnchanged | CardRefused
_HEADERS: Final[dict[str, type[BatchOpened | BatchConfirmed | BatchCancelled | BatchUndone]]] = {
    kind.ce_type(): kind for kind in (BatchOpened, BatchConfirmed, BatchCancelled, BatchUndone)
}
_OUTCOMES: Final[dict[str, tuple[type[ItemFact], Literal["succeeded", "failed", "skipped"]]]] = {
    BatchItemFailed.ce_type(): (BatchItemFailed, "failed"),
    BatchItemSkipped.ce_type(): (BatchItemSkipped, "skipped"),
    BatchItemUnchanged.ce_type(): (BatchItemUnchanged, "succeeded"),
    CardRefused.ce_type(): (CardRefused, "failed"),
}


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a batch itself. `total`, `opened_by` and `opened_at` are known together or not at all."""

    school_id: UUID
    district: str
    batch_no: str
    kind: str
    total: int | None = None
    opened_by: str | None = None
    opened_at: datetime | None = None
    filename: str | None = None
    confirmed: bool = False
    cancelled: bool = False
    undone_at: datetime | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """The final outcome of one item."""

    school_id: UUID
    district: str
    batch_no: str
    item_no: int
    outcome: Literal["succeeded", "failed", "skipped"]
    reader_id: UUID | None = None
    row: str | None = None
    code: str | None = None
    detail: str | None = None


def header_of(event: Event) -> Header | None:
    """None for facts that are not about a batch itself. Raises MalformedEvent."""
    kind = _HEADERS.get(event.ce_type)
    if kind is None:
        return None
    fact = event.decode(kind)
    school_id, district = _school(event)
    if fact.batch_no is None:
        raise MalformedEvent(f"{event.ce_type} names no batch")
    header = Header(school_id=school_id, district=district, batch_no=fact.batch_no, kind=fact.kind)
    if isinstance(fact, BatchCancelled):
        return msgspec.structs.replace(header, cancelled=True)
    if isinstance(fact, BatchUndone):
        return msgspec.structs.replace(header, undone_at=fact.undone_at)
    return msgspec.structs.replace(
        header,
        total=fact.total,
        opened_by=fact.opened_by if isinstance(fact, BatchConfirmed) else fact.actor.name,
        opened_at=fact.opened_at,
        filename=fact.filename,
        confirmed=isinstance(fact, BatchConfirmed),
    )


def items_of(event: Event) -> list[Item]:
    """Empty for facts that make no item final: a batch's own, and cards and refusals outside one.

    Raises MalformedEvent.
    """
    if event.ce_type == BatchItemsImported.ce_type():
        imported = event.decode(BatchItemsImported)
        if imported.batch_no is None:
            raise MalformedEvent(f"{event.ce_type} names no batch")
        return _done(event, imported.batch_no, imported.items)
    if event.ce_type == CardsIssued.ce_type():
        issued = event.decode(CardsIssued)
        return [] if issued.batch_no is None else _done(event, issued.batch_no, issued.cards)
    item = _item_of(event)
    return [] if item is None else [item]


def _done(event: Event, batch_no: str, items: Sequence[DoneItem | IssuedCard]) -> list[Item]:
    school_id, district = _school(event)
    return [
        Item(
            school_id=school_id,
            district=district,
            batch_no=batch_no,
            item_no=item.item_no,
            outcome="succeeded",
            reader_id=item.reader_id,
        )
        for item in items
        if item.item_no is not None
    ]


def _item_of(event: Event) -> Item | None:
    known = _OUTCOMES.get(event.ce_type)
    if known is None:
        return None
    kind, outcome = known
    fact = event.decode(kind)
    if fact.batch_no is None or fact.item_no is None:
        if event.entity == "batch":
            raise MalformedEvent(f"{event.ce_type} names no item")
        return None
    school_id, district = _school(event)
    return Item(
        school_id=school_id,
        district=district,
        batch_no=fact.batch_no,
        item_no=fact.item_no,
        outcome=outcome,
        reader_id=fact.reader_id,
        row=getattr(fact, "row", None),
        code=getattr(fact, "code", None),
        detail=getattr(fact, "detail", None),
    )


def fold(headers: Iterable[Header]) -> list[Header]:
    """One header a batch, the same whatever the order: what the confirmation told has the last word."""
    folded: dict[tuple[UUID, str], Header] = {}
    for header in headers:
        key = (header.school_id, header.batch_no)
        folded[key] = _join(folded[key], header) if key in folded else header
    return list(folded.values())


def _join(one: Header, two: Header) -> Header:
    best = max(one, two, key=lambda header: (header.opened_at is not None, header.confirmed))
    return msgspec.structs.replace(
        best,
        confirmed=one.confirmed or two.confirmed,
        cancelled=one.cancelled or two.cancelled,
        undone_at=one.undone_at or two.undone_at,
    )


def moment(text: str | None, *, is_end: bool = False) -> datetime | None:
    """A bound of a search: a day (its last moment with `is_end`), or a moment. Raises MomentMalformed."""
    try:
        return china.moment(text, is_end=is_end)
    except ValueError as exc:
        raise MomentMalformed from exc


def window(since: str, until: str) -> tuple[datetime, datetime]:
    """The bounds of a count day by day. Raises MomentMalformed, WindowTooWide."""
    first, last = moment(since), moment(until, is_end=True)
    if first is None or last is None:
        raise MomentMalformed
    if last - first > _WIDEST:
        raise WindowTooWide
    return first, last


def _school(event: Event) -> tuple[UUID, str]:
    if event.school_id is None or event.district is None:
        raise MalformedEvent(f"{event.ce_type} names no school")
    return event.school_id, event.district
