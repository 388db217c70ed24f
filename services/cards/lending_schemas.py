"""Questions about lending, and their answers, on the wire."""

from datetime import date
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from services.cards.lending_rules import Item, Loan
from services.cards.schemas import Reason

_Branch: TypeAlias = Annotated[str, Meta(max_length=50)]


class Borrowing(Struct, kw_only=True, forbid_unknown_fields=True):
    """What the reader has, and what they would take. Without a day: today in China.

    On another day the privileges of that day hold, and a suspension that is over by then holds nothing.
    """

    loans: Annotated[list[Loan], Meta(max_length=500)] = []
    items: Annotated[list[Item], Meta(max_length=100)] = []
    on: date | None = None
    branch: _Branch | None = None


class Renewing(Struct, kw_only=True, forbid_unknown_fields=True):
    """What the reader has; `item_ids` are those to renew (all without it). `in_violation` as the library knows it."""

    loans: Annotated[list[Loan], Meta(max_length=500)]
    item_ids: Annotated[list[str], Meta(max_length=500)] | None = None
    on: date | None = None
    in_violation: bool = False


class ItemAnswer(Struct, kw_only=True):
    item_id: str
    allowed: bool
    due_on: date | None
    reasons: list[Reason]


class LendingAnswer(Struct, kw_only=True):
    """`allowed`: all that was asked. `reasons` are the card's own; each item has every one of its."""

    allowed: bool
    reasons: list[Reason]
    items: list[ItemAnswer]
    items_left: int
    foreign_items_left: int
