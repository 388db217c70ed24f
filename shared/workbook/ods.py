"""Reading .ods (OpenDocument spreadsheets, ISO 26300), streamed.

Blank rows and cells come as repetitions, up to the end of the sheet: only what holds something is counted out.
"""

import re
import zipfile
import zlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from shared.workbook.budget import Budget
from shared.workbook.cells import (
    LAST_COLUMN,
    LAST_ROW,
    Book,
    Cell,
    DateCell,
    ErrorCell,
    Merge,
    Sheet,
    SheetRow,
    Unevaluated,
    number_cell,
    shown_cell,
)
from shared.workbook.markup import parse
from shared.workbook.package import Package
from shared.workbook.refusals import corrupt, too_many_cells, unsafe
from shared.workbook.roster import Limits, WorkbookRefused

_CONTENT = "content.xml"
_BLANKS = re.compile(r"[ \t\r\n]+")
# What hangs on a cell or a sheet without being its content.
_PASSED_OVER = frozenset(
    {"office:annotation", "table:shapes", "table:tracked-changes", "text:ruby-text", "text:note", "table:detective",
     "table:dde-links", "office:forms", "text:tracked-changes"}
)  # fmt: skip
_ROW_HIDDEN = ("collapse", "filter")
_MOST_REPEATED_CELLS = 1_000
_FORMULA = "table:formula"
_TIME = re.compile(r"PT([0-9]{1,4})H([0-9]{1,2})M[0-9.,]{1,12}S")
_TEXT_TAGS = ("text:p", "text:h")
_CELL_TAGS = ("table:table-cell", "table:covered-table-cell")
# A cell with a text in it takes four tags.
_TAGS_PER_CELL = 8
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
# The prefixes under which names are looked for here, by what they stand for; nearly every writer uses these.
_USUAL_PREFIXES = {
    **{f"{_OASIS}{name}:1.0": name for name in ("office", "table", "text", "style")},
    f"{_OASIS}drawing:1.0": "draw",
    "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0": "calcext",
    "http://www.w3.org/1999/xlink": "xlink",
}


def read_ods(path: Path, limits: Limits) -> Book:
    """Parse a workbook. Raises WorkbookRefused (corrupt, unsafe, too_large)."""
    try:
        with zipfile.ZipFile(path) as archive, Package(archive).open(_CONTENT) as stream:
            reader = _Reader(limits)
            most_tags = limits.cells * _TAGS_PER_CELL
            parse(stream, reader.start, reader.end, reader.characters, most_tags=most_tags)
            if not reader.sheets:
                raise corrupt()
            return Book(sheets=reader.sheets)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, ValueError, OverflowError) as error:
        raise corrupt() from error


class _Reader:
    def __init__(self, limits: Limits) -> None:
        self.sheets: list[Sheet] = []
        self._limits = limits
        self._budget = Budget(limits)
        self._names: _UsualNames | None = None
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._depth = 0
        self._passing_at = 0
        self._hidden_at = 0
        self._sheet: Sheet | None = None
        self._merges: list[Merge] = []
        self._number = 1  # of the row being read
        self._row: dict[int, Cell] = {}
        self._row_repeated = 1
        self._row_hidden = False
        self._column = 0
        self._cell: Mapping[str, str] | None = None
        self._paragraphs: list[list[str]] = []
        self._paragraph_depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1:
            self._names = _unusual_names(attributes)
        if self._names is not None:
            tag, attributes = self._names[tag], {self._names[key]: value for key, value in attributes.items()}
        # A cell is counted at its end, when it is known whether it holds something, and its text with it.
        counted_later = tag in _CELL_TAGS if self._cell is None else tag in _TEXT_TAGS and not self._paragraphs
        if self._passing_at or not counted_later:
            self._budget.pass_by()
        if self._passing_at:
            return
        if tag in _PASSED_OVER or tag.startswith("draw:"):
            self._passing_at = self._depth
        elif self._cell is not None:
            self._start_text(tag, attributes)
        elif tag in _CELL_TAGS:
            self._cell = attributes
            self._paragraphs = []
        elif tag == "table:table-row":
            self._row = {}
            self._column = 0
            self._row_repeated = _count(attributes, "table:number-rows-repeated")
            self._row_hidden = self._hidden_at > 0 or attributes.get("table:visibility") in _ROW_HIDDEN
        elif tag == "table:table-row-group":
            if not self._hidden_at and attributes.get("table:display") == "false":
                self._hidden_at = self._depth
        elif tag == "table:table":
            self._start_sheet(attributes)
        elif tag == "table:table-source" and attributes.get("xlink:href"):
            raise unsafe("表格引用了别的文件（外部链接）")
        elif tag == "style:style":
            self._style = attributes.get("style:name", "") if attributes.get("style:family") == "table" else ""
        elif tag == "style:table-properties" and self._style and attributes.get("table:display") == "false":
            self._hidden_styles.add(self._style)

    def end(self, tag: str) -> None:
        depth, self._depth = self._depth, self._depth - 1
        if self._names is not None:
            tag = self._names[tag]
        if self._passing_at:
            if depth == self._passing_at:
                self._passing_at = 0
        elif tag in _CELL_TAGS:
            self._end_cell(tag)
        elif self._cell is not None:
            if tag in _TEXT_TAGS:
                self._paragraph_depth = 0
        elif tag == "table:table-row":
            self._end_row()
        elif tag == "table:table-row-group":
            if depth == self._hidden_at:
                self._hidden_at = 0
        elif tag == "table:table" and self._sheet is not None:
            self._sheet.merges = tuple(self._merges)
            self._sheet = None

    def characters(self, text: str) -> None:
        if self._paragraph_depth and not self._passing_at:
            self._paragraphs[-1].append(_BLANKS.sub(" ", text))

    def _start_sheet(self, attributes: Mapping[str, str]) -> None:
        if self._sheet is not None:
            raise corrupt()
        if len(self.sheets) >= self._limits.sheets:
            raise WorkbookRefused("too_large", f"工作表超过 {self._limits.sheets} 个，请删除与名单无关的再上传。")
        hidden = attributes.get("table:style-name", "") in self._hidden_styles
        self._sheet = Sheet(name=attributes.get("table:name", ""), rows=[], hidden=hidden)
        self.sheets.append(self._sheet)
        self._merges = []
        self._number = 1

    def _start_text(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in _TEXT_TAGS:
            self._paragraphs.append([])
            self._paragraph_depth = self._depth
        elif self._paragraphs:
            if tag == "text:s":
                self._paragraphs[-1].append(" " * min(_count(attributes, "text:c"), _MOST_REPEATED_CELLS))
            elif tag == "text:tab":
                self._paragraphs[-1].append("\t")
            elif tag == "text:line-break":
                self._paragraphs[-1].append("\n")

    def _end_cell(self, tag: str) -> None:
        attributes, self._cell = self._cell, None
        if attributes is None:
            return
        repeated = _count(attributes, "table:number-columns-repeated") if attributes else 1
        # A covered cell lies under a merged one: what is in it does not show.
        holds = bool(self._paragraphs) or "office:value-type" in attributes or _FORMULA in attributes
        cell = self._value(attributes) if holds and tag == "table:table-cell" else None
        if cell is None:
            self._budget.pass_by()
        else:
            self._budget.pass_over(1)
            if len(self._row) > LAST_COLUMN:
                raise too_many_cells()
            for at in range(min(repeated, _MOST_REPEATED_CELLS)):
                self._row[self._column + at] = cell
            spanned = _count(attributes, "table:number-rows-spanned")
            if spanned > 1:
                last = self._number + spanned - 1
                self._merges.append(Merge(column=self._column, first=self._number, last=last))
        self._column += repeated

    def _end_row(self) -> None:
        if self._row and self._sheet is not None:
            for at in range(self._row_repeated):
                self._budget.take(self._row)
                self._sheet.rows.append(SheetRow(self._number + at, dict(self._row), self._row_hidden))
        self._number += self._row_repeated
        if self._number > LAST_ROW + 1:
            raise corrupt()

    def _value(self, attributes: Mapping[str, str]) -> Cell | None:
        kind = attributes.get("office:value-type")
        shown = "\n".join("".join(pieces) for pieces in self._paragraphs)
        has_formula = _FORMULA in attributes
        if attributes.get("calcext:value-type") == "error" or (has_formula and shown.startswith(("#N/A", "Err:"))):
            return ErrorCell(shown or "#N/A")
        if kind is None:
            return Unevaluated() if has_formula and not shown else _text(shown)
        if kind in ("float", "percentage", "currency"):
            number = float(attributes["office:value"])
            if number != number or number in (float("inf"), float("-inf")):
                raise corrupt()
            return shown_cell(number, "fraction" if "/" in shown else None, from_1904=False)
        if kind == "date":
            written = attributes.get("office:date-value", "")
            try:
                return DateCell(datetime.fromisoformat(written[:10]).date())
            except ValueError:
                return _text(shown or written)
        if kind == "time" and (hours := _TIME.fullmatch(attributes.get("office:time-value", ""))):
            # As the part of a day that other programs keep.
            return number_cell(int(hours[1]) / 24 + int(hours[2]) / 1440)
        if kind == "boolean":
            return attributes.get("office:boolean-value", "").upper() or None
        return _text(shown or attributes.get("office:string-value", ""))


class _UsualNames(dict[str, str]):
    """Names as they are looked for here, by the names as written."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        super().__init__()
        self._prefixes = prefixes

    def __missing__(self, name: str) -> str:
        prefix, _, local = name.rpartition(":")
        self[name] = usual = f"{self._prefixes.get(prefix, prefix)}:{local}" if prefix in self._prefixes else name
        return usual


def _unusual_names(root: Mapping[str, str]) -> _UsualNames | None:
    """The names of a document whose first element declares prefixes of its own; None when they are the usual ones."""
    prefixes = {
        key.removeprefix("xmlns").removeprefix(":"): _USUAL_PREFIXES[space]
        for key, space in root.items()
        if key.partition(":")[0] == "xmlns" and space in _USUAL_PREFIXES
    }
    return _UsualNames(prefixes) if any(own != usual for own, usual in prefixes.items()) else None


def _text(text: str) -> Cell | None:
    return text if text and not text.isspace() else None


def _count(attributes: Mapping[str, str], name: str) -> int:
    written = attributes.get(name, "1")
    if not (written.isascii() and written.isdigit() and len(written) <= 8):
        raise corrupt()
    return max(int(written), 1)
