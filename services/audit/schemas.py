"""The log on the wire."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from services.audit.chain import Break
from shared.errors import Malformed
from shared.pagination import decode_cursor, encode_cursor

Language: TypeAlias = Literal["zh", "en"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class LogEntry(Struct, frozen=True, kw_only=True):
    """One entry: `operator` did `fact` to the `entity` with `subject_id`; `summary` says it in a sentence.

    `school_id` and `district` are null for what belongs to a whole district or the city. `detail` is the event's body
    without its actor.
    """

    event_id: UUID
    occurred_at: datetime
    operator: str
    entity: str
    fact: str
    subject_id: str
    reader_id: UUID | None
    batch_no: str | None
    school_id: UUID | None
    district: str | None
    summary: str
    detail: dict[str, Any]


class LogFilter(Struct, frozen=True, kw_only=True):
    """A search: all conditions must hold; `since` and `until` are both inclusive."""

    school_id: UUID | None = None
    batch_no: str | None = None
    operator: str | None = None
    entity: str | None = None
    fact: str | None = None
    reader_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


class Cursor(Struct, frozen=True):
    """The last entry of a page: the next one begins below it."""

    occurred_at: datetime
    event_id: UUID

    def encode(self) -> str:
        return encode_cursor((self.occurred_at - _EPOCH) // _MICROSECOND, str(self.event_id))

    @classmethod
    def decode(cls, text: str | None) -> "Cursor | None":
        """Raises Malformed."""
        if not text:
            return None
        microseconds, event_id = decode_cursor(text, tuple[int, UUID])
        try:
            return cls(_EPOCH + microseconds * _MICROSECOND, event_id)
        except OverflowError as exc:
            raise Malformed from exc


class Window(Struct, frozen=True, kw_only=True):
    """A stretch of time: `since` inclusive, `before` exclusive."""

    since: datetime | None = None
    before: datetime | None = None


class Verdict(Struct, frozen=True, kw_only=True):
    """What a walk along the chains found; `entries` were sound. After the first break it goes no further."""

    intact: bool
    entries: int
    first_broken: Break | None = None
