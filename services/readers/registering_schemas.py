"""Links, registrations and receipts on the wire."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from services.readers.consenting_schemas import ConsentText, Relation
from services.readers.schemas import Reader

RegistrationStatus: TypeAlias = Literal["submitted", "merged", "rejected", "withdrawn"]
Progress: TypeAlias = Literal["submitted", "accepted", "approved", "carded", "rejected", "withdrawn", "removed"]
"""`accepted`: the school has it, approval is still to come. `removed`: the school has deleted the reader again."""
TakenField: TypeAlias = Literal["name", "phone", "guardian_name", "guardian_phone", "class_id", "home_district"]

_Short: TypeAlias = Annotated[str, Meta(max_length=64)]
_Name: TypeAlias = Annotated[str, Meta(max_length=200)]
_Picture: TypeAlias = Annotated[str, Meta(max_length=90_000)]


# --- links


class LinkCreate(Struct, forbid_unknown_fields=True, kw_only=True):
    """For the whole school, or one class. `days` until it ends."""

    class_id: UUID | None = None
    days: Annotated[int, Meta(ge=1, le=180)] = 30
    remark: Annotated[str, Meta(max_length=100)] = ""


class Link(Struct, kw_only=True):
    """A link and what came by it; `path` is the page's, to be opened on a phone, without the host."""

    id: UUID
    school_id: UUID
    class_id: UUID | None
    grade_name: str | None
    class_name: str | None
    remark: str
    path: str | None
    status: Literal["open", "expired", "revoked"]
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    revoked_by: str | None
    submitted: int
    merged: int
    rejected: int


class Poster(Struct, kw_only=True):
    """What a poster is printed from; the QR code has a route of its own."""

    url: str
    school_name: str
    grade_name: str | None
    class_name: str | None
    expires_at: datetime


# --- the guardian's side


class ClassChoice(Struct):
    class_id: UUID
    grade_name: str
    class_name: str


class RegistrationForm(Struct, kw_only=True):
    """What the page behind a link shows. With a class of its own, `classes` has that one alone."""

    school_name: str
    classes: list[ClassChoice]
    one_class: bool
    text: ConsentText
    districts: list[str]
    home_district: str
    expires_at: datetime


class Submission(Struct, forbid_unknown_fields=True, kw_only=True):
    """Appendix 5's fields, who signs, and the signature as base64 of a PNG."""

    id_number: _Short
    name: _Name
    phone: _Short
    guardian_name: _Name
    guardian_phone: _Short = ""
    class_id: UUID | None = None
    home_district: _Short
    relation: Relation
    text_version: Annotated[int, Meta(ge=1)]
    signature: _Picture


class Correction(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is not named stays. A new signature comes with the version of the text it is under."""

    id_number: _Short | UnsetType = UNSET
    name: _Name | UnsetType = UNSET
    phone: _Short | UnsetType = UNSET
    guardian_name: _Name | UnsetType = UNSET
    guardian_phone: _Short | UnsetType = UNSET
    class_id: UUID | UnsetType | None = UNSET
    home_district: _Short | UnsetType = UNSET
    relation: Relation | UnsetType = UNSET
    text_version: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    signature: _Picture | UnsetType = UNSET


class Submitted(Struct):
    """`receipt` is all that leads back to what was sent: it is shown once, and not to be given away."""

    receipt: str


class Receipt(Struct, kw_only=True):
    """How far a registration is; names and numbers masked. `card_no` once there is a card: in full, to be shown.

    `text_version` was signed; `text` is what a new signature would be under.
    """

    progress: Progress
    card_no: str | None
    school_name: str
    name: str
    id_number: str
    phone: str
    guardian_name: str
    guardian_phone: str
    relation: Relation
    class_id: UUID | None
    grade_name: str | None
    class_name: str | None
    home_district: str
    reason: str | None
    submitted_at: datetime
    updated_at: datetime
    may_correct: bool
    may_withdraw: bool
    text_version: int
    text: ConsentText
    classes: list[ClassChoice]
    districts: list[str]


# --- the school's side


class Registration(Struct, kw_only=True):
    """What a guardian sent, `id_number` and phones masked. `reader_id`: the reader it became, or meets.

    It meets the reader with its ID number; corrected, the one who is there because of it.
    """

    id: UUID
    link_id: UUID
    origin: Literal["qr"] = "qr"
    status: RegistrationStatus
    name: str
    id_number: str
    phone: str
    guardian_name: str
    guardian_phone: str
    relation: Relation
    class_id: UUID | None
    grade_name: str | None
    class_name: str | None
    home_district: str
    home_district_name: str
    text_version: int
    signed_at: datetime
    reason: str | None
    reader_id: UUID | None
    meets: bool
    version: int
    submitted_at: datetime
    updated_at: datetime
    decided_at: datetime | None
    decided_by: str | None


class FieldPair(Struct):
    """One field side by side: as the guardian sent it, as the reader has it; ID number and phones masked.

    `same` compares what is behind the masks.
    """

    field: str
    sent: str
    kept: str
    same: bool
    locked: bool = False


class RegistrationDetail(Struct, kw_only=True):
    """With the reader it meets, if any, field by field; without one `fields` is what was sent, `kept` empty."""

    registration: Registration
    existing: Reader | None
    fields: list[FieldPair]


class Numbers(Struct):
    """In full."""

    id_number: str
    phone: str
    guardian_phone: str


class RegistrationNumbers(Struct):
    """As the guardian sent them; `kept`: of the reader it meets."""

    sent: Numbers
    kept: Numbers | None


class Merge(Struct, forbid_unknown_fields=True, kw_only=True):
    """`meets`: the reader who was seen beside it, null for none: 412 when it is another by now.

    `take`: the fields that the reader who was there takes from the guardian. A new reader takes all. A reader who is
    there because of this registration takes a corrected ID number in any case.
    `class_id` puts the reader into another class than the guardian chose.
    """

    meets: UUID | None
    take: list[TakenField] = []
    class_id: UUID | UnsetType | None = UNSET
    version: int | UnsetType = UNSET


class MergeMany(Struct, forbid_unknown_fields=True):
    ids: Annotated[list[UUID], Meta(min_length=1, max_length=1000)]


class Left(Struct):
    """One that stays as it is: it `meets` a reader and wants to be looked at, or is `decided` already."""

    id: UUID
    name: str
    why: Literal["meets", "decided"]


class MergedMany(Struct):
    merged: int
    left: list[Left]


class Reject(Struct, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class RejectMany(Struct, forbid_unknown_fields=True):
    ids: Annotated[list[UUID], Meta(min_length=1, max_length=1000)]
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class RejectedMany(Struct):
    rejected: int
    left: list[Left]
