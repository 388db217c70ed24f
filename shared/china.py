"""The time in China, where everybody is who uses this; machines count in UTC."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

CHINA: Final = ZoneInfo("Asia/Shanghai")

_DAY: Final = len("2026-09-01")


def local_day(now: datetime) -> date:
    """The day it is in China."""
    return now.astimezone(CHINA).date()


def moment(text: str | None, *, is_end: bool = False) -> datetime | None:
    """A bound of a search: a day as people in China count it (its last moment with `is_end`), or a moment.

    Raises ValueError for what is neither, or is too far away to be compared.
    """
    if not text:
        return None
    try:
        if len(text) <= _DAY:
            day = date.fromisoformat(text) + timedelta(days=is_end)
            found = datetime.combine(day, time(), CHINA) - timedelta(microseconds=is_end)
        else:
            # A `+` that was not escaped arrives as a space.
            found = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        return (found if found.tzinfo is not None else found.replace(tzinfo=CHINA)).astimezone(UTC)
    except OverflowError as exc:
        raise ValueError(f"out of range: {text!r}") from exc
