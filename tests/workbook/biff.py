"""The records of an .xls of one sheet, by hand: texts, numbers, and formulas as a library leaves them that cannot
calculate.
"""

import struct
from collections.abc import Mapping, Sequence

import msgspec

# In a row in place of a text.
UNCALCULATED = object()


class Shown(msgspec.Struct, frozen=True):
    """A number, and the code of its format."""

    value: float
    code: str


def workbook_stream(rows: Sequence[Sequence[object]], *, heights: Mapping[int, int] | None = None) -> bytes:
    """A workbook's stream (BIFF8); None is a blank cell. `heights` are those set by hand, by row number from 1."""
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6))
    codes = sorted({cell.code for found in rows for cell in found if isinstance(cell, Shown)})
    formats = b"".join(
        _record(0x041E, struct.pack("<HHB", 164 + at, len(code), 1) + code.encode("utf-16-le"))
        for at, code in enumerate(codes)
    )
    # The format of style 0 is the usual one.
    styles = b"".join(
        _record(0x00E0, struct.pack("<HH16x", 0, number)) for number in (0, *range(164, 164 + len(codes)))
    )
    start += formats + styles
    name = b"\x06\x00Sheet1"
    ends = len(start) + 4 + 6 + len(name) + 4
    set_by_hand = b"".join(
        _record(0x0208, struct.pack("<HHHHHHHH", number - 1, 0, 8, height, 0, 0, 0x0140, 0))
        for number, height in (heights or {}).items()
    )
    cells = set_by_hand + b"".join(
        _cell(row, column, cell, codes)
        for row, found in enumerate(rows)
        for column, cell in enumerate(found)
        if cell is not None
    )
    return b"".join(
        (
            start,
            _record(0x0085, struct.pack("<IBB", ends, 0, 0) + name),
            _record(0x000A, b""),
            _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6)),
            cells,
            _record(0x000A, b""),
        )
    )


def _cell(row: int, column: int, cell: object, codes: Sequence[str]) -> bytes:
    if isinstance(cell, Shown):
        return _record(0x0203, struct.pack("<HHHd", row, column, 1 + codes.index(cell.code), cell.value))
    if cell is UNCALCULATED:
        return _record(0x0006, struct.pack("<HHH8sHIH", row, column, 0, b"\x03\0\0\0\0\0\xff\xff", 0, 0, 0))
    text = str(cell)
    return _record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data
