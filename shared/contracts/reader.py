"""Facts about readers. Names and ID numbers are masked; phones do not appear."""

from uuid import UUID

import msgspec

from shared.contracts.fact import Fact


class _Reader(Fact, frozen=True, kw_only=True):
    """`class_id` is the class after the fact, `previous_class_id` the one before (None: there was none)."""

    ENTITY = "reader"
    reader_id: UUID
    masked_name: str
    masked_id_number: str
    class_id: UUID | None = None
    previous_class_id: UUID | None = None


class ReaderCreated(_Reader, frozen=True, kw_only=True):
    FACT = "created"


class ReaderChanged(_Reader, frozen=True, kw_only=True):
    """`fields` names what changed, never the values."""

    FACT = "changed"
    fields: tuple[str, ...] = ()


class ReaderDeleted(_Reader, frozen=True, kw_only=True):
    """`previous_class_id` is the class the reader was in; `class_id` is None."""

    FACT = "deleted"


class ReaderApproved(_Reader, frozen=True, kw_only=True):
    """`id_digest` (hex) is the keyed digest by which a person has one card in the city; it means nothing elsewhere.

    `wanted_card_no` is a number the school assigned beforehand.
    """

    FACT = "approved"
    id_digest: str
    wanted_card_no: str | None = None


class ApprovedReader(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a card needs of an approval; `version`, `id_digest` and `wanted_card_no` as in `reader.approved`."""

    reader_id: UUID
    version: int
    masked_name: str
    id_digest: str
    class_id: UUID | None = None
    wanted_card_no: str | None = None
    item_no: int | None = None


class ReadersApproved(Fact, frozen=True, kw_only=True):
    """Up to about 1,000 approvals of a school at once, or a single one: each has its `reader.approved` before."""

    ENTITY = "readers"
    FACT = "approved"
    REPEATS = True
    readers: tuple[ApprovedReader, ...]


class ReaderReturned(_Reader, frozen=True, kw_only=True):
    FACT = "returned"
    reason: str


class ReaderRevealed(_Reader, frozen=True, kw_only=True):
    """Somebody was shown the full ID number and phones (least privilege: a separate, logged call)."""

    FACT = "revealed"


class ReadersExported(Fact, frozen=True, kw_only=True):
    """A workbook with `count` readers was made; `conditions` are the search's, without personal data."""

    ENTITY = "reader"
    FACT = "exported"
    count: int
    conditions: str = ""
    unmasked: bool = False
