"""Writes the list of `grid.json` with openpyxl and has LibreOffice write it again in each of its formats."""

import json
import shutil
import subprocess
import tempfile
from datetime import date
from pathlib import Path

import openpyxl
from openpyxl.styles import Font

from tests.workbook.people import TITLES, id_number, phone, pupil

_HERE = Path(__file__).parent
_DATA = _HERE.parent / "data"
_FORMATS = {
    "xlsx": "xlsx:Calc MS Excel 2007 XML",
    "xls": "xls:MS Excel 97",
    "ods": "ods",
    "csv": "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false",
}


def grid() -> list[list[object]]:
    """The list; {"formula", "result"}, {"error"} and {"date"} stand for what they say."""
    return [
        ["重庆市渝中区某某小学学生名单"],
        ["说明：请核对后上传"],
        ["序号", *TITLES, "备注"],
        [1, *pupil(0), "班长"],
        [2, *pupil(1, name="𠮷田", guardian_name="阿依古丽·买买提", class_=None)],
        [3, *pupil(2, id_number=500103201501019974)],
        [4, *pupil(3, phone=int(phone(3)))],
        [5, *pupil(4, name={"formula": 'CONCATENATE("王","明")', "result": "王明"})],
        [6, *pupil(5, phone={"error": "#N/A"})],
        [7, *pupil(6, class_={"date": "2026-03-02"})],
        [8, *pupil(7, id_number=f"{id_number(7)}\n", name="<王&明>")],
        [],
        ["合计", "8人"],
    ]


def main() -> None:
    """Write all files."""
    rows = grid()
    (_HERE / "grid.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", "utf-8")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "grid.xlsx"
        _write(source, rows)
        shutil.copy(source, _DATA / "written-by-openpyxl.xlsx")
        for ending, convert in _FORMATS.items():
            out = Path(folder) / ending
            subprocess.run(["soffice", "--headless", "--convert-to", convert, "--outdir", out, source], check=True)
            shutil.copy(out / f"grid.{ending}", _DATA / f"written-by-libreoffice.{ending}")


def _write(path: Path, rows: list[list[object]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column)
            match value:
                case {"formula": formula}:
                    cell.value = f"={formula}"
                case {"error": error}:
                    cell.value = "=NA()" if error == "#N/A" else error
                case {"date": day}:
                    cell.value = date.fromisoformat(day)
                case _:
                    cell.value = value  # type: ignore[assignment]
    sheet.title = "名单"
    sheet["A1"].font = Font(bold=True, size=18)
    for merged in ("A1:I1", "A2:I2", "G4:G5"):
        sheet.merge_cells(merged)
    lists = book.create_sheet("列表")
    lists.append(["渝中"])
    lists.sheet_state = "hidden"
    book.save(path)


if __name__ == "__main__":
    main()
