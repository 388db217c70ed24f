"""Telephone numbers of the Chinese mainland: mobile, landline with area code, and local landline numbers."""

import re

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
# Area codes are 010, 02x (three digits, eight-digit numbers) and 03xx-09xx (four digits, seven or eight).
_LANDLINE = re.compile(r"(?:0(?:10|2[0-9])-?[2-9][0-9]{7}|0[3-9][0-9]{2}-?[2-9][0-9]{6,7})(?:-[0-9]{1,6})?")
_LOCAL = re.compile(r"[2-9][0-9]{6,7}")
_COUNTRY = re.compile(r"(?:\+|00)86(?=0?[0-9])|86(?=1[3-9][0-9]{9}$)")
_SEPARATORS = re.compile(r"[\s\-‐‑‒–—―−－()（）]+")
# 0 before a mobile number, as it was dialled from another city.
_LONG_DISTANCE = re.compile(r"0(?=1[3-9][0-9]{9}$)")
_EXTENSION = re.compile(r"[\-‐‑‒–—―−－]|转?分机|转")
_AREA = re.compile(r"[(（]?(0(?:10|2[0-9]|[3-9][0-9]{2}))[)）\s\-‐‑‒–—―−－]+(.+)")


def clean(text: str) -> str:
    """Without blanks, separators and the country code: `+86 138-0013-8000` → `13800138000`.

    A landline keeps one hyphen after a written-out area code (`(023) 6701 2345` → `023-67012345`) and one before an
    extension. What is no number comes back trimmed, for `check` to reject.
    """
    text = text.strip()
    if not text:
        return ""
    bare = _SEPARATORS.sub("", text)
    digits = _LONG_DISTANCE.sub("", _COUNTRY.sub("", bare))
    if _MOBILE.fullmatch(digits):
        return digits
    national = _COUNTRY.sub("", text.replace(" ", ""), count=1).lstrip("-—– ")
    if written := _AREA.fullmatch(national):
        number, *extension = _EXTENSION.split(written[2].strip())
        if extension and len(number) >= 7:
            return f"{written[1]}-{_SEPARATORS.sub('', number)}-{_SEPARATORS.sub('', ''.join(extension))}"
        return f"{written[1]}-{_SEPARATORS.sub('', written[2])}"
    return digits if digits.isascii() and digits.isdigit() else text


def check(number: str) -> bool:
    """Whether a cleaned text is a phone number: mobile, landline, or a local number of 7 or 8 digits."""
    return bool(_MOBILE.fullmatch(number) or _LANDLINE.fullmatch(number) or _LOCAL.fullmatch(number))


def mask(number: str) -> str:
    """`138****8000`; of a landline the last four remain, of anything shorter than seven the last two."""
    if _MOBILE.fullmatch(number):
        return number[:3] + "****" + number[-4:]
    shown = 4 if len(number) >= 7 else min(2, len(number) // 2)
    hidden = number[: len(number) - shown]
    return "".join("-" if sign == "-" else "*" for sign in hidden) + number[len(number) - shown :]
