"""Guardians' consent on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from shared.contracts.consent import ConsentMode

ConsentState: TypeAlias = Literal["none", "paper", "phone", "withdrawn"]
Relation: TypeAlias = Literal["father", "mother", "grandparent", "guardian"]
"""`guardian`: another one, or the paper does not say."""


class ConsentText(Struct, kw_only=True):
    """A version of the authorization; `district` "000000" for the city's first. `{child}` stands for the name.

    `sha256` is the digest every consent to it carries.
    """

    district: str
    version: int
    title: str
    body: str
    sha256: str
    published_by: str
    published_at: datetime


class ConsentTextCreate(Struct, forbid_unknown_fields=True):
    title: Annotated[str, Meta(max_length=400)]
    body: Annotated[str, Meta(max_length=20_000)]


class ConsentSetting(Struct, kw_only=True):
    """`warn`: approvals without consent proceed and are counted. `refuse`: they do not proceed."""

    mode: ConsentMode
    version: int = 0
    changed_by: str | None = None
    changed_at: datetime | None = None


class ConsentSettingChange(Struct, forbid_unknown_fields=True):
    mode: ConsentMode


class PaperConsents(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whose signed forms the school has in hand. `signed_on` is the day on the paper, today when not given: what was
    signed is the newest text of that day.

    Of a reader whose guardian has withdrawn the paper must be newer than the withdrawal; one of the same day is taken
    when it is the only one named.
    """

    reader_ids: Annotated[list[UUID], Meta(min_length=1, max_length=2000)]
    relation: Relation = "guardian"
    signed_on: date | None = None


class ConsentsRecorded(Struct):
    """`unchanged`: their consent was there already."""

    recorded: int
    unchanged: int


class WithdrawConsent(Struct, forbid_unknown_fields=True, kw_only=True):
    """`mistake`: there never was a consent, a wrong name was ticked; the card is not suspended, unless the tick had
    covered an earlier withdrawal, which then counts again."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    mistake: bool = False


class Consent(Struct, kw_only=True):
    """One signed authorization. `signature_sha256` for those signed on a phone; the picture has a route of its own."""

    id: UUID
    reader_id: UUID
    how: Literal["paper", "phone"]
    relation: Relation
    signer: str
    signed_at: datetime
    text_version: int
    text_sha256: str
    signature_sha256: str | None
    recorded_by: str
    recorded_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    withdrawal_reason: str | None
    mistake: bool


class Consents(Struct):
    """Newest first."""

    items: list[Consent]


class ConsentTexts(Struct):
    """Newest first."""

    items: list[ConsentText]


class ConsentForm(Struct, kw_only=True):
    """One child's form, filled in as far as the school knows."""

    reader_id: UUID
    name: str
    grade_name: str | None
    class_name: str | None
    guardian_name: str
    consent: ConsentState


class ConsentForms(Struct, kw_only=True):
    """What a class's forms are printed from."""

    school_name: str
    text: ConsentText
    forms: list[ConsentForm]
