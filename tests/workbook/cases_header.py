"""Where the header is and what its columns are called."""

from openpyxl.worksheet.worksheet import Worksheet

from tests.workbook.building import Finish, table
from tests.workbook.case import Case, clean
from tests.workbook.people import TITLES, id_number, name, phone, pupil, pupils

_TITLE = ["重庆市渝中区某某小学学生信息录入表"]
_NOTE = ["说明：1、不要修改表结构；2、身份证号请设为文本"]
_BARE = ("身份证号", "姓名", "联系电话", "家长姓名", "家长联系电话", "班级", "所属区县名称")


def _moved(rows: list[list[object]], *order: int) -> list[list[object]]:
    return [[row[at] for at in order] for row in rows]


def _merge(*ranges: str) -> Finish:
    def finish(sheet: Worksheet) -> None:
        for reference in ranges:
            sheet.merge_cells(reference)

    return finish


def _synonyms(*titles: str) -> list[list[object]]:
    """A table of the template's columns under other titles."""
    return [list(titles), *pupils(2)]


CASES = (
    Case(
        name="template_as_it_is",
        why="the plain case: header in row 1, two pupils",
        build=table([TITLES, *pupils(2)]),
        rows=clean(2, 3),
        values={"2": {"id_number": id_number(0), "name": name(0), "phone": phone(0), "class": "三年级2班"}},
        format="xlsx",
    ),
    Case(
        name="title_and_note_above",
        why="a merged title and a note stand above the header in most schools' files",
        build=table([_TITLE, _NOTE, TITLES, *pupils(2)], finish=_merge("A1:G1", "A2:G2")),
        rows=clean(4, 5),
    ),
    Case(
        name="blank_rows_and_columns_before",
        why="a table may begin at C5; rows are numbered as Excel shows them",
        build=table([[], [], [], [], [None, None, *TITLES], *[[None, None, *row] for row in pupils(2)]]),
        rows=clean(6, 7),
        columns={
            "id_number": "C",
            "name": "D",
            "phone": "E",
            "guardian_name": "F",
            "guardian_phone": "G",
            "class": "H",
            "home_district": "I",
        },
    ),
    Case(
        name="columns_in_another_order",
        why="columns are found by name, not by place",
        build=table([_moved([list(_BARE)], 1, 6, 5, 0, 2, 4, 3)[0], *_moved(pupils(2), 1, 6, 5, 0, 2, 4, 3)]),
        rows=clean(2, 3),
        values={"2": {"name": name(0), "home_district": "渝中", "id_number": id_number(0)}},
    ),
    Case(
        name="extra_columns",
        why="序号, 性别, 民族, 学籍号, 出生日期 and 备注 mean nothing to us and harm nobody",
        build=table(
            [
                ["序号", "性别", "民族", "全国学籍号", "出生日期", "年龄", *_BARE, "家庭住址", "备注"],
                *[
                    [at, "女", "汉族", f"G{id_number(at)}", "2012-01-01", 13, *row, "解放碑1号", None]
                    for at, row in enumerate(pupils(3))
                ],
            ]
        ),
        rows=clean(2, 3, 4),
    ),
    Case(
        name="stars_line_breaks_and_brackets",
        why="* 姓名, 身份证\n号码, (必填), 【选填】 are what people put around titles",
        build=table(
            _synonyms(
                "* 身份证\n号码（必填）",
                "*姓名",
                "＊联系电话\n(手机)",
                "家 长 姓 名",
                "家长电话【选填】",
                "班 级：",
                "*所属区县（如：渝中）",
            )
        ),
        rows=clean(2, 3),
    ),
    *(
        Case(
            name=f"synonyms_{at}",
            why="schools have their own words for the same columns",
            build=table(_synonyms(*titles)),
            rows=clean(2, 3),
            values={
                "3": {
                    "id_number": id_number(1),
                    "guardian_name": "王强",
                    "guardian_phone": phone(5001),
                    "class": "三年级2班",
                    "home_district": "渝中",
                }
            },
        )
        for at, titles in enumerate(
            (
                ("身份证号码", "学生姓名", "手机号码", "监护人姓名", "监护人电话", "所在班级", "所属区县"),
                ("证件号码", "幼儿姓名", "联系方式", "监护人", "监护人联系方式", "班级名称", "区县"),
                ("学生身份证号", "姓 名", "电话", "家长", "家长手机号", "行政班", "区县名称"),
                ("公民身份号码", "学生名字", "本人联系电话", "父母姓名", "父母联系电话", "就读班级", "户籍区县"),
                (
                    "居民身份证号码",
                    "读者姓名",
                    "联系电话(手机)",
                    "法定监护人姓名",
                    "法定监护人联系电话",
                    "班别",
                    "行政区县",
                ),
                ("ID Number", "Name", "Phone", "Parent Name", "Parent Phone", "Class", "District"),
                ("1.身份证号", "2.姓名", "3.联系电话", "4.家长姓名", "5.家长联系电话", "6.班级", "7.所属区县名称"),
                (
                    "证件号",
                    "孩子姓名",
                    "移动电话",
                    "家长姓名(父或母)",
                    "家长联系电话（11位手机号）",
                    "班级（如三年级2班）",
                    "所在区县",
                ),
            )
        )
    ),
    Case(
        name="grade_and_class_in_two_columns",
        why="年级 and 班级 may be two columns",
        build=table(
            [
                ["年级", "班级", *_BARE[:5], "所属区县"],
                *[["三年级", "2班", *row[:5], "渝中"] for row in pupils(2)],
            ]
        ),
        rows=clean(2, 3),
        values={"2": {"grade": "三年级", "class": "2班"}},
    ),
    Case(
        name="grade_and_class_in_one_column",
        why="年级班级 is one column with both",
        build=table(_synonyms("身份证号", "姓名", "联系电话", "家长姓名", "家长电话", "年级班级", "区县")),
        rows=clean(2, 3),
        values={"2": {"class": "三年级2班", "grade": ""}},
    ),
    Case(
        name="header_of_two_rows",
        why="学生信息 and 家长信息 above their columns, merged",
        build=table(
            [
                ["序号", "学生信息", None, None, None, "家长信息", None, "所属区县"],
                [None, "姓名", "身份证号", "班级", "联系电话", "姓名", "联系电话", None],
                *[[at, row[1], row[0], row[5], row[2], row[3], row[4], row[6]] for at, row in enumerate(pupils(2), 1)],
            ],
            finish=_merge("A1:A2", "B1:E1", "F1:G1", "H1:H2"),
        ),
        rows=clean(3, 4),
        values={"3": {"name": name(0), "guardian_name": "王强", "phone": phone(0), "guardian_phone": phone(5000)}},
    ),
    Case(
        name="guardians_own_id_number",
        why="the guardian's ID number is not the pupil's",
        build=table(
            [
                ["姓名", "身份证号", "联系电话", "监护人姓名", "监护人身份证号", "监护人电话", "区县"],
                *[[row[1], row[0], row[2], row[3], "500103198001019999", row[4], row[6]] for row in pupils(2)],
            ]
        ),
        rows=clean(2, 3),
        values={"2": {"id_number": id_number(0), "guardian_name": "王强"}},
    ),
    Case(
        name="father_and_mother",
        why="of two guardians the first is read",
        build=table(
            [
                ["姓名", "身份证号", "联系电话", "父亲姓名", "父亲电话", "母亲姓名", "母亲电话", "区县"],
                *[[row[1], row[0], row[2], "王强", phone(1), "李梅", phone(2), row[6]] for row in pupils(2)],
            ]
        ),
        rows=clean(2, 3),
        values={"2": {"guardian_name": "王强", "guardian_phone": phone(1)}},
    ),
    Case(
        name="two_phones",
        why="联系电话1 and 联系电话2: the first is read",
        build=table(
            [
                ["姓名", "身份证号", "联系电话1", "联系电话2", "区县"],
                *[[row[1], row[0], row[2], phone(9), row[6]] for row in pupils(2)],
            ]
        ),
        rows=clean(2, 3),
        values={"2": {"phone": phone(0)}},
    ),
    Case(
        name="teachers_columns",
        why="班主任 and 班主任电话 are nobody's to import",
        build=table(
            [
                ["班级", "班主任", "班主任电话", "姓名", "身份证号", "联系电话", "区县"],
                *[["三年级2班", "赵老师", phone(9), row[1], row[0], row[2], row[6]] for row in pupils(2)],
            ]
        ),
        rows=clean(2, 3),
        values={"2": {"name": name(0), "phone": phone(0)}},
    ),
    Case(
        name="only_the_four_required_columns",
        why="guardian and class may be missing altogether",
        build=table(
            [["身份证号", "姓名", "联系电话", "所属区县"], *[[row[0], row[1], row[2], row[6]] for row in pupils(2)]]
        ),
        rows=clean(2, 3),
        values={"2": {"guardian_name": "", "class": ""}},
    ),
    Case(
        name="header_repeated_on_every_page",
        why="printed lists repeat their header; it is no pupil",
        build=table([TITLES, *pupils(2), TITLES, *pupils(2, first=2)]),
        rows=clean(2, 3, 5, 6),
        skipped=[("4", "repeated_header")],
    ),
    Case(
        name="second_table_in_another_order",
        why="a second table below the first, its columns the other way round",
        build=table(
            [
                _BARE,
                *pupils(1),
                [],
                _moved([list(_BARE)], 1, 0, 2, 3, 4, 5, 6)[0],
                *_moved(pupils(1, first=5), 1, 0, 2, 3, 4, 5, 6),
            ]
        ),
        rows=clean(2, 5),
        skipped=[("4", "repeated_header")],
        values={"5": {"name": name(5), "id_number": id_number(5)}},
    ),
    Case(
        name="explanations_below_the_header",
        why="a row that explains the columns stands between the header and the pupils",
        build=table(
            [
                _BARE,
                [
                    "18位身份证号，文本格式",
                    "与户口本一致",
                    "11位手机号",
                    "必填",
                    "11位手机号",
                    "如：三年级2班",
                    "如：渝中",
                ],
                *pupils(2),
            ]
        ),
        rows=clean(3, 4),
        skipped=[("2", "note")],
    ),
    Case(
        name="header_far_below",
        why="a page of instructions before the table",
        build=table(
            [*[[f"{at}. 请认真核对每一名学生的信息，确保准确无误。"] for at in range(1, 31)], TITLES, *pupils(2)]
        ),
        rows=clean(32, 33),
    ),
    Case(
        name="no_header",
        why="pupils without a header: which column is what would be a guess",
        build=table(pupils(3)),
        refusal="header_not_found",
        says="表头",
    ),
    Case(
        name="something_else",
        why="a timetable is no roster",
        build=table([["课程表"], ["节次", "周一", "周二"], ["第一节", "语文", "数学"]]),
        refusal="header_not_found",
        says="表头",
    ),
    Case(
        name="missing_column",
        why="without the district nobody can be entered: said at once, with the columns that were not understood",
        build=table(
            [["身份证号", "姓名", "联系电话", "住址"], *[[row[0], row[1], row[2], "解放碑"] for row in pupils(2)]]
        ),
        refusal="missing_column",
        says="所属区县名称",
    ),
    Case(
        name="duplicate_column",
        why="two columns called 联系电话: which one counts is not ours to decide",
        build=table([[*_BARE, "联系电话"], *[[*row, phone(77)] for row in pupils(2)]]),
        refusal="duplicate_column",
        says="H 列",
    ),
    Case(
        name="two_tables_side_by_side",
        why="a roster in two columns of tables is refused, not read by half",
        build=table([["姓名", "身份证号", "姓名", "身份证号"], [name(0), id_number(0), name(1), id_number(1)]]),
        refusal="duplicate_column",
        says="只保留一列",
    ),
    Case(
        name="header_without_pupils",
        why="the empty template uploaded as it is",
        build=table([TITLES]),
        refusal="no_data",
        says="没有学生",
    ),
    Case(
        name="titles_with_blanks_inside",
        why="姓    名 is spread out for looks",
        build=table(
            _synonyms(
                "身 份 证 号", "姓      名", "联 系 电 话", "家长　姓名", "家长\u00a0联系电话", "班  级", "所 属 区 县"
            )
        ),
        rows=clean(2, 3),
    ),
    Case(
        name="one_pupil",
        why="a single pupil is a roster",
        build=table([TITLES, pupil(0)]),
        rows=clean(2),
    ),
)
