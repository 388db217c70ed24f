"""The records of an .xls of one sheet, by hand: texts, and formulas as a library leaves them that cannot calculate."""

import struct
from collections.abc import Sequence

# In a row in place of a text.
UNCALCULATED = object()


def workbook_stream(rows: Sequence[Sequence[object]]) -> bytes:
    """A workbook's stream (BIFF8); None is a blank cell."""
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6))
    name = b"\x06\x00Sheet1"
    ends = len(start) + 4 + 6 + len(name) + 4
    cells = b"".join(
        _cell(row, column, cell)
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


def _cell(row: int, column: int, cell: object) -> bytes:
    if cell is UNCALCULATED:
        return _record(0x0006, struct.pack("<HHH8sHIH", row, column, 0, b"\x03\0\0\0\0\0\xff\xff", 0, 0, 0))
    text = str(cell)
    return _record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data
