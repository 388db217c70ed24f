"""Workbooks written with openpyxl and as text, a line each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from tests.workbook.case import Build

Grid = Iterable[Sequence[object]]
Finish = Callable[[Worksheet], None]


def table(rows: Grid, *, sheet: str = "Sheet1", finish: Finish | None = None) -> Build:
    """One sheet; None is a blank cell. `finish` may hide, merge, format."""
    return book({sheet: rows}, finish={sheet: finish} if finish else {})


def book(
    sheets: Mapping[str, Grid], *, hidden: Sequence[str] = (), finish: Mapping[str, Finish] | None = None
) -> Build:
    """Several sheets, some of them hidden."""
    kept = {name: [list(row) for row in rows] for name, rows in sheets.items()}

    def build(folder: Path) -> Path:
        out = openpyxl.Workbook()
        out.remove(out.worksheets[0])
        for name, rows in kept.items():
            sheet = out.create_sheet(name)
            for row in rows:
                sheet.append(row)
            for cells in sheet.iter_rows():
                for cell in cells:
                    # What begins with an equals sign is a text here, as in a cell of text format.
                    if isinstance(cell.value, str) and cell.value.startswith("="):
                        cell.data_type = "s"
            if name in hidden:
                sheet.sheet_state = "hidden"
            if finish and name in finish:
                finish[name](sheet)
        path = folder / "名单.xlsx"
        out.save(path)
        return path

    return build


def text(content: str | bytes, *, encoding: str = "utf-8", name: str = "名单.csv") -> Build:
    """A file with this text, or these bytes."""

    def build(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return build


def lines(rows: Grid, *, separator: str = ",") -> str:
    """Rows as a CSV without quotes."""
    return "".join(separator.join("" if cell is None else str(cell) for cell in row) + "\r\n" for row in rows)
