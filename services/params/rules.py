"""Pure decisions about names, usual sets and deletion."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from services.params.schemas import Stage
from shared import plain_name
from shared.class_name import read_class_name, read_grade_name
from shared.errors import FieldError

USUAL_GRADES: Final[dict[Stage, tuple[str, ...]]] = {
    "kindergarten": ("小班", "中班", "大班"),
    "primary": ("一年级", "二年级", "三年级", "四年级", "五年级", "六年级"),
    "junior": ("七年级", "八年级", "九年级"),
    "senior": ("高一", "高二", "高三"),
}
FIRST_PLACES: Final[dict[Stage, int]] = {"kindergarten": 1, "primary": 11, "junior": 21, "senior": 31}
"""Apart, so that a school with several stages has them in their order, whichever was set up first."""

_LINE_SIGNS = "\n\r\t"


def name_key(text: str) -> str:
    """The name as it is compared: full and half width are the same (NFKC)."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def check_remark(remark: str) -> list[FieldError]:
    if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in _LINE_SIGNS for sign in remark):
        return [FieldError("remark_format", "备注中有不能使用的字符。", "remark")]
    return []


def usual_grades(stage: Stage | None, names: Sequence[str] | None) -> list[str]:
    """The names asked for, cleaned, each once; without any, those of the stage."""
    wanted = USUAL_GRADES[stage] if stage is not None and not names else names or ()
    found: dict[str, str] = {}
    for name in wanted:
        found.setdefault(name_key(name), plain_name.clean(name))
    return list(found.values())


def class_names(count: int) -> list[str]:
    return [f"{number}班" for number in range(1, count + 1)]


def find_grade(wanted: str, existing: Iterable[str]) -> str | None:
    """The name under which the school has this grade already: 初一 is 七年级."""
    names = list(existing)
    same = [name for name in names if name_key(name) == name_key(wanted)]
    return next(iter(same or [name for name in names if _are_same_year(name, wanted)]), None)


def _are_same_year(name: str, other: str) -> bool:
    one, two = read_grade_name(name), read_grade_name(other)
    return one.grade is not None and (one.stage, one.grade, one.cohort) == (two.stage, two.grade, two.cohort)


def missing_classes(wanted: Sequence[str], existing: Iterable[str]) -> list[str]:
    """Those a grade does not have yet under this name or with this number: (1)班 is 1班."""
    names = list(existing)
    keys = {name_key(name) for name in names}
    numbers = {read_class_name(name).class_no for name in names}
    return [name for name in wanted if name_key(name) not in keys and read_class_name(name).class_no not in numbers]
