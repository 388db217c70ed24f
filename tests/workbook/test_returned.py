"""The returned workbook: the teacher's own file, the rejected rows alone, why in the first column, good to upload."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from shared.workbook.reading import read_roster
from shared.workbook.returned import REASON_TITLE, write_returned
from shared.workbook.roster import Limits, Roster, RowError, WorkbookRefused
from tests.workbook.building import book, lines, table, text
from tests.workbook.ooxml import package, parts, rows_xml, sheet_xml
from tests.workbook.people import RULES, TITLES, id_number, name, phone, pupil, pupils

_DATA = Path(__file__).parent / "data"


async def _returned(path: Path, more: Mapping[str, Sequence[RowError]] | None = None) -> tuple[Path, Roster]:
    """The returned workbook of a file's rejected rows, and what reading it again finds."""
    roster = await read_roster(path, path.name, RULES)
    target = path.with_name(f"{path.stem}-退回.xlsx")
    rejected = {row.row: row.errors for row in roster.rows if row.errors} | dict(more or {})
    await write_returned(path, target, rejected, filename=path.name)
    assert {found.name for found in path.parent.iterdir()} == {path.name, target.name}
    return target, await read_roster(target, target.name, RULES)


def _sheet(path: Path, name_: str | None = None) -> Worksheet:
    found = openpyxl.load_workbook(path)
    sheet = found[name_] if name_ else found.worksheets[0]
    assert isinstance(sheet, Worksheet)
    return sheet


def _texts(path: Path) -> str:
    """All text of all parts."""
    with zipfile.ZipFile(path) as archive:
        return "".join(archive.read(part).decode("utf-8", "replace") for part in archive.namelist())


def _finish(sheet: Worksheet) -> None:
    """A teacher's care: a title, widths, colours, formats, checks, a frozen header."""
    sheet.merge_cells("A1:H1")
    sheet["A1"].font = Font(bold=True, size=20)
    sheet.row_dimensions[1].height = 40
    sheet.column_dimensions["A"].width = 31
    sheet.column_dimensions["B"].width = 11
    sheet.freeze_panes = "B3"
    for column in range(1, 9):
        sheet.cell(2, column).fill = PatternFill("solid", fgColor="FFDDEBF7")
    for row in range(3, 9):
        sheet.cell(row, 2).font = Font(color="FF0000FF", name="楷体")
        sheet.cell(row, 8).number_format = "0.00"
        sheet.cell(row, 8).alignment = Alignment(horizontal="center")
    choice = DataValidation(type="list", formula1='"渝中,江津"', sqref="G3:G500")
    length = DataValidation(type="custom", formula1="AND(ISTEXT(A3),LEN($A3)=18)", sqref="A3:A500")
    sheet.add_data_validation(choice)
    sheet.add_data_validation(length)
    sheet.conditional_formatting.add("A5:B8", Rule(type="expression", formula=["COUNTIF($A$3:$A$8,$A5)>1"]))


_STYLED: list[list[object]] = [
    ["某某小学学生名单"],
    [*TITLES, "身高"],
    [*pupil(0), 1.5],
    [*pupil(1, name="王1"), 1.25],
    [*pupil(2), 1.5],
    [*pupil(3, phone="123", id_number=500103201501019974), 1.75],
    [*pupil(4), 1.5],
    [],
    ["合计", "5人"],
]


async def test_styles_widths_and_extra_columns_stay(tmp_path: Path) -> None:
    path = table(_STYLED, finish=_finish)(tmp_path)
    target, again = await _returned(path)
    sheet, source = _sheet(target), _sheet(path)
    assert [[cell.value for cell in row[:4]] for row in sheet.iter_rows(max_row=4)] == [
        [None, "某某小学学生名单", None, None],
        [REASON_TITLE, *TITLES[:3]],
        ["姓名中含有不能用于姓名的字符（如数字、符号、控制字符），请核对。", id_number(1), "王1", phone(1)],
        [sheet["A4"].value, source["A6"].value, name(3), "123"],
    ]
    assert sheet.max_row == 4
    assert [line[:4] for line in str(sheet["A4"].value).splitlines()] == ["身份证号", "联系电话"]
    assert sheet["B1"].font.size == 20 and sheet["B1"].font.bold
    assert sheet.row_dimensions[1].height == 40
    assert [str(merged) for merged in sheet.merged_cells.ranges] == ["B1:I1"]
    assert (sheet.column_dimensions["B"].width, sheet.column_dimensions["C"].width) == (31, 11)
    assert (sheet["C3"].font.name, sheet["C3"].font.color.rgb) == ("楷体", "FF0000FF")
    assert sheet["C2"].fill.fgColor.rgb == source["B2"].fill.fgColor.rgb == "FFDDEBF7"
    assert (sheet["I3"].number_format, sheet["I3"].value, sheet["I3"].alignment.horizontal) == ("0.00", 1.25, "center")
    assert sheet.freeze_panes == "C3"
    assert [row.row for row in again.rows] == ["3", "4"]


async def test_checks_move_with_their_columns(tmp_path: Path) -> None:
    target, _ = await _returned(table(_STYLED, finish=_finish)(tmp_path))
    sheet = _sheet(target)
    checks = {str(check.sqref): check.formula1 for check in sheet.data_validations.dataValidation}
    assert checks == {"H3:H500": '"渝中,江津"', "B3:B500": "AND(ISTEXT(B3),LEN($B3)=18)"}
    (colours,) = sheet.conditional_formatting
    assert str(colours.sqref) == "B4:C8"
    assert colours.rules[0].formula == ["COUNTIF($B$3:$B$8,$B4)>1"]


async def test_columns_that_excel_would_ruin_become_text(tmp_path: Path) -> None:
    target, _ = await _returned(table(_STYLED, finish=_finish)(tmp_path))
    sheet = _sheet(target)
    assert {sheet[place].number_format for place in ("B3", "B4", "D3", "D4", "A3")} == {"@"}
    assert sheet["C3"].number_format == "General"


async def test_nothing_of_other_pupils_stays_in_the_file(tmp_path: Path) -> None:
    path = table(_STYLED, finish=_finish)(tmp_path)
    target, _ = await _returned(path)
    assert id_number(0) in _texts(path) and phone(2) in _texts(path)
    for index in (0, 2, 4):
        assert id_number(index) not in _texts(target)
        assert phone(index) not in _texts(target)


async def test_corrected_it_is_read_without_errors(tmp_path: Path) -> None:
    target, _ = await _returned(table(_STYLED, finish=_finish)(tmp_path))
    corrected = openpyxl.load_workbook(target)
    sheet = corrected.worksheets[0]
    sheet["C3"], sheet["B4"], sheet["D4"] = "王一", id_number(3), phone(3)
    corrected.save(target)
    roster = await read_roster(target, target.name, RULES)
    assert [(row.row, row.errors) for row in roster.rows] == [("3", ()), ("4", ())]
    assert roster.skipped == []


async def test_returned_again_it_has_one_column_of_reasons(tmp_path: Path) -> None:
    first, once = await _returned(table(_STYLED, finish=_finish)(tmp_path))
    await read_roster(first, first.name, RULES)
    second = tmp_path / "again.xlsx"
    await write_returned(first, second, {"4": once.rows[1].errors})
    sheet = _sheet(second)
    assert [cell.value for cell in sheet[2]][:3] == [REASON_TITLE, *TITLES[:2]]
    assert (sheet["A3"].value, sheet["C3"].value) == (_sheet(first)["A4"].value, name(3))
    assert sheet.max_row == 3
    assert [str(merged) for merged in sheet.merged_cells.ranges] == ["B1:I1"]
    twice = await read_roster(second, second.name, RULES)
    assert [(row.row, row.values, row.errors) for row in twice.rows] == [
        ("3", once.rows[1].values, once.rows[1].errors)
    ]


async def test_reasons_of_the_caller(tmp_path: Path) -> None:
    path = table([TITLES, *pupils(3)])(tmp_path)
    mine = RowError("class", "class_unknown", "本校没有“三年级2班”，请选择对应的班级，或新建该班级。")
    target, again = await _returned(path, {"3": [mine]})
    assert _sheet(target)["A2"].value == f"班级：{mine.detail}"
    assert [row.values.name for row in again.rows] == [name(1)]


async def test_a_merged_cell_is_written_into_each_row(tmp_path: Path) -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("F2:F4")

    rows = [TITLES, pupil(0), pupil(1, phone="1", class_=None), pupil(2, phone="2", class_=None)]
    target, again = await _returned(table(rows, finish=merge)(tmp_path))
    assert [(row.values.school_class, row.changes) for row in again.rows] == [("三年级2班", ())] * 2
    assert not _sheet(target).merged_cells.ranges


async def test_sheets_without_rejected_rows_are_left_out(tmp_path: Path) -> None:
    path = book(
        {
            "1班": [TITLES, *pupils(2)],
            "2班": [TITLES, *pupils(1, first=2), pupil(3, name=None)],
            "说明": [["请认真填写"]],
            "列表": [["渝中"]],
            "3班": [TITLES, pupil(4, phone="1")],
        },
        hidden=["列表"],
    )(tmp_path)
    target, again = await _returned(path)
    found = openpyxl.load_workbook(target)
    assert [(sheet.title, sheet.sheet_state) for sheet in found] == [
        ("2班", "visible"),
        ("说明", "visible"),
        ("列表", "hidden"),
        ("3班", "visible"),
    ]
    assert found["列表"]["A1"].value == "渝中"
    # Sheets selected together would be edited together.
    assert found.active is not None and found.active.title == "2班"
    assert _texts(target).count("tabSelected") == 0
    assert [(row.row, [error.code for error in row.errors]) for row in again.rows] == [
        ("2班!2", ["name_missing"]),
        ("3班!2", ["phone_format"]),
    ]


async def test_a_second_table_keeps_its_header(tmp_path: Path) -> None:
    turned = [[row[1], row[0], *row[2:]] for row in ([*TITLES], pupil(5, phone="1"))]
    _, again = await _returned(table([TITLES, pupil(0, phone="2"), pupil(1), *turned])(tmp_path))
    assert [(row.row, row.values.name) for row in again.rows] == [("2", name(0)), ("4", name(5))]


async def test_lines_that_say_the_class_stay_above_their_pupils(tmp_path: Path) -> None:
    titles = (TITLES[1], TITLES[0], TITLES[2], TITLES[6])
    good, bad = ([[name(at), id_number(at), number(at), "渝中"] for at in range(8)] for number in (phone, str))
    rows = [
        titles,
        ["三年级1班"],
        good[0],
        bad[1],
        ["三年级2班"],
        good[2],
        ["三年级3班"],
        bad[3],
        ["三年级3班小计"],
        bad[4],
    ]

    def merge(sheet: Worksheet) -> None:
        for row in (2, 5, 7):
            sheet.merge_cells(f"A{row}:D{row}")

    target, again = await _returned(table(rows, finish=merge)(tmp_path))
    assert [(row.row, row.values.name, row.values.school_class) for row in again.rows] == [
        ("3", name(1), "三年级1班"),
        ("5", name(3), "三年级3班"),
        ("7", name(4), ""),
    ]
    sheet = _sheet(target)
    assert [cell.value for cell in sheet["A"]][1::2] == [None, None, None]
    assert sorted(str(merged) for merged in sheet.merged_cells.ranges) == ["B2:E2", "B4:E4"]


async def test_a_reason_is_no_label_before_a_note(tmp_path: Path) -> None:
    """A pupil of whom there is nothing but a name comes back, and is read again as what she is."""
    rows = [TITLES, [None, name(0), *[None] * 5], pupil(1, phone="1"), [None, name(2), *[None] * 5]]
    target, again = await _returned(table(rows)(tmp_path))
    assert [(row.row, row.values.name) for row in again.rows] == [("2", name(0)), ("3", name(1)), ("4", name(2))]
    emptied = openpyxl.load_workbook(target)
    emptied.worksheets[0]["C2"] = None
    emptied.save(target)
    left = await read_roster(target, target.name, RULES)
    assert ([row.row for row in left.rows], left.skipped) == (["3", "4"], [])


async def test_lines_that_say_the_class_stay_in_other_formats(tmp_path: Path) -> None:
    titles = ["姓名", "身份证号", "联系电话", "区县"]
    rows = [
        titles,
        ["三年级1班"],
        [name(0), id_number(0), "1", "渝中"],
        ["三年级2班"],
        [name(1), id_number(1), "2", "渝中"],
    ]
    _, again = await _returned(text(lines(rows), name="全校.csv")(tmp_path))
    assert [(row.values.name, row.values.school_class) for row in again.rows] == [
        (name(0), "三年级1班"),
        (name(1), "三年级2班"),
    ]


async def test_hand_made_cells_without_references(tmp_path: Path) -> None:
    path = package(parts(sheet_xml(rows_xml([TITLES, *pupils(1), pupil(1, phone="1")], reference=False))))(tmp_path)
    _, again = await _returned(path)
    assert [(row.row, row.values.name) for row in again.rows] == [("2", name(1))]


@pytest.mark.parametrize(
    "filename",
    [
        "written-by-libreoffice.xlsx",
        "written-by-exceljs.xlsx",
        "written-by-sheetjs.xlsx",
        "written-by-sheetjs-shared.xlsx",
        "written-by-libreoffice.xls",
        "written-by-libreoffice.ods",
        "written-by-sheetjs.xls",
    ],
)
async def test_files_of_other_programs(filename: str, tmp_path: Path) -> None:
    path = tmp_path / filename
    path.write_bytes((_DATA / filename).read_bytes())
    before = await read_roster(path, filename, RULES)
    target, again = await _returned(path)
    rejected = [row for row in before.rows if row.errors]
    assert [(row.values, [error.code for error in row.errors]) for row in again.rows] == [
        (row.values, [error.code for error in row.errors]) for row in rejected
    ]
    # Title, note and header stay where they were; 备注 is the last column still.
    sheet = _sheet(target)
    assert sheet["B1"].value == "重庆市渝中区某某小学学生名单"
    assert (sheet["A3"].value, sheet["B3"].value, sheet["J3"].value) == (REASON_TITLE, "序号", "备注")


async def test_a_csv_comes_back_as_a_workbook_and_keeps_its_class(tmp_path: Path) -> None:
    titles = [*TITLES[:5], "区县"]
    rows = [[*row[:5], row[6]] for row in (pupil(0, phone="1"), pupil(1), pupil(2, name='=HYPERLINK("http://x")'))]
    path = text(
        lines([titles, *rows]).replace('=HYPERLINK("http://x")', '"=HYPERLINK(""http://x"")"'),
        encoding="gbk",
        name="三年级2班.csv",
    )(tmp_path)
    target, again = await _returned(path)
    assert [(row.row, row.values.school_class) for row in again.rows] == [("2", "三年级2班"), ("3", "三年级2班")]
    cell = _sheet(target)["C3"]
    assert (cell.value, cell.data_type) == ('=HYPERLINK("http://x")', "s")


async def test_a_row_that_is_none_of_the_files_is_refused(tmp_path: Path) -> None:
    path = table([TITLES, *pupils(2)])(tmp_path)
    target = tmp_path / "退回.xlsx"
    with pytest.raises(WorkbookRefused):
        await write_returned(path, target, {"9": [RowError("name", "name_missing", "没有填写姓名。")]})
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


async def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = text(b"%PDF-1.7")(tmp_path)
    with pytest.raises(WorkbookRefused) as refused:
        await write_returned(path, tmp_path / "退回.xlsx", {"2": []})
    assert refused.value.refusal == "not_a_spreadsheet"


async def test_limits_hold_for_writing_as_well(tmp_path: Path) -> None:
    path = package(parts(sheet_xml(rows_xml([TITLES, *pupils(20_000)]))))(tmp_path)
    target = tmp_path / "退回.xlsx"
    with pytest.raises(WorkbookRefused) as refused:
        await write_returned(path, target, {"2": []}, limits=Limits(memory_bytes=40 * 1024 * 1024))
    assert refused.value.refusal == "too_large"
    assert not target.exists()
