"""Figures for the library: issued by day, school and grade; waiting, suspended, lost; refunds."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from services.cards import figures_queries as queries
from services.cards.errors import WindowTooWide
from services.cards.figures_schemas import Deposits, Figures, OfDay, OfGrade, OfSchool, Standings
from shared.china import local_day
from shared.database import Transaction

_USUAL_DAYS = 30
_WIDEST: Final = timedelta(days=100)


async def fetch_figures(tx: Transaction, since: date | None, until: date | None, school_id: UUID | None) -> Figures:
    """Without bounds: the last 30 days."""
    last = until or local_day(tx.now)
    first = since or max(last, date(1900, 1, 31)) - timedelta(days=_USUAL_DAYS - 1)
    by_day = [OfDay(**row) for row in await queries.issued_by_day(tx.connection, first, last, school_id)]
    grades = await queries.issued_by_grade(tx.connection, first, last, school_id)
    return Figures(
        since=first,
        until=last,
        issued=sum(day.cards for day in by_day),
        by_day=by_day,
        by_school=[OfSchool(**row) for row in await queries.issued_by_school(tx.connection, first, last, school_id)],
        by_grade=[OfGrade(grade_name=row["grade_name"], cards=row["cards"]) for row in grades],
        now=await _standings(tx, school_id),
        refunds=await _deposits(tx, school_id),
    )


async def count_days(
    tx: Transaction, since: date, until: date, school_id: UUID | None, district: str | None
) -> list[OfDay]:
    """Days without a card are left out. Raises WindowTooWide."""
    if until - since >= _WIDEST:
        raise WindowTooWide
    return [OfDay(**row) for row in await queries.issued_by_day(tx.connection, since, until, school_id, district)]


async def _standings(tx: Transaction, school_id: UUID | None) -> Standings:
    counts: dict[str, int] = {}
    for row in await queries.now_by_state(tx.connection, school_id):
        counts[row["status"]] = counts.get(row["status"], 0) + row["cards"]
        if row["status"] in ("active", "suspended"):
            state = "online" if row["physical"] == "none" else row["physical"]
            counts[state] = counts.get(state, 0) + row["cards"]
    return Standings(**counts)


async def _deposits(tx: Transaction, school_id: UUID | None) -> Deposits:
    deposits = Deposits()
    for row in await queries.refunds_by_status(tx.connection, school_id):
        setattr(deposits, row["status"], row["refunds"])
        if row["status"] == "paid_out":
            deposits.paid_fen += row["amount_fen"]
        else:
            deposits.due_fen += row["amount_fen"]
    return deposits
