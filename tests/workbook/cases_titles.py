"""Headers whose columns are called otherwise than in the template, or more than once."""

from openpyxl.worksheet.worksheet import Worksheet

from tests.workbook.building import lines, table, text
from tests.workbook.case import Case, clean
from tests.workbook.people import id_number, name, phone, pupil, pupils

_SHORT = ("姓名", "身份证号", "联系电话", "所属区县")


def _short(index: int) -> list[object]:
    return [name(index), id_number(index), phone(index), "渝中"]


def _merge_three_rows(sheet: Worksheet) -> None:
    for reference in ("A1:A3", "B1:D1", "B2:B3", "C2:C3", "D2:D3", "E1:H1", "E2:F2", "G2:H2", "I1:I3"):
        sheet.merge_cells(reference)


CASES = (
    Case(
        name="titles_with_invisible_characters",
        why="titles copied from web pages carry zero-width blanks",
        build=table(
            [["身份证号\u200b", "姓名\u200b", "\ufeff联系电话", "所属\u200d区县"], _short(0)[1::-1] + _short(0)[2:]]
        ),
        rows=clean(2),
    ),
    Case(
        name="csv_with_two_byte_order_marks",
        why="a CSV whose mark was written twice",
        build=text(
            "\ufeff\ufeff" + lines([["身份证号", *_SHORT[::2], "所属区县"], [id_number(0), name(0), phone(0), "渝中"]])
        ),
        rows=clean(2),
    ),
    Case(
        name="remarks_on_lines_of_their_own",
        why="(必填) and 如：渝中 each below the title, in its cell",
        build=table(
            [
                [
                    "身份证号\n（必填）",
                    "姓名\n（必填）",
                    "联系电话\n（必填）",
                    "家长姓名",
                    "家长联系电话",
                    "班级",
                    "所属区县名称\n（必填）\n如：渝中",
                ],
                pupil(0),
            ]
        ),
        rows=clean(2),
    ),
    Case(
        name="serial_number_called_id",
        why="a column called ID beside the ID number is a serial number",
        build=table([["ID", *_SHORT], [1, *_short(0)], [2, *_short(1)]]),
        rows=clean(2, 3),
        columns={"name": "B", "id_number": "C", "phone": "D", "home_district": "E"},
    ),
    Case(
        name="where_the_family_is_registered",
        why="of 户籍区县 and 所属区县 the template's word counts",
        build=table([["户籍区县", *_SHORT], ["江津", *_short(0)]]),
        rows=clean(2),
        values={"2": {"home_district": "渝中"}},
    ),
    Case(
        name="class_now_and_before",
        why="of 现班级 and 班级 the template's word counts, and 原班级 never",
        build=table([[*_SHORT, "现班级", "原班级", "班级"], [*_short(0), "三年级9班", "二年级1班", "三年级1班"]]),
        rows=clean(2),
        values={"2": {"class": "三年级1班"}},
    ),
    Case(
        name="family_members",
        why="家庭成员1 and 家庭成员2 above 姓名 and 联系电话 are guardians, and the first is read",
        build=table(
            [
                ["学生信息", None, None, None, "家庭成员1", None, "家庭成员2", None],
                [*_SHORT, "姓名", "联系电话", "姓名", "联系电话"],
                [*_short(0), "王强", phone(1), "李梅", phone(2)],
            ]
        ),
        rows=clean(3),
        values={"3": {"name": name(0), "phone": phone(0), "guardian_name": "王强", "guardian_phone": phone(1)}},
    ),
    Case(
        name="header_of_three_rows",
        why="a group above groups above the titles",
        build=table(
            [
                ["序号", "基本信息", None, None, "家长信息", None, None, None, "所属区县"],
                [None, "姓名", "身份证号", "联系电话", "父亲", None, "母亲", None, None],
                [None, None, None, None, "姓名", "电话", "姓名", "电话", None],
                *[
                    [at, name(at), id_number(at), phone(at), "王强", phone(8), "李梅", phone(9), "渝中"]
                    for at in range(2)
                ],
            ],
            finish=_merge_three_rows,
        ),
        rows=clean(4, 5),
        values={"4": {"name": name(0), "phone": phone(0), "guardian_name": "王强", "guardian_phone": phone(8)}},
    ),
    Case(
        name="titles_in_two_languages",
        why="an international school's titles say everything twice",
        build=table(
            [
                [
                    "身份证号 ID No.",
                    "姓名 Name",
                    "联系电话 Phone",
                    "家长姓名/Parent Name",
                    "家长电话 Parent Phone",
                    "班级 Class",
                    "区县 District",
                ],
                *pupils(2),
            ]
        ),
        rows=clean(2, 3),
        values={"2": {"guardian_name": "王强", "class": "三年级2班"}},
    ),
)
