"""Number formats (ECMA-376 18.8.30/31): whether one shows a number as a date."""

import re

# Built-in formats without a code of their own; 27-36 and 50-58 are the dates of East Asian editions.
_BUILT_IN_DATES = frozenset({*range(14, 18), 22, *range(27, 37), *range(50, 59)})
_NOT_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_DATE_SIGNS = re.compile(r"[yYdDeE]|[mM]")
_NUMBER_SIGNS = re.compile(r"[0#?@]|General", re.IGNORECASE)


def shows_date(number: str, code: str | None) -> bool:
    """Whether the format with this id, and this code if it has one, shows a day (a time of day alone is none)."""
    if code is None:
        return number.isascii() and number.isdigit() and int(number) in _BUILT_IN_DATES
    bare = _NOT_CODE.sub("", code.partition(";")[0])
    if _NUMBER_SIGNS.search(bare.replace(".0", "")):
        return False
    return bool(_DATE_SIGNS.search(bare)) and not re.fullmatch(r"[hHsSmM:\s.0AaPp/]*[hHsS][hHsSmM:\s.0AaPp/]*", bare)
