"""Facts about a school's grades and classes."""

from uuid import UUID

from shared.contracts.fact import Fact


class _Grade(Fact, frozen=True, kw_only=True):
    ENTITY = "grade"
    grade_id: UUID
    name: str
    disabled: bool = False
    sort_order: int = 0
    remark: str = ""


class GradeCreated(_Grade, frozen=True, kw_only=True):
    FACT = "created"


class GradeChanged(_Grade, frozen=True, kw_only=True):
    FACT = "changed"


class GradeDeleted(_Grade, frozen=True, kw_only=True):
    FACT = "deleted"


class _SchoolClass(Fact, frozen=True, kw_only=True):
    ENTITY = "class"
    class_id: UUID
    grade_id: UUID
    name: str
    disabled: bool = False
    sort_order: int = 0
    remark: str = ""


class ClassCreated(_SchoolClass, frozen=True, kw_only=True):
    FACT = "created"


class ClassChanged(_SchoolClass, frozen=True, kw_only=True):
    FACT = "changed"


class ClassDeleted(_SchoolClass, frozen=True, kw_only=True):
    FACT = "deleted"
