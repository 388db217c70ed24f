"""From a sheet's rows to pupils' rows: what stands below the header, with what stands elsewhere and counts for them.

A class may be written once for many: in a merged cell, in a line above a group, above the header, as the sheet's name.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

import msgspec

from shared.class_name import ClassReading, read_class_name, read_grade_name
from shared.workbook.cells import Cell, NumberCell, Sheet, SheetRow, column_letters, text_of
from shared.workbook.header import REASON_TITLE, Header, header_at
from shared.workbook.likeness import is_like_id, is_like_phone, is_valid_id
from shared.workbook.roster import FIELD_TITLES, Cleaning, Field, SheetHeader, Skipped, SkippedKind, WorkbookRefused
from shared.workbook.row_kind import kind_of
from shared.workbook.section import (
    UNKNOWN,
    Section,
    class_of_sheet,
    ends_section,
    grade_in,
    is_grade_missing,
    is_whole_class,
    section_above,
    section_of,
)
from shared.workbook.titles import field_of

_TEXT_SHOWN = 80
_TEXT_LOOKED_AT = 300
_LONG_TEXT = 25
_ID_LENGTH = 18

# A sheet is a roster with this many ID numbers, or with one among so many other cells.
_FEWEST_ID_NUMBERS = 2
_FEWEST_OF_A_PUPIL = 4
_FEWEST_WITH_A_PHONE = 3

# What a merged cell shows for several pupils; an ID number or a name is never one for several, nor a signature.
_SHARED_BY_MERGE: tuple[Field, ...] = ("class", "grade", "home_district", "phone", "guardian_name", "guardian_phone")

_CLASS_OR_GRADE: tuple[Field, ...] = ("class", "grade")


class PupilRow(msgspec.Struct, gc=False):
    """The raw cells of one row that is a pupil's, by field; blank fields are missing.

    `borrowed` are the fields whose text stands elsewhere: in a merged cell, a line above, or the sheet's name.
    `lacks_class`: other rows of the sheet have a class, this one has none.
    """

    number: int
    cells: dict[Field, Cell]
    borrowed: tuple[tuple[Field, Cleaning], ...] = ()
    lacks_class: bool = False

    def borrow(self, field: Field, text: str, source: Cleaning) -> None:
        """Take over what stands elsewhere."""
        self.cells[field] = text
        self.borrowed += ((field, source),)


class Table(msgspec.Struct):
    """A sheet's table. `sections` are the rows that begin or end a section."""

    header: SheetHeader
    pupils: list[PupilRow]
    skipped: list[tuple[int, SkippedKind, str]]
    sections: list[int]


def read_table(sheet: Sheet, header: Header, *, is_alone: bool) -> Table:
    """Tell the rows below `header` apart; `is_alone`: no other sheet's name is written like this one's.

    Raises WorkbookRefused: `hidden_rows` when a pupil's row is hidden, `duplicate_column`, `header_not_found` when
    pupils stand above the header.
    """
    refuse_duplicated(sheet.name, header)
    used = header.used
    by_column = {column: field for field, column in used.items()}
    above = sheet.rows[: bisect_left(sheet.rows, header.first, key=lambda row: row.number)]
    _refuse_pupils_above(sheet.name, header, above, by_column)
    merges = _MergedColumns(sheet, used)
    pupils: list[PupilRow] = []
    skipped: list[tuple[int, SkippedKind, str]] = []
    hidden: list[int] = []
    sections: list[int] = []
    section: Section | None = None
    below_none = 0
    at = bisect_left(sheet.rows, header.last + 1, key=lambda row: row.number)
    for row in _without_reasons(sheet.rows[at:], header):
        cells = {by_column[column]: cell for column, cell in row.cells.items() if column in by_column}
        number = cells.get("id_number")
        has_id = isinstance(number, str) and len(number) == _ID_LENGTH
        kind = kind_of(row, cells, header, has_id=has_id)
        if kind is not None:
            skipped.append((row.number, kind, _shown(row)))
            if kind == "note" and (named := section_of(row, cells)) is not None:
                section = _within(section, named)
                sections.append(row.number)
            elif kind in ("note", "total") and ends_section(row, cells, is_pupil=False):
                section = UNKNOWN
                sections.append(row.number)
            elif kind == "repeated_header" and (new := header_at(row)) and not new.used.items() <= used.items():
                # A second table below the first orders its columns in its own way.
                refuse_duplicated(sheet.name, new)
                used = new.used
                by_column = {column: field for field, column in used.items()}
                merges = _MergedColumns(sheet, used)
            continue
        if row.hidden:
            hidden.append(row.number)
            continue
        pupil = merges.fill(PupilRow(row.number, cells)) if merges else PupilRow(row.number, cells)
        if section is None:
            below_none += 1
        else:
            _borrow_section(pupil, section)
        pupils.append(pupil)
        if not has_id and ends_section(row, cells, is_pupil=True):
            section = UNKNOWN
            sections.append(row.number)
    if hidden:
        raise WorkbookRefused("hidden_rows", _hidden_detail(sheet.name, hidden))
    _borrow(pupils, pupils[:below_none], section_above(above), sheet.name, is_alone=is_alone)
    return Table(
        header=SheetHeader(
            name=sheet.name,
            rows=(header.first, header.last),
            columns={field: column_letters(column) for field, column in header.used.items()},
            ignored=header.ignored,
        ),
        pupils=pupils,
        skipped=skipped,
        sections=sections,
    )


def _refuse_pupils_above(sheet: str, header: Header, rows: Sequence[SheetRow], by_column: dict[int, Field]) -> None:
    """A list that was sorted with its header has it in the middle; what stands above must not be lost."""
    numbers = []
    for row in rows:
        cells = {by_column[column]: cell for column, cell in row.cells.items() if column in by_column}
        number, name = cells.get("id_number"), text_of(cells.get("name"))
        # An explanation above the columns may hold a number as an example, with the column's title beside it.
        if number is None or not is_like_id(number) or len(text_of(number)) > _LONG_TEXT:
            continue
        if name and field_of(name) is None and kind_of(row, cells, header, has_id=True) is None:
            numbers.append(row.number)
    if numbers:
        raise WorkbookRefused(
            "header_not_found",
            f"工作表“{sheet}”的表头在第 {header.first} 行，但它上方的第 {_listed(numbers)} 行也是学生。"
            "请只保留一个表头，并把它移到所有学生的上方后再上传。",
        )


def _without_reasons(rows: Sequence[SheetRow], header: Header) -> Iterable[SheetRow]:
    """The rows without why they were returned once, which would be read as a label before a note."""
    column = next((column for column, title in header.titles.items() if title.startswith(REASON_TITLE)), None)
    if column is None:
        return rows
    bare = (
        msgspec.structs.replace(row, cells={at: cell for at, cell in row.cells.items() if at != column}) for row in rows
    )
    # Where nothing but the reason is left, the teacher has emptied the row.
    return (row for row in bare if row.cells)


def refuse_duplicated(sheet: str, header: Header) -> None:
    """Raises WorkbookRefused (`duplicate_column`) when two columns claim one field."""
    if (twice := header.duplicated()) is not None:
        field, columns = twice
        shown = "、".join(f"{column_letters(column)} 列“{header.titles[column]}”" for column in columns)
        raise WorkbookRefused(
            "duplicate_column",
            f"工作表“{sheet}”第 {header.last} 行的表头中，“{FIELD_TITLES[field]}”出现了 {len(columns)} 次"
            f"（{shown}）。请只保留一列后再上传。",
        )


def holds_id_numbers(sheet: Sheet) -> bool:
    """Whether a sheet without a header looks like a roster all the same; one ID number may be an example in a text."""
    found = 0
    for row in sheet.rows:
        cells = row.cells.values()
        numbers = [cell for cell in cells if is_like_id(cell) and len(text_of(cell).strip()) <= 2 * _LONG_TEXT]
        numbers = [cell for cell in numbers if is_valid_id(cell) or len(text_of(cell).strip()) <= _LONG_TEXT]
        found += bool(numbers)
        if found >= _FEWEST_ID_NUMBERS or (numbers and len(row.cells) >= _FEWEST_OF_A_PUPIL):
            return True
        if len(cells) >= _FEWEST_WITH_A_PHONE and any(map(is_valid_id, numbers)) and any(map(is_like_phone, cells)):
            return True
    return False


def _borrow_section(pupil: PupilRow, section: Section) -> None:
    if section.school_class and "class" not in pupil.cells and "grade" not in pupil.cells:
        pupil.borrow("class", section.school_class, "section")
    if (grade := section.grade or grade_in(section.school_class)) and _lacks_grade(pupil):
        pupil.borrow("grade", grade, "section")


def _within(section: Section | None, named: Section) -> Section:
    """七班 below 三年级 is that grade's."""
    if section is not None and section.grade and not named.grade and is_grade_missing(named.school_class):
        return Section(named.school_class, section.grade)
    return named


def _lacks_grade(pupil: PupilRow) -> bool:
    cell = pupil.cells.get("class")
    return isinstance(cell, str | NumberCell) and "grade" not in pupil.cells and is_grade_missing(cell)


def _borrow(
    pupils: Sequence[PupilRow], below_no_section: Sequence[PupilRow], above: Section, name: str, *, is_alone: bool
) -> None:
    """Give pupils what stands above the header or in the sheet's name, and mark those left without a class.

    A class written once holds for all only if no pupil has one of her own; a line within the table holds below it.
    """
    by_name = class_of_sheet(name, is_alone=is_alone)
    doubtful = False
    if not any(map(_has_own_class, pupils)):
        if above.school_class:
            doubtful = bool(by_name) and not _agree(read_class_name(above.school_class), read_class_name(by_name))
            if by_name and not doubtful and is_grade_missing(above.school_class):
                _borrow_class(below_no_section, by_name, "sheet_name")
            elif not doubtful:
                _borrow_class(below_no_section, above.school_class, "section")
        elif by_name and len(below_no_section) == len(pupils):
            _borrow_class(pupils, by_name, "sheet_name")
        else:
            doubtful = not by_name and is_whole_class(name)
    elif by_name and is_grade_missing(by_name) and all(map(_has_grade_alone, pupils)):
        _borrow_class(pupils, by_name, "sheet_name")
    _borrow_grade(pupils, above.grade or grade_in(above.school_class), grade_in(name))
    if doubtful or any("class" in pupil.cells for pupil in pupils):
        for pupil in pupils:
            if "class" not in pupil.cells and "grade" not in pupil.cells:
                pupil.lacks_class = True


def _has_own_class(pupil: PupilRow) -> bool:
    return not pupil.cells.keys().isdisjoint(_CLASS_OR_GRADE) and ("class", "section") not in pupil.borrowed


def _has_grade_alone(pupil: PupilRow) -> bool:
    grade = pupil.cells.get("grade")
    return grade is not None and "class" not in pupil.cells and read_class_name(text_of(grade)).class_no is None


def _borrow_class(pupils: Sequence[PupilRow], text: str, source: Cleaning) -> None:
    for pupil in pupils:
        if "class" not in pupil.cells:
            pupil.borrow("class", text, source)


def _borrow_grade(pupils: Sequence[PupilRow], above: str, by_name: str) -> None:
    """1班 on the sheet 三年级. Where a title and the sheet's name contradict each other, one was copied: ask."""
    if not (above or by_name) or (above and by_name and not _agree(read_grade_name(above), read_grade_name(by_name))):
        return
    for pupil in pupils:
        if _lacks_grade(pupil):
            pupil.borrow("grade", above or by_name, "section" if above else "sheet_name")


def _agree(one: ClassReading, other: ClassReading) -> bool:
    """Whether nothing that both say is said differently."""
    said = ((one.grade, other.grade), (one.class_no, other.class_no), (one.cohort, other.cohort))
    return all(here == there for here, there in said if here is not None and there is not None)


def _shown(row: SheetRow) -> str:
    return " ".join(" ".join(text_of(row.cells[column])[:_TEXT_LOOKED_AT].split()) for column in sorted(row.cells))[
        :_TEXT_SHOWN
    ]


def _listed(numbers: Sequence[int]) -> str:
    return "、".join(map(str, numbers[:8])) + ("等" if len(numbers) > 8 else "")


def _hidden_detail(sheet: str, numbers: list[int]) -> str:
    return (
        f"工作表“{sheet}”第 {_listed(numbers)} 行被隐藏或被筛选掉了（共 {len(numbers)} 行），无法确定是否要导入。"
        "请清除筛选、取消隐藏，或删除这些行后再上传。"
    )


class _MergedColumns:
    """Vertical merges over columns whose text counts for every row they span."""

    def __init__(self, sheet: Sheet, used: dict[Field, int]) -> None:
        fields = {column: field for field, column in used.items() if field in _SHARED_BY_MERGE}
        first_rows = {merge.first for merge in sheet.merges if merge.column in fields}
        tops = {row.number: row.cells for row in sheet.rows if row.number in first_rows}
        self._spans: dict[Field, tuple[list[int], list[tuple[int, Cell]]]] = {}
        for merge in sorted(sheet.merges, key=lambda merge: merge.first):
            field = fields.get(merge.column)
            cell = tops.get(merge.first, {}).get(merge.column)
            if field is not None and cell is not None:
                starts, ends = self._spans.setdefault(field, ([], []))
                starts.append(merge.first)
                ends.append((merge.last, cell))

    def __bool__(self) -> bool:
        return bool(self._spans)

    def fill(self, pupil: PupilRow) -> PupilRow:
        """The row with what the merges over it show."""
        for field, (starts, ends) in self._spans.items():
            at = bisect_left(starts, pupil.number) - 1
            # What a program has left in a covered cell does not show.
            if at >= 0 and pupil.number <= ends[at][0] and pupil.cells.get(field) != ends[at][1]:
                pupil.cells[field] = ends[at][1]
                pupil.borrowed += ((field, "merged"),)
        return pupil


def skipped_rows(table: Table, prefix: str) -> list[Skipped]:
    """A table's skipped rows as they are reported; `prefix` is `sheet!` when several sheets were read."""
    return [Skipped(row=f"{prefix}{number}", kind=kind, text=text) for number, kind, text in table.skipped]
