"""HTTP of steps: `/api/cards/{card_no}/<step>`, `/api/cards/steps` for many, `/api/cards/{card_no}/history`.

District library admins take steps with the cards of their district; schools ask for physical cards, which the library
makes; all scopes read the history of theirs.
"""

from collections.abc import Sequence

from litestar import get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler

from services.cards import lifecycle
from services.cards.errors import ReasonUnfit, SelectionNeeded
from services.cards.lifecycle_rules import Order, fits
from services.cards.schemas import (
    Card,
    CardFilter,
    Closing,
    HistoryEntry,
    MakePhysical,
    Plain,
    Replacement,
    StepMany,
    StepsDone,
    Suspension,
)
from shared.authentication import only
from shared.kernel import Kernel
from shared.tenancy import Caller
from shared.versions import Versioned, versioned

DISTRICT = [only("district")]
SCHOOL = [only("school")]


class OneCard:
    """The card that a request is about, and what taking a step with it needs."""

    def __init__(self, version: int | None, kernel: Kernel, caller: Caller, card_no: str) -> None:
        self._version = version
        self._kernel = kernel
        self._caller = caller
        self._card_no = card_no

    async def take(self, order: Order, body: Plain) -> Versioned[Card]:
        version = body.version if body.version is not None else self._version
        waive_fee = isinstance(body, MakePhysical) and body.waive_fee
        card = await self._kernel.once.run(
            self._caller, Card, lifecycle.carry_out_one, self._card_no, order, waive_fee, version
        )
        return versioned(card, card.version)


def provide_one(
    card_no: FromPath[str],
    version: NamedDependency[int | None],
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
) -> OneCard:
    return OneCard(version, kernel, caller, card_no)


ONE = {"one": Provide(provide_one, sync_to_thread=False)}


@post("/{card_no:str}/make-physical", guards=DISTRICT, dependencies=ONE, status_code=200)
async def make_physical(one: NamedDependency[OneCard], data: JSONBody[MakePhysical | None] = None) -> Versioned[Card]:
    """A physical card is wanted: the first is free, a later one at the library's fee."""
    body = data or MakePhysical()
    return await one.take(Order(step="make_physical", reason=body.reason), body)


@post("/{card_no:str}/ask-physical", guards=SCHOOL, dependencies=ONE, status_code=200)
async def ask_physical(one: NamedDependency[OneCard], data: JSONBody[Plain | None] = None) -> Versioned[Card]:
    """A school asks the library for its reader's physical card: as if the library wanted it, fee and all."""
    body = data or Plain()
    return await one.take(Order(step="make_physical", reason=body.reason), body)


@post("/{card_no:str}/print", guards=DISTRICT, dependencies=ONE, status_code=200)
async def print_card(one: NamedDependency[OneCard], data: JSONBody[Plain | None] = None) -> Versioned[Card]:
    """The physical card has been made."""
    body = data or Plain()
    return await one.take(Order(step="print", reason=body.reason), body)


@post("/{card_no:str}/hand-out", guards=DISTRICT, dependencies=ONE, status_code=200)
async def hand_out(one: NamedDependency[OneCard], data: JSONBody[Plain | None] = None) -> Versioned[Card]:
    """Handed out: the log and the card keep by whom and when."""
    body = data or Plain()
    return await one.take(Order(step="hand_out", reason=body.reason), body)


@post("/{card_no:str}/report-lost", guards=DISTRICT, dependencies=ONE, status_code=200)
async def report_lost(one: NamedDependency[OneCard], data: JSONBody[Plain | None] = None) -> Versioned[Card]:
    """Nothing is lent on the number until the card is found or replaced."""
    body = data or Plain()
    return await one.take(Order(step="report_lost", reason=body.reason), body)


@post("/{card_no:str}/report-found", guards=DISTRICT, dependencies=ONE, status_code=200)
async def report_found(one: NamedDependency[OneCard], data: JSONBody[Plain | None] = None) -> Versioned[Card]:
    """A lost card is there again."""
    body = data or Plain()
    return await one.take(Order(step="report_found", reason=body.reason), body)


@post("/{card_no:str}/replace", guards=DISTRICT, dependencies=ONE, status_code=200)
async def replace(one: NamedDependency[OneCard], data: JSONBody[Replacement | None] = None) -> Versioned[Card]:
    """The answer is the card under its new number; the old one is dead at once."""
    body = data or Replacement()
    return await one.take(Order(step="replace", reason_code=body.reason_code, reason=body.reason), body)


@post("/{card_no:str}/suspend", guards=DISTRICT, dependencies=ONE, status_code=200)
async def suspend(one: NamedDependency[OneCard], data: JSONBody[Suspension]) -> Versioned[Card]:
    """With a reason, and a last day where there is one."""
    return await one.take(
        Order(step="suspend", reason_code=data.reason_code, reason=data.reason, until=data.until), data
    )


@post("/{card_no:str}/resume", guards=DISTRICT, dependencies=ONE, status_code=200)
async def resume(one: NamedDependency[OneCard], data: JSONBody[Plain | None] = None) -> Versioned[Card]:
    """A suspended card is good again."""
    body = data or Plain()
    return await one.take(Order(step="resume", reason=body.reason), body)


@post("/{card_no:str}/close", guards=DISTRICT, dependencies=ONE, status_code=200)
async def close(one: NamedDependency[OneCard], data: JSONBody[Closing]) -> Versioned[Card]:
    """For good: the number is never used again, the person may have another card."""
    return await one.take(Order(step="close", reason_code=data.reason_code, reason=data.reason), data)


@post("/steps", guards=DISTRICT, status_code=200)
async def take_steps(
    data: JSONBody[StepMany], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
) -> StepsDone:
    """Print all, hand out all…: up to 5,000 cards, those named or those that a list of the filter shows.

    What some are refused does not hold up the others.
    """
    search = data.filter or CardFilter()
    if (data.card_nos is None) == (data.filter is None or search == CardFilter()):
        raise SelectionNeeded
    order = Order(step=data.step, reason_code=data.reason_code, reason=data.reason, until=data.until)
    if not fits(order):
        raise ReasonUnfit
    return await kernel.once.run(
        caller, StepsDone, lifecycle.carry_out_many, data.card_nos, search, order, data.waive_fee
    )


@get("/{card_no:str}/history")
async def fetch_history(
    card_no: FromPath[str], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
) -> list[HistoryEntry]:
    """Everything that happened to the card, under whichever number, from its issuing on."""
    return await kernel.database.run(caller, lifecycle.fetch_history, card_no)


HANDLERS: Sequence[ControllerRouterHandler] = (
    make_physical,
    ask_physical,
    print_card,
    hand_out,
    report_lost,
    report_found,
    replace,
    suspend,
    resume,
    close,
    take_steps,
    fetch_history,
)
