"""Names that people give to schools, users, grades and classes."""

import unicodedata

from shared.errors import FieldError

_UNWRITABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean(text: str) -> str:
    """Without blanks at the ends, single blanks within."""
    return " ".join(text.split())


def check(name: str, field: str = "name") -> list[FieldError]:
    """For a cleaned name: not blank, no control, direction, private-use or unassigned characters."""
    if not unicodedata.normalize("NFKC", name).split():
        return [FieldError("name_blank", "请填写名称。", field)]
    if any(unicodedata.category(sign) in _UNWRITABLE for sign in name):
        return [FieldError("name_format", "名称中有不能使用的字符。", field)]
    return []
