"""Reading .xlsx and .xlsm (ECMA-376, transitional and strict), streamed.

Own parser rather than a library's, because a roster needs what libraries throw away: whether a number was a number,
whether a formula had a value, which rows are hidden. Memory grows with what the cells hold, not with the range they
claim: `dimension` is not believed, and a stray cell in XFD1048576 costs one cell.
"""

import re
import zipfile
import zlib
from datetime import datetime
from pathlib import Path
from typing import IO

from shared.workbook.budget import Budget
from shared.workbook.cells import (
    LAST_COLUMN,
    LAST_ROW,
    Book,
    Cell,
    DateCell,
    ErrorCell,
    Look,
    Merge,
    Sheet,
    SheetRow,
    Unevaluated,
    column_index,
    shown_cell,
    vertical_merges,
)
from shared.workbook.markup import Characters, End, Start, local_name, parse
from shared.workbook.number_format import look_of
from shared.workbook.package import Package, SheetPart
from shared.workbook.refusals import corrupt, too_many_cells
from shared.workbook.roster import Limits, WorkbookRefused
from shared.workbook.shortcut import NO_HEIGHT, TRUE, PlainRows, Shortcut
from shared.workbook.xlsx_strings import TAGS_PER_CELL, is_too_long, read_shared_strings, unescape

_MOST_MERGES = 100_000
_TRUE = frozenset(TRUE.split("|"))
_NO_HEIGHT = re.compile(NO_HEIGHT)


def read_xlsx(path: Path, limits: Limits) -> Book:
    """Parse a workbook that `container.look` let through. Raises WorkbookRefused (corrupt, unsafe, too_large)."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _Reader(archive, limits).read()
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, NotImplementedError, ValueError) as error:
        raise corrupt() from error


class _Reader:
    def __init__(self, archive: zipfile.ZipFile, limits: Limits) -> None:
        self._package = Package(archive)
        self._limits = limits

    def read(self) -> Book:
        workbook = self._package.workbook()
        if len(workbook.sheets) > self._limits.sheets:
            raise WorkbookRefused("too_large", f"工作表超过 {self._limits.sheets} 个，请删除与名单无关的再上传。")
        budget = Budget(self._limits)
        strings = read_shared_strings(self._package, workbook.shared_strings, self._limits, budget)
        looks = self._read_looks(workbook.styles)
        sheets = []
        for part in workbook.sheets:
            with self._package.open(part.target) as stream:
                sheets.append(_SheetParser(part, strings, looks, workbook.from_1904, budget).run(stream))
        return Book(sheets=sheets)

    def _read_looks(self, part: str | None) -> dict[str, Look]:
        """The cell formats, by their index as written in a cell's `s`, that show a number as something else."""
        if part is None:
            return {}
        codes: dict[str, str] = {}
        formats: list[str] = []
        inside = False

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal inside
            local = local_name(tag)
            if local == "numFmt":
                codes.setdefault(attributes.get("numFmtId", ""), attributes.get("formatCode", ""))
            elif local == "cellXfs":
                inside = True
            elif local == "xf" and inside:
                formats.append(attributes.get("numFmtId", "0"))

        def end(tag: str) -> None:
            nonlocal inside
            if local_name(tag) == "cellXfs":
                inside = False

        with self._package.open(part) as stream:
            parse(stream, start, end)
        looks = {number: look for number in set(formats) if (look := look_of(number, codes.get(number))) is not None}
        return {str(at): looks[number] for at, number in enumerate(formats) if number in looks}


class _SheetParser:
    """One sheet: callbacks gather a row's cells, and a finished row is kept if anything is in it."""

    def __init__(
        self, part: SheetPart, strings: list[str], looks: dict[str, Look], from_1904: bool, budget: Budget
    ) -> None:
        self._part = part
        self._strings = strings
        self._looks = looks
        self._from_1904 = from_1904
        self._budget = budget
        self._rows: list[SheetRow] = []
        self._merges: list[Merge] = []

    def run(self, stream: IO[bytes]) -> Sheet:
        start, end, characters, plain = self._callbacks()
        most_tags = self._budget.elements * TAGS_PER_CELL
        parse(Shortcut(stream, b"<row ", plain.take), start, end, characters, most_tags=most_tags)
        self._rows.sort(key=lambda row: row.number)
        return Sheet(name=self._part.name, rows=self._rows, hidden=self._part.hidden, merges=tuple(self._merges))

    def _callbacks(self) -> tuple[Start, End, Characters, PlainRows]:
        # Closures over plain variables: these run once per cell of the largest file a school has, and attribute
        # look-ups would double their time.
        strings, looks, budget, rows, merges = self._strings, self._looks, self._budget, self._rows, self._merges
        value_of, columns, pass_by = self._value, _Columns(), self._budget.pass_by
        cell_tag = value_tag = row_tag = text_tag = inline_tag = formula_tag = data_tag = ""
        cells: dict[int, Cell] = {}
        pieces: list[str] = []
        number = column = 0
        kind = style = ""
        keep = in_data = in_row = has_value = has_formula = has_inline = hidden = False
        phonetic = passed = 0

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal cell_tag, value_tag, row_tag, text_tag, inline_tag, formula_tag, data_tag
            nonlocal cells, number, column, kind, style, keep, in_data, in_row, has_value, has_formula, hidden
            nonlocal phonetic, has_inline
            if tag == cell_tag:
                reference = attributes.get("r")
                column = column + 1 if reference is None else columns[reference.rstrip("0123456789")]
                kind = attributes.get("t", "n")
                style = attributes.get("s", "")
                has_value = has_formula = has_inline = False
                pieces.clear()
            elif tag == value_tag:
                # What a cell has once is counted with it.
                if has_value:
                    pass_by()
                keep = has_value = True
            elif tag == row_tag:
                if in_row:
                    raise corrupt()
                number = _row_number(attributes, number)
                hidden = (
                    attributes.get("hidden") in _TRUE or _NO_HEIGHT.fullmatch(attributes.get("ht", "1")) is not None
                )
                cells = {}
                column = -1
                in_row = True
            elif tag == formula_tag:
                if has_formula:
                    pass_by()
                has_formula = True
            elif tag == text_tag:
                if has_value:
                    pass_by()
                keep = not phonetic
                has_value = True
            elif tag == inline_tag:
                if has_inline:
                    pass_by()
                has_inline = True
            elif in_data:
                pass_by()
                if tag.endswith("rPh"):
                    phonetic += 1
            else:
                pass_by()
                local = tag.rpartition(":")[2]
                if local == "sheetData":
                    # Writers may put every name into a prefix; this is the first name that shows which.
                    prefix = tag[: -len(local)]
                    cell_tag, value_tag, row_tag = f"{prefix}c", f"{prefix}v", f"{prefix}row"
                    text_tag, inline_tag, formula_tag, data_tag = f"{prefix}t", f"{prefix}is", f"{prefix}f", tag
                    in_data = True
                elif local == "mergeCell" and len(merges) < _MOST_MERGES:
                    merges.extend(vertical_merges(attributes.get("ref", "")))

        def end(tag: str) -> None:
            nonlocal keep, in_data, in_row, phonetic, passed, cell_tag, value_tag, row_tag, text_tag, formula_tag
            if tag in (value_tag, text_tag):
                keep = False
            elif tag == cell_tag:
                passed += 1
                if passed > LAST_COLUMN:
                    raise too_many_cells()
                if column in cells:
                    raise corrupt()
                if pieces and kind == "s":
                    try:
                        text = strings[_index(pieces[0] if len(pieces) == 1 else "".join(pieces))]
                    except IndexError as error:
                        raise corrupt() from error
                    if text and not text.isspace():
                        cells[column] = text
                elif has_value or has_formula:
                    cell = value_of(kind, "".join(pieces), looks.get(style), has_value, has_formula)
                    if cell is not None:
                        cells[column] = cell
            elif tag == row_tag:
                budget.pass_over(passed + 1)
                passed = 0
                in_row = False
                if cells:
                    budget.take(cells)
                    rows.append(SheetRow(number, cells, hidden))
            elif tag == data_tag and in_data:
                in_data = False
                # The names are free for other uses from here on (page breaks have rows, too).
                cell_tag = value_tag = row_tag = text_tag = formula_tag = ""
            elif tag.endswith("rPh"):
                phonetic -= 1

        def characters(text: str) -> None:
            if keep:
                pieces.append(text)
                if is_too_long(text, pieces):
                    raise too_many_cells()

        def is_ready() -> bool:
            return in_data and not in_row and row_tag == "row"

        def passed_row(at: int) -> None:
            nonlocal number
            number = at

        plain = PlainRows(strings, looks, budget, columns, value_of, rows, is_ready, passed_row)
        return start, end, characters, plain

    def _value(self, kind: str, text: str, look: Look | None, has_value: bool, has_formula: bool) -> Cell | None:
        """A cell that is no shared string; None when it is blank."""
        if kind in ("inlineStr", "str"):
            if has_formula and not has_value:
                return Unevaluated()
            plain = unescape(text) if "_x" in text else text
            return plain if plain and not plain.isspace() else None
        text = text.strip()
        if not text:
            return Unevaluated() if has_formula else None
        if kind == "e":
            return ErrorCell(text)
        if kind == "b":
            return "TRUE" if text in ("1", "true") else "FALSE"
        if kind == "d":
            return _iso_date(text)
        try:
            number = float(text)
        except ValueError as error:
            raise corrupt() from error
        # Python reads 1_000 and ١ as well.
        if number in (float("inf"), float("-inf")) or number != number or "_" in text or not text.isascii():
            raise corrupt()
        return shown_cell(number, look, from_1904=self._from_1904)


class _Columns(dict[str, int]):
    """Column index by its letters, each worked out once."""

    def __missing__(self, letters: str) -> int:
        if not 1 <= len(letters) <= 3 or not letters.isascii() or not letters.isalpha():
            raise corrupt()
        index = column_index(letters)
        if index >= LAST_COLUMN:
            raise corrupt()
        self[letters] = index
        return index


def _index(text: str) -> int:
    """Which shared text is meant; a negative one would be counted from the end."""
    written = text.strip()
    if not (written.isascii() and written.isdigit()):
        raise corrupt()
    return int(written)


def _row_number(attributes: dict[str, str], previous: int) -> int:
    written = attributes.get("r")
    if written is None:
        return previous + 1
    if not (written.isascii() and written.isdigit() and 1 <= int(written) <= LAST_ROW):
        raise corrupt()
    return int(written)


def _iso_date(text: str) -> Cell:
    try:
        return DateCell(datetime.fromisoformat(text).date())
    except ValueError:
        return text
