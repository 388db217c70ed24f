"""Number formats (ECMA-376 18.8.30/31): whether one shows a number as something else than itself."""

import re

from shared.workbook.cells import Look

# Built-in formats without a code of their own; 27-36 and 50-58 are the dates of East Asian editions.
_BUILT_IN_DATES = frozenset({*range(14, 18), 22, *range(27, 37), *range(50, 59)})
_BUILT_IN_FRACTIONS = frozenset((12, 13))
_NOT_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_DATE_SIGNS = re.compile(r"[yYdDeE]|[mM]")
_FRACTION = re.compile(r"[?#0]\s*/\s*[?#0-9]")
_NUMBER_SIGNS = re.compile(r"[0#?@]|General", re.IGNORECASE)


def look_of(number: str, code: str | None) -> Look | None:
    """What the format with this id, and this code if it has one, shows a number as: a day (not a time of day alone),
    a fraction, None: as the number it is.
    """
    if code is None:
        built_in = int(number) if number.isascii() and number.isdigit() else 0
        return "date" if built_in in _BUILT_IN_DATES else "fraction" if built_in in _BUILT_IN_FRACTIONS else None
    bare = _NOT_CODE.sub("", code.partition(";")[0])
    if _FRACTION.search(bare):
        return "fraction"
    return "date" if _shows_date(bare) else None


def _shows_date(bare: str) -> bool:
    if _NUMBER_SIGNS.search(bare.replace(".0", "")):
        return False
    return bool(_DATE_SIGNS.search(bare)) and not re.fullmatch(r"[hHsSmM:\s.0AaPp/]*[hHsS][hHsSmM:\s.0AaPp/]*", bare)
