"""Resident identity numbers: GB 11643-1999, and the numbers built like them.

Eighteen characters: region (GB/T 2260, 6), birth date (8), sequence (3), check character (ISO 7064 MOD 11-2).
Also in use: residence permits of Hong Kong (810000), Macao (820000) and Taiwan (830000) residents, and the
foreigners' permanent residence cards of 2023, which begin with 9.

The region can only ever be a warning: codes live on in ID numbers after their county is abolished, and no table of
them is complete.
"""

import csv
import re
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from operator import mul
from typing import Literal

IdCode = Literal["id_length", "id_format", "id_checksum", "id_birth_date"]

_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]")
# Within a text, whatever stands beside it: a cell's neighbour may begin with a digit.
_IN_TEXT = re.compile(
    r"([1-9][0-9]{3})[0-9]{2}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])([0-9]{3}[0-9Xx])"
)
_FIRST_YEAR = 1900
# Days of birth of all pupils there are.
_REMEMBERED = 16_384
_CHECK_CHARACTERS = "10X98765432"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ZEROS = 48 * sum(_WEIGHTS)
_PERMITS = frozenset({"810000", "820000", "830000"})


def check(number: str, today: date) -> list[IdCode]:
    """What is wrong with a cleaned number (X in upper case), all reasons at once; empty: nothing.

    A birth date must exist, lie in 1900 or later, and not after `today`.
    """
    if len(number) != 18:
        return ["id_length"]
    if not _NUMBER.fullmatch(number):
        return ["id_format"]
    found: list[IdCode] = []
    born = _date(number[6:14])
    if born is None or born > today:
        found.append("id_birth_date")
    if check_character(number[:17]) != number[17]:
        found.append("id_checksum")
    return found


def check_character(first17: str) -> str:
    """The eighteenth character for seventeen digits (ISO 7064 MOD 11-2)."""
    if len(first17) != len(_WEIGHTS):
        raise ValueError("seventeen digits are needed")
    # ASCII digits begin at 48, which is taken off for all of them at once.
    return _CHECK_CHARACTERS[(sum(map(mul, _WEIGHTS, first17.encode())) - _ZEROS) % 11]


def birth_date(number: str) -> date:
    """The birth date in a number that `check` finds nothing wrong with. Raises ValueError for others."""
    born = _date(number[6:14])
    if born is None:
        raise ValueError("no birth date in this number")
    return born


def age(number: str, on: date) -> int:
    """Whole years on the day `on`. Raises ValueError like `birth_date`."""
    born = birth_date(number)
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def is_region_known(number: str) -> bool:
    """Whether the region was ever a county's, or the number is of a kind that has none."""
    return number[0] == "9" or number[:6] in _PERMITS or number[:6] in _regions()


def mask(number: str) -> str:
    """`5001**********1234`: the first and last four; of a shorter text only the last two, at most half of it."""
    if len(number) >= 12:
        return number[:4] + "*" * (len(number) - 8) + number[-4:]
    shown = min(2, len(number) // 2)
    return "*" * (len(number) - shown) + number[len(number) - shown :]


def hide(text: str) -> str:
    """A text somebody wrote, its ID numbers masked: they turn up in file names, reasons, and cells of other columns."""
    return _IN_TEXT.sub(r"\1**********\2", text)


@lru_cache(_REMEMBERED)
def _date(digits: str) -> date | None:
    try:
        found = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return found if found.year >= _FIRST_YEAR else None


@cache
def _regions() -> frozenset[str]:
    table = resources.files("shared.data").joinpath("region_codes.csv").read_text("utf-8-sig")
    return frozenset(row["code"] for row in csv.DictReader(table.splitlines()))
