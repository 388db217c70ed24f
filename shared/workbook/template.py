"""The empty roster a school downloads: the seven columns of appendix 5, then 年级 and 授权书, both optional.

Whole columns are text, so that Excel cannot turn an ID number into a number or 1-2 into a date; the header is locked,
everything below it is not. Lists and checks help while typing and bind nobody: reading checks everything again.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format as CellFormat
from xlsxwriter.worksheet import Worksheet

from shared import district
from shared.class_name import read_class_name, read_grade_name
from shared.workbook.roster import FIELD_TITLES, SIGNED, UNSIGNED, Field, Limits

SHEET_NAME = "学生名单"
NOTES_NAME = "填写说明"
_LISTS_NAME = "列表"

COLUMNS: tuple[tuple[Field, str, float], ...] = (
    ("id_number", "身份证号(必填)", 24),
    ("name", "姓名(必填)", 14),
    ("phone", "联系电话(必填)", 18),
    ("guardian_name", "家长姓名", 14),
    ("guardian_phone", "家长联系电话", 18),
    ("class", "班级", 18),
    ("home_district", "所属区县名称(必填)，如：渝中", 30),
    ("grade", "年级(选填)", 14),
    ("consent", "授权书(选填)", 14),
)
_LETTERS = {field: chr(ord("A") + at) for at, (field, _, _) in enumerate(COLUMNS)}

_NOTES = (
    "1. 请在“学生名单”工作表中从第 2 行起填写，每名学生一行。不要修改第 1 行表头，可以在右侧增加自己的列。",
    "2. 标“必填”的四列必须填写：身份证号、姓名、联系电话、所属区县名称。",
    "3. 身份证号为 18 位，最后一位如是 X 请用大写。本表已设为文本格式；从别处复制时请用“选择性粘贴→数值/文本”，"
    "如果身份证号显示成 5.00E+17，说明后几位已经丢失，必须重新填写。",
    "4. 联系电话填 11 位手机号，或带区号的座机，如 023-67012345。每格只填一个号码。",
    "5. 班级可从下拉列表选择，也可填写如“三年级2班”“三(2)班”“初一1班”。班级一列写不清年级时，请另填“年级”一列。",
    "6. 所属区县名称可填“渝中”“渝中区”或“重庆市渝中区”。{successors}",
    "7. 学校已收到家长签字的纸质授权书的，“授权书”一列可选“已签”，导入时一并登记；未签或留空则不登记。",
    "8. 少数民族姓名中的间隔点写作“·”；生僻字请用标准字库输入，不要用图片或自造字。",
    "9. 请不要合并单元格，不要隐藏或筛选行，也不要设置打开密码。一个文件最多 {rows} 行。",
    "10. 上传后会先显示核对结果，确认之前不会改动任何数据；有问题的行可以下载下来改好后直接再上传。",
)


def write_template(path: Path, *, school_name: str, classes: Sequence[tuple[str, str]], today: date) -> None:
    """Write the template for a school. `classes` are (grade name, class name) in the school's order, for the lists."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties(
            {
                "title": f"{school_name}学生名单模板",
                "created": datetime(today.year, today.month, today.day),
            }
        )
        roster = book.add_worksheet(SHEET_NAME)
        notes = book.add_worksheet(NOTES_NAME)
        lists = book.add_worksheet(_LISTS_NAME)
        lists.very_hidden()
        sources = _write_lists(
            lists,
            {
                "home_district": [found.short_name for found in district.living(today)],
                "class": list(dict.fromkeys(class_label(grade, name) for grade, name in classes)),
                "grade": list(dict.fromkeys(grade for grade, _ in classes)),
                "consent": [SIGNED, UNSIGNED],
            },
        )
        _write_roster(book, roster, sources)
        _write_notes(book, notes, school_name, today)


def class_label(grade_name: str, class_name: str) -> str:
    """What a teacher picks for a class: with its grade, unless the class's own name says it already."""
    own, grade = read_class_name(class_name), read_grade_name(grade_name)
    repeats = own.grade is not None and own.grade == grade.grade
    return class_name if repeats or class_name.startswith(grade_name) else grade_name + class_name


def _write_lists(sheet: Worksheet, lists: dict[Field, list[str]]) -> dict[Field, str]:
    """Write each list into a column; its range, by field. Empty lists have none."""
    sources: dict[Field, str] = {}
    for column, (field, entries) in enumerate(lists.items()):
        for row, entry in enumerate(entries):
            sheet.write_string(row, column, entry)
        if entries:
            letter = chr(ord("A") + column)
            sources[field] = f"='{_LISTS_NAME}'!${letter}$1:${letter}${len(entries)}"
    return sources


def _write_roster(book: xlsxwriter.Workbook, sheet: Worksheet, sources: dict[Field, str]) -> None:
    text = book.add_format({"num_format": "@", "locked": False})
    required = _header_format(book, "#FCE4D6")
    optional = _header_format(book, "#DDEBF7")
    last_row = Limits().rows
    for column, (_, title, width) in enumerate(COLUMNS):
        sheet.set_column(column, column, width, text)
        sheet.write_string(0, column, title, required if "必填" in title else optional)
    # Columns of the school's own are free for use, too.
    sheet.set_column(len(COLUMNS), len(COLUMNS) + 11, 14, text)
    sheet.set_row(0, 30)
    sheet.freeze_panes(1, 0)
    for field, source in sources.items():
        question = f"“{FIELD_TITLES[field]}”不在列表中，确定要这样填写吗？"
        options = {"validate": "list", "source": source, "error_type": "warning", "error_message": question}
        _validate(sheet, field, last_row, options)
    letter = _LETTERS["id_number"]
    _validate(
        sheet,
        "id_number",
        last_row,
        {
            "validate": "custom",
            "value": f"=AND(ISTEXT({letter}2),LEN({letter}2)=18)",
            "error_type": "stop",
            "error_title": "身份证号",
            "error_message": "身份证号应为 18 位，并且是文本格式。",
        },
    )
    for field in ("phone", "guardian_phone"):
        _validate(
            sheet,
            field,
            last_row,
            {
                "validate": "length",
                "criteria": "between",
                "minimum": 7,
                "maximum": 20,
                "error_type": "warning",
                "error_message": "电话应为 11 位手机号，或带区号的座机，确定要这样填写吗？",
            },
        )
    sheet.protect(
        "",
        {
            "format_cells": True,
            "format_columns": True,
            "format_rows": True,
            "insert_rows": True,
            "delete_rows": True,
            "sort": True,
            "autofilter": True,
        },
    )


def _validate(sheet: Worksheet, field: Field, last_row: int, options: Mapping[str, object]) -> None:
    letter = _LETTERS[field]
    sheet.data_validation(f"{letter}2:{letter}{last_row}", dict(options))


def _header_format(book: xlsxwriter.Workbook, colour: str) -> CellFormat:
    return book.add_format(
        {"bold": True, "bg_color": colour, "border": 1, "align": "center", "valign": "vcenter", "num_format": "@"}
    )


def _write_notes(book: xlsxwriter.Workbook, sheet: Worksheet, school_name: str, today: date) -> None:
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 100, wrapped)
    sheet.write_string(0, 0, f"{school_name} 学生名单填写说明", book.add_format({"bold": True, "font_size": 14}))
    abolished = [found for found in district.districts() if found not in district.living(today) and found.successor]
    successors = "".join(
        f"原{found.name}请填“{successor.name}”。"
        for found in abolished
        if found.successor and (successor := district.by_code(found.successor))
    )
    for row, note in enumerate(_NOTES, 2):
        sheet.write_string(row, 0, note.format(successors=successors, rows=Limits().rows), wrapped)
    sheet.protect("")
