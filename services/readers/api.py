"""HTTP of readers: `/api/readers`. Schools write; districts and the city read theirs, masked."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import File
from litestar.types import ControllerRouterHandler
from msgspec import UNSET

from services.readers import searching, service
from services.readers.consenting_schemas import ConsentState
from services.readers.exporting import export_readers, make_template
from services.readers.schemas import (
    Approved,
    Count,
    DistrictCount,
    IdCheck,
    IdVerdict,
    NameMatch,
    Reader,
    ReaderChange,
    ReaderCreate,
    ReaderFilter,
    ReturnReader,
    Revealed,
    Sort,
    Status,
)
from services.readers.sealing import Sealer
from shared.authentication import ScopeForbidden, only
from shared.kernel import Kernel
from shared.pagination import Page, PageNumber, PageSize
from shared.sent_workbook import WORKBOOK, sent_once
from shared.tenancy import Caller
from shared.turns import Turns
from shared.versions import Versioned, versioned

SCHOOL = [only("school")]

OfSchool: TypeAlias = Annotated[UUID | None, QueryParameter(name="school_id", description="one school of those seen")]
OfDistrict: TypeAlias = Annotated[
    str | None, QueryParameter(name="district", pattern="^[0-9]{6}$", description="one district of the city's")
]


def provide_search(
    grade_id: Annotated[UUID | None, QueryParameter(name="grade_id")] = None,
    class_id: Annotated[UUID | None, QueryParameter(name="class_id")] = None,
    id_number: Annotated[
        str | None, QueryParameter(name="id_number", max_length=64, description="whole, or its last 4 or more")
    ] = None,
    name: Annotated[str | None, QueryParameter(name="name", max_length=64, description="any part of it")] = None,
    name_match: Annotated[
        NameMatch, QueryParameter(name="name_match", description="start: names that begin so; the city's always do")
    ] = "part",
    status: Annotated[Status | None, QueryParameter(name="status")] = None,
    consent: Annotated[ConsentState | None, QueryParameter(name="consent")] = None,
    card_no: Annotated[str | None, QueryParameter(name="card_no", max_length=32)] = None,
    school_id: OfSchool = None,
    district: OfDistrict = None,
) -> ReaderFilter:
    """The `search` dependency. Empty conditions are none."""
    return ReaderFilter(
        grade_id=grade_id,
        class_id=class_id,
        id_number=(id_number or "").strip() or None,
        name=(name or "").strip() or None,
        name_match=name_match,
        status=status,
        consent=consent,
        card_no=(card_no or "").strip() or None,
        school_id=school_id,
        district=district,
    )


class Readers(Controller):
    """读者"""

    path = "/"
    tags = ("readers",)

    @get("/")
    async def list_readers(
        self,
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
        search: NamedDependency[ReaderFilter],
        sort: Annotated[Sort, QueryParameter(name="sort")] = "-created_at",
        page: PageNumber = 1,
        page_size: PageSize = 50,
    ) -> Page[Reader]:
        """ID numbers and phones are masked. 422 `sort_too_wide` for the whole city in another order than of time."""
        return await kernel.database.run(caller, searching.search_readers, sealer, search, sort, page, page_size)

    @post("/", guards=SCHOOL)
    async def create_reader(
        self,
        data: JSONBody[ReaderCreate],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> Versioned[Reader]:
        """409 `reader_exists` when the school has this person already."""

        async def create() -> Reader:
            return await kernel.once.run(caller, Reader, service.create_reader, sealer, data)

        reader = await service.once_known(kernel.database, caller, [data.class_id] if data.class_id else [], create)
        return versioned(reader, reader.version, 201)

    @post("/check", guards=SCHOOL, status_code=200)
    async def check_id_number(
        self,
        data: JSONBody[IdCheck],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> IdVerdict:
        """Whether an ID number is one, and whether the school has its person already. Changes nothing."""
        return await kernel.database.run(caller, service.check_id_number, sealer, data)

    @get("/counts")
    async def count_readers(
        self, caller: NamedDependency[Caller], kernel: NamedDependency[Kernel], school_id: OfSchool = None
    ) -> list[Count]:
        """By class and status; classes without readers are left out. Above a school `school_id` says of which: 422
        `counts_too_wide` without it."""
        return await kernel.database.run(caller, searching.count_readers, school_id)

    @get("/overview")
    async def overview(
        self,
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        by: Annotated[Literal["school", "district"], QueryParameter(name="by")] = "school",
        district: OfDistrict = None,
    ) -> list[DistrictCount]:
        """By status and school, or by status and district."""
        return await kernel.database.run(caller, searching.overview, by == "school", district)

    @get("/template.xlsx", guards=SCHOOL, media_type=WORKBOOK)
    async def template(
        self, caller: NamedDependency[Caller], kernel: NamedDependency[Kernel], turns: NamedDependency[Turns]
    ) -> File:
        """The empty roster with the school's classes to choose from."""
        async with turns.of(caller.scope):
            path = await make_template(kernel.database, caller, kernel.settings.var / "exports")
        return sent_once(path, "学生名单模板.xlsx")

    @get("/export.xlsx", media_type=WORKBOOK)
    async def export(
        self,
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
        search: NamedDependency[ReaderFilter],
        turns: NamedDependency[Turns],
        unmasked: Annotated[
            bool, QueryParameter(name="unmasked", description="full numbers; the school's own users only")
        ] = False,
    ) -> File:
        """What the search finds, at most 200,000 readers; `X-Truncated: true` and a last row tell of a cut. Logged."""
        if unmasked and caller.scope.kind != "school":
            raise ScopeForbidden
        async with turns.of(caller.scope):
            folder = kernel.settings.var / "exports"
            export = await export_readers(kernel.database, caller, sealer, search, unmasked, folder)
        return sent_once(export.path, "读者.xlsx", is_cut=export.cut)

    @get("/{reader_id:uuid}")
    async def fetch_reader(
        self,
        reader_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> Versioned[Reader]:
        reader = await searching.show_reader(kernel.database, caller, sealer, reader_id)
        return versioned(reader, reader.version)

    @patch("/{reader_id:uuid}", guards=SCHOOL)
    async def change_reader(
        self,
        reader_id: FromPath[UUID],
        data: JSONBody[ReaderChange],
        version: NamedDependency[int | None],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> Versioned[Reader]:
        """`If-Match` with the version one has seen: 412 when somebody else was faster. A returned reader is pending
        again afterwards."""

        async def change() -> Reader:
            return await kernel.database.run(caller, service.change_reader, sealer, reader_id, data, version)

        class_ids = [data.class_id] if data.class_id is not UNSET and data.class_id is not None else []
        reader = await service.once_known(kernel.database, caller, class_ids, change)
        return versioned(reader, reader.version)

    @delete("/{reader_id:uuid}", guards=SCHOOL)
    async def delete_reader(
        self,
        reader_id: FromPath[UUID],
        version: NamedDependency[int | None],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> None:
        """409 `reader_has_card`, `reader_had_card`, `reader_being_carded` once there is, was or will be a card."""
        await kernel.database.run(caller, service.delete_reader, sealer, reader_id, version)

    @post("/{reader_id:uuid}/approve", guards=SCHOOL, status_code=200)
    async def approve_reader(
        self,
        reader_id: FromPath[UUID],
        version: NamedDependency[int | None],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> Approved:
        """The card follows by itself. 409 `not_approvable` for who is not pending."""
        return await kernel.once.run(caller, Approved, service.approve_reader, sealer, reader_id, version)

    @post("/{reader_id:uuid}/return", guards=SCHOOL, status_code=200)
    async def return_reader(
        self,
        reader_id: FromPath[UUID],
        data: JSONBody[ReturnReader],
        version: NamedDependency[int | None],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> Versioned[Reader]:
        """Back to whoever entered it, with a reason. 409 `not_returnable` for who is not pending."""
        reader = await kernel.once.run(
            caller, Reader, service.return_reader, sealer, reader_id, data.reason.strip(), version
        )
        return versioned(reader, reader.version)

    @post("/{reader_id:uuid}/reveal", guards=[only("school", "district")], status_code=200)
    async def reveal_reader(
        self,
        reader_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> Revealed:
        """The full ID number and phones; the school's log says who looked."""
        # Never from a kept answer: each look is one of its own, for who may look now at what is there now.
        return await kernel.database.run(caller, service.reveal_reader, sealer, reader_id)


HANDLERS: Sequence[ControllerRouterHandler] = (Readers,)
