"""Former cards and refunds on the wire. Amounts in fen (1/100 yuan)."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from services.cards.refund_rules import Collector, Document, Status
from services.cards.schemas import ONE_LINE, Fen

FORMER_NUMBER = r"^[0-9A-Za-z-]{1,30}$(?!\n)"

_FormerNumber: TypeAlias = Annotated[str, Meta(pattern=FORMER_NUMBER)]


class Exchange(Struct, kw_only=True, forbid_unknown_fields=True):
    """A former card of the library, given up for this one; with a deposit a refund is opened."""

    former_card_no: _FormerNumber
    deposit_fen: Fen = 0


class FormerCard(Struct, kw_only=True):
    former_card_no: str
    card_no: str
    deposit_fen: int
    exchanged_by: str
    exchanged_at: datetime


class Exchanged(Struct, kw_only=True):
    former_card: FormerCard
    refund: "Refund | None"


class Refund(Struct, kw_only=True):
    """One deposit to give back: who collects it, which documents were seen, who checked and paid when.

    `proxy_name` is shown to the counter (district) alone.
    """

    id: UUID
    school_id: UUID
    district: str
    card_no: str
    masked_name: str
    former_card_no: str
    amount_fen: int
    status: Status
    collector: Collector | None
    proxy_name: str | None
    documents: list[Document]
    checked_by: str | None
    checked_at: datetime | None
    paid_by: str | None
    paid_at: datetime | None
    version: int
    opened_by: str
    opened_at: datetime


class RefundFilter(Struct, frozen=True, kw_only=True):
    status: Status | None = None
    school_id: UUID | None = None
    former_card_no: str | None = None


class Check(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which documents were seen; a proxy's name is kept encrypted."""

    collector: Collector
    documents: Annotated[list[Document], Meta(max_length=10)]
    proxy_name: Annotated[str, Meta(max_length=50, pattern=ONE_LINE)] | None = None
    version: int | None = None
