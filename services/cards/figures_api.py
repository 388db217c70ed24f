"""HTTP of figures and exports: `/api/cards/figures`, `/api/cards/days`, `/api/cards/export.xlsx`."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import File
from litestar.types import ControllerRouterHandler

from services.cards import figures
from services.cards.exporting import export_cards
from services.cards.figures_schemas import Figures, OfDay
from services.cards.schemas import CardFilter
from shared.kernel import Kernel
from shared.sent_workbook import WORKBOOK, sent_once
from shared.tenancy import Caller
from shared.turns import Turns


@get("/figures")
async def fetch_figures(
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    since: Annotated[date | None, QueryParameter(name="from", description="a day; the last 30 without it")] = None,
    until: Annotated[date | None, QueryParameter(name="to", description="a day, included")] = None,
    school_id: Annotated[UUID | None, QueryParameter(name="school_id")] = None,
) -> Figures:
    """Issued by day, school and grade; how cards stand now; refunds."""
    return await kernel.database.run(caller, figures.fetch_figures, since, until, school_id)


@get("/days")
async def count_days(
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    since: Annotated[date, QueryParameter(name="from", description="a day")],
    until: Annotated[date, QueryParameter(name="to", description="a day, included")],
    school_id: Annotated[UUID | None, QueryParameter(name="school_id", description="one school of those seen")] = None,
    district: Annotated[
        str | None, QueryParameter(name="district", pattern="^[0-9]{6}$", description="one district of the city's")
    ] = None,
) -> list[OfDay]:
    """How many people got their card, day by day, however they were approved; a hundred days at most."""
    return await kernel.database.run(caller, figures.count_days, since, until, school_id, district)


@get("/export.xlsx", media_type=WORKBOOK)
async def export(
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    search: NamedDependency[CardFilter],
    turns: NamedDependency[Turns],
) -> File:
    """The cards that match, 100,000 at most, as a workbook; logged."""
    async with turns.of(caller.scope):
        path = await export_cards(kernel.database, caller, search, kernel.settings.var / "exports")
    return sent_once(path, "读者证.xlsx")


HANDLERS: Sequence[ControllerRouterHandler] = (fetch_figures, count_days, export)
