"""HTTP of params: `/api/params/grades`, `/api/params/classes`, `/api/params/setup`.

Schools write; districts and the city read theirs.
"""

from collections.abc import Sequence
from typing import Annotated, TypeAlias
from uuid import UUID

from litestar import Controller, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from services.params import service, usual_set
from services.params.schemas import (
    ClassChange,
    ClassCreate,
    Grade,
    GradeChange,
    GradeCreate,
    NewOrder,
    Ordered,
    ParamFilter,
    SchoolClass,
    Setup,
    SetupDone,
)
from shared.authentication import only
from shared.kernel import Kernel
from shared.pagination import Page, PageNumber, PageSize
from shared.tenancy import Caller
from shared.versions import Versioned, versioned

SCHOOL = [only("school")]

Search: TypeAlias = Annotated[str | None, QueryParameter(name="q", max_length=50, description="part of a name")]
IsDisabled: TypeAlias = Annotated[bool | None, QueryParameter(name="disabled")]
OfSchool: TypeAlias = Annotated[UUID | None, QueryParameter(name="school_id", description="one school of those seen")]
OfGrade: TypeAlias = Annotated[UUID | None, QueryParameter(name="grade_id")]


class Grades(Controller):
    """年级参数"""

    path = "/grades"
    tags = ("grades",)

    @get("/")
    async def list_grades(
        self,
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        q: Search = None,
        disabled: IsDisabled = None,
        school_id: OfSchool = None,
        page: PageNumber = 1,
        page_size: PageSize = 50,
    ) -> Page[Grade]:
        """By sort order, then name."""
        search = ParamFilter(q=q, disabled=disabled, school_id=school_id)
        return await kernel.database.run(caller, service.list_grades, search, page, page_size)

    @post("/", guards=SCHOOL)
    async def create_grade(
        self, data: JSONBody[GradeCreate], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
    ) -> Versioned[Grade]:
        grade = await kernel.once.run(caller, Grade, service.create_grade, data)
        return versioned(grade, grade.version, 201)

    @put("/order", guards=SCHOOL)
    async def order_grades(
        self, data: JSONBody[NewOrder], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
    ) -> Ordered:
        """Sort orders 1, 2, 3… to the grades named, in their order."""
        return await kernel.database.run(caller, service.order_grades, data)

    @get("/{grade_id:uuid}")
    async def fetch_grade(
        self, grade_id: FromPath[UUID], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
    ) -> Versioned[Grade]:
        grade = await kernel.database.run(caller, service.fetch_grade, grade_id)
        return versioned(grade, grade.version)

    @patch("/{grade_id:uuid}", guards=SCHOOL)
    async def change_grade(
        self,
        grade_id: FromPath[UUID],
        data: JSONBody[GradeChange],
        version: NamedDependency[int | None],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
    ) -> Versioned[Grade]:
        """`If-Match` with the version one has seen: 412 when somebody else was faster."""
        grade = await kernel.database.run(caller, service.change_grade, grade_id, data, version)
        return versioned(grade, grade.version)

    @delete("/{grade_id:uuid}", guards=SCHOOL)
    async def delete_grade(
        self,
        grade_id: FromPath[UUID],
        version: NamedDependency[int | None],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
    ) -> None:
        """409 `in_use` while it has readers, `grade_has_classes` while it has classes."""
        await kernel.database.run(caller, service.delete_grade, grade_id, version)


class Classes(Controller):
    """班级参数"""

    path = "/classes"
    tags = ("classes",)

    @get("/")
    async def list_classes(
        self,
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        q: Search = None,
        grade_id: OfGrade = None,
        disabled: IsDisabled = None,
        school_id: OfSchool = None,
        page: PageNumber = 1,
        page_size: PageSize = 50,
    ) -> Page[SchoolClass]:
        """By sort order, then name."""
        search = ParamFilter(q=q, grade_id=grade_id, disabled=disabled, school_id=school_id)
        return await kernel.database.run(caller, service.list_classes, search, page, page_size)

    @post("/", guards=SCHOOL)
    async def create_class(
        self, data: JSONBody[ClassCreate], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
    ) -> Versioned[SchoolClass]:
        school_class = await kernel.once.run(caller, SchoolClass, service.create_class, data)
        return versioned(school_class, school_class.version, 201)

    @put("/order", guards=SCHOOL)
    async def order_classes(
        self, data: JSONBody[NewOrder], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
    ) -> Ordered:
        """Sort orders 1, 2, 3… to the classes named, in their order."""
        return await kernel.database.run(caller, service.order_classes, data)

    @get("/{class_id:uuid}")
    async def fetch_class(
        self, class_id: FromPath[UUID], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
    ) -> Versioned[SchoolClass]:
        school_class = await kernel.database.run(caller, service.fetch_class, class_id)
        return versioned(school_class, school_class.version)

    @patch("/{class_id:uuid}", guards=SCHOOL)
    async def change_class(
        self,
        class_id: FromPath[UUID],
        data: JSONBody[ClassChange],
        version: NamedDependency[int | None],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
    ) -> Versioned[SchoolClass]:
        """`If-Match` with the version one has seen: 412 when somebody else was faster."""
        school_class = await kernel.database.run(caller, service.change_class, class_id, data, version)
        return versioned(school_class, school_class.version)

    @delete("/{class_id:uuid}", guards=SCHOOL)
    async def delete_class(
        self,
        class_id: FromPath[UUID],
        version: NamedDependency[int | None],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
    ) -> None:
        """409 `in_use` while it has readers."""
        await kernel.database.run(caller, service.delete_class, class_id, version)


@post("/setup", guards=SCHOOL, status_code=200)
async def set_up(data: JSONBody[Setup], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]) -> SetupDone:
    """Make what is missing of a usual set of grades and classes."""
    return await kernel.once.run(caller, SetupDone, usual_set.set_up, data)


HANDLERS: Sequence[ControllerRouterHandler] = (Grades, Classes, set_up)
