"""Which class or grade holds for the rows below a line: between groups of pupils, above the header, a sheet's name.

A line that speaks of a class nobody understands ends the section before it: the pupils below are rather without a class
than in somebody else's.
"""

import re
from collections.abc import Iterable, Mapping

import msgspec

from shared.class_name import read_class_name, read_grade_name
from shared.workbook.cells import Cell, SheetRow, text_of
from shared.workbook.likeness import is_like_id, is_like_phone
from shared.workbook.roster import Field

_LOOKED_AT = 300
_LONGEST_TITLE = 60

_NUMBER = r"(?:(?<![0-9])[0-9]{1,2}(?![0-9])|(?<![一二三四五六七八九十])[一二三四五六七八九十]{1,3})"
_STAGE = r"(?:小学|初中|高中)?"
_YEAR = rf"{_STAGE}{_NUMBER}年级|[初高][一二三]|(?<![0-9])20[0-9]{{2}}[级届]"
_NURSERY = r"(?:小小|学前|托|小|中|大)班"
# 一至六年级 and 三(1)至(6)班 are several.
_LIST = "至到、和及与~～—,，-"
_GRADE = re.compile(rf"(?<![{_LIST}])(?:{_YEAR}|{_NURSERY})(?![{_LIST}])")
_GRADE_LINE = re.compile(
    rf"({_YEAR}|{_NURSERY}|[0-9]{{2}}级)(?:\s*(?:学生|幼儿|名单|花名册|全体|[共总]).{{0,12}})?", re.DOTALL
)
_IN_BRACKETS = rf"[(（\[【]\s*第?{_NUMBER}\s*班?\s*[)）\]】]\s*班?"
_CLASS = re.compile(
    rf"(?<![{_LIST}])(?:"
    rf"(?:{_YEAR}|(?<![0-9])[0-9]{{2}}[级届]|{_NURSERY})[\s\-.·]*第?(?:{_IN_BRACKETS}|{_NUMBER}\s*班)"
    rf"|(?:{_NUMBER}|小小|学前|[托小中大]){_IN_BRACKETS}"
    rf"|(?:(?<![一二三四五六七八九十])[一二三四五六七八九]|小小|学前|[托小中大]){_NUMBER}\s*班"
    rf")(?!\s*[班{_LIST}])"
)
# A title that explains how to write a class names none.
_EXPLAINS = re.compile(r"[如例填请注]|格式|要求|说明")

_LABEL = re.compile(r"(?:年级班级|所在班级|班级名称|班级|班别|年级)")
_LABELLED = re.compile(rf"{_LABEL.pattern}(?:\s*[:：]\s*|\s+|(?=[0-9一二三四五六七八九十初高]))")
_AROUND = " \t\u3000-—–_=*·.。、:：,，;；~～#【】[]〔〕"
_TEACHER = r"\S{1,5}\s*老师|(?:班主任|教师|老师|辅导员)"
_COUNT = r"(?:共|总|人数|全班|[（(]?共?\s*[0-9]{1,3}\s*[人名])"
# The shortest text up to 班 after which nothing stands but who teaches it, how many they are, or what the list is.
_BEHIND = rf"[\s\-—–_:：,，。、]*(?:|[(（【].*|(?:学生|幼儿|名单|花名册|信息).*|(?:{_TEACHER}|{_COUNT}).*)"
_LINE = re.compile(rf"(.{{1,24}}?班){_BEHIND}", re.DOTALL)
# The same below when it is, or whose: 2026年春, 某某小学.
_BEFORE = re.compile(
    r"[^\n]{0,30}(?:[0-9]年度?|学年度?|学期|[0-9]年?[春秋]季?|[小中]学|学校|校区|幼儿园)的?[\s\-—–_:：,，、]*"
)
_AFTER = re.compile(_BEHIND, re.DOTALL)
_COUNTED = re.compile(
    r"(?:[(（](?:[一二三四五六七八九十]{1,3}|[0-9]{1,2})[)）][、.．]?"
    r"|(?P<listed>[一二三四五六七八九十]{1,3})[、.．]|[0-9]{1,2}[、.．)）])\s*(?=[^0-9\s])"
)
_FROM_TO = re.compile(r"([0-9]{1,2})\s*[-—–~～]\s*([0-9]{1,2})\s*班")
_DIGITS_ALONE = re.compile(r"[0-9\s.\-_]+")
_BRACKETED = re.compile(r"[(（][^()（）]+[)）]")
_BESIDE = re.compile(rf"\D{{2,10}}[:：].*|(?:{_TEACHER}|{_COUNT}).*", re.DOTALL)

# 班主任, 全班 and 班级 as a column's title speak of no class in particular.
_SPEAKS = re.compile(r"(?<![全本各每分])班(?!主任|级|长|务|费|干|会|子)|班级\s*[:：\s]\s*\S")
_PLACES: tuple[Field, ...] = ("name", "id_number")
_OF_CLASSES: tuple[Field, ...] = ("class", "grade")


class Section(msgspec.Struct, frozen=True):
    """What holds below a line, as written there; "" where it says nothing."""

    school_class: str = ""
    grade: str = ""


UNKNOWN = Section()


def section_of(row: SheetRow, cells: Mapping[Field, Cell]) -> Section | None:
    """What a line above a group of pupils names, if it names a class or a grade and is no pupil's row.

    The class stands first, with who teaches it or how many they are behind it or in the cells beside it.
    """
    texts = [text_of(row.cells[column])[:_LOOKED_AT].strip() for column in sorted(row.cells)]
    first, *others = texts
    labelled = bool(others) and _LABEL.fullmatch(first.rstrip(" :：")) is not None
    if labelled:
        first, *others = others
    found = _line(first, labelled=labelled)
    if found is not None and found.grade and not others and not cells.keys().isdisjoint(_OF_CLASSES):
        # 三年级 drawn down in the column for it is no line.
        return None
    if found is None or not others or all(_BESIDE.fullmatch(text) for text in others):
        return found
    if any(map(is_like_id, row.cells.values())) or any(map(is_like_phone, row.cells.values())):
        return None
    # In the place of a name or a number it is no pupil's class, whoever is named beside it.
    stands = next((field for field, cell in cells.items() if text_of(cell)[:_LOOKED_AT].strip() == first), None)
    return found if stands in _PLACES and found.school_class else None


def ends_section(row: SheetRow, cells: Mapping[Field, Cell], *, is_pupil: bool) -> bool:
    """Whether a row that `section_of` does not understand speaks of a class all the same."""
    if is_pupil:
        spoken = [cell for field in _PLACES if (cell := cells.get(field)) is not None]
    else:
        beside = [cell for field in ("class", "grade", "home_district") if (cell := cells.get(field)) is not None]
        spoken = [cell for cell in row.cells.values() if len(row.cells) == 1 or cell not in beside]
    if not any(_speaks_of_class(text_of(cell)[:_LOOKED_AT].strip()) for cell in spoken):
        return False
    return not any(is_like_id(cell) or is_like_phone(cell) for cell in row.cells.values())


def section_above(rows: Iterable[SheetRow]) -> Section:
    """What the lines above a header name: the last class, the last grade."""
    found = UNKNOWN
    for row in rows:
        if any(map(is_like_id, row.cells.values())):
            continue
        texts = [text_of(row.cells[column])[:_LOOKED_AT].strip() for column in sorted(row.cells)]
        titles = [text for text in texts if len(text) <= _LONGEST_TITLE and not _EXPLAINS.search(text)]
        labelled = (bool(_LABEL.fullmatch(text.rstrip(" :："))) for text in ["", *texts])
        named = [
            _class_in(text) or (line.school_class if (line := _line(text, labelled=after)) else "")
            for text, after in zip(texts, labelled, strict=False)
            if text in titles
        ]
        classes = {name for name in named if name and not _is_range(name)}
        grades = {name for text in titles if (name := grade_in(text))}
        if len(classes) == 1:
            found = Section(classes.pop(), found.grade)
        if len(grades) == 1:
            found = Section(found.school_class, grades.pop())
    return found


def grade_in(text: str) -> str:
    """The one grade that a title names, "" when it names none or several."""
    found = {match[0] for match in _GRADE.finditer(text[:_LONGEST_TITLE])}
    return found.pop() if len(found) == 1 else ""


def is_grade_missing(cell: Cell) -> bool:
    """Whether a class is written without the grade it belongs to."""
    reading = read_class_name(text_of(cell)[:_LOOKED_AT])
    return reading.grade is None and reading.cohort is None


def class_of_sheet(name: str, *, is_alone: bool) -> str:
    """The class that a sheet's name says its pupils are in, "" when it says none.

    5班 is one without its grade. 3.2 and 302 are classes among others of their kind; `is_alone`, a day or a room.
    """
    if is_whole_class(name):
        return "" if is_alone and (_DIGITS_ALONE.fullmatch(name.strip()) or _is_range(name)) else name
    line = _line(name)
    return line.school_class if line is not None and "班" in line.school_class else ""


def is_whole_class(text: str) -> bool:
    """Whether a text names a class by its number and by its grade or cohort."""
    reading = read_class_name(text)
    return reading.class_no is not None and not (reading.grade is None and reading.cohort is None)


def _class_in(text: str) -> str:
    found = {match[0] for match in _CLASS.finditer(text)}
    if len(found) != 1:
        return ""
    (name,) = found
    return name if _is_exact(name) else ""


def _line(text: str, *, labelled: bool = False) -> Section | None:
    bare = text.strip(_AROUND)
    if _BRACKETED.fullmatch(bare):
        bare = bare[1:-1].strip(_AROUND)
    if label := _LABELLED.match(bare):
        labelled, bare = True, bare[label.end() :].strip(_AROUND)
    bare = _uncounted(bare)
    if grade := _GRADE_LINE.fullmatch(bare):
        return Section(grade=grade[1])
    within = _CLASS.search(bare)
    if within and _BEFORE.fullmatch(bare[: within.start()]) and _AFTER.fullmatch(bare[within.end() :]):
        bare = within[0]
    line = _LINE.fullmatch(bare)
    name = line[1].strip(_AROUND) if line else bare if labelled else ""
    if not name:
        return None
    if _is_exact(name):
        return Section(school_class=name)
    reading = read_class_name(name)
    # 七班 says which it is only together with its grade, which may stand elsewhere.
    return Section(school_class=name) if reading.class_no is not None and reading.alias is None else None


def _is_range(text: str) -> bool:
    """Whether 1-6班 may be six classes rather than one."""
    found = _FROM_TO.fullmatch(text.strip())
    return found is not None and int(found[1]) < int(found[2])


def _uncounted(text: str) -> str:
    """A class's line without what counts it (一、, 2.), as long as that cannot be a part of the class."""
    counted = _COUNTED.match(text)
    if counted is None:
        return text
    rest = text[counted.end() :]
    line = _LINE.fullmatch(rest)
    if line is None or not _is_exact(line[1].strip(_AROUND)):
        return text
    grade = read_class_name(rest).grade
    # 一、二年级 may be two grades.
    listed = read_grade_name(counted["listed"] or "").grade
    return text if isinstance(grade, int) and listed == grade - 1 else rest


def _is_exact(name: str) -> bool:
    return is_whole_class(name) and read_class_name(name).alias is None


def _speaks_of_class(text: str) -> bool:
    return _SPEAKS.search(text) is not None or _is_exact(text)
