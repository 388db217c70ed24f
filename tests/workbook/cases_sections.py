"""A class or a grade that is written once for many pupils: above them, above the header, as the sheet's name."""

from collections.abc import Sequence

from tests.workbook.building import book, table
from tests.workbook.case import Case, clean
from tests.workbook.people import TITLES, id_number, name, phone, pupil

_SHORT = ("姓名", "身份证号", "联系电话", "所属区县")
_WITH_CLASS = ("姓名", "身份证号", "联系电话", "班级", "所属区县")
_NOBODY = ("id_missing", "name_format", "phone_missing", "district_missing")


def _short(index: int) -> list[object]:
    return [name(index), id_number(index), phone(index), "渝中"]


def _with_class(index: int, class_: object) -> list[object]:
    return [name(index), id_number(index), phone(index), class_, "渝中"]


def _line(name_: str, why: str, line: Sequence[object], class_: str) -> Case:
    """Below 三年级1班 stands another line, and a pupil below it."""
    return Case(
        name=f"section_line_{name_}",
        why=why,
        build=table([_SHORT, ["三年级1班"], _short(0), line, _short(1)]),
        rows=clean(3, 5),
        skipped=[("2", "note"), ("4", "note")],
        values={"3": {"class": "三年级1班"}, "5": {"class": class_}},
        changes={"3": {"class": ["section"]}, "5": {"class": ["section"]}},
    )


def _above(name_: str, why: str, rows: Sequence[Sequence[object]], class_: str) -> Case:
    at = len(rows) + 2
    return Case(
        name=f"class_above_header_{name_}",
        why=why,
        build=table([*rows, _SHORT, _short(0)]),
        rows=clean(at),
        values={str(at): {"class": class_}},
        changes={str(at): {"class": ["section"]} if class_ else {}},
    )


CASES = (
    _line(
        "with_teacher_beside",
        "who teaches the class stands in the cell beside it",
        ["三年级2班", "班主任：李老师"],
        "三年级2班",
    ),
    _line("with_teacher", "or behind it", ["三年级3班 李老师"], "三年级3班"),
    _line("with_label", "班级： before it", ["班级：三年级2班"], "三年级2班"),
    _line("with_label_apart", "班级 before it, without a colon", ["班级 三年级12班"], "三年级12班"),
    _line("with_label_beside", "班级 in a cell of its own", ["班级", "三年级3班"], "三年级3班"),
    _line("with_count", "brackets and how many they are", ["三年级(4)班 45人"], "三年级(4)班"),
    _line("in_dashes", "dashes around it", ["—三年级11班—"], "三年级11班"),
    _line("with_dashes_behind", "dashes before who teaches it", ["三年级10班——班主任 王"], "三年级10班"),
    _line("in_brackets", "brackets around it", ["（三年级2班）"], "三年级2班"),
    _line("without_grade", "七班 is no other class: it is asked which", ["七班"], "七班"),
    Case(
        name="section_line_with_colon",
        why="full-width brackets and a colon; the class is cleaned like any other",
        build=table([_SHORT, ["三（8）班："], _short(0)]),
        rows=clean(3),
        skipped=[("2", "note")],
        values={"3": {"class": "三(8)班"}},
    ),
    Case(
        name="section_line_not_understood",
        why="向日葵班 is none that we know: the pupils below are not left in the class before",
        build=table([_SHORT, ["三年级1班"], _short(0), ["向日葵班的小朋友们"], _short(1)]),
        rows={"3": (), "4": ("id_missing", "phone_missing", "district_missing"), "5": ()},
        skipped=[("2", "note")],
        values={"3": {"class": "三年级1班"}, "5": {"class": ""}},
        warnings={"3": [], "5": ["class_missing"]},
    ),
    Case(
        name="section_line_of_numbers",
        why="3.9 may be a class or a day; whatever it is, the section before it has ended",
        build=table([_SHORT, ["三年级1班"], _short(0), ["3.9"], _short(1)]),
        rows={"3": (), "4": _NOBODY, "5": ()},
        skipped=[("2", "note")],
        values={"5": {"class": ""}},
        warnings={"5": ["class_missing"]},
    ),
    Case(
        name="section_ends_with_its_total",
        why="below the sum of a class its section is over; 全班 in a remark ends none",
        build=table([_SHORT, ["三年级1班"], _short(0), ["全班共2人"], _short(1), ["三年级1班小计", "2人"], _short(2)]),
        rows=clean(3, 5, 7),
        skipped=[("2", "note"), ("4", "total"), ("6", "total")],
        values={"5": {"class": "三年级1班"}, "7": {"class": ""}},
        warnings={"7": ["class_missing"]},
    ),
    Case(
        name="section_survives_a_pupil_without_numbers",
        why="a pupil whose own class is written and who has neither ID number nor phone is no line",
        build=table(
            [TITLES, ["三年级1班"], pupil(0, class_=None), pupil(1, id_number=None, phone=None), pupil(2, class_=None)]
        ),
        rows={"3": (), "4": ("id_missing", "phone_missing"), "5": ()},
        skipped=[("2", "note")],
        values={"4": {"class": "三年级2班"}, "5": {"class": "三年级1班"}},
    ),
    Case(
        name="grade_lines",
        why="三年级 above the classes of a grade: 1班 is that grade's",
        build=table(
            [
                _WITH_CLASS,
                ["三年级"],
                _with_class(0, "1班"),
                ["四年级"],
                _with_class(1, "1班"),
                _with_class(2, "五年级2班"),
            ]
        ),
        rows=clean(3, 5, 6),
        skipped=[("2", "note"), ("4", "note")],
        values={"3": {"class": "1班", "grade": "三年级"}, "5": {"class": "1班", "grade": "四年级"}, "6": {"grade": ""}},
        changes={"3": {"grade": ["section"]}, "5": {"grade": ["section"]}, "6": {}},
    ),
    Case(
        name="class_lines_below_grade_lines",
        why="1班 below 三年级, and 1班 below 四年级",
        build=table([_SHORT, ["三年级"], ["1班"], _short(0), ["四年级"], ["1班"], _short(1)]),
        rows=clean(4, 7),
        skipped=[(str(at), "note") for at in (2, 3, 5, 6)],
        values={"4": {"class": "1班", "grade": "三年级"}, "7": {"class": "1班", "grade": "四年级"}},
    ),
    Case(
        name="sheet_per_grade",
        why="the most usual layout: a sheet per grade, 1班 and 2班 on each",
        build=book(
            {
                "三年级": [_WITH_CLASS, _with_class(0, "1班"), _with_class(1, 2)],
                "四年级名单": [_WITH_CLASS, _with_class(2, "1班"), _with_class(3, "四年级2班")],
            }
        ),
        rows=clean("三年级!2", "三年级!3", "四年级名单!2", "四年级名单!3"),
        values={
            "三年级!2": {"class": "1班", "grade": "三年级"},
            "三年级!3": {"class": "2", "grade": "三年级"},
            "四年级名单!2": {"class": "1班", "grade": "四年级"},
            "四年级名单!3": {"grade": ""},
        },
        changes={"三年级!2": {"grade": ["sheet_name"]}, "四年级名单!3": {}},
    ),
    Case(
        name="grade_in_the_title",
        why="the grade stands in the title alone",
        build=table([["某某小学2026年春季学期三年级学生信息表"], _WITH_CLASS, _with_class(0, "1班")]),
        rows=clean(3),
        values={"3": {"class": "1班", "grade": "三年级"}},
        changes={"3": {"grade": ["section"]}},
    ),
    Case(
        name="several_grades_in_the_title",
        why="一至六年级 is no grade",
        build=table([["一至六年级学生信息表"], _WITH_CLASS, _with_class(0, "1班")]),
        rows=clean(3),
        values={"3": {"class": "1班", "grade": ""}},
    ),
    Case(
        name="title_and_sheet_contradict",
        why="the sheet was copied from another grade's, and the title forgotten: nothing is borrowed, it is asked",
        build=table([["三年级学生名单"], _WITH_CLASS, _with_class(0, "1班")], sheet="四年级"),
        rows=clean(3),
        values={"3": {"class": "1班", "grade": ""}},
    ),
    Case(
        name="number_in_the_title_and_grade_in_the_sheets_name",
        why="2班 above the header of the sheet 三年级2班 is the same class",
        build=table([["2班学生名单"], _SHORT, _short(0)], sheet="三年级2班"),
        rows=clean(3),
        values={"3": {"class": "三年级2班"}},
        changes={"3": {"class": ["sheet_name"]}},
    ),
    Case(
        name="class_column_below_class_lines",
        why="1班 below 三年级1班 is that grade's",
        build=table([_WITH_CLASS, ["三年级1班"], _with_class(0, "1班"), _with_class(1, None)]),
        rows=clean(3, 4),
        skipped=[("2", "note")],
        values={"3": {"class": "1班", "grade": "三年级"}, "4": {"class": "三年级1班", "grade": ""}},
    ),
    Case(
        name="grade_drawn_down",
        why="三年级 drawn down in its column below the last pupil begins no section",
        build=table(
            [[*_WITH_CLASS, "年级"], [*_with_class(0, "1班"), "三年级"], [*[None] * 5, "四年级"], _with_class(1, "1班")]
        ),
        rows=clean(2, 4),
        skipped=[("3", "prefilled")],
        values={"4": {"class": "1班", "grade": ""}},
    ),
    Case(
        name="titles_class_and_sheets_class_contradict",
        why="the same with classes: the pupils have none, and it is said",
        build=table([["三年级1班学生名单"], _SHORT, _short(0)], sheet="三年级2班"),
        rows=clean(3),
        values={"3": {"class": ""}},
        warnings={"3": ["class_missing"]},
    ),
    Case(
        name="a_grade_column_is_enough",
        why="where grades are written, the sheet's name has nothing to add",
        build=table([[*_WITH_CLASS, "年级"], [*_with_class(0, "1班"), "四年级"]], sheet="三年级"),
        rows=clean(2),
        values={"2": {"grade": "四年级"}},
        changes={"2": {}},
    ),
    _above(
        "in_title",
        "the class in the title",
        [["三年级2班学生信息表"], ["班主任：王老师", "填表日期：2026年3月"]],
        "三年级2班",
    ),
    _above("with_school", "the school before it", [["重庆市某某小学三（2）班花名册"]], "三(2)班"),
    _above("alone", "the class alone, as above each block", [["三年级1班"]], "三年级1班"),
    _above(
        "in_labelled_cells",
        "a row of labels and what they label",
        [["学校名称", "某某小学", "班级", "三年级2班"]],
        "三年级2班",
    ),
    _above("two_of_them", "a title of two classes names none", [["三年级1班、三年级2班名单"]], ""),
    *(
        _above(f"several_{at}", "a title of all classes of a grade names none", [[shown]], "")
        for at, shown in enumerate(
            (
                "三年级(1-6班)名单",
                "三年级1-6班名单",
                "三(1)至(6)班名单",
                "三年级1班至6班名单",
                "三年级1～6班",
                "三、四班",
            )
        )
    ),
    _above(
        "in_an_explanation", "an example of how to write a class is no title", [["班级请填写完整，如：三年级2班"]], ""
    ),
    Case(
        name="blocks_with_headers_of_their_own",
        why="a class above each block and its header, the first block's above the first header",
        build=table([["三年级1班"], _SHORT, _short(0), [], ["三年级2班"], _SHORT, _short(1)]),
        rows=clean(3, 7),
        skipped=[("5", "note"), ("6", "repeated_header")],
        values={"3": {"class": "三年级1班"}, "7": {"class": "三年级2班"}},
    ),
    Case(
        name="class_column_left_empty",
        why="the template's column for the class stays empty where the sheet is called by the class",
        build=table([TITLES, pupil(0, class_=None), pupil(1, class_=None)], sheet="三年级2班"),
        rows=clean(2, 3),
        values={"2": {"class": "三年级2班"}, "3": {"class": "三年级2班"}},
        changes={"2": {"class": ["sheet_name"]}, "3": {"class": ["sheet_name"]}},
    ),
    Case(
        name="class_in_the_first_row_of_a_group",
        why="typed once and not merged: for whom it holds is not guessed, but it is said who has none",
        build=table([TITLES, pupil(0), pupil(1, class_=None), pupil(2, class_="三年级3班"), pupil(3, class_=None)]),
        rows=clean(2, 3, 4, 5),
        values={"3": {"class": ""}, "5": {"class": ""}},
        warnings={"2": [], "3": ["class_missing"], "4": [], "5": ["class_missing"]},
    ),
)
