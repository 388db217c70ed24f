"""May this card borrow, may it renew: the card as it stands and the library's loans, decided by the rules."""

from datetime import date

from services.cards import lending_rules
from services.cards import queries as card_queries
from services.cards.card_number import has_form
from services.cards.errors import CardNotFound, DayTooFar
from services.cards.lending_rules import Decision, Obstacle
from services.cards.lending_schemas import Borrowing, ItemAnswer, LendingAnswer, Renewing
from services.cards.privileges import in_force
from services.cards.schemas import Reason
from services.cards.service import why_not_good
from shared.china import local_day
from shared.contracts.card import Privileges
from shared.database import Transaction


async def may_borrow(tx: Transaction, card_no: str, asked: Borrowing) -> LendingAnswer:
    """Raises CardNotFound, DayTooFar."""
    on = _day(tx, asked.on)
    privileges, obstacles = await _card(tx, card_no, on)
    decisions = lending_rules.borrow(privileges, asked.loans, asked.items, on, obstacles, asked.branch)
    return _answer(privileges, asked, obstacles, decisions)


async def may_renew(tx: Transaction, card_no: str, asked: Renewing) -> LendingAnswer:
    """Raises CardNotFound, DayTooFar."""
    on = _day(tx, asked.on)
    privileges, obstacles = await _card(tx, card_no, on)
    decisions = lending_rules.renew(
        privileges, asked.loans, on, obstacles, in_violation=asked.in_violation, item_ids=asked.item_ids
    )
    return _answer(privileges, asked, obstacles, decisions)


def _day(tx: Transaction, asked: date | None) -> date:
    today = local_day(tx.now)
    if asked is not None and not lending_rules.is_near(asked, today):
        raise DayTooFar
    return asked or today


async def _card(tx: Transaction, card_no: str, on: date) -> tuple[Privileges, list[Obstacle]]:
    """What the card allows, and all that holds it, on that day."""
    row = await card_queries.fetch_card(tx.connection, card_no) if has_form(card_no) else None
    if row is None:
        raise CardNotFound
    terms = await in_force(tx, [row["district"]], on)
    obstacles = [Obstacle(reason.code, reason.detail) for reason in why_not_good(row, on)]
    return terms[row["district"]].privileges, obstacles


def _answer(
    privileges: Privileges, asked: Borrowing | Renewing, card: list[Obstacle], decisions: list[Decision]
) -> LendingAnswer:
    items, foreign_items = lending_rules.room_left(privileges, asked.loans)
    return LendingAnswer(
        allowed=not card and all(not decision.obstacles for decision in decisions),
        reasons=[Reason(code=obstacle.code, detail=obstacle.detail) for obstacle in card],
        items=[
            ItemAnswer(
                item_id=decision.item_id,
                allowed=not decision.obstacles,
                due_on=decision.due_on,
                reasons=[Reason(code=obstacle.code, detail=obstacle.detail) for obstacle in decision.obstacles],
            )
            for decision in decisions
        ],
        items_left=0 if card else items,
        foreign_items_left=0 if card else foreign_items,
    )
