"""Figures on the wire. Days as people in China count them; amounts in fen (1/100 yuan)."""

from datetime import date
from uuid import UUID

from msgspec import Struct


class OfDay(Struct, kw_only=True):
    day: date
    cards: int


class OfSchool(Struct, kw_only=True):
    school_id: UUID
    district: str
    cards: int


class OfGrade(Struct, kw_only=True):
    """`grade_name` is None for cards whose reader has no class."""

    grade_name: str | None
    cards: int


class Standings(Struct, kw_only=True):
    """Cards as they stand now. `wanted` and `printed` wait for the library and for being handed out."""

    active: int = 0
    suspended: int = 0
    closed: int = 0
    replaced: int = 0
    online: int = 0
    wanted: int = 0
    printed: int = 0
    handed_out: int = 0
    lost: int = 0


class Deposits(Struct, kw_only=True):
    open: int = 0
    documents_checked: int = 0
    paid_out: int = 0
    due_fen: int = 0
    paid_fen: int = 0


class Figures(Struct, kw_only=True):
    """`issued` from `since` to `until`, both included; the rest as it is now. Physical states count living cards."""

    since: date
    until: date
    issued: int
    by_day: list[OfDay]
    by_school: list[OfSchool]
    by_grade: list[OfGrade]
    now: Standings
    refunds: Deposits
