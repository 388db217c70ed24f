"""HTTP of former cards and refunds: `/api/cards/{card_no}/former-cards`, `/api/cards/refunds`."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from services.cards import refunds
from services.cards.refund_rules import Status
from services.cards.refunds_schemas import (
    FORMER_NUMBER,
    Check,
    Exchange,
    Exchanged,
    FormerCard,
    Refund,
    RefundFilter,
)
from shared.authentication import only
from shared.kernel import Kernel
from shared.pagination import Page, PageNumber, PageSize
from shared.tenancy import Caller
from shared.versions import Versioned, versioned

DISTRICT = [only("district")]


@post("/{card_no:str}/former-cards", guards=DISTRICT)
async def exchange_former_card(
    card_no: FromPath[str],
    data: JSONBody[Exchange],
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
) -> Exchanged:
    """Free of charge. With a deposit a refund is opened."""
    return await kernel.once.run(caller, Exchanged, refunds.exchange, kernel.cipher, card_no, data)


@get("/{card_no:str}/former-cards")
async def list_former_cards(
    card_no: FromPath[str], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
) -> list[FormerCard]:
    """What was given up for this card."""
    return await kernel.database.run(caller, refunds.list_former_cards, card_no)


@get("/refunds")
async def list_refunds(
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    status: Annotated[Status | None, QueryParameter(name="status")] = None,
    school_id: Annotated[UUID | None, QueryParameter(name="school_id")] = None,
    former_card_no: Annotated[
        str | None, QueryParameter(name="former_card_no", pattern=FORMER_NUMBER, description="whole")
    ] = None,
    page: PageNumber = 1,
    page_size: PageSize = 50,
) -> Page[Refund]:
    """The counter's list, newest first."""
    number = former_card_no.upper() if former_card_no else None
    search = RefundFilter(status=status, school_id=school_id, former_card_no=number)
    return await kernel.database.run(caller, refunds.list_refunds, kernel.cipher, search, page, page_size)


@get("/refunds/{refund_id:uuid}")
async def fetch_refund(
    refund_id: FromPath[UUID], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
) -> Versioned[Refund]:
    """One case."""
    refund = await kernel.database.run(caller, refunds.fetch_refund, kernel.cipher, refund_id)
    return versioned(refund, refund.version)


@post("/refunds/{refund_id:uuid}/check-documents", guards=DISTRICT, status_code=200)
async def check_documents(
    refund_id: FromPath[UUID],
    data: JSONBody[Check],
    version: NamedDependency[int | None],
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
) -> Versioned[Refund]:
    """422 `documents_missing` names what was not seen."""
    refund = await kernel.once.run(caller, Refund, refunds.check_documents, kernel.cipher, refund_id, data, version)
    return versioned(refund, refund.version)


@post("/refunds/{refund_id:uuid}/pay-out", guards=DISTRICT, status_code=200)
async def pay_out(
    refund_id: FromPath[UUID],
    version: NamedDependency[int | None],
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
) -> Versioned[Refund]:
    """After the documents were checked; once."""
    refund = await kernel.once.run(caller, Refund, refunds.pay_out, kernel.cipher, refund_id, version)
    return versioned(refund, refund.version)


HANDLERS: Sequence[ControllerRouterHandler] = (
    exchange_former_card,
    list_former_cards,
    list_refunds,
    fetch_refund,
    check_documents,
    pay_out,
)
