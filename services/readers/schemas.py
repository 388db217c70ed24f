"""Readers on the wire."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from services.readers.consenting_schemas import ConsentState
from shared.contracts.consent import ConsentMode
from shared.errors import FieldError
from shared.workbook.roster import SkippedKind

Status: TypeAlias = Literal["pending", "approved", "carded", "returned"]
Sort: TypeAlias = Literal[
    "created_at", "-created_at", "updated_at", "-updated_at", "name", "-name", "status", "-status", "class", "-class"
]

NameMatch: TypeAlias = Literal["part", "start"]

_Short: TypeAlias = Annotated[str, Meta(max_length=64)]
_Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]


class ReaderCreate(Struct, forbid_unknown_fields=True, kw_only=True):
    """A pupil as entered (appendix 3 §2.1.1): ID number and phones in full, cleaned and checked by the rules."""

    id_number: Annotated[str, Meta(min_length=1, max_length=64)]
    name: _Name
    phone: Annotated[str, Meta(min_length=1, max_length=64)]
    class_id: UUID | None = None
    guardian_name: Annotated[str, Meta(max_length=200)] = ""
    guardian_phone: _Short = ""
    home_district: _Short
    card_no: Annotated[str, Meta(max_length=32)] | None = None


class ReaderChange(Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change; what is not named stays. `version` does what `If-Match` does, for clients without headers."""

    id_number: Annotated[str, Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    name: _Name | UnsetType = UNSET
    phone: Annotated[str, Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    class_id: UUID | UnsetType | None = UNSET
    guardian_name: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    guardian_phone: _Short | UnsetType = UNSET
    home_district: _Short | UnsetType = UNSET
    card_no: Annotated[str, Meta(max_length=32)] | UnsetType | None = UNSET
    version: int | UnsetType = UNSET


class Reader(Struct, kw_only=True):
    """One pupil; `id_number` and phones masked. `home_district` is the GB/T 2260 code.

    No birth date: with it and the home district the masked digits could be worked out.
    `wanted_card_no` is the number assigned beforehand, `reason` why a returned reader was returned.
    """

    id: UUID
    school_id: UUID
    district: str
    grade_id: UUID | None
    class_id: UUID | None
    grade_name: str | None
    class_name: str | None
    name: str
    id_number: str
    phone: str
    guardian_name: str
    guardian_phone: str
    home_district: str
    home_district_name: str
    wanted_card_no: str | None
    card_no: str | None
    status: Status
    consent: ConsentState
    reason_code: str | None
    reason: str | None
    version: int
    created_at: datetime
    updated_at: datetime


class IdCheck(Struct, forbid_unknown_fields=True):
    """An ID number as it is being typed."""

    id_number: Annotated[str, Meta(min_length=1, max_length=64)]


class IdVerdict(Struct, kw_only=True):
    """`errors` empty: the number is one. `reader_id`: this school has its person already."""

    exists: bool
    birth_date: str | None = None
    reader_id: UUID | None = None
    errors: list[FieldError] = []


class Revealed(Struct):
    """What is otherwise masked, in full."""

    id: UUID
    id_number: str
    phone: str
    guardian_phone: str


class ReturnReader(Struct, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class ReaderFilter(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A search (appendix 3 §2.1: by grade, class, ID number, name).

    `id_number`: whole, or its last four or more characters. `name`: any part of it, or with `name_match` "start" its
    beginning; over the whole city always its beginning. Empty texts are no conditions.
    `school_id` narrows a district's or the city's view, `district` the city's; a school sees itself in any case.
    """

    grade_id: UUID | None = None
    class_id: UUID | None = None
    id_number: Annotated[str, Meta(max_length=64)] | None = None
    name: Annotated[str, Meta(max_length=64)] | None = None
    name_match: NameMatch = "part"
    status: Status | None = None
    consent: ConsentState | None = None
    card_no: Annotated[str, Meta(max_length=32)] | None = None
    school_id: UUID | None = None
    district: Annotated[str, Meta(pattern="^[0-9]{6}$")] | None = None


class Count(Struct):
    """Readers of one class and status; `class_id` None for those without a class."""

    school_id: UUID
    class_id: UUID | None
    grade_id: UUID | None
    status: Status
    readers: int


class DistrictCount(Struct):
    district: str
    school_id: UUID | None
    status: Status
    readers: int


class ApprovalRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whom to approve: chosen readers, or all pending ones that match a search. Exactly one of the two."""

    reader_ids: Annotated[list[UUID], Meta(min_length=1, max_length=20_000)] | UnsetType = UNSET
    filter: ReaderFilter | UnsetType = UNSET


class Approval(Struct):
    """`without_consent` counts whose guardian has not signed, or has said no, when the draft was made.

    `consent_mode`: under `warn` only those who said no fail, under `refuse` all of them.
    """

    batch_no: str
    status: Literal["draft", "running", "cancelled"]
    total: int
    opened_by: str
    opened_at: datetime
    without_consent: int = 0
    consent_mode: ConsentMode = "warn"


class Approved(Struct):
    """The answer to approving one reader: the card follows by itself. `without_consent`: no guardian has signed yet."""

    id: UUID
    status: Status
    version: int
    without_consent: bool


RowOutcome: TypeAlias = Literal["new", "changed", "unchanged", "rejected"]


class ImportCounts(Struct):
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0


class ClassQuestion(Struct):
    """A class text the school's own classes do not answer to: which class is it? `rows` have it."""

    text: str
    grade_text: str
    rows: int
    candidates: list[UUID]


class SkippedRow(Struct):
    """A row that is no pupil (title, note, total, sample, …) and why."""

    row: str
    kind: SkippedKind
    text: str


ImportStatus: TypeAlias = Literal["draft", "running", "cancelled", "undone"]


class Import(Struct):
    """A preview or a confirmed import. `questions` and `skipped` are there while it is a draft.

    `undoable`: none of its readers has been approved or changed since, and it is not older than 30 days.
    """

    batch_no: str
    status: ImportStatus
    filename: str
    format: str
    total: int
    counts: ImportCounts
    questions: list[ClassQuestion]
    skipped: list[SkippedRow]
    opened_by: str
    opened_at: datetime
    undoable: bool = False
    undone_at: datetime | None = None


class RowProblem(Struct, omit_defaults=True, gc=False):
    field: str
    code: str
    detail: str


class RowChange(Struct, gc=False):
    """`cleaned`: the cell as typed → as read. `changed`: the reader as kept → as it would become."""

    field: str
    before: str
    after: str
    why: Literal["cleaned", "changed"]


class ImportRow(Struct, kw_only=True):
    """`values` in full while the import is a draft, masked afterwards, empty once erased."""

    row: str
    item_no: int
    outcome: RowOutcome
    values: dict[str, str]
    changes: list[RowChange]
    errors: list[RowProblem]
    warnings: list[RowProblem]
    reader_id: UUID | None = None


class ClassAnswer(Struct, forbid_unknown_fields=True):
    """This text is that class."""

    text: Annotated[str, Meta(max_length=200)]
    class_id: UUID
    grade_text: Annotated[str, Meta(max_length=200)] = ""


class ClassAnswers(Struct, forbid_unknown_fields=True):
    answers: Annotated[list[ClassAnswer], Meta(min_length=1, max_length=500)]
