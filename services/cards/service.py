"""Use cases of cards: search and look."""

from datetime import date

import asyncpg

from services.cards import card_number, lifecycle_rules, queries
from services.cards.errors import CardNotFound
from services.cards.lifecycle_queries import LockedCard, lock_cards
from services.cards.lifecycle_rules import Refusal, Standing
from services.cards.privileges import in_force
from services.cards.schemas import Card, CardFilter
from shared.database import Transaction
from shared.pagination import Page, offset, page_of


async def list_cards(tx: Transaction, search: CardFilter, page: int, page_size: int) -> Page[Card]:
    """Newest first."""
    if finds_nothing(search):
        return Page([], 0)
    rows = await queries.list_cards(tx.connection, search, page_size, offset(page, page_size))
    cards = await with_privileges(tx, rows)
    return await page_of(cards, page, page_size, lambda: queries.count_cards(tx.connection, search))


def finds_nothing(search: CardFilter) -> bool:
    """Whether the number asked for is none: it need not be looked for, and PostgreSQL keeps no NUL."""
    return search.card_no is not None and not card_number.has_form(search.card_no)


async def fetch_card(tx: Transaction, card_no: str) -> Card:
    """Raises CardNotFound."""
    row = await queries.fetch_card(tx.connection, card_no) if card_number.has_form(card_no) else None
    if row is None:
        raise CardNotFound
    (card,) = await with_privileges(tx, [row])
    return card


async def lock_living(tx: Transaction, card_no: str) -> LockedCard:
    """A card for something that only a living one is given: nobody closes it meanwhile. Raises CardNotFound."""
    found = await lock_cards(tx.connection, [card_no]) if card_number.has_form(card_no) else []
    if not found:
        raise CardNotFound
    if found[0].standing.status not in ("active", "suspended"):
        raise CardNotFound("该读者证已注销或已换号，不能办理。")
    return found[0]


def why_not_good(row: asyncpg.Record, on: date) -> list[Refusal]:
    """Every reason why nothing is lent on a card on that day, as far as is known today; none: it is good."""
    return lifecycle_rules.why_not_good(_standing(row), on)


async def with_privileges(tx: Transaction, rows: list[asyncpg.Record]) -> list[Card]:
    """Cards with what is in force in their districts today, and all that holds them."""
    terms = await in_force(tx, [row["district"] for row in rows])
    cards = []
    for row in rows:
        code, reason = lifecycle_rules.shown_reason(_standing(row))
        shown = {
            "reason_code": code,
            "reason": reason,
            "suspended_by_library": row["status"] == "suspended" and row["reason_code"] is not None,
            "privileges": terms[row["district"]].privileges,
        }
        cards.append(Card(**(dict(row) | shown)))
    return cards


def _standing(row: asyncpg.Record) -> Standing:
    return Standing(
        status=row["status"],
        physical=row["physical"],
        reason_code=row["reason_code"],
        reason=row["reason"],
        suspended_until=row["suspended_until"],
        consent_withdrawn=row["consent_withdrawn"],
    )
