"""The empty roster a school downloads: what it asks for, what it keeps from going wrong, and that it is read again."""

from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from shared.workbook.parsing import parse_roster
from shared.workbook.roster import WorkbookRefused
from shared.workbook.template import COLUMNS, class_label, write_template
from tests.workbook.people import RULES, TITLES, TODAY, pupil

_CLASSES = [("三年级", "1班"), ("三年级", "2班"), ("七年级", "七(1)班"), ("大班", "大一班")]


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "模板.xlsx"
    write_template(path, school_name="某某<小学>&幼儿园", classes=_CLASSES, today=TODAY)
    return path


def _sheet(path: Path, name: str) -> Worksheet:
    sheet = openpyxl.load_workbook(path)[name]
    assert isinstance(sheet, Worksheet)
    return sheet


def test_the_columns_of_appendix_5_then_grade_and_consent(template: Path) -> None:
    sheet = _sheet(template, "学生名单")
    assert [cell.value for cell in sheet[1]] == [*TITLES, "年级(选填)", "授权书(选填)"]
    assert sheet.max_row == 1


def test_every_column_is_text_and_free_the_header_is_locked(template: Path) -> None:
    sheet = _sheet(template, "学生名单")
    assert sheet.protection.sheet
    assert not sheet.protection.insertRows and not sheet.protection.deleteRows
    # Neighbours of the same width are one entry.
    covered = sum((column.max or 0) - (column.min or 0) + 1 for column in sheet.column_dimensions.values())
    assert covered >= len(COLUMNS)
    for column in sheet.column_dimensions.values():
        assert (column.number_format, column.protection.locked) == ("@", False)
    assert all(cell.protection.locked for cell in sheet[1][:9])
    assert sheet.freeze_panes == "A2"


def test_lists_and_checks(template: Path) -> None:
    book = openpyxl.load_workbook(template)
    checks = {str(check.sqref): check for check in book["学生名单"].data_validations.dataValidation}
    lists = book["列表"]
    assert lists.sheet_state == "veryHidden"
    assert (checks["A2:A60000"].type, checks["A2:A60000"].formula1) == ("custom", "AND(ISTEXT(A2),LEN(A2)=18)")
    assert (checks["C2:C60000"].type, checks["E2:E60000"].type) == ("textLength", "textLength")
    found = {}
    for column in "FGHI":
        reference = checks[f"{column}2:{column}60000"]
        assert reference.type == "list"
        assert reference.formula1.startswith("列表!") or reference.formula1.startswith("'列表'!")
        cells = lists[reference.formula1.partition("!")[2].replace("$", "")]
        found[column] = [cell.value for (cell,) in cells]
    assert found["F"] == ["三年级1班", "三年级2班", "七(1)班", "大一班"]
    assert found["H"] == ["三年级", "七年级", "大班"]
    assert found["I"] == ["已签", "未签"]
    assert {"渝中", "两江", "忠县", "石柱"} <= set(found["G"])
    assert not {"江北", "渝北"} & set(found["G"])


def test_notes_in_chinese(template: Path) -> None:
    sheet = _sheet(template, "填写说明")
    text = "\n".join(str(row[0].value) for row in sheet.iter_rows() if row[0].value)
    for word in ("必填", "18 位", "文本", "渝中", "合并单元格", "60000", "某某<小学>&幼儿园", "两江新区"):
        assert word in text


def test_empty_it_says_that_there_are_no_pupils(template: Path) -> None:
    with pytest.raises(WorkbookRefused) as refused:
        parse_roster(template, template.name, RULES)
    assert refused.value.refusal == "no_data"


def test_filled_in_it_is_read(template: Path) -> None:
    book = openpyxl.load_workbook(template)
    for row in (pupil(0), [*pupil(1, class_="1班"), "三年级", "已签"]):
        book["学生名单"].append(row)
    book.save(template)
    roster = parse_roster(template, template.name, RULES)
    assert [(row.row, row.errors, row.changes) for row in roster.rows] == [("2", (), ()), ("3", (), ())]
    values = roster.rows[1].values
    assert (values.grade, values.school_class, values.consent) == ("三年级", "1班", "已签")
    assert list(roster.sheets[0].columns) == [field for field, _, _ in COLUMNS]
    assert [(skipped.row, skipped.kind) for skipped in roster.skipped] == [("填写说明", "other_sheet")]


def test_a_school_without_classes_gets_one_too(tmp_path: Path) -> None:
    write_template(tmp_path / "模板.xlsx", school_name="新学校", classes=[], today=TODAY)
    checks = _sheet(tmp_path / "模板.xlsx", "学生名单").data_validations.dataValidation
    assert "F2:F60000" not in {str(check.sqref) for check in checks}


def test_a_school_with_many_classes(tmp_path: Path) -> None:
    classes = [(f"{grade}年级", f"{number}班") for grade in "一二三四五六" for number in range(1, 41)]
    write_template(tmp_path / "模板.xlsx", school_name="大学校", classes=classes, today=TODAY)
    checks = _sheet(tmp_path / "模板.xlsx", "学生名单").data_validations.dataValidation
    assert {str(check.sqref): check.formula1 for check in checks}["F2:F60000"].endswith("$240")


def test_the_districts_are_those_of_the_day(tmp_path: Path) -> None:
    write_template(tmp_path / "模板.xlsx", school_name="学校", classes=[], today=date(2024, 9, 1))
    lists = _sheet(tmp_path / "模板.xlsx", "列表")
    shown = {cell.value for cell in lists["A"]}
    assert {"江北", "渝北"} <= shown


@pytest.mark.parametrize(
    ("grade", "name", "label"),
    [
        ("三年级", "2班", "三年级2班"),
        ("七年级", "七(1)班", "七(1)班"),
        ("大班", "大一班", "大一班"),
        ("三年级", "火箭班", "三年级火箭班"),
    ],
)
def test_a_class_is_offered_with_its_grade(grade: str, name: str, label: str) -> None:
    assert class_label(grade, name) == label
