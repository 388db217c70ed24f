"""Where the header stands among the pupils, and lists of more than one table."""

from openpyxl.worksheet.worksheet import Worksheet

from tests.workbook.building import book, table
from tests.workbook.case import Case, clean
from tests.workbook.ooxml import package, parts, rows_xml, sheet_xml
from tests.workbook.people import TITLES, id_number, name, phone, pupil, pupils

_SHORT = ("姓名", "身份证号", "联系电话", "所属区县")


def _short(index: int) -> list[object]:
    return [name(index), id_number(index), phone(index), "渝中"]


def _without_numbers(guardian: str) -> list[object]:
    return pupil(0, id_number=None, phone=None, guardian_phone=None, guardian_name=guardian, class_=None)


def _merge_groups(sheet: Worksheet) -> None:
    for reference in ("A1:A2", "B1:B2", "C1:D1", "E1:E2"):
        sheet.merge_cells(reference)


CASES = (
    Case(
        name="header_sorted_into_the_middle",
        why="who sorts a list with its header has it in the middle: the pupils above it must not be lost",
        build=table([*pupils(3), TITLES, *pupils(2, first=5)]),
        refusal="header_not_found",
        says="第 1、2、3 行",
    ),
    Case(
        name="one_pupil_above_the_header",
        why="one pupil is as much as three",
        build=table([["三年级名单"], pupil(9), TITLES, *pupils(2)]),
        refusal="header_not_found",
        says="第 2 行",
    ),
    Case(
        name="ruined_pupil_above_the_header",
        why="even one whose ID number Excel has destroyed",
        build=table([pupil(9, id_number=500103201501019974), TITLES, *pupils(2)]),
        refusal="header_not_found",
        says="第 1 行",
    ),
    Case(
        name="sample_above_the_header",
        why="a sample between instructions and header is no pupil",
        build=table([[None, *TITLES[1:]], ["序号", *TITLES], ["示例", *pupil(7)], ["序号", *TITLES], [1, *pupil(0)]]),
        rows=clean(5),
        skipped=[("3", "sample"), ("4", "repeated_header")],
    ),
    Case(
        name="example_above_the_header",
        why="so is a number that explains how to write one",
        build=table(
            [[f"18位，如：{id_number(7)}，末位X大写", "与户口本一致"], TITLES, pupil(0)],
        ),
        rows=clean(3),
    ),
    Case(
        name="explanations_in_a_table_above_the_header",
        why="a table that explains each column by an example stands in the columns it explains",
        build=table(
            [
                ["序号", "列名", "示例", "要求"],
                [1, "姓名", "张三", "与户口本一致"],
                [2, "身份证号", id_number(7), "18位"],
                [],
                ["序号", *_SHORT],
                [1, *_short(0)],
            ]
        ),
        rows=clean(6),
    ),
    Case(
        name="second_table_with_more_columns",
        why="of two tables the first is read by its own header, though the second knows more",
        build=table([_SHORT, _short(0), [], TITLES, pupil(1)]),
        rows=clean(2, 5),
        skipped=[("4", "repeated_header")],
        values={"2": {"name": name(0)}, "5": {"guardian_name": "王强", "class": "三年级2班"}},
    ),
    Case(
        name="second_table_complete_the_first_not",
        why="a first table that lacks the district cannot be read, and is not passed over either",
        build=table([_SHORT[:3], _short(0)[:3], [], _SHORT, _short(1)]),
        refusal="header_not_found",
        says="第 2 行",
    ),
    Case(
        name="pupils_without_a_header_beside_a_hidden_template",
        why="the header on a hidden sheet is not the one that the pupils lack",
        build=book({"Sheet1": pupils(3), "模板": [TITLES]}, hidden=["模板"]),
        refusal="header_not_found",
        says="Sheet1",
    ),
    Case(
        name="pupils_without_a_header_beside_an_empty_template",
        why="nor is one on a sheet without pupils",
        build=book({"填写": [TITLES], "名单": pupils(3)}),
        refusal="header_not_found",
        says="名单",
    ),
    Case(
        name="whose_phone_it_is_below_phone",
        why="本人 and 家长 below 联系电话 say whose",
        build=table(
            [
                ["姓名", "身份证号", "联系电话", None, "所属区县"],
                [None, None, "本人", "家长", None],
                [name(0), id_number(0), phone(0), phone(9), "渝中"],
            ],
            finish=_merge_groups,
        ),
        rows=clean(3),
        values={"3": {"phone": phone(0), "guardian_phone": phone(9), "guardian_name": ""}},
    ),
    Case(
        name="whose_number_it_is_below_id_number",
        why="the guardian's ID number is nobody's to import",
        build=table(
            [
                ["姓名", None, "身份证号", None, "联系电话", "所属区县"],
                ["学生", "家长", "学生", "家长", None, None],
                [name(0), "王强", id_number(0), id_number(1), phone(0), "渝中"],
            ]
        ),
        rows=clean(3),
        values={"3": {"name": name(0), "guardian_name": "王强", "id_number": id_number(0)}},
    ),
    Case(
        name="merged_over_other_classes",
        why="what is left in a cell below a merged one does not show, and does not count",
        build=package(
            parts(
                sheet_xml(
                    rows_xml([TITLES, pupil(0), pupil(1, class_="三年级9班")]),
                    after='<mergeCells><mergeCell ref="F2:F3"/></mergeCells>',
                )
            )
        ),
        rows=clean(2, 3),
        values={"3": {"class": "三年级2班"}},
        changes={"3": {"class": ["merged"]}},
    ),
    Case(
        name="titles_counted_in_chinese",
        why="一、姓名 is 姓名",
        build=table([[f"{at}、{title}" for at, title in zip("一二三四", _SHORT, strict=True)], _short(0)]),
        rows=clean(2),
    ),
    Case(
        name="class_name_and_class_number",
        why="of 班级名称 and 班号, as the register of pupils has them, the name says more",
        build=table([[*_SHORT, "年级名称", "班号", "班级名称"], [*_short(0), "三年级", "02", "2班"]]),
        rows=clean(2),
        values={"2": {"class": "2班", "grade": "三年级"}},
    ),
    *(
        Case(
            name=f"first_pupil_without_numbers_{at}",
            why="who has a name is somebody, though 父亲 could be a title as well",
            build=table([TITLES, _without_numbers(word), pupil(1)]),
            rows={"2": ("id_missing", "phone_missing"), "3": ()},
        )
        for at, word in enumerate(("父亲", "家长"))
    ),
    Case(
        name="where_one_lives_now",
        why="现居住区县 is a district, too",
        build=table([(*_SHORT[:3], "现居住区县"), _short(0)]),
        rows=clean(2),
    ),
    Case(
        name="sum_in_the_column_of_phones",
        why="小计 with its number anywhere is a sum",
        build=table([TITLES, pupil(0), ["小计", None, "1人"], pupil(1), ["总计", None, 2]]),
        rows=clean(2, 4),
        skipped=[("3", "total"), ("5", "total")],
    ),
    Case(
        name="sum_or_somebody_called_so",
        why="who has a phone is somebody, whatever the name",
        build=table([TITLES, [None, "合计", phone(0)]]),
        rows={"2": ("id_missing", "district_missing")},
    ),
    Case(
        name="pages_counted",
        why="第 1 页，共 3 页 counts pages, not pupils",
        build=table([TITLES, pupil(0), ["第 1 页，共 3 页"], TITLES, pupil(1), ["第2页 共3页"]]),
        rows=clean(2, 5),
        skipped=[("3", "note"), ("4", "repeated_header"), ("6", "note")],
    ),
)
