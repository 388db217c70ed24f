"""Files of other programs, as they wrote them (see `makers/`), and rosters as teachers keep them."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.workbook.roster import Format, SkippedKind
from tests.workbook.case import Build, Case, clean
from tests.workbook.people import id_number, phone

_DATA = Path(__file__).parent / "data"
_WRONG: Mapping[str, Sequence[str]] = {
    "6": ("id_precision_lost",),
    "9": ("cell_error",),
    "10": ("class_format",),
    "11": ("name_format",),
}


def _file(name: str) -> Build:
    def build(folder: Path) -> Path:
        return Path(shutil.copy(_DATA / name, folder))

    return build


def _written_by(
    program: str,
    ending: Format,
    why: str,
    *,
    wrong: Mapping[str, Sequence[str]] = {},
    skipped: Sequence[tuple[str, SkippedKind]] = (("13", "total"),),
    merged: str = "三年级2班",
    formula: str = "王明",
) -> Case:
    values = {
        "4": {"id_number": id_number(0), "phone": phone(0), "class": "三年级2班"},
        "5": {"name": "𠮷田", "guardian_name": "阿依古丽·买买提", "class": merged},
        "7": {"phone": phone(3)},
        "8": {"name": formula},
        "11": {"id_number": id_number(7)},
    }
    return Case(
        name=f"written_by_{program}_{ending}",
        why=why,
        build=_file(f"written-by-{program}.{ending}"),
        rows={**clean(*range(4, 12)), **_WRONG, **wrong},
        skipped=skipped,
        values=values,
        format=ending,
    )


CASES = (
    _written_by("libreoffice", "xlsx", "LibreOffice as .xlsx"),
    _written_by("libreoffice", "xls", "LibreOffice as Excel 97"),
    _written_by("libreoffice", "ods", "LibreOffice's own format"),
    _written_by(
        "libreoffice",
        "csv",
        "a CSV keeps what was shown: 5.00E+17, #N/A and dates as texts, and merged cells once",
        wrong={"9": ("cell_error",)},
        merged="",
    ),
    _written_by(
        "openpyxl",
        "xlsx",
        "openpyxl stores formulas without their values",
        wrong={"8": ("formula_without_value",), "9": ("formula_without_value",)},
        formula="",
    ),
    _written_by("exceljs", "xlsx", "ExcelJS, as in web pages"),
    _written_by("sheetjs", "xlsx", "SheetJS with inline texts; it declares .xlsb's types in every file"),
    _written_by("sheetjs-shared", "xlsx", "SheetJS with shared texts"),
    _written_by("sheetjs", "xls", "SheetJS as Excel 97"),
    _written_by(
        "sheetjs",
        "ods",
        "SheetJS as .ods loses errors and hidden sheets, and leaves dates as numbers",
        wrong={"9": ("phone_missing",)},
        skipped=[("列表", "other_sheet"), ("13", "total")],
    ),
    Case(
        name="roster_of_twelve",
        why="a filled-in template",
        build=_file("roster-12.xlsx"),
        rows=clean(*range(2, 14)),
    ),
    Case(
        name="roster_with_title_and_notes",
        why="a merged title, a note, a sample row that is not to be imported, the pupils, and 序号 to 500",
        build=_file("roster-with-title-and-notes.xlsx"),
        rows=clean(*range(5, 13)),
        skipped=[("4", "sample"), *[(str(at), "prefilled") for at in range(13, 505)]],
        values={"5": {"id_number": "50011120100930999X", "name": "魏瑾书", "class": "四年级2班"}},
    ),
)
