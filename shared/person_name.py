"""Names of persons: Chinese with rare characters, transcribed with inner dots, Latin; and how they are masked."""

import re
import unicodedata

MAX_LENGTH = 50

INNER_DOT = "·"
# What input methods and old systems produce for the dot within 阿依古丽·买买提.
_DOTS = re.compile(r"(?<=[^\W\d_])\s*[•‧∙⋅・･．‣●⸱ꞏ᛫.。](?=\s*[^\W\d_])|\s*·\s*")
# What ends a sentence, and no Chinese name.
_STOPS = " .。，,、;；"
_HAN = r"\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fffd\U00030000-\U0003fffd"
_HAN_CHARACTER = re.compile(f"[{_HAN}]")
_BLANK_AT_HAN = re.compile(f"(?<=[{_HAN}{INNER_DOT}])\\s+(?=[{_HAN}{INNER_DOT}])")
_LETTER_CATEGORIES = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nl"})
_SIGNS = frozenset("· '’-.〇")


def clean(text: str) -> str:
    """Blanks between Chinese characters removed, other runs of blanks made one, inner dots made ·."""
    name = " ".join(text.split())
    if name.isalpha():
        return name
    if _HAN_CHARACTER.search(name):
        name = _BLANK_AT_HAN.sub("", _DOTS.sub(INNER_DOT, name)).rstrip(_STOPS)
    return name.strip(INNER_DOT + " ") if name.strip(INNER_DOT + " ") else name


def check(name: str) -> bool:
    """Whether a cleaned text can be a person's name: 1-50 letters of any script with inner dots, blanks, - ' and .

    Control and direction characters, lone surrogates, private-use characters, digits and emoji are no part of one.
    """
    if not 1 <= len(name) <= MAX_LENGTH:
        return False
    if name.isalpha():
        return True
    letters = 0
    for sign in name:
        # Python may be older than a character's Unicode: the planes of Han characters count as a whole.
        if unicodedata.category(sign) in _LETTER_CATEGORIES or _HAN_CHARACTER.match(sign):
            letters += 1
        elif sign not in _SIGNS:
            return False
    return letters > 0


def mask(name: str) -> str:
    """王*明, 王* and 阿**: the first character, and the last of a Chinese name of three or more.

    A name with dots or blanks shows its first character alone, with at most two stars, so that its length stays hidden.
    """
    if len(name) <= 1:
        return name and "*"
    if not _HAN_CHARACTER.match(name) or INNER_DOT in name or " " in name:
        return name[0] + "**"
    if len(name) == 2:
        return name[0] + "*"
    return name[0] + "*" * min(len(name) - 2, 2) + name[-1]
