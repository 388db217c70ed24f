"""What readers learns from others: the school's grades and classes from params, card numbers from cards."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from services.readers import queries
from shared.contracts.card import CardClosed, CardRefused, CardReplaced, CardsIssued
from shared.contracts.param import ClassCreated, GradeCreated
from shared.database import Transaction
from shared.envelope import Event
from shared.newest import newest


async def follow_grades(tx: Transaction, events: Sequence[Event]) -> None:
    """A later version wins, whatever the order; a deleted grade stays as a mark for the readers it had."""
    # All three facts of a grade have the same shape.
    latest = newest(events, GradeCreated)
    await queries.follow(
        tx.connection,
        "follow_grades",
        [event.row_school_id for event, _ in latest],
        [event.district for event, _ in latest],
        [fact.grade_id for _, fact in latest],
        [fact.name for _, fact in latest],
        [fact.disabled for _, fact in latest],
        [fact.sort_order for _, fact in latest],
        [fact.version for _, fact in latest],
        [event.fact == "deleted" for event, _ in latest],
    )


async def follow_classes(tx: Transaction, events: Sequence[Event]) -> None:
    latest = newest(events, ClassCreated)
    await queries.follow(
        tx.connection,
        "follow_classes",
        [event.row_school_id for event, _ in latest],
        [event.district for event, _ in latest],
        [fact.class_id for _, fact in latest],
        [fact.grade_id for _, fact in latest],
        [fact.name for _, fact in latest],
        [fact.disabled for _, fact in latest],
        [fact.sort_order for _, fact in latest],
        [fact.version for _, fact in latest],
        [event.fact == "deleted" for event, _ in latest],
    )


async def follow_cards(tx: Transaction, events: Sequence[Event]) -> None:
    """Issued: the readers are carded. Replaced: the number follows. Closed, refused: it goes back with the reason.

    Of one card the latest version wins, whatever the order; what a card was told last stays with the reader, so that
    a fact that comes late does not bring back a dead number.
    """
    cards: dict[tuple[UUID, UUID], _CardState] = {}
    refusals: dict[UUID, tuple[Event, CardRefused]] = {}
    for event in events:
        if event.fact == "refused":
            refusal = event.decode(CardRefused)
            refusals[refusal.reader_id] = (event, refusal)
        for state in _card_states(event):
            known = cards.get((state.reader_id, state.card_id))
            if known is None or known.version < state.version:
                cards[state.reader_id, state.card_id] = state
    if cards:
        await _apply_cards(tx, list(cards.values()))
    if refusals:
        await _apply_refusals(tx, list(refusals.values()))


class _CardState(msgspec.Struct, frozen=True):
    """A reader's card after a fact; `card_no` None once it is closed, with the reason."""

    school_id: UUID
    reader_id: UUID
    card_id: UUID
    version: int
    card_no: str | None
    reason: str | None = None


def _card_states(event: Event) -> list[_CardState]:
    school_id = event.row_school_id
    match f"{event.entity}.{event.fact}":
        case "cards.issued":
            cards = event.decode(CardsIssued).cards
            return [_CardState(school_id, card.reader_id, card.card_id, card.version, card.card_no) for card in cards]
        case "card.replaced":
            replaced = event.decode(CardReplaced)
            card_id = UUID(event.subject_id)
            return [_CardState(school_id, replaced.reader_id, card_id, replaced.version, replaced.card_no)]
        case "card.closed":
            closed = event.decode(CardClosed)
            reason = f"读者证已注销：{closed.reason}"
            return [_CardState(school_id, closed.reader_id, UUID(event.subject_id), closed.version, None, reason)]
        case _:
            return []


async def _apply_cards(tx: Transaction, states: Sequence[_CardState]) -> None:
    await queries.follow(
        tx.connection,
        "follow_cards",
        [state.school_id for state in states],
        [state.reader_id for state in states],
        [state.card_id for state in states],
        [state.version for state in states],
        [state.card_no for state in states],
        [state.reason for state in states],
        tx.now,
    )


async def _apply_refusals(tx: Transaction, refusals: Sequence[tuple[Event, CardRefused]]) -> None:
    await queries.follow(
        tx.connection,
        "follow_refusals",
        [event.row_school_id for event, _ in refusals],
        [fact.reader_id for _, fact in refusals],
        [fact.code for _, fact in refusals],
        [fact.detail for _, fact in refusals],
        tx.now,
    )
