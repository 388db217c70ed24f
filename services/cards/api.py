"""HTTP of cards: `/api/cards`. Schools, districts and the city see theirs."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler

from services.cards import service
from services.cards.lifecycle_rules import Kind, PhysicalState, Status
from services.cards.schemas import Card, CardFilter
from shared.kernel import Kernel
from shared.pagination import Page, PageNumber, PageSize
from shared.tenancy import Caller
from shared.versions import Versioned, versioned

OfStatus: TypeAlias = Annotated[Status | None, QueryParameter(name="status")]
OfKind: TypeAlias = Annotated[Kind | None, QueryParameter(name="kind")]
OfPhysical: TypeAlias = Annotated[
    PhysicalState | None, QueryParameter(name="physical", description="where the physical card is")
]
OfReader: TypeAlias = Annotated[UUID | None, QueryParameter(name="reader_id")]
OfGrade: TypeAlias = Annotated[UUID | None, QueryParameter(name="grade_id")]
OfClass: TypeAlias = Annotated[UUID | None, QueryParameter(name="class_id")]
OfSchool: TypeAlias = Annotated[UUID | None, QueryParameter(name="school_id", description="one school of those seen")]
OfNumber: TypeAlias = Annotated[str | None, QueryParameter(name="card_no", max_length=20, description="whole")]


def provide_search(
    status: OfStatus = None,
    kind: OfKind = None,
    physical: OfPhysical = None,
    reader_id: OfReader = None,
    grade_id: OfGrade = None,
    class_id: OfClass = None,
    school_id: OfSchool = None,
    card_no: OfNumber = None,
) -> CardFilter:
    """The `search` dependency. Empty conditions are none."""
    return CardFilter(
        status=status,
        kind=kind,
        physical=physical,
        reader_id=reader_id,
        grade_id=grade_id,
        class_id=class_id,
        school_id=school_id,
        card_no=card_no or None,
    )


@get("/")
async def list_cards(
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    search: NamedDependency[CardFilter],
    page: PageNumber = 1,
    page_size: PageSize = 50,
) -> Page[Card]:
    """Newest first."""
    return await kernel.database.run(caller, service.list_cards, search, page, page_size)


@get("/{card_no:str}")
async def fetch_card(
    card_no: FromPath[str], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
) -> Versioned[Card]:
    """A replaced number is found too, and says so."""
    card = await kernel.database.run(caller, service.fetch_card, card_no)
    return versioned(card, card.version)


HANDLERS: Sequence[ControllerRouterHandler] = (list_cards, fetch_card)
