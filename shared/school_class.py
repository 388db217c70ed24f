"""Which of a school's own classes a text means.

`shared.class_name` says what is written, without knowing the school; `match` looks for it among the school's grades and
classes. A cohort (2021级) is compared with cohorts the school itself has written into its names, never turned into a
grade by arithmetic. Nothing is guessed: where two classes fit, or none, the answer is a question with candidates.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Literal
from uuid import UUID

import msgspec

from shared.class_name import ClassReading, Stage, chinese_number, plain, read_class_name, read_grade_name

MOST_CANDIDATES = 8

_IGNORED = re.compile(r"[\s()\[\]【】〔〕\-—_·.,，、/]+")
# How many they are, a pupil's number or a group's are no class.
_ANOTHER = re.compile(r"(?<![0-9])[0-9]+(?![0-9])(?!\s*[人名个组号排座岁])|[一二三四五六七八九十]\s*班|[转→]")
_YEARS_COUNTED_BY_STAGE = 3
_SHIFTS: dict[Stage, int] = {"初中": 6, "高中": 9}
_NUMBER = re.compile(r"[0-9]+|[一二三四五六七八九十]+")


class CatalogueClass(msgspec.Struct, frozen=True):
    """One class of the school as it is named there."""

    grade_id: UUID
    grade_name: str
    class_id: UUID
    class_name: str


class ClassMatch(msgspec.Struct, frozen=True):
    """The text means exactly this class."""

    grade_id: UUID
    class_id: UUID


class ClassQuestion(msgspec.Struct, frozen=True):
    """The text cannot be decided.

    `candidates`, most likely first, at most eight; `reason`: `blank` nothing is written, `unreadable` no class is
    recognised in it, `unknown` the school has no such class, `ambiguous` several fit, `cohort` only a cohort is given.
    To create the class instead: `suggested_grade_id` (None: not even the grade is known) and `suggested_name`, written
    as the school writes its other classes. `detail` is the sentence for the teacher.
    """

    reason: Literal["blank", "unreadable", "unknown", "ambiguous", "cohort"]
    detail: str
    candidates: tuple[CatalogueClass, ...] = ()
    suggested_grade_id: UUID | None = None
    suggested_name: str | None = None


class _Entry(msgspec.Struct, frozen=True):
    """A class of the catalogue with what its names say; the grade's name has the last word on the grade."""

    item: CatalogueClass
    reading: ClassReading
    key: str
    full_key: str


def match(
    text: str,
    grade_text: str | None,
    catalogue: Sequence[CatalogueClass],
    *,
    stages: Sequence[Stage] = (),
    from_number: bool = False,
) -> ClassMatch | ClassQuestion:
    """Which of the school's classes a text means; `grade_text` is that of a separate grade column, if there is one.

    `stages` are those the school is known to have; empty: those of the catalogue's grades. `from_number`: the text came
    out of a number cell, where 3.1 may have been 3.10.
    """
    entries = [_entry(item) for item in catalogue]
    grade_text = grade_text if grade_text and grade_text.strip() else None
    if not text.strip() and grade_text is not None and read_class_name(grade_text).class_no is not None:
        # 三年级2班 stands whole in the column for the grade.
        text, grade_text = grade_text, None
    if not text.strip():
        return _ask("blank", "没有填写班级。", (), entries, grade_text)
    options = _options(text, grade_text, entries, stages)
    found = _exactly(text, grade_text, entries)
    if not found and _names_several(text):
        detail = f"“{text[:20]}”像是写了不止一个班，请选择是哪个班。"
        return _ask("ambiguous", detail, options, entries, grade_text)
    found = found or _by_reading(options, entries)
    if from_number and len(found) == 1:
        found = [*found, *_with_lost_zero(found[0], entries)]
    if len(found) == 1:
        return ClassMatch(grade_id=found[0].item.grade_id, class_id=found[0].item.class_id)
    reason, detail = _why(text, grade_text, options, found)
    # Where class and grade contradict each other, both are worth offering.
    wanted = options or (read_class_name(text), read_grade_name(grade_text or ""))
    return _ask(reason, detail, wanted, found or entries, grade_text, all_entries=entries)


def _names_several(text: str) -> bool:
    """Whether something like another class stands behind the first: 三年级2班、3班, 三年级2班转3班."""
    own = read_class_name(text)
    return own.class_no is not None and own.alias is not None and _ANOTHER.search(own.alias) is not None


def is_telling(text: str, grade_text: str) -> bool:
    """Whether a wording means the same class wherever it is written, as far as the school knows what it means.

    1班 does not: it is another class on another grade's sheet. Nor does 三年级 alone; 火箭班 and 2021级1班 do.
    """
    own, grade = read_class_name(text), read_grade_name(grade_text)
    if not text.strip():
        own = read_class_name(grade_text)
    if own.class_no is None or own.alias is not None:
        return own.alias is not None
    return any(said is not None for said in (own.grade, own.cohort, grade.grade, grade.cohort, grade.alias))


def _entry(item: CatalogueClass) -> _Entry:
    grade, own = read_grade_name(item.grade_name), read_class_name(item.class_name)
    cohort = grade if grade.cohort is not None else own
    return _Entry(
        item=item,
        reading=ClassReading(
            stage=grade.stage or own.stage,
            grade=grade.grade if grade.grade is not None else own.grade,
            class_no=own.class_no,
            cohort=cohort.cohort,
            cohort_kind=cohort.cohort_kind,
            alias=own.alias,
        ),
        key=_key(item.class_name),
        full_key=_key(item.grade_name + item.class_name),
    )


def _options(
    text: str, grade_text: str | None, entries: Sequence[_Entry], stages: Sequence[Stage]
) -> tuple[ClassReading, ...]:
    """All readings of the text at this school, in the order of their likelihood."""
    own = read_class_name(text)
    readings = [own, *own.alternatives]
    if grade_text is not None:
        grade = read_grade_name(grade_text)
        readings = [joined for reading in readings if (joined := _join(grade, reading)) is not None]
    here = set(stages) or {entry.reading.stage for entry in entries if entry.reading.stage}
    return tuple(option for reading in readings for option in _in_stages(reading, here))


def _join(grade: ClassReading, own: ClassReading) -> ClassReading | None:
    """A class's reading with that of the grade column; None when the two contradict each other."""
    if grade.grade is not None and own.grade is not None and grade.grade != own.grade:
        same_year = isinstance(grade.grade, int) and isinstance(own.grade, int) and _is_counted_from_one(own)
        # 初一 in the grade column and 一(2)班 beside it are the same year.
        if not (same_year and own.grade + _SHIFTS.get(grade.stage or "小学", 0) == grade.grade):  # type: ignore[operator]
            return None
    if grade.cohort is not None and own.cohort is not None and grade.cohort != own.cohort:
        return None
    return msgspec.structs.replace(
        own,
        stage=grade.stage or own.stage,
        grade=grade.grade if grade.grade is not None else own.grade,
        is_stage_written=grade.is_stage_written or own.is_stage_written,
        cohort=grade.cohort or own.cohort,
        cohort_kind=grade.cohort_kind or own.cohort_kind,
        alternatives=(),
    )


def _in_stages(reading: ClassReading, here: set[Stage]) -> Iterable[ClassReading]:
    """The reading; at a school without primary years, 一(2)班 is counted from the years it does have."""
    if not _is_counted_from_one(reading) or not here or "小学" in here:
        return (reading,)
    assert isinstance(reading.grade, int)
    return tuple(
        msgspec.structs.replace(reading, stage=stage, grade=reading.grade + shift)
        for stage, shift in _SHIFTS.items()
        if stage in here
    ) or (reading,)


def _is_counted_from_one(reading: ClassReading) -> bool:
    """Whether the year may be counted within a stage that is not written: 一 to 三 without 小学."""
    return (
        reading.stage == "小学"
        and not reading.is_stage_written
        and isinstance(reading.grade, int)
        and reading.grade <= _YEARS_COUNTED_BY_STAGE
    )


def _exactly(text: str, grade_text: str | None, entries: Sequence[_Entry]) -> list[_Entry]:
    """Classes whose name is written just so: with its grade, or alone where the name says which it is."""
    key = _key((grade_text or "") + text)
    found = [entry for entry in entries if key == entry.full_key]
    if found or grade_text is not None:
        return found
    reading = read_class_name(text)
    if reading.grade is None and reading.cohort is None and reading.class_no is not None and _grade_count(entries) > 1:
        return []
    return [entry for entry in entries if entry.key == key]


def _by_reading(options: Iterable[ClassReading], entries: Sequence[_Entry]) -> list[_Entry]:
    one_grade = _grade_count(entries) == 1
    return [entry for entry in entries if any(_fits(option, entry, one_grade) for option in options)]


def _fits(option: ClassReading, entry: _Entry, one_grade: bool) -> bool:
    reading = entry.reading
    if option.grade is not None:
        if reading.grade != option.grade:
            return False
        if option.cohort is not None and reading.cohort is not None and option.cohort != reading.cohort:
            return False
    elif option.cohort is not None:
        if (option.cohort, option.cohort_kind) != (reading.cohort, reading.cohort_kind):
            return False
        if option.stage is not None and reading.stage not in (None, option.stage):
            return False
    elif option.class_no is not None and not one_grade:
        return False
    if option.class_no is not None:
        return reading.class_no == option.class_no
    if option.alias is not None:
        return reading.alias is not None and _key(reading.alias) == _key(option.alias)
    # Nothing but a grade is written: only a class that has no number of its own can be meant.
    return reading.class_no is None and reading.alias is None


def _with_lost_zero(found: _Entry, entries: Sequence[_Entry]) -> list[_Entry]:
    """The classes ten times as high: as a number, 3.10 has become 3.1."""
    if found.reading.class_no is None or found.reading.class_no > 9:
        return []
    tenfold = found.reading.class_no * 10
    return [
        entry for entry in entries if entry.reading.class_no == tenfold and entry.item.grade_id == found.item.grade_id
    ]


def _why(
    text: str, grade_text: str | None, options: Sequence[ClassReading], found: Sequence[_Entry]
) -> tuple[Literal["unreadable", "unknown", "ambiguous", "cohort"], str]:
    shown = f"“{text[:20]}”"
    if grade_text is not None:
        shown = f"“{grade_text[:20]}”的{shown}"
    if not options:
        return "ambiguous", f"班级“{text[:20]}”与年级“{(grade_text or '')[:20]}”不一致，请选择是哪个班。"
    if len(found) > 1:
        return "ambiguous", f"{shown}可能是多个班，请选择是哪个班。"
    first = options[0]
    if first.grade is None and first.cohort is not None:
        kind = first.cohort_kind or "级"
        return "cohort", f"{shown}只写了{first.cohort}{kind}，系统不会推算年级，请选择是哪个班。"
    if first.grade is None and first.class_no is None:
        return "unreadable", f"无法识别{shown}是哪个班，请选择。"
    if first.grade is None:
        return "ambiguous", f"{shown}没有写明年级，请选择是哪个班。"
    return "unknown", f"本校没有{shown}，请选择对应的班级，或新建该班级。"


def _ask(
    reason: Literal["blank", "unreadable", "unknown", "ambiguous", "cohort"],
    detail: str,
    options: Sequence[ClassReading],
    entries: Sequence[_Entry],
    grade_text: str | None,
    all_entries: Sequence[_Entry] = (),
) -> ClassQuestion:
    wanted = options or ((read_grade_name(grade_text),) if grade_text is not None else ())
    likely = sorted(
        ((_likeness(entry, wanted), -at, entry) for at, entry in enumerate(entries)), key=lambda rated: rated[:2]
    )
    candidates = [entry.item for score, _, entry in reversed(likely) if score > 0][:MOST_CANDIDATES]
    grade_id, name = _suggestion(wanted, all_entries or entries)
    return ClassQuestion(reason, detail, tuple(candidates), grade_id, name)


def _likeness(entry: _Entry, options: Iterable[ClassReading]) -> int:
    return max((_shared(entry.reading, option) for option in options), default=0)


def _shared(reading: ClassReading, option: ClassReading) -> int:
    return (
        4 * (option.grade is not None and reading.grade == option.grade)
        + 3 * (option.cohort is not None and reading.cohort == option.cohort)
        + 2 * (option.class_no is not None and reading.class_no == option.class_no)
        + 2 * (option.alias is not None and reading.alias is not None and _key(option.alias) == _key(reading.alias))
        + (option.stage is not None and reading.stage == option.stage)
    )


def _suggestion(options: Sequence[ClassReading], entries: Sequence[_Entry]) -> tuple[UUID | None, str | None]:
    """The grade in which the class could be created, and its name after the pattern of its neighbours."""
    if not options:
        return None, None
    first = options[0]
    siblings = [
        entry
        for entry in entries
        if (first.grade is not None and entry.reading.grade == first.grade)
        or (first.grade is None and first.cohort is not None and entry.reading.cohort == first.cohort)
    ]
    grades = {entry.item.grade_id for entry in siblings}
    if first.class_no is None:
        name = first.alias
    else:
        # In a grade of its own a name may repeat the grade (七(1)班); elsewhere that would be another grade's.
        patterns = siblings or [entry for entry in entries if not read_class_name(entry.item.class_name).grade]
        numbered = (_with_number(entry, first.class_no) for entry in patterns)
        name = next((found for found in numbered if found), f"{first.class_no}班")
    return (grades.pop() if len(grades) == 1 else None), name


def _with_number(entry: _Entry, number: int) -> str | None:
    """The class's name with another number in its place: (2)班 for (1)班, 大二班 for 大一班."""
    name = entry.item.class_name
    if entry.reading.class_no is None or entry.reading.alias is not None:
        return None
    own = (str(entry.reading.class_no), chinese_number(entry.reading.class_no))
    for found in reversed(list(_NUMBER.finditer(name))):
        if found[0] in own:
            written = str(number) if found[0].isascii() else chinese_number(number)
            return name[: found.start()] + written + name[found.end() :]
    return None


def _grade_count(entries: Sequence[_Entry]) -> int:
    return len({entry.item.grade_id for entry in entries})


def _key(text: str) -> str:
    return _IGNORED.sub("", plain(text))
