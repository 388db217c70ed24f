"""Cleaning a cell visibly: what people cannot see or did not mean is removed, and it is said what was removed.

Each function takes the text as it stands in the file and returns the clean text with the kinds of cleaning done.
Texts that are clean already, nearly all of them, take one regular expression.
"""

import re
import unicodedata
from functools import cache
from typing import TypeGuard

from shared import person_name, phone
from shared.workbook.roster import Cleaning

_LONGEST_SHOWN = 120
_WRITTEN = {"\n": "⏎", "\r": "⏎", "\t": "⇥", "\u3000": "　"}

Cleaned = tuple[str, tuple[Cleaning, ...]]

_CLEAN_ID = re.compile(r"[0-9]{17}[0-9X]")
_CLEAN_PHONE = re.compile(r"1[0-9]{10}")
_CLEAN_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_WRITTEN_NUMBER = re.compile(r"^([0-9]{7,12})\.0+$")
_CLEAN_NAME = re.compile("[\u4e00-\u9fa5]{1,10}")

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2064\u206a-\u206f\ufeff\u3164]"
)
# Direction overrides ride along when a number is copied from a contact list; in a name they are an attack.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BLANK = re.compile(r"\s")
_FULLWIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_FULLWIDTH_SIGN = re.compile("[\uff01-\uff5e\u3000]")
_GUARD = re.compile(r'=\s*"(.*)"', re.DOTALL)
_LEADING_QUOTE = re.compile(r"^['‘’`]+(?=\S)")
_ID_LABEL = re.compile(r"^(?:(?:居民|公民)?身份证件?|证件|ID(?=[:：]))(?:号码?)?[:：]?", re.IGNORECASE)
_DITTO = re.compile(r"[(\[]?(?:同\s*[上前]|上\s*同)[)\]]?|[〃″]+")
_AROUND_PHONE = " 。.,，、;；"
_AROUND_ID = "“”\"'‘’`。，,、；;：:"
_HYPHENS = re.compile(r"[-‐‑‒–—―−·.]")

# GBK and GB 18030-2000 put the eighty characters FE50-FEA0 into the private use area, where old fonts still show them.
# Unicode has given them places since; Python's codec knows all but these fourteen (GB 18030-2022, appendix D).
_FIRST_PRIVATE = 0xE815
_PRIVATE_TRAIL = (*range(0x50, 0x7F), *range(0x80, 0xA1))
_LATER_PLACES = {
    0xE816: 0x20087, 0xE817: 0x20089, 0xE818: 0x200CC, 0xE81E: 0x9FB4, 0xE826: 0x9FB5, 0xE82B: 0x9FB6,
    0xE82C: 0x9FB7, 0xE831: 0x215D7, 0xE832: 0x9FB8, 0xE83B: 0x2298F, 0xE843: 0x9FB9, 0xE854: 0x9FBA,
    0xE855: 0x241FE, 0xE864: 0x9FBB,
}  # fmt: skip
_PRIVATE_SIGN = re.compile("[\ue815-\ue864]")


def is_plain_id_number(cell: object) -> TypeGuard[str]:
    """Whether a cell is a text of the shape of an ID number, which leaves nothing to clean."""
    return type(cell) is str and _CLEAN_ID.fullmatch(cell) is not None


def is_plain_mobile(cell: object) -> TypeGuard[str]:
    """Whether a cell is a mobile number as it should be."""
    return type(cell) is str and _CLEAN_MOBILE.fullmatch(cell) is not None


def is_plain_name(cell: object) -> TypeGuard[str]:
    """Whether a cell is a name in common Chinese characters, right as it is."""
    return type(cell) is str and _CLEAN_NAME.fullmatch(cell) is not None


def clean_id_number(raw: str) -> Cleaned:
    """An ID number: no blanks, marks, hyphens or quotes; half width; X in upper case."""
    if _CLEAN_ID.fullmatch(raw):
        return raw, ()
    text, how = _without_marks(raw, directions=True)
    text = _note(how, "prefix", text, _unguard(text))
    text = _note(how, "blank", text, _BLANK.sub("", text))
    text = _note(how, "prefix", text, _LEADING_QUOTE.sub("", text))
    text = _note(how, "prefix", text, _ID_LABEL.sub("", text).strip(_AROUND_ID))
    text = _note(how, "hyphen", text, _HYPHENS.sub("", text) if re.search(r"[0-9]", text) else text)
    text = _note(how, "uppercase", text, text.upper() if text.isascii() else text)
    # The Cyrillic and the Roman ten look like X and are typed for it.
    text = _note(how, "fullwidth", text, re.sub(r"(?<=[0-9]{17})[хХⅩⅹ×Χχ]$", "X", text))
    return text, tuple(how)


def clean_phone(raw: str) -> Cleaned:
    """A phone number, as `shared.phone.clean` wants it."""
    if _CLEAN_PHONE.fullmatch(raw):
        return raw, ()
    text, how = _without_marks(raw, directions=True)
    text = _note(how, "prefix", text, _unguard(text))
    text = _note(how, "blank", text, text.strip())
    text = _note(how, "prefix", text, _LEADING_QUOTE.sub("", text))
    text = _note(how, "number", text, _WRITTEN_NUMBER.sub(r"\1", text))
    number = phone.clean(text)
    if not phone.check(number) and phone.check(stopped := phone.clean(text.rstrip(_AROUND_PHONE))):
        number = stopped
    if number != text:
        kept = "".join(re.findall(r"[0-9]", text))
        if re.search(r"\s", text):
            _add(how, "blank")
        if kept != "".join(re.findall(r"[0-9]", number)):
            _add(how, "prefix")
        if re.search(r"[^0-9\s+]", text):
            _add(how, "hyphen")
        if not how:
            _add(how, "prefix")
    return number, tuple(how)


def clean_name(raw: str) -> Cleaned:
    """A person's name; see `shared.person_name.clean`."""
    if raw.isalpha() and raw.isprintable() and not _FULLWIDTH_SIGN.search(raw):
        return raw, ()
    text, how = _without_marks(raw, directions=False)
    text = _note(how, "prefix", text, _unguard(text))
    text = _note(how, "private_use", text, _from_private_use(text))
    trimmed = " ".join(text.split())
    text = _note(how, "blank", text, trimmed)
    text = _note(how, "prefix", text, _LEADING_QUOTE.sub("", text))
    name = person_name.clean(text)
    if name != text:
        if _BLANK.sub("", name) != _BLANK.sub("", text):
            _add(how, "dot")
        if len(_BLANK.findall(name)) != len(_BLANK.findall(text)):
            _add(how, "blank")
    return name, tuple(how)


def clean_guardian_name(raw: str) -> Cleaned:
    """A guardian's name, or those of several: 王强 李梅 are two, 王 强 is one."""
    parts = raw.split()
    if len(parts) < 2 or any(len(part) < 2 or not part.isalpha() or part.isascii() for part in parts):
        return clean_name(raw)
    name, how = clean_name("、".join(parts))
    return name, ("blank", *(kind for kind in how if kind != "blank"))


def clean_text(raw: str) -> Cleaned:
    """A class, a grade or a district: one line, half width, no marks, no blanks around."""
    if raw.isalnum() and raw.isprintable() and not _FULLWIDTH_SIGN.search(raw):
        return raw, ()
    text, how = _without_marks(raw, directions=True)
    text = _note(how, "prefix", text, _unguard(text))
    text = _note(how, "blank", text, " ".join(text.split()))
    text = _note(how, "prefix", text, _LEADING_QUOTE.sub("", text))
    return text, tuple(how)


def bare(raw: str) -> str:
    """A text without marks that nobody sees, blanks around and quotes that guard it."""
    return _unguard(_without_marks(raw, directions=True)[0].strip()).strip("'‘’` \t")


def is_ditto(text: str) -> bool:
    """Whether a cleaned text refers to the row above it; once the rows are sorted anew nobody knows which that was."""
    return _DITTO.fullmatch(text) is not None


def is_shown(sign: str) -> bool:
    """Whether a character has a shape; those of CJK planes that this Python's Unicode does not know yet have one."""
    return sign.isprintable() or (0x20000 <= ord(sign) < 0x3FFFE and ord(sign) & 0xFFFF < 0xFFFE)


def reveal(raw: str) -> str:
    """A text to be shown: what has no shape of its own is written out as ⟨U+200B⟩, and a long text is cut."""
    if raw.isprintable() and len(raw) <= _LONGEST_SHOWN:
        return raw
    cut = raw if len(raw) <= _LONGEST_SHOWN else raw[: _LONGEST_SHOWN - 1] + "…"
    return "".join(sign if is_shown(sign) else _WRITTEN.get(sign) or f"⟨U+{ord(sign):04X}⟩" for sign in cut)


def _without_marks(raw: str, *, directions: bool) -> tuple[str, list[Cleaning]]:
    how: list[Cleaning] = []
    text = _note(how, "invisible", raw, _INVISIBLE.sub("", raw))
    if directions:
        text = _note(how, "invisible", text, _DIRECTIONS.sub("", text))
    if _FULLWIDTH_SIGN.search(text):
        narrow = text.translate(_FULLWIDTH)
        _add(how, "fullwidth" if re.search("[\uff01-\uff5e]", text) else "blank")
        text = narrow
    return text, how


def _from_private_use(text: str) -> str:
    return text.translate(_private_places()) if _PRIVATE_SIGN.search(text) else text


@cache
def _private_places() -> dict[int, int]:
    known = {
        _FIRST_PRIVATE + at: ord(bytes((0xFE, trail)).decode("gb18030")) for at, trail in enumerate(_PRIVATE_TRAIL)
    }
    return known | _LATER_PLACES


def _unguard(text: str) -> str:
    """`500102…` out of `="500102…"`, by which exports to CSV keep Excel from reading a number."""
    guarded = _GUARD.fullmatch(text.strip())
    return guarded[1].replace('""', '"') if guarded else text


def _note(how: list[Cleaning], kind: Cleaning, before: str, after: str) -> str:
    if after != before:
        _add(how, kind)
    return after


def _add(how: list[Cleaning], kind: Cleaning) -> None:
    if kind not in how:
        how.append(kind)


def has_private_use(text: str) -> bool:
    """Whether a character of an end user's own font is left in the text: nobody else can read it."""
    return any(unicodedata.category(sign) == "Co" for sign in text)
