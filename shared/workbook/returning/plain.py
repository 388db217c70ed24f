"""The returned workbook of a file that is no .xlsx: the same cells in a plain .xlsx, as texts."""

from collections.abc import Mapping
from pathlib import Path

import xlsxwriter

from shared.workbook.cells import Book, Cell, DateCell, ErrorCell, NumberCell, Sheet, Unevaluated
from shared.workbook.header import REASON_TITLE
from shared.workbook.returning.plan import SheetPlan

_LONGEST_NAME = 31
_LONGEST_CELL = 32_767
_REASON_WIDTH, _WIDTH = 46, 18


def write_plain(target: Path, book: Book, plans: Mapping[str, SheetPlan]) -> None:
    """Write the sheets that have a plan, in the book's order."""
    with xlsxwriter.Workbook(
        target, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    ) as out:
        styles = _Styles(out)
        used: set[str] = set()
        for sheet in book.sheets:
            if (plan := plans.get(sheet.name)) is not None:
                _write(out.add_worksheet(_sheet_name(sheet.name, used)), sheet, plan, styles)


class _Styles:
    def __init__(self, out: xlsxwriter.Workbook) -> None:
        self.text = out.add_format({"num_format": "@"})
        self.day = out.add_format({"num_format": "yyyy-mm-dd"})
        self.title = out.add_format({"num_format": "@", "bold": True, "bg_color": "#DDEBF7", "bottom": 1})
        self.reason = out.add_format(
            {"num_format": "@", "font_color": "#C00000", "bg_color": "#FFF2CC", "text_wrap": True, "valign": "top"}
        )


def _write(out: "xlsxwriter.worksheet.Worksheet", sheet: Sheet, plan: SheetPlan, styles: _Styles) -> None:
    columns = max((column for row in sheet.rows for column in row.cells), default=0)
    out.set_column(plan.shift, min(columns + plan.shift, 16_383), _WIDTH, styles.text)
    out.set_column(plan.reason_column, plan.reason_column, _REASON_WIDTH, styles.reason)
    out.freeze_panes(plan.header_last, 0)
    shown = {
        (merge.column, merge.first): row.cells[merge.column]
        for merge in sheet.merges
        for row in sheet.rows
        if row.number == merge.first and merge.column in row.cells
    }
    for row in sheet.rows:
        new = plan.row(row.number)
        if new is None:
            continue
        cells = dict(row.cells)
        for place in plan.fills.get(row.number, ()):
            if place in shown:
                cells.setdefault(place[0], shown[place])
        is_title = row.number in plan.titles
        for column, cell in cells.items():
            if plan.shift or column != plan.reason_column:
                _write_cell(out, new - 1, plan.column(column), cell, styles, styles.title if is_title else styles.text)
        if (reason := REASON_TITLE if is_title else plan.reasons.get(row.number)) is not None:
            out.write_string(new - 1, plan.reason_column, reason, styles.title if is_title else styles.reason)


def _write_cell(
    out: "xlsxwriter.worksheet.Worksheet",
    row: int,
    column: int,
    cell: Cell,
    styles: _Styles,
    text: "xlsxwriter.format.Format",
) -> None:
    """Texts stay texts. A destroyed number, a date and an error stay what they are, so as to be rejected again."""
    match cell:
        case NumberCell() if "E" in cell.text or "e" in cell.text:
            out.write_number(row, column, float(cell.text), text)
        case DateCell():
            out.write_datetime(row, column, cell.day, styles.day)
        case ErrorCell():
            out.write_formula(row, column, "=NA()", text, "#N/A")
        case Unevaluated():
            out.write_blank(row, column, None, text)
        case NumberCell():
            out.write_string(row, column, cell.text, text)
        case str():
            out.write_string(row, column, cell[:_LONGEST_CELL], text)


def _sheet_name(name: str, used: set[str]) -> str:
    allowed = "".join("_" if sign in "[]:*?/\\" else sign for sign in name).strip("'")[:_LONGEST_NAME] or "名单"
    shown, at = allowed, 1
    while shown.lower() in used:
        at += 1
        shown = f"{allowed[: _LONGEST_NAME - 4]}({at})"
    used.add(shown.lower())
    return shown
