"""What the reading process says to the process that started it: length-prefixed msgpack frames on its standard output.

A roster is `Opening`, any number of `Rows`, `Closing`. A file that is refused ends in `Refusal`, mostly at once; rows
may have been sent before it. `Closing` carries the count, so that a process killed in the middle is never taken for one
that had finished.
"""

import struct

import msgspec

from shared.workbook.roster import Format, RefusalCode, RosterRow, SheetHeader, Skipped

ROWS_PER_FRAME = 250
LENGTH = struct.Struct(">I")
LONGEST_FRAME = 64 * 1024 * 1024


class Opening(msgspec.Struct, frozen=True, tag=True):
    """All of a roster but its rows."""

    format: Format
    encoding: str
    sheets: tuple[SheetHeader, ...]
    skipped: list[Skipped]


class Rows(msgspec.Struct, frozen=True, tag=True):
    """The next rows, in order."""

    rows: list[RosterRow]


class Closing(msgspec.Struct, frozen=True, tag=True):
    """The end; `count` rows were sent, and the process used `peak_bytes` of memory at most."""

    count: int
    peak_bytes: int


class Refusal(msgspec.Struct, frozen=True, tag=True):
    """The file is refused; the process used `peak_bytes` of memory at most."""

    code: RefusalCode
    detail: str
    peak_bytes: int


Frame = Opening | Rows | Closing | Refusal
_DECODER: msgspec.msgpack.Decoder[Frame] = msgspec.msgpack.Decoder(Frame)


def pack(frame: Frame) -> bytes:
    """A frame with its length before it."""
    body = msgspec.msgpack.encode(frame)
    return LENGTH.pack(len(body)) + body


def unpack(body: bytes) -> Frame:
    """A frame from its bytes. Raises msgspec.DecodeError."""
    return _DECODER.decode(body)
