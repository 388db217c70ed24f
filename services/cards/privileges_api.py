"""HTTP of what cards allow: `/api/cards/privileges`. A district decides for its own; others read."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, TypeAlias

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from services.cards import privileges
from services.cards.schemas import NewTerms, Terms
from shared.authentication import only
from shared.kernel import Kernel
from shared.pagination import Page, PageNumber, PageSize
from shared.tenancy import Caller

OfDistrict: TypeAlias = Annotated[
    str | None, QueryParameter(name="district", pattern="^[0-9]{6}$", description="asked of the city alone")
]


@get("/privileges")
async def fetch_privileges(
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    district: OfDistrict = None,
    on: Annotated[date | None, QueryParameter(name="on", description="today without it")] = None,
) -> Terms:
    """What is in force on a day."""
    return await kernel.database.run(caller, privileges.fetch_terms, district, on)


@get("/privileges/history")
async def list_privileges(
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    district: OfDistrict = None,
    page: PageNumber = 1,
    page_size: PageSize = 50,
) -> Page[Terms]:
    """Who changed what when, from which day; newest version first."""
    return await kernel.database.run(caller, privileges.list_terms, district, page, page_size)


@post("/privileges", guards=[only("district")])
async def change_privileges(
    data: JSONBody[NewTerms], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
) -> Terms:
    """From today or a later day on; what was in force before stays in the history."""
    return await kernel.once.run(caller, Terms, privileges.change_terms, data)


HANDLERS: Sequence[ControllerRouterHandler] = (fetch_privileges, list_privileges, change_privileges)
