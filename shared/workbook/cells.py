"""What a cell can hold, whatever the file's format: a text is a plain `str`, everything else one of these.

The kind decides, not the look: an ID number that was typed into a number cell has lost its last digits for good.
"""

import re
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

_MOST_EXACT_DIGITS = 15
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,8})")

LAST_ROW = 1_048_576
LAST_COLUMN = 16_384


class NumberCell(msgspec.Struct, frozen=True, gc=False):
    """`text` is the number as Excel would keep it: at most 15 digits, no trailing zeros."""

    text: str


class DateCell(msgspec.Struct, frozen=True, gc=False):
    """A number shown as a date."""

    day: date

    @property
    def text(self) -> str:
        return f"{self.day.year}年{self.day.month}月{self.day.day}日"


class FractionCell(msgspec.Struct, frozen=True, gc=False):
    """A number shown as a fraction: 3/2 typed into such a cell is kept as 1.5 and shown as 1 1/2."""

    text: str


class ErrorCell(msgspec.Struct, frozen=True, gc=False):
    """`#N/A`, `#REF!` and their like; `text` as the program shows it."""

    text: str


class Unevaluated(msgspec.Struct, frozen=True, gc=False):
    """A formula whose value the program that wrote the file did not store."""

    text: str = ""


Cell = str | NumberCell | DateCell | FractionCell | ErrorCell | Unevaluated
Look = Literal["date", "fraction"]
"""As what else than itself a number is shown."""


class SheetRow(msgspec.Struct, gc=False):
    """A row with something in it: `number` from 1 as shown, cells by column index from 0."""

    number: int
    cells: dict[int, Cell]
    hidden: bool = False


class Merge(msgspec.Struct, frozen=True, gc=False):
    """A vertical merge within one column: its first row shows for all rows to `last` (numbers from 1)."""

    column: int
    first: int
    last: int


class Sheet(msgspec.Struct):
    """All non-blank rows of a sheet, in order."""

    name: str
    rows: list[SheetRow]
    hidden: bool = False
    merges: tuple[Merge, ...] = ()


class Book(msgspec.Struct):
    """A workbook as parsed, before anybody asks what it means. `encoding` is a CSV's."""

    sheets: list[Sheet]
    encoding: str = ""


def text_of(cell: Cell | None) -> str:
    """What the cell shows, roughly; for titles, notes and quoting, never for values."""
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else cell.text


def number_cell(value: float) -> NumberCell:
    """A number as Excel keeps it: 13000008899 for 13000008899.0, 3.2 for 3.2000000000000002."""
    if value == int(value) and abs(value) < 10**_MOST_EXACT_DIGITS:
        return NumberCell(str(int(value)))
    return NumberCell(f"{value:.{_MOST_EXACT_DIGITS}g}")


def date_cell(serial: float, *, from_1904: bool) -> DateCell | None:
    """The date a serial number means, None when it means none.

    In the 1900 system Excel believes in a 29 February 1900, so that days before 1 March 1900 count from 1899-12-31.
    """
    if not 0 <= serial < 2_958_466:
        return None
    if from_1904:
        return DateCell((datetime(1904, 1, 1) + timedelta(days=int(serial))).date())
    epoch = datetime(1899, 12, 30) if serial >= 61 else datetime(1899, 12, 31)
    return DateCell((epoch + timedelta(days=int(serial))).date())


def shown_cell(value: float, look: Look | None, *, from_1904: bool) -> Cell:
    """A number as what it is shown as."""
    if look == "date" and (day := date_cell(value, from_1904=from_1904)) is not None:
        return day
    if look == "fraction" and value != int(value):
        return FractionCell(f"{value:.{_MOST_EXACT_DIGITS}g}")
    return number_cell(value)


def column_index(letters: str) -> int:
    """0 for A, 16383 for XFD."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def column_letters(index: int) -> str:
    """A for 0, XFD for 16383."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = _LETTERS[rest] + letters
    return letters


def vertical_merges(reference: str) -> list[Merge]:
    """The merges, column by column, of a range such as `F2:F31`; of one that spans a single row, none."""
    first, _, last = reference.partition(":")
    top, bottom = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last)
    if top is None or bottom is None or int(bottom[2]) <= int(top[2]):
        return []
    # Only the range's first column holds the text that is shown.
    return [Merge(column=column_index(top[1]), first=int(top[2]), last=int(bottom[2]))]
