"""Pure: which kind of credential a text is."""

import re
import unicodedata
from datetime import date
from typing import Literal, TypeAlias

import msgspec

from services.cards import card_number
from shared import resident_id

Kind: TypeAlias = Literal["card_no", "id_number", "social_security"]

_SOCIAL_SECURITY = re.compile(r"[A-Z0-9]{9}")


class Credential(msgspec.Struct, frozen=True):
    kind: Kind
    text: str


def read(text: str, today: date) -> Credential | None:
    """Blanks and letter widths do not matter. None: it is none of the three."""
    cleaned = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    if card_number.has_form(cleaned):
        return Credential("card_no", cleaned)
    if len(cleaned) == 18:
        return Credential("id_number", cleaned) if not resident_id.check(cleaned, today) else None
    if _SOCIAL_SECURITY.fullmatch(cleaned):
        return Credential("social_security", cleaned)
    return None
