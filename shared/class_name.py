"""Reading class names as schools write them, from nothing but the text.

A name is read from left to right: a stage (小学, 初, 高…), a grade in one of its many spellings, a class number in one
of its own, and what is left is an alias (火箭班, 向日葵班). A cohort (2021级, 2025届) is taken out first and kept as it
is, never turned into a grade: nobody but the school knows whether it means entry or leaving.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

import msgspec

Stage = Literal["幼儿园", "小学", "初中", "高中"]
Kindergarten = Literal["托班", "宝宝班", "小小班", "小班", "中班", "大班", "学前班"]
CohortKind = Literal["级", "届"]

_REMEMBERED = 8192
_LONGEST = 60

_NUM = r"(?:[0-9]{1,2}|[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九两])"
_DIGITS = {sign: at for at, sign in enumerate("一二三四五六七八九", 1)} | {"两": 2}

# 班 after the number, brackets around it, or nothing but the end.
_CLASS = re.compile(
    rf"[\s\-.·/_—,、]*第?(?:[(\[【〔]\s*第?({_NUM})\s*班?\s*[)\]】〕]\s*班?|({_NUM})\s*班|({_NUM})(?=$|[\s(\[\-]))"
)
_COHORT = re.compile(
    r"(?P<stage>初中?|高中?|小学?|)[(\[]?(?<![0-9])(?P<year>(?:19|20)[0-9]{2}|[0-9]{2})(?P<kind>级|届)[)\]]?"
)
_STAGE = re.compile(r"(?:.{2,20}?)?(幼儿园|小学部?|初中部?|高中部?|中学部?)(?=.)|(幼)(?=[托小中大])")
_KINDERGARTEN = re.compile(r"(小小|托|小|中|大|学前|宝宝)(班级?|年级)?")
_PRIMARY_YEAR = re.compile(r"小([一二三四五六1-6])(?:年级)?(?=\s*[(\[【〔\-.·/]|.*[^班]班$|年|$)")
_SECONDARY_YEAR = re.compile(r"(初|高)中?([一二三123])(?:年级|年)?(?![0-9]{2,}级)")
_YEAR = re.compile(rf"({_NUM})年级?")
_BARE_YEAR = re.compile(
    r"(1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])(?:(?=\s*[(\[【〔])|\s*[\-.·/_—](?=[0-9一二三四五六七八九十])|(?<=[一二三四五六七八九])(?=[0-9]))"
)
_TWO_CHINESE = re.compile(r"([一二三四五六七八九])([一二三四五六七八九])班")
_THREE_DIGITS = re.compile(r"([1-9])([0-9]{2})班?")
_FOUR_DIGITS = re.compile(r"([0-9]{2})([0-9]{2})班?")
_NUMBER_OF_STAGE = re.compile(r"([初高])([1-3][0-9])班?")
_EMPTY_BRACKETS = re.compile(r"[(\[【〔]\s*[)\]】〕]")
_TRIMMED = " \t-—_,，、.·/:：()[]【】〔〕"

_YEARS_OF_STAGE = 3
_LAST_PRIMARY, _LAST_JUNIOR, _LAST_SENIOR = 6, 9, 12
_SHIFTS: dict[Stage, int] = {"初中": 6, "高中": 9}
_STAGES: dict[str, Stage] = {"幼": "幼儿园", "小": "小学", "初": "初中", "高": "高中"}
_KINDS: dict[str, Kindergarten] = {
    "托": "托班",
    "宝宝": "宝宝班",
    "小小": "小小班",
    "小": "小班",
    "中": "中班",
    "大": "大班",
    "学前": "学前班",
}  # fmt: skip


class ClassReading(msgspec.Struct, frozen=True):
    """What a text says about a class; None where it says nothing.

    `grade` counts 1-6 primary, 7-9 junior, 10-12 senior, or is the kindergarten label. `is_stage_written` tells
    小学三年级 from 三年级, whose stage is only what the number suggests. `alternatives` are readings just as likely
    (小一班: kindergarten, or first year of primary); `note` says in Chinese what is doubtful.
    """

    stage: Stage | None = None
    grade: int | Kindergarten | None = None
    class_no: int | None = None
    cohort: int | None = None
    cohort_kind: CohortKind | None = None
    alias: str | None = None
    is_stage_written: bool = False
    alternatives: tuple["ClassReading", ...] = ()
    note: str | None = None

    @property
    def ambiguous(self) -> bool:
        """Whether the text alone can mean different classes."""
        return bool(self.alternatives)


@lru_cache(_REMEMBERED)
def read_class_name(text: str) -> ClassReading:
    """What a class name says. A text in which nothing is recognised has no field set but `alias`."""
    rest, cohort = _take_cohort(plain(text))
    rest, stage = _take_stage(rest)
    stage = stage or cohort.stage
    found = _read_codes(rest, stage) or _read_kindergarten(rest, stage) or _read_year(rest, stage) or _read_class(rest)
    return msgspec.structs.replace(
        found,
        stage=stage or found.stage,
        is_stage_written=stage is not None or found.is_stage_written,
        cohort=cohort.cohort or found.cohort,
        cohort_kind=cohort.cohort_kind or found.cohort_kind,
    )


@lru_cache(_REMEMBERED)
def read_grade_name(text: str) -> ClassReading:
    """What a grade's name says: 三年级, 三, 3, 小三, 初一, 大班, 2021级. `class_no` is never set."""
    rest, cohort = _take_cohort(plain(text))
    rest, stage = _take_stage(rest)
    stage = stage or cohort.stage
    reading = ClassReading(alias=rest or None)
    if match := re.fullmatch(r"小([一二三四五六1-6])(?:年级)?", rest):
        reading = _year(_number(match[1]), "小学", written=True)
    elif (match := _KINDERGARTEN.fullmatch(rest)) and (match[2] or match[1] not in "小中大" or stage == "幼儿园"):
        reading = ClassReading(stage="幼儿园", grade=_KINDS[match[1]], is_stage_written=True)
    elif match := _SECONDARY_YEAR.fullmatch(rest):
        stage = _STAGES[match[1]]
        reading = _year(_number(match[2]), stage, written=True)
    elif match := re.fullmatch(rf"({_NUM})(?:年级?)?", rest):
        reading = _year(_number(match[1]), stage, written=stage is not None)
    return msgspec.structs.replace(
        reading,
        stage=reading.stage or stage,
        is_stage_written=reading.is_stage_written or stage is not None,
        cohort=cohort.cohort,
        cohort_kind=cohort.cohort_kind,
    )


def plain(text: str) -> str:
    """The text in one width and case, with single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text[:_LONGEST]).lower().split())


def chinese_number(number: int) -> str:
    """一 for 1, 二十四 for 24; up to 99."""
    tens, ones = divmod(number, 10)
    sign = "一二三四五六七八九"
    return ((sign[tens - 1] if tens > 1 else "") + "十" if tens else "") + (sign[ones - 1] if ones else "")


def _number(text: str) -> int:
    if text.isascii():
        return int(text)
    if "十" not in text:
        return _DIGITS[text]
    tens, _, ones = text.partition("十")
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)


def _take_cohort(text: str) -> tuple[str, ClassReading]:
    """The text without its cohort, and a reading that holds nothing else."""
    found = _COHORT.search(text)
    if found is None:
        return text, ClassReading()
    year = int(found["year"])
    kind: CohortKind = "级" if found["kind"] == "级" else "届"
    stage = _STAGES.get(found["stage"][:1])
    # 初二2020级1班: the stage before a cohort may belong to a grade that comes first.
    rest = _EMPTY_BRACKETS.sub("", text[: found.start()] + " " + text[found.end() :]).strip()
    return rest, ClassReading(stage=stage, cohort=year if year > 99 else 2000 + year, cohort_kind=kind)


def _take_stage(text: str) -> tuple[str, Stage | None]:
    found = _STAGE.match(text)
    if found is None:
        return text, None
    # 某某中学 says no more than that it is no primary school.
    return text[found.end() :].lstrip(_TRIMMED[:9]), _STAGES.get((found[1] or found[2])[0])


def _read_codes(rest: str, stage: Stage | None) -> ClassReading | None:
    """Names made of digits alone, and 三二班."""
    if found := _TWO_CHINESE.fullmatch(rest):
        return _with_class(_year(_number(found[1]), stage), _number(found[2]), "")
    if (found := _THREE_DIGITS.fullmatch(rest)) and int(found[2]) > 0:
        reading = _with_class(_year(int(found[1]), stage), int(found[2]), "")
        return msgspec.structs.replace(reading, note=f"{rest} 按“{found[1]}年级{int(found[2])}班”理解")
    if (found := _FOUR_DIGITS.fullmatch(rest)) and int(found[2]) > 0:
        first, class_no = int(found[1]), int(found[2])
        by_cohort = ClassReading(
            stage=stage,
            class_no=class_no,
            cohort=2000 + first,
            cohort_kind="级",
            note=f"{rest} 可能是 20{found[1]}级{class_no}班",
        )
        if not 10 <= first <= _LAST_SENIOR:
            return by_cohort
        return msgspec.structs.replace(
            _with_class(_year(first, stage), class_no, ""), alternatives=(by_cohort,), note=by_cohort.note
        )
    return None


def _read_kindergarten(rest: str, stage: Stage | None) -> ClassReading | None:
    if stage not in (None, "幼儿园"):
        return None
    primary = _PRIMARY_YEAR.match(rest)
    if primary and stage is None and (found := _CLASS.match(rest, primary.end())):
        year = _year(_number(primary[1]), "小学", written=True)
        return _with_class(year, _class_number(found), rest[found.end() :])
    found_kind = _KINDERGARTEN.match(rest)
    if found_kind is None:
        return None
    found = _CLASS.match(rest, found_kind.end())
    if found is None and not found_kind[2]:
        return None
    reading = ClassReading(stage="幼儿园", grade=_KINDS[found_kind[1]], is_stage_written=bool(found_kind[2]))
    end = found.end() if found else found_kind.end()
    class_no = _class_number(found) if found else None
    reading = _with_class(reading, class_no, rest[end:])
    if found_kind[1] == "小" and not found_kind[2] and stage is None and class_no and class_no <= _LAST_PRIMARY:
        other = ClassReading(stage="小学", grade=class_no, alias=reading.alias)
        note = f"可能是幼儿园小班{class_no}班，也可能是小学{chinese_number(class_no)}年级"
        return msgspec.structs.replace(reading, alternatives=(other,), note=note)
    return reading


def _read_year(rest: str, stage: Stage | None) -> ClassReading | None:
    if found := _SECONDARY_YEAR.match(rest):
        year = _year(_number(found[2]), _STAGES[found[1]], written=True)
    elif found := _PRIMARY_YEAR.fullmatch(rest):
        year = _year(_number(found[1]), "小学", written=True)
    elif (found := _YEAR.match(rest)) or (found := _BARE_YEAR.match(rest)):
        year = _year(_number(found[1]), stage, written=stage is not None)
    else:
        return None
    if year.grade is None:
        return None
    number = _CLASS.match(rest, found.end())
    end = number.end() if number else found.end()
    reading = _with_class(year, _class_number(number) if number else None, rest[end:])
    if whole := _NUMBER_OF_STAGE.fullmatch(rest):
        return _or_of_stage(reading, _STAGES[whole[1]], int(whole[2]), rest)
    return reading


def _or_of_stage(reading: ClassReading, stage: Stage, number: int, text: str) -> ClassReading:
    """高11班 is the first class of the first year, or the eleventh class of any."""
    first = _SHIFTS[stage] + 1
    others = tuple(
        ClassReading(stage=stage, grade=grade, class_no=number, is_stage_written=True)
        for grade in range(first, first + _YEARS_OF_STAGE)
    )
    note = f"{text} 也可能是{stage}某个年级的{number}班"
    return msgspec.structs.replace(reading, alternatives=others, note=note)


def _read_class(rest: str) -> ClassReading:
    found = _CLASS.match(rest)
    if found is None:
        return ClassReading(alias=rest.strip(_TRIMMED) or None)
    return _with_class(ClassReading(), _class_number(found), rest[found.end() :])


def _year(number: int, stage: Stage | None, *, written: bool = False) -> ClassReading:
    """A reading of the number-th year: of the stage if it is given, counted through from 1 to 12 if not."""
    if stage in _SHIFTS and number <= 3:
        return ClassReading(stage=stage, grade=number + _SHIFTS[stage], is_stage_written=True)
    if 1 <= number <= _LAST_PRIMARY:
        counted: Stage = "小学"
    elif number <= _LAST_JUNIOR:
        counted = "初中"
    elif number <= _LAST_SENIOR:
        counted = "高中"
    else:
        return ClassReading()
    if stage not in (None, counted):
        return ClassReading(stage=stage, is_stage_written=True)
    return ClassReading(stage=counted, grade=number, is_stage_written=written)


def _class_number(found: re.Match[str]) -> int:
    return _number(found[1] or found[2] or found[3])


def _with_class(reading: ClassReading, class_no: int | None, rest: str) -> ClassReading:
    alias = rest.strip(_TRIMMED)
    return msgspec.structs.replace(reading, class_no=class_no, alias=alias if alias not in ("", "班") else None)
