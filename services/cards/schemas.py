"""Cards on the wire."""

from datetime import date, datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from services.cards.lifecycle_rules import (
    ClosingReason,
    Kind,
    PhysicalState,
    ReplacementReason,
    Status,
    Step,
    SuspensionReason,
)
from shared.contracts.card import Privileges

ONE_LINE = r"^[^\x00-\x1f\x7f]*$(?!\n)"
"""No control characters: PostgreSQL keeps no NUL. `$` alone would let a newline pass at the end."""

Text: TypeAlias = Annotated[str, Meta(max_length=200, pattern=ONE_LINE)]
Fen: TypeAlias = Annotated[int, Meta(ge=0, le=100_000_00, description="1/100 yuan")]
_Version: TypeAlias = Annotated[int, Meta(ge=1)]


class Card(Struct, kw_only=True):
    """One card number and what became of it. A replaced card's numbers share their `card_id`.

    `physical` is where the physical card is, once there is to be one; `physical_made` counts those made for the person:
    the first is free. `privileges` are those in force today.
    `reason` and `suspended_until` (the last day) tell why it is not active: while `consent_withdrawn` the code says so
    and the reason names what else holds it, of which `suspended_by_library` tells too. Fees in fen (1/100 yuan).
    """

    card_no: str
    card_id: UUID
    reader_id: UUID
    school_id: UUID
    district: str
    masked_name: str
    class_id: UUID | None
    class_name: str | None
    grade_name: str | None
    status: Status
    kind: Kind
    physical: PhysicalState | None
    physical_made: int
    fee_fen: int
    reason_code: str | None
    reason: str | None
    suspended_until: date | None
    consent_withdrawn: bool
    suspended_by_library: bool
    handed_out_at: datetime | None
    handed_out_by: str | None
    previous_card_no: str | None
    version: int
    issued_at: datetime
    updated_at: datetime
    privileges: Privileges


class CardFilter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A search: None asks for nothing. `school_id` narrows what a district or the city sees."""

    status: Status | None = None
    kind: Kind | None = None
    physical: PhysicalState | None = None
    reader_id: UUID | None = None
    grade_id: UUID | None = None
    class_id: UUID | None = None
    school_id: UUID | None = None
    card_no: Annotated[str, Meta(max_length=20)] | None = None


# --- steps


class Plain(Struct, kw_only=True, forbid_unknown_fields=True):
    """A step that needs no words. `version` does what `If-Match` does, for clients without headers."""

    reason: Text = ""
    version: _Version | None = None


class MakePhysical(Plain, kw_only=True, forbid_unknown_fields=True):
    """`waive_fee`: also a later card is free, by the library's grace."""

    waive_fee: bool = False


class Replacement(MakePhysical, kw_only=True, forbid_unknown_fields=True):
    """Of a lost, damaged or misprinted card."""

    reason_code: ReplacementReason = "lost"


class Suspension(Plain, kw_only=True, forbid_unknown_fields=True):
    """`until` is its last day; without one it lasts until somebody resumes the card."""

    reason_code: SuspensionReason
    until: date | None = None


class Closing(Plain, kw_only=True, forbid_unknown_fields=True):
    reason_code: ClosingReason


class StepMany(Struct, kw_only=True, forbid_unknown_fields=True):
    """One step for the cards named, or for all that the filter finds: exactly those that a list of it shows.

    Dead ones among them are refused. To suspend, replace or close needs a reason's code.
    """

    step: Step
    card_nos: Annotated[list[Annotated[str, Meta(max_length=20)]], Meta(min_length=1, max_length=5000)] | None = None
    filter: CardFilter | None = None
    reason_code: SuspensionReason | ReplacementReason | ClosingReason | None = None
    reason: Text = ""
    until: date | None = None
    waive_fee: bool = False


class Refused(Struct, kw_only=True):
    card_no: str
    code: str
    detail: str


class StepsDone(Struct, kw_only=True):
    """How many cards took the step; the first 200 of those that could not, and why; the fees due in total."""

    step: Step
    done: int
    refused: int
    refusals: list[Refused]
    fee_fen: int


class HistoryEntry(Struct, kw_only=True):
    """One thing that happened to a card: issued, a step's name, or what consent or time brought about."""

    version: int
    step: str
    card_no: str
    reason_code: str | None
    reason: str | None
    until: date | None
    fee_fen: int
    happened_at: datetime
    done_by: str


# --- privileges


class Terms(Struct, kw_only=True):
    """What a district's cards allow from a day on, and what a later physical card costs.

    Version 0 is the source document's, which holds while a district has decided nothing.
    """

    district: str
    version: int = 0
    effective_on: date | None = None
    privileges: Privileges = Privileges()
    physical_fee_fen: int = 0
    changed_by: str | None = None
    changed_at: datetime | None = None


_Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=50, pattern=ONE_LINE)]
_Names: TypeAlias = Annotated[tuple[_Name, ...], Meta(max_length=200)]
_Items: TypeAlias = Annotated[int, Meta(ge=0, le=100)]
_Days: TypeAlias = Annotated[int, Meta(ge=1, le=366)]


class NewTerms(Struct, kw_only=True, forbid_unknown_fields=True):
    """All of what is allowed; what is not named is the source document's. Without a day: from today on."""

    effective_on: date | None = None
    items: _Items = 8
    foreign_items: _Items = 3
    loan_days: _Days = 30
    renewals: Annotated[int, Meta(ge=0, le=10)] = 1
    renewal_days: _Days = 30
    materials: _Names = ("open_shelf",)
    rooms: _Names = ("children", "adults")
    one_card_circulation: bool = True
    branches: _Names = ()
    physical_fee_fen: Fen = 0

    def privileges(self) -> Privileges:
        return Privileges(
            items=self.items,
            foreign_items=self.foreign_items,
            loan_days=self.loan_days,
            renewals=self.renewals,
            renewal_days=self.renewal_days,
            materials=self.materials,
            rooms=self.rooms,
            one_card_circulation=self.one_card_circulation,
            branches=self.branches,
        )


# --- look-ups


class Question(Struct, kw_only=True, forbid_unknown_fields=True):
    """A card number (15 digits), an ID number (18) or a social security card number (9)."""

    credential: Annotated[str, Meta(min_length=1, max_length=40)]


class Reason(Struct, kw_only=True):
    """Why not: a stable code and a Chinese sentence."""

    code: str
    detail: str


class Found(Struct, kw_only=True):
    """The person's living card (or the number asked for), and whether it is good."""

    card: Card
    good: bool
    reasons: list[Reason]


class NewCredential(Struct, kw_only=True, forbid_unknown_fields=True):
    """A social security card number: nine letters and digits. Kept as a keyed digest alone."""

    social_security: Annotated[str, Meta(min_length=1, max_length=40)]


class CredentialAdded(Struct, kw_only=True):
    card_no: str
    kind: str
