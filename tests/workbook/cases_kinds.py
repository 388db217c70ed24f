"""Rows that are no pupils' and say so in their own way, and pupils' rows that only look like them."""

from collections.abc import Sequence
from pathlib import Path

import openpyxl

from shared.workbook.roster import SkippedKind
from tests.workbook.building import book, table
from tests.workbook.case import Build, Case, clean
from tests.workbook.ooxml import RELATIONS, package, parts, rows_xml, sheet_xml
from tests.workbook.people import TITLES, id_number, name, phone, pupil, pupils

_SHORT = ("姓名", "身份证号", "联系电话", "所属区县")
_NUMBERED = ("序号", *_SHORT)


def _short(index: int) -> list[object]:
    return [name(index), id_number(index), phone(index), "渝中"]


def _foot(at: int, why: str, row: Sequence[object], kind: SkippedKind) -> Case:
    return Case(
        name=f"foot_{at}",
        why=why,
        build=table([_NUMBERED, [1, *_short(0)], row]),
        rows=clean(2),
        skipped=[("3", kind)],
    )


def _remark(at: int, text: str) -> Case:
    return Case(
        name=f"remark_{at}",
        why=f"备注 {text} beside a right ID number says something of the pupil",
        build=table([[*TITLES, "备注"], [*pupil(0), text]]),
        rows=clean(2),
    )


def _spaced(index: int) -> str:
    number = id_number(index)
    return f"{number[:6]} {number[6:14]} {number[14:]}"


def _zeros(folder: Path) -> Path:
    """Formulas drawn down over a sheet that has fewer rows."""
    out = openpyxl.Workbook()
    sheet = out.worksheets[0]
    sheet.append(TITLES)
    sheet.append(pupil(0))
    sheet.append([0] * 7)
    sheet.append([0, "", 0, None, 0, "0", 0])
    path = folder / "名单.xlsx"
    out.save(path)
    return path


def _sheets_of_one_name() -> Build:
    """No program that people use writes it, but others do."""
    found = parts(sheet_xml(rows_xml([TITLES, *pupils(3)])))
    second = {
        "[Content_Types].xml": (
            "</Types>",
            '<Override PartName="/xl/worksheets/sheet2.xml" ContentType="application/vnd.openxmlformats-officedocument'
            '.spreadsheetml.worksheet+xml"/></Types>',
        ),
        "xl/workbook.xml": ("</sheets>", '<sheet name="Sheet1" sheetId="2" r:id="rId9"/></sheets>'),
        "xl/_rels/workbook.xml.rels": (
            "</Relationships>",
            f'<Relationship Id="rId9" Type="{RELATIONS}/worksheet" Target="worksheets/sheet2.xml"/></Relationships>',
        ),
    }
    changed = {part: str(found[part]).replace(*pair) for part, pair in second.items()}
    return package(found | changed | {"xl/worksheets/sheet2.xml": found["xl/worksheets/sheet1.xml"]})


_FEET: tuple[tuple[str, Sequence[object], SkippedKind], ...] = (
    ("a label nobody listed", ["填表教师：王某"], "note"),
    ("a label and nothing behind it", ["核对人："], "note"),
    ("a label with brackets", ["分管校长（签字）："], "note"),
    ("a day behind a label", ["打印日期：2026/3/1"], "note"),
    ("the school's seal", ["学校公章"], "note"),
    ("continued", ["续表"], "note"),
    ("the end, in dashes", ["—— 完 ——"], "note"),
    ("a page's number", ["-1-"], "note"),
    ("labels without colons", ["填表人", "王老师", "审核人", "李老师", "2026.3.1"], "note"),
    ("what must be observed, in the cell beside", ["说明", "1、身份证号必须18位"], "note"),
    ("Excel's row of totals", ["汇总"], "total"),
    ("how many the class has", ["全班共45人，其中男生20人"], "total"),
    ("how many are present", ["实有人数：45"], "total"),
    ("how many, in a sentence", ["本班共有学生45人"], "total"),
    ("boys and girls in cells of their own", ["男生", "10", "女生", "12"], "total"),
)

CASES = (
    *(_foot(at, why, row, kind) for at, (why, row, kind) in enumerate(_FEET)),
    *(
        _remark(at, text)
        for at, text in enumerate(("示范", "例：低保", "模板", "仅供参考", "病例(例)", "提交前请删除"))
    ),
    Case(
        name="sample_row_by_its_remark",
        why="示例 in a column of remarks is meant so, however right the row is",
        build=table([[*TITLES, "备注"], [*pupil(7), "示例"], [*pupil(0), None]]),
        rows=clean(3),
        skipped=[("2", "sample")],
    ),
    *(
        Case(
            name=f"sample_words_of_a_pupil_{at}",
            why="示范1班 is a class, 例 a guardian's name",
            build=table([TITLES, pupil(0, **changed)]),
            rows=clean(2),
        )
        for at, changed in enumerate(
            ({"class_": "示范1"}, {"class_": "示范一"}, {"class_": "样例1"}, {"guardian_name": "例"})
        )
    ),
    Case(
        name="zeros_of_formulas",
        why="=Sheet2!A2 drawn down shows 0 where nothing is",
        build=_zeros,
        rows=clean(2),
        skipped=[("3", "prefilled"), ("4", "prefilled")],
    ),
    Case(
        name="second_row_of_a_header",
        why="联系方式 with 手机 and 住址 below it: the second row holds titles alone",
        build=table(
            [
                ["序号", "姓名", "身份证号", "所属区县", "联系方式", None],
                [None, None, None, None, "手机", "住址"],
                [1, name(0), id_number(0), "渝中", phone(0), "某某路"],
            ]
        ),
        rows=clean(3),
        skipped=[("2", "repeated_header")],
    ),
    Case(
        name="a_second_table_with_its_columns_swapped",
        why="the pupil's phone and the guardian's have changed places in the second table",
        build=table(
            [
                ["姓名", "身份证号", "联系电话", "家长姓名", "家长电话", "班级", "所属区县"],
                [name(0), id_number(0), phone(0), "王强", phone(50), "三年级1班", "渝中"],
                ["姓名", "身份证号", "家长电话", "家长姓名", "联系电话", None, "所属区县"],
                [name(1), id_number(1), phone(51), "李强", phone(1), None, "渝中"],
            ]
        ),
        rows=clean(2, 4),
        skipped=[("3", "repeated_header")],
        values={"4": {"phone": phone(1), "guardian_phone": phone(51), "home_district": "渝中"}},
        warnings={"4": ["class_missing"]},
    ),
    Case(
        name="a_second_table_with_fewer_columns",
        why="it is read by its own header",
        build=table([TITLES, pupil(0), _SHORT, _short(1)]),
        rows=clean(2, 4),
        skipped=[("3", "repeated_header")],
        values={"4": {"name": name(1), "id_number": id_number(1), "phone": phone(1), "guardian_name": ""}},
    ),
    Case(
        name="a_second_table_with_a_column_twice",
        why="as with the first: which of the two counts is not guessed",
        build=table([_SHORT, _short(0), ["身份证号", "姓名", "联系电话", "联系电话", "所属区县"], pupil(1)]),
        refusal="duplicate_column",
        says="联系电话",
    ),
    Case(
        name="second_sheet_without_header_and_spaced_numbers",
        why="ID numbers set apart by blanks are ID numbers: half a roster would be read",
        build=book({"1班": [TITLES, *pupils(2)], "2班": [pupil(at, id_number=_spaced(at)) for at in (2, 3)]}),
        refusal="multiple_data_sheets",
        says="2班",
    ),
    Case(
        name="second_sheet_without_header_and_one_pupil",
        why="one pupil with a right ID number and a phone",
        build=book({"1班": [TITLES, *pupils(2)], "2班": [[id_number(5), name(5), phone(5)]]}),
        refusal="multiple_data_sheets",
        says="2班",
    ),
    Case(
        name="an_example_in_a_table_of_explanations",
        why="a right ID number as an example beside what it explains is no pupil",
        build=book({"名单": [TITLES, *pupils(1)], "说明": [["列名", "要求"], ["身份证号", "18位", id_number(5)]]}),
        rows=clean(2),
        skipped=[("说明", "other_sheet")],
    ),
    Case(
        name="sheets_of_one_name",
        why="two sheets that a program called the same, with the same pupils",
        build=_sheets_of_one_name(),
        refusal="multiple_data_sheets",
        says="重复",
    ),
)
