"""What the name of a sheet or of a file says of the class, and lines that name one in more words."""

from collections.abc import Sequence

from tests.workbook.building import book, lines, table, text
from tests.workbook.case import Build, Case, clean
from tests.workbook.people import id_number, name, phone

_SHORT = ("姓名", "身份证号", "联系电话", "所属区县")
_GRADED = (*_SHORT, "年级")


def _short(index: int) -> list[object]:
    return [name(index), id_number(index), phone(index), "渝中"]


def _list(*above: Sequence[object]) -> list[Sequence[object]]:
    return [*above, _SHORT, _short(0)]


def _no_class(name_: str, why: str, build: Build) -> Case:
    """One pupil in row 2 whose class is not read, which is said."""
    return Case(
        name=name_, why=why, build=build, rows=clean(2), values={"2": {"class": ""}}, warnings={"2": ["class_missing"]}
    )


def _line(name_: str, why: str, line: str, class_: str) -> Case:
    return Case(
        name=f"line_{name_}",
        why=why,
        build=table([_SHORT, ["三年级1班"], _short(0), [line], _SHORT, _short(1)]),
        rows=clean(3, 6),
        skipped=[("2", "note"), ("4", "note"), ("5", "repeated_header")],
        values={"3": {"class": "三年级1班"}, "6": {"class": class_}},
        warnings={"3": [], "6": [] if class_ else ["class_missing"]},
    )


CASES = (
    Case(
        name="sheets_of_numbers_below_a_grades_title",
        why="1班 and 2班 as sheets, and the grade in the title of each",
        build=book(
            {
                "1班": _list(["某某学校三年级学生名单"]),
                "2班名单": [["某某学校三年级学生名单"], _SHORT, _short(1)],
            }
        ),
        rows=clean("1班!3", "2班名单!3"),
        values={"1班!3": {"class": "1班", "grade": "三年级"}, "2班名单!3": {"class": "2班", "grade": "三年级"}},
        changes={"1班!3": {"class": ["sheet_name"], "grade": ["section"]}},
    ),
    Case(
        name="sheet_of_a_number_alone",
        why="5班 is no class by itself: it is asked which, rather than left out",
        build=table(_list(), sheet="5班"),
        rows=clean(2),
        values={"2": {"class": "5班", "grade": ""}},
        changes={"2": {"class": ["sheet_name"]}},
    ),
    Case(
        name="sheet_of_a_number_and_a_column_of_grades",
        why="the grade in a column, the class as the sheet's name",
        build=table([_GRADED, [*_short(0), "三年级"]], sheet="5班"),
        rows=clean(2),
        values={"2": {"class": "5班", "grade": "三年级"}},
    ),
    Case(
        name="sheet_of_a_number_and_whole_classes_in_the_column_of_grades",
        why="三年级2班 in the column for the grade says all: the sheet's name is not asked",
        build=table([_GRADED, [*_short(0), "三年级2班"]], sheet="5班"),
        rows=clean(2),
        values={"2": {"class": "", "grade": "三年级2班"}},
    ),
    Case(
        name="sheet_of_a_number_below_another_number",
        why="2班 above the header of the sheet 5班: one of the two was copied",
        build=table(_list(["三年级2班名单"]), sheet="5班"),
        rows=clean(3),
        values={"3": {"class": ""}},
        warnings={"3": ["class_missing"]},
    ),
    Case(
        name="sheets_of_digits",
        why="3.1 beside 3.10, or 301 beside 302, are the classes of a grade",
        build=book({"3.1": _list(), "3.10": [_SHORT, _short(1)]}),
        rows=clean("3.1!2", "3.10!2"),
        values={"3.1!2": {"class": "3.1"}, "3.10!2": {"class": "3.10"}},
    ),
    *(
        _no_class(
            f"sheet_of_digits_alone_{at}", "a single 3.2 is a day as well as a class", table(_list(), sheet=shown)
        )
        for at, shown in enumerate(("3.2", "3-2", "302", "1201"))
    ),
    *(
        _no_class(f"sheet_of_a_range_{at}", "the classes 1 to 6, or 一年级6班", table(_list(), sheet=shown))
        for at, shown in enumerate(("1-6班", "1—6 班"))
    ),
    *(
        Case(
            name=f"title_of_a_range_{at}",
            why="the same above the header",
            build=table(_list([shown])),
            rows=clean(3),
            values={"3": {"class": ""}},
        )
        for at, shown in enumerate(("1-6班学生名单", "1—6班", "2-12班花名册"))
    ),
    Case(
        name="title_of_no_range",
        why="3-2 leads from no class to another",
        build=table(_list(["3-2班学生名单"])),
        rows=clean(3),
        values={"3": {"class": "3-2班"}},
    ),
    Case(
        name="sheets_of_no_ranges",
        why="1-1班 beside 1-2班 are classes",
        build=book({"1-1班": _list(), "1-2班": [_SHORT, _short(1)]}),
        rows=clean("1-1班!2", "1-2班!2"),
        values={"1-2班!2": {"class": "1-2班"}},
    ),
    *(
        _no_class(
            f"file_of_digits_{at}",
            "a file is called by the day on which it was saved",
            text(lines(_list()), name=f"{shown}.csv"),
        )
        for at, shown in enumerate(("3.2", "302", "11-12"))
    ),
    _line("with_year", "the term before the class", "2026年春三(2)班花名册", "三(2)班"),
    _line("with_term", "more of it", "2025-2026学年度第二学期三年级2班学生名单（45人）", "三年级2班"),
    _line("with_school", "the school before it", "某某学校三年级2班花名册", "三年级2班"),
    _line(
        "of_a_class_not_understood", "a title of a class nobody knows ends the section", "2026年春向日葵班花名册", ""
    ),
    *(
        _line(f"counted_{at}", "lines are counted like chapters", line, "三年级2班")
        for at, line in enumerate(
            ("一、三年级2班", "2. 三年级2班", "（二）三年级2班", "2）三年级2班", "(2)、三年级2班花名册")
        )
    ),
    _line("counted_or_two_grades", "一、 may count the lines or the grades", "一、二年级2班", ""),
    _line("of_several", "a title of two classes names none", "2026年春三年级1班、三年级2班花名册", ""),
    Case(
        name="line_about_a_class",
        why="what is said about those above does not hold for those below",
        build=table([_SHORT, ["三年级1班"], _short(0), ["注：以上学生由三年级2班转入"], _short(1)]),
        rows=clean(3, 5),
        skipped=[("2", "note"), ("4", "note")],
        values={"3": {"class": "三年级1班"}, "5": {"class": ""}},
    ),
    Case(
        name="title_between_pages",
        why="a title at the top of the next page is no pupil",
        build=table([_SHORT, _short(0), ["重庆市某某学校借阅证办理登记表（续）"], _short(1)]),
        rows=clean(2, 4),
        skipped=[("3", "note")],
    ),
)
