"""The envelope of an event: CloudEvents 1.0 in binary mode over NATS headers.

`ce-id` (UUIDv7) is also `Nats-Msg-Id`; the body is the JSON of a fact from `shared.contracts`. What somebody wrote in
their own words is told without the ID numbers in it: events and the log are kept for long and read by many.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import TypeVar
from uuid import UUID

import msgspec

from shared import resident_id
from shared.contracts.fact import Fact
from shared.ids import new_id, parse_id
from shared.tenancy import NO_SCHOOL

_encode = msgspec.json.Encoder().encode
_OWN_WORDS = frozenset({"name", "remark", "reason", "detail", "filename", "row", "conditions"})
F = TypeVar("F", bound=Fact)


class MalformedEvent(Exception):
    """A message on the event stream is not one of ours."""


class Event(msgspec.Struct, frozen=True):
    """One event as it is stored in an outbox, sent, received and logged.

    `subject_id` is the aggregate's id (`ce-subject`); `time` is aware, UTC. `school_id` is None for facts of a
    district or the city, `district` None for those of the city.
    """

    id: UUID
    ce_type: str
    source: str
    district: str | None
    school_id: UUID | None
    subject_id: str
    time: datetime
    traceparent: str | None
    body: bytes

    @property
    def entity(self) -> str:
        return self.ce_type.split(".")[0]

    @property
    def fact(self) -> str:
        return self.ce_type.split(".")[1]

    @property
    def subject(self) -> str:
        """The NATS subject."""
        return _subject(self.district, self.school_id, self.ce_type)

    @property
    def row_school_id(self) -> UUID:
        return self.school_id or NO_SCHOOL

    def decode(self, kind: type[F]) -> F:
        """Raises MalformedEvent when the body does not fit the contract."""
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
            raise MalformedEvent(f"{self.ce_type}: {exc}") from exc

    def headers(self) -> dict[str, str]:
        own_id = str(self.id)
        headers = {
            "Nats-Msg-Id": own_id,
            "ce-specversion": "1.0",
            "ce-id": own_id,
            "ce-type": self.ce_type,
            "ce-source": self.source,
            "ce-subject": self.subject_id,
            "ce-time": self.time.isoformat().replace("+00:00", "Z"),
            "content-type": "application/json",
        }
        if self.traceparent:
            headers["traceparent"] = self.traceparent
        return headers


def event_of(
    fact: Fact,
    *,
    source: str,
    subject_id: UUID | str,
    time: datetime,
    district: str | None,
    school_id: UUID | None,
    traceparent: str | None = None,
) -> Event:
    """Wrap a fact; its type comes from the contract (`reader.approved.v1`)."""
    return Event(
        new_id(), fact.ce_type(), source, district, school_id, str(subject_id), time, traceparent, _encode(_hide(fact))
    )


def _hide(fact: Fact) -> Fact:
    hidden = {}
    for field in _own_words(type(fact)):
        text = getattr(fact, field)
        if isinstance(text, str) and (shown := resident_id.hide(text)) != text:
            hidden[field] = shown
    return msgspec.structs.replace(fact, **hidden) if hidden else fact


@lru_cache(4096)
def _subject(district: str | None, school_id: UUID | None, ce_type: str) -> str:
    entity, fact, _version = ce_type.split(".")
    return f"sc.v1.{district or '_'}.{school_id or '_'}.{entity}.{fact}"


@lru_cache(4096)
def _place(subject: str, ce_type: str) -> tuple[str | None, UUID | None]:
    """District and school of a subject. Raises ValueError when it is not the one of an event of this type."""
    prefix, version, district, school, _entity, _fact = subject.split(".")
    place = (None if district == "_" else district, None if school == "_" else UUID(school))
    if (prefix, version) != ("sc", "v1") or _subject(*place, ce_type) != subject:
        raise ValueError(subject)
    return place


@cache
def _own_words(kind: type[Fact]) -> tuple[str, ...]:
    return tuple(field for field in kind.__struct_fields__ if field in _OWN_WORDS)


def parse(subject: str, headers: Mapping[str, str] | None, body: bytes) -> Event:
    """Read a message from EVENTS. Raises MalformedEvent."""
    try:
        if headers is None:
            raise ValueError(subject)
        district, school_id = _place(subject, headers["ce-type"])
        event = Event(
            id=parse_id(headers["ce-id"]),
            ce_type=headers["ce-type"],
            source=headers["ce-source"],
            district=district,
            school_id=school_id,
            subject_id=headers["ce-subject"],
            time=datetime.fromisoformat(headers["ce-time"]),
            traceparent=headers.get("traceparent"),
            body=body,
        )
        if event.time.tzinfo is None:
            raise ValueError(subject)
    except (KeyError, ValueError) as exc:
        raise MalformedEvent(f"{MalformedEvent.__doc__} ({subject})") from exc
    return event
