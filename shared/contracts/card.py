"""Facts about cards."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from shared.contracts.fact import Fact


class Privileges(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """What a card allows (appendix 2, five, (2), (3), (4), (6), (7)): numbers of items, days.

    `branches` of one-card circulation (一卡通) by name; none named: all the library has.
    """

    items: int = 8
    foreign_items: int = 3
    loan_days: int = 30
    renewals: int = 1
    renewal_days: int = 30
    materials: tuple[str, ...] = ("open_shelf",)
    rooms: tuple[str, ...] = ("children", "adults")
    one_card_circulation: bool = True
    branches: tuple[str, ...] = ()


class _Card(Fact, frozen=True, kw_only=True):
    ENTITY = "card"
    reader_id: UUID
    card_no: str


class CardIssued(_Card, frozen=True, kw_only=True):
    FACT = "issued"
    kind: Literal["online", "physical"] = "online"
    masked_name: str = ""
    issued_at: datetime
    privileges: Privileges


class IssuedCard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`version` is the card's."""

    reader_id: UUID
    card_id: UUID
    card_no: str
    version: int
    item_no: int | None = None


class CardsIssued(Fact, frozen=True, kw_only=True):
    """Up to about 1,000 cards of a school and a batch at once, or a single one: each has its `card.issued` before."""

    ENTITY = "cards"
    FACT = "issued"
    REPEATS = True
    cards: tuple[IssuedCard, ...]


class CardRefused(Fact, frozen=True, kw_only=True):
    """No card for an approved reader; `code` is stable, `detail` a Chinese sentence naming no other school."""

    ENTITY = "card"
    FACT = "refused"
    reader_id: UUID
    code: str
    detail: str


class CardMadePhysical(_Card, frozen=True, kw_only=True):
    """A physical card is wanted. The first is free, for later ones `fee_fen` (1/100 yuan) is due at the library."""

    FACT = "made_physical"
    fee_fen: int = 0


class CardPrinted(_Card, frozen=True, kw_only=True):
    FACT = "printed"


class CardHandedOut(_Card, frozen=True, kw_only=True):
    """By whom and when: the fact's actor and time."""

    FACT = "handed_out"


class CardLost(_Card, frozen=True, kw_only=True):
    """The physical card is reported lost: nothing is lent on the number until it is found or replaced."""

    FACT = "lost"


class CardFound(_Card, frozen=True, kw_only=True):
    FACT = "found"


class CardReplaced(_Card, frozen=True, kw_only=True):
    """`card_no` is the new number; the old one is dead at once and never used again."""

    FACT = "replaced"
    previous_card_no: str
    reason: str = ""
    fee_fen: int = 0


class CardSuspended(_Card, frozen=True, kw_only=True):
    """`until` is its last day, when it ends by itself; without one it lasts until `card.resumed`.

    The library and a withdrawn consent may both hold a card: each is told, the second while the card is suspended
    already, and while consent is withdrawn none has a last day.

    `reason_code`: uncivil (uncivil borrowing), overdue, consent_withdrawn, other.
    """

    FACT = "suspended"
    reason: str
    until: date | None = None
    reason_code: str = "other"


class CardResumed(_Card, frozen=True, kw_only=True):
    """Nothing holds the card any more. Of two holds the end of the first is not told: nothing changes by it."""

    FACT = "resumed"
    reason: str = ""


class CardClosed(_Card, frozen=True, kw_only=True):
    """`reason_code`: left_school, consent_withdrawn, duplicate, other."""

    FACT = "closed"
    reason: str
    reason_code: str = "other"


class CardLookedUp(_Card, frozen=True, kw_only=True):
    """Somebody asked whether a card is good, by card number, ID number or social security card number."""

    FACT = "looked_up"
    by: Literal["card_no", "id_number", "social_security"]
    good: bool


class CardNotFound(Fact, frozen=True, kw_only=True):
    """A look-up that found nothing; what was asked for is not kept."""

    ENTITY = "card"
    FACT = "not_found"
    by: Literal["card_no", "id_number", "social_security"]


class CardsExported(Fact, frozen=True, kw_only=True):
    """A workbook with `count` cards was made; `conditions` are the search's."""

    ENTITY = "card"
    FACT = "exported"
    count: int
    conditions: str = ""


class CardCredentialAdded(_Card, frozen=True, kw_only=True):
    """The card is also found by another credential from now on; its number is not told."""

    FACT = "credential_added"
    kind: Literal["social_security"]


class FormerCardExchanged(_Card, frozen=True, kw_only=True):
    """The reader's former card of the library is given up for this one: the library's system closes it.

    `deposit_fen` (1/100 yuan) was paid for it and is to be refunded.
    """

    FACT = "former_exchanged"
    former_card_no: str
    deposit_fen: int = 0


class _Refund(_Card, frozen=True, kw_only=True):
    """The deposit of a former card."""

    refund_id: UUID
    amount_fen: int


class RefundOpened(_Refund, frozen=True, kw_only=True):
    FACT = "refund_opened"


class RefundDocumentsChecked(_Refund, frozen=True, kw_only=True):
    """`documents` that were seen: former_card, holder_id, proxy_id."""

    FACT = "refund_checked"
    collector: Literal["holder", "proxy"]
    documents: tuple[str, ...]


class RefundPaidOut(_Refund, frozen=True, kw_only=True):
    FACT = "refund_paid_out"
    collector: Literal["holder", "proxy"]


class PrivilegesChanged(Fact, frozen=True, kw_only=True):
    """What a district's cards allow from the day `effective_on` on."""

    ENTITY = "card"
    FACT = "privileges_changed"
    effective_on: date
    privileges: Privileges
    physical_fee_fen: int = 0
