"""What a cell looks like before anybody knows its column: an ID number, a phone number."""

import re

from shared import resident_id
from shared.workbook.cells import Cell, NumberCell, text_of

_LOOKED_AT = 300
_FEWEST_DIGITS = 15
_ID = re.compile(r"[0-9]{14,}[0-9Xx]|[0-9]\.[0-9]+[Ee]\+?1[0-9]")
_WITHIN_ID = re.compile(r"[\s\-‐‑‒–—―'\"‘’“”`·.]+")
# At least two groups of a number, as it is set apart for reading.
_SPACED_ID = re.compile(r"[0-9][0-9\s\-‐‑‒–—―'\"‘’“”`·.]{12,}[0-9Xx]")
_PHONE = re.compile(
    r"(?<![0-9])(?:1[3-9][0-9][\s\-]?[0-9]{4}[\s\-]?[0-9]{4}|0[0-9]{2,3}-?[0-9]{7,8}|[2-9][0-9]{6,7})(?![0-9])"
)


def is_like_id(cell: Cell) -> bool:
    """Whether a cell holds what was an ID number once, whole or ruined, also within a longer text."""
    if isinstance(cell, str):
        if len(cell) < _FEWEST_DIGITS:
            return False
        text = cell[:_LOOKED_AT]
        if _ID.search(text):
            return True
        return any(_ID.fullmatch(_WITHIN_ID.sub("", found[0])) for found in _SPACED_ID.finditer(text))
    return isinstance(cell, NumberCell) and ("E" in cell.text.upper() or len(cell.text) >= _FEWEST_DIGITS)


def is_valid_id(cell: Cell | None) -> bool:
    """Whether a cell holds an ID number whose check digit is right, however it is set apart."""
    if not isinstance(cell, str) or not 18 <= len(cell) <= 40:
        return False
    number = _WITHIN_ID.sub("", cell).upper()
    return (
        re.fullmatch(r"[0-9]{17}[0-9X]", number) is not None and resident_id.check_character(number[:17]) == number[17]
    )


def is_like_phone(cell: Cell) -> bool:
    """Whether a cell holds a phone number, also within a longer text."""
    return _PHONE.search(text_of(cell)[:_LOOKED_AT]) is not None
