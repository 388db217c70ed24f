"""Grades and classes on the wire."""

from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

Stage: TypeAlias = Literal["kindergarten", "primary", "junior", "senior"]

_Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=50)]
_Remark: TypeAlias = Annotated[str, Meta(max_length=200)]
_SortOrder: TypeAlias = Annotated[int, Meta(ge=0, le=1_000_000)]
_Version: TypeAlias = Annotated[int, Meta(ge=1)]


class GradeCreate(Struct, forbid_unknown_fields=True, kw_only=True):
    """A new grade; names are unique within the school, however blanks and letter widths are written."""

    name: _Name
    disabled: bool = False
    sort_order: _SortOrder = 0
    remark: _Remark = ""


class GradeChange(Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change; what is not named stays. `version` does what `If-Match` does, for clients without headers."""

    name: _Name | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    sort_order: _SortOrder | UnsetType = UNSET
    remark: _Remark | UnsetType = UNSET
    version: _Version | UnsetType = UNSET


class Grade(Struct, kw_only=True):
    """One grade (年级). `readers` are in its classes now: while there are any it can be disabled, not deleted."""

    id: UUID
    school_id: UUID
    name: str
    disabled: bool
    sort_order: int
    remark: str
    version: int
    classes: int
    readers: int


class ClassCreate(GradeCreate, forbid_unknown_fields=True, kw_only=True):
    """A new class; names are unique within the grade."""

    grade_id: UUID


class ClassChange(GradeChange, forbid_unknown_fields=True, kw_only=True):
    """As of a grade; `grade_id` moves the class, with its readers, to another grade of the school."""

    grade_id: UUID | UnsetType = UNSET


class SchoolClass(Struct, kw_only=True):
    """One class (班级). `grade_disabled`: its grade is disabled, and so nobody new can choose the class either."""

    id: UUID
    school_id: UUID
    grade_id: UUID
    grade_name: str
    grade_disabled: bool
    name: str
    disabled: bool
    sort_order: int
    remark: str
    version: int
    readers: int


class ParamFilter(Struct, frozen=True, kw_only=True):
    """A search: `q` is part of a name; `school_id` narrows what a district or the city sees."""

    q: str | None = None
    grade_id: UUID | None = None
    disabled: bool | None = None
    school_id: UUID | None = None


class NewOrder(Struct, forbid_unknown_fields=True, kw_only=True):
    """The order from first to last; those not named keep their number."""

    ids: Annotated[list[UUID], Meta(min_length=1, max_length=500)]


class Ordered(Struct, kw_only=True):
    """How many changed their place."""

    changed: int


class Setup(Struct, forbid_unknown_fields=True, kw_only=True):
    """A usual set at once: the stage's grades, or those named, each with classes from 1班 to `classes_per_grade`班."""

    stage: Stage | None = None
    grades: Annotated[list[_Name], Meta(max_length=30)] | None = None
    classes_per_grade: Annotated[int, Meta(ge=0, le=50)] = 0


class SetupDone(Struct, kw_only=True):
    """What was missing and has been made, and what was there."""

    grades_created: int
    grades_existing: int
    classes_created: int
    classes_existing: int
