"""Exports: any size in constant memory, texts stay texts, numbers stay whole, and a sheet says who, what and when."""

import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from shared.workbook.export import About, Column, ExportWriter, Value

_ABOUT = About(
    title="读者",
    exported_by="赵老师（某某小学）",
    exported_at=datetime(2026, 3, 2, 8, 30, tzinfo=UTC),
    conditions=[("班级", "三年级2班"), ("状态", "=待审核")],
)
_COLUMNS = [
    Column("姓名"),
    Column("身份证号"),
    Column("次数", "number"),
    Column("时间", "time"),
    Column("日期", "date"),
]
_DANGEROUS = ('=HYPERLINK("http://x.cn","点我")', "+1", "-1", "@SUM(A1)", "\t=1", "=1+1", "https://x.cn", "'=1", "1e5")
_MOST_BYTES = 150 * 1024 * 1024
_ROOT = Path(__file__).parent.parent.parent


def _write(path: Path, rows: list[list[Value]], columns: list[Column] = _COLUMNS) -> None:
    with ExportWriter(path, columns, _ABOUT) as writer:
        writer.write_rows(rows)


def _sheet(path: Path, at: int = 0) -> Worksheet:
    sheet = openpyxl.load_workbook(path).worksheets[at]
    assert isinstance(sheet, Worksheet)
    return sheet


def test_texts_stay_texts(tmp_path: Path) -> None:
    path = tmp_path / "导出.xlsx"
    _write(path, [[text, "500103201501019974", 1, None, None] for text in _DANGEROUS])
    sheet = _sheet(path)
    assert [(row[0].value, row[0].data_type, row[0].number_format) for row in sheet.iter_rows(min_row=2)] == [
        (text, "s", "@") for text in _DANGEROUS
    ]
    assert [(cell.value, cell.data_type) for cell in sheet["B"][1:]] == [("500103201501019974", "s")] * len(_DANGEROUS)
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(part).decode() for part in archive.namelist() if part.startswith("xl/worksheets/sheet")]
        assert not any("<f>" in found or "<hyperlink" in found for found in sheets)
        assert not any("externalLink" in part for part in archive.namelist())


@settings(max_examples=40)
@given(st.text(max_size=60))
def test_any_text_comes_out_as_it_went_in(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("export") / "导出.xlsx"
    _write(path, [[text]], [Column("姓名")])
    shown = _sheet(path)["A2"].value or ""
    stored = text.encode("utf-8", "replace").decode()
    # XML has no place for control characters: they are left out or written as _x0001_.
    if all(sign >= " " and sign not in "\ufffe\uffff" for sign in stored) and "_x" not in stored:
        assert shown == stored


def test_numbers_times_and_dates(tmp_path: Path) -> None:
    path = tmp_path / "导出.xlsx"
    moment = datetime(2026, 3, 1, 16, 0, 1, 999, tzinfo=UTC)
    _write(path, [["王明", 500103201501019974, 3, moment, date(2026, 3, 2)], ["李雨", "1", 10**15, None, None]])
    sheet = _sheet(path)
    assert [cell.value for cell in sheet[2]] == [
        "王明",
        "500103201501019974",
        3,
        datetime(2026, 3, 2, 0, 0, 1),
        datetime(2026, 3, 2),
    ]
    # A number that Excel would round is a text, even in a column of numbers.
    assert [(sheet[place].value, sheet[place].data_type) for place in ("C2", "C3")] == [(3, "n"), (str(10**15), "s")]


def test_header_is_frozen_and_widths_fit(tmp_path: Path) -> None:
    path = tmp_path / "导出.xlsx"
    _write(path, [["阿依古丽·买买提·阿依古丽·买买提", "500103201501019974", 1, None, None]])
    sheet = _sheet(path)
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert sheet.column_dimensions["A"].width >= 30
    assert 18 <= sheet.column_dimensions["B"].width <= 30
    assert sheet.column_dimensions["C"].width < 15


def test_a_sheet_says_who_exported_what_and_when(tmp_path: Path) -> None:
    path = tmp_path / "导出.xlsx"
    _write(path, [["王明", "1", 1, None, None]])
    rows = {row[0].value: row[1].value for row in _sheet(path, 1).iter_rows()}
    assert rows == {
        "内容": "读者",
        "导出人": "赵老师（某某小学）",
        "导出时间": "2026-03-02 16:30:00（北京时间）",
        "行数": "1",
        "条件：班级": "三年级2班",
        "条件：状态": "=待审核",
    }


def test_no_rows_are_a_workbook_too(tmp_path: Path) -> None:
    path = tmp_path / "导出.xlsx"
    _write(path, [])
    assert [cell.value for cell in _sheet(path)[1]] == [column.title for column in _COLUMNS]


def test_a_failed_export_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="row of 1"):
        _write(tmp_path / "导出.xlsx", [["kurz"]])
    assert list(tmp_path.iterdir()) == []


def test_a_finished_export_is_one_file(tmp_path: Path) -> None:
    _write(tmp_path / "导出.xlsx", [["王明", "1", 1, None, None]])
    assert [path.name for path in tmp_path.iterdir()] == ["导出.xlsx"]


_LARGE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from shared.workbook.export import About, Column, ExportWriter
from shared.workbook.worker import peak_bytes

path, count = Path(sys.argv[1]), int(sys.argv[2])
about = About(title="读者", exported_by="赵老师", exported_at=datetime(2026, 3, 2, tzinfo=UTC))
with ExportWriter(path, [Column(f"第{at}列") for at in range(10)], about) as writer:
    for start in range(0, count, 500):
        writer.write_rows([[f"{start + row}-{at}" for at in range(10)] for row in range(500)])
print(peak_bytes())
"""


def _peak(path: Path, count: int) -> int:
    """The memory, in bytes, of a process that exports so many rows."""
    done = subprocess.run(
        [sys.executable, "-c", _LARGE, path, str(count)], check=True, capture_output=True, text=True, cwd=_ROOT
    )
    return int(done.stdout)


def test_a_hundred_thousand_rows_take_no_more_memory_than_a_thousand(tmp_path: Path) -> None:
    small = _peak(tmp_path / "small.xlsx", 1_000)
    large = _peak(tmp_path / "large.xlsx", 100_000)
    assert large < small + 20 * 1024 * 1024
    assert large < _MOST_BYTES
    with zipfile.ZipFile(tmp_path / "large.xlsx") as archive, archive.open("xl/worksheets/sheet1.xml") as sheet:
        assert sum(piece.count(b"<row ") for piece in iter(lambda: sheet.read(1 << 20), b"")) == 100_001
