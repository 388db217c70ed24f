"""Steps in the life of cards, one or thousands at a time (appendix 2, five, (1)).

Protocol, in one transaction: lock the cards by number, decide each by the rules, change those that may, keep their
history, tell what others must hear. What one card is refused does not hold up the others; of one card alone the
refusal is the answer.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from services.cards import card_number
from services.cards import lifecycle_queries as queries
from services.cards.errors import CardNotFound, SerialsExhausted, StepRefused, TooManyCards
from services.cards.lifecycle_queries import Change, LockedCard
from services.cards.lifecycle_rules import REASONS, Order, Refusal, Step, decide, is_told
from services.cards.numbering import lock_serials, next_numbers
from services.cards.privileges import in_force
from services.cards.schemas import Card, CardFilter, HistoryEntry, Refused, StepsDone
from services.cards.service import fetch_card, finds_nothing
from shared import outbox
from shared.china import local_day
from shared.contracts.card import (
    CardClosed,
    CardFound,
    CardHandedOut,
    CardLost,
    CardMadePhysical,
    CardPrinted,
    CardReplaced,
    CardResumed,
    CardSuspended,
)
from shared.contracts.fact import Fact
from shared.database import Transaction
from shared.envelope import event_of
from shared.errors import Stale

MOST_CARDS: Final = 5_000
_MOST_REFUSALS: Final = 200


async def carry_out_one(tx: Transaction, card_no: str, order: Order, waive_fee: bool, version: int | None) -> Card:
    """Raises CardNotFound, Stale, StepRefused, SerialsExhausted."""
    found = await queries.lock_cards(tx.connection, [card_no]) if card_number.has_form(card_no) else []
    if not found:
        raise CardNotFound
    if version is not None and version != found[0].version:
        raise Stale
    changes, refused = await carry_out(tx, found, order, waive_fee)
    if refused:
        ((_, refusal),) = refused
        raise StepRefused(refusal.code, refusal.detail)
    return await fetch_card(tx, changes[0].card_no)


async def carry_out_many(
    tx: Transaction, card_nos: Sequence[str] | None, search: CardFilter, order: Order, waive_fee: bool
) -> StepsDone:
    """The numbers named, or all cards that a list of `search` shows. Raises TooManyCards, SerialsExhausted."""
    if card_nos is None:
        nothing = finds_nothing(search)
        found = [] if nothing else await queries.lock_matching_cards(tx.connection, search, MOST_CARDS + 1)
        missing: list[str] = []
    else:
        wanted = {number for number in card_nos if card_number.has_form(number)}
        found = await queries.lock_cards(tx.connection, sorted(wanted))
        missing = sorted(set(card_nos) - {card.card_no for card in found})
    if len(found) > MOST_CARDS:
        raise TooManyCards
    changes, refused = await carry_out(tx, found, order, waive_fee)
    told = [Refused(card_no=card.card_no, code=refusal.code, detail=refusal.detail) for card, refusal in refused]
    told += [Refused(card_no=number, code=CardNotFound.code, detail=CardNotFound().detail) for number in missing]
    return StepsDone(
        step=order.step,
        done=len(changes),
        refused=len(told),
        refusals=told[:_MOST_REFUSALS],
        fee_fen=sum(change.after.fee_fen for change in changes) if order.step in ("make_physical", "replace") else 0,
    )


async def carry_out(
    tx: Transaction, cards: Sequence[LockedCard], order: Order, waive_fee: bool = False
) -> tuple[list[Change], list[tuple[LockedCard, Refusal]]]:
    """Do the step with all cards that may; they are locked. Raises SerialsExhausted (and nothing is done)."""
    fees = {} if waive_fee else await _fees(tx, cards, order.step)
    changes: list[Change] = []
    refused: list[tuple[LockedCard, Refusal]] = []
    today = local_day(tx.now)
    for card in cards:
        after = decide(card.standing, order, today, fees.get(card.district, 0))
        if isinstance(after, Refusal):
            refused.append((card, after))
        else:
            changes.append(Change(card=card, after=after))
    if changes:
        changes = await _apply(tx, changes, order)
    return changes, refused


async def fetch_history(tx: Transaction, card_no: str) -> list[HistoryEntry]:
    """Everything that happened to the card, under whichever number. Raises CardNotFound."""
    card = await fetch_card(tx, card_no)
    rows = await queries.fetch_history(tx.connection, card.school_id, card.card_id)
    return [HistoryEntry(**row) for row in rows]


async def _fees(tx: Transaction, cards: Sequence[LockedCard], step: Step) -> dict[str, int]:
    """What a later physical card costs in each district."""
    if step not in ("make_physical", "replace"):
        return {}
    terms = await in_force(tx, {card.district for card in cards})
    return {district: term.physical_fee_fen for district, term in terms.items()}


async def _apply(tx: Transaction, changes: list[Change], order: Order) -> list[Change]:
    if order.step == "replace":
        changes = await _with_successors(tx, changes)
        code, reason = order.reason_code or "replaced", order.told_reason or "补办换号"
        await queries.replace_cards(tx.connection, changes, code, reason, tx.now)
    elif order.step == "make_physical":
        await queries.want_physical(tx.connection, changes, tx.now)
    else:
        await queries.change_cards(tx.connection, changes, order.step == "hand_out", tx.actor.name, tx.now)
    await queries.insert_history(tx.connection, changes, order, tx.actor, tx.now)
    await outbox.append(
        tx,
        [
            event_of(
                _FACTS[order.step](tx, change, order),
                source=tx.service,
                subject_id=change.card.card_id,
                time=tx.now,
                district=change.card.district,
                school_id=change.card.school_id,
                traceparent=tx.caller.traceparent,
            )
            for change in changes
            if is_told(order, change.after)
        ],
    )
    return changes


async def _with_successors(tx: Transaction, changes: Sequence[Change]) -> list[Change]:
    year = local_day(tx.now).year % 100
    places: dict[str, list[int]] = {}
    for place, change in enumerate(changes):
        places.setdefault(change.card.district, []).append(place)
    serials = await lock_serials(tx.connection, list(places), year)
    numbers, without = await next_numbers(tx.connection, places, serials, year)
    if without:
        raise SerialsExhausted
    return [msgspec.structs.replace(change, successor=numbers[place]) for place, change in enumerate(changes)]


_Tell = Callable[[Transaction, Change, Order], Fact]


def _common(tx: Transaction, change: Change) -> dict[str, Any]:
    card = change.card
    return {"actor": tx.actor, "version": card.version + 1, "reader_id": card.reader_id, "card_no": change.card_no}


def _plain(kind: Callable[..., Fact]) -> _Tell:
    return lambda tx, change, _: kind(**_common(tx, change))


def _made_physical(tx: Transaction, change: Change, _: Order) -> Fact:
    return CardMadePhysical(**_common(tx, change), fee_fen=change.after.fee_fen)


def _replaced(tx: Transaction, change: Change, order: Order) -> Fact:
    return CardReplaced(
        **_common(tx, change),
        previous_card_no=change.card.card_no,
        reason=order.told_reason,
        fee_fen=change.after.fee_fen,
    )


def _suspended(tx: Transaction, change: Change, order: Order) -> Fact:
    return CardSuspended(
        **_common(tx, change),
        reason=order.told_reason or REASONS["other"],
        reason_code=order.reason_code or "other",
        until=None if change.after.consent_withdrawn else order.until,
    )


def _resumed(tx: Transaction, change: Change, order: Order) -> Fact:
    return CardResumed(**_common(tx, change), reason=order.told_reason)


def _closed(tx: Transaction, change: Change, _: Order) -> Fact:
    return CardClosed(
        **_common(tx, change),
        reason=change.after.reason or "",
        reason_code=change.after.reason_code or "other",
    )


_FACTS: Final[dict[Step, _Tell]] = {
    "make_physical": _made_physical,
    "print": _plain(CardPrinted),
    "hand_out": _plain(CardHandedOut),
    "report_lost": _plain(CardLost),
    "report_found": _plain(CardFound),
    "replace": _replaced,
    "suspend": _suspended,
    "resume": _resumed,
    "close": _closed,
}
