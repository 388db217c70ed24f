"""The hash chain: each entry's hash covers the one before it, so nothing can be changed, removed or put in between.

    hash = SHA-256(hash of the entry before ‖ MessagePack of the entry)

The first entry follows 32 zero bytes. The MessagePack is an array in its shortest form: position in the chain, school
(16 bytes), district, event id (16 bytes), occurred at, recorded at (both in microseconds since 1970), operator, actor
id (16 bytes), entity, fact, subject id, reader id (16 bytes or nil), batch number (or nil), and the event's body, byte
for byte as it was received. Whoever has the rows can compute it again without this program.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec

Key: TypeAlias = tuple[UUID, str]
"""A chain: its school (`NO_SCHOOL` for what belongs to none) and district."""

START: Final = bytes(32)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_encode = msgspec.msgpack.Encoder().encode


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What the log keeps of an event. Times are aware; `body` is the event's JSON as received."""

    school_id: UUID
    district: str
    occurred_at: datetime
    event_id: UUID
    recorded_at: datetime
    operator: str
    actor_id: UUID
    entity: str
    fact: str
    subject_id: str
    reader_id: UUID | None
    batch_no: str | None
    body: bytes

    @property
    def chain(self) -> Key:
        return self.school_id, self.district


class Head(msgspec.Struct, frozen=True):
    """The end of a chain: how many entries it has, and the last one's hash."""

    seq: int = 0
    hash: bytes = START

    def follow(self, entry: Entry) -> "Head":
        """The end after this entry."""
        return Head(self.seq + 1, hash_entry(self.hash, self.seq + 1, entry))


class Break(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a chain is broken: at position `chain_seq` (from 1) of this school's (else district's, city's) chain.

    `changed`: the entry is not what was written. `missing`: there is no entry at this position, its end cut off or its
    end mark gone included. `added`: there is one that was never written.
    """

    reason: Literal["changed", "missing", "added"]
    chain_seq: int
    district: str
    school_id: UUID
    event_id: UUID | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A stored entry with its place; `head` is the chain's kept end, None when there is none."""

    entry: Entry
    seq: int
    hash: bytes
    head: Head | None


class Walk:
    """Checks chains that are fed in order, in pages of any size; `entries` counts what was found sound."""

    def __init__(self) -> None:
        self.entries = 0
        self._chain: Key | None = None
        self._reached = Head()
        self._kept: Head | None = None

    def check(self, links: Iterable[Link]) -> Break | None:
        """Feed the next page. Returns the first break; nothing more may be fed after one."""
        for link in links:
            if link.entry.chain != self._chain:
                cut = self.finish()
                if cut is not None:
                    return cut
                self._chain, self._reached = link.entry.chain, Head()
            self._kept = link.head
            broken = self._step(link)
            if broken is not None:
                return broken
        return None

    def finish(self) -> Break | None:
        """The end of the last chain fed: it must be the one that was kept."""
        if self._chain is None or self._kept == self._reached:
            return None
        if self._kept is not None and self._kept.seq == self._reached.seq:
            # Every entry fits the one before, but these are not the ones that were written.
            return self._break("changed", self._reached.seq)
        return self._break("missing", self._reached.seq + 1)

    def _step(self, link: Link) -> Break | None:
        expected = self._reached.follow(link.entry)
        if link.seq > expected.seq:
            return self._break("missing", expected.seq)
        if link.seq < expected.seq or (link.head is not None and link.seq > link.head.seq):
            return self._break("added", link.seq, link.entry.event_id)
        if link.hash != expected.hash:
            return self._break("changed", link.seq, link.entry.event_id)
        self._reached = expected
        self.entries += 1
        return None

    def _break(self, reason: Literal["changed", "missing", "added"], seq: int, event_id: UUID | None = None) -> Break:
        school_id, district = self._chain or (UUID(int=0), "")
        return Break(reason=reason, chain_seq=seq, district=district, school_id=school_id, event_id=event_id)


def hash_entry(previous: bytes, seq: int, entry: Entry) -> bytes:
    """32 bytes."""
    record = (
        seq,
        entry.school_id.bytes,
        entry.district,
        entry.event_id.bytes,
        (entry.occurred_at - _EPOCH) // _MICROSECOND,
        (entry.recorded_at - _EPOCH) // _MICROSECOND,
        entry.operator,
        entry.actor_id.bytes,
        entry.entity,
        entry.fact,
        entry.subject_id,
        entry.reader_id.bytes if entry.reader_id is not None else None,
        entry.batch_no,
        entry.body,
    )
    return hashlib.sha256(previous + _encode(record)).digest()
