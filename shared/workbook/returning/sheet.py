"""A sheet of the teacher's .xlsx, written again: as it was, but only the rows that stay, each with its reason.

Formulas become the values they had: the cells they counted from are mostly gone. What hangs on the sheet from outside
(drawings, comments, tables, links) is left out, as are filters and print marks, which name rows that are gone.
"""

from typing import IO

from shared.workbook.cells import column_index, column_letters
from shared.workbook.header import REASON_TITLE
from shared.workbook.markup import local_name, parse
from shared.workbook.returning.markup_out import MarkupOut, Node, attributes_text, text_content
from shared.workbook.returning.plan import SheetPlan
from shared.workbook.returning.ranges import move_range
from shared.workbook.returning.strings import SharedStrings
from shared.workbook.returning.styles import Styles
from shared.workbook.returning.trailing import move_trailing

_LEFT_OUT = frozenset(
    {
        "dimension", "autoFilter", "sortState", "hyperlinks", "drawing", "legacyDrawing", "legacyDrawingHF", "picture",
        "oleObjects", "controls", "tableParts", "rowBreaks", "colBreaks", "customSheetViews", "scenarios",
        "cellWatches", "dataConsolidate", "webPublishItems", "smartTags", "AlternateContent",
    }
)  # fmt: skip
_HELD = frozenset(
    {"mergeCells", "dataValidations", "conditionalFormatting", "extLst", "ignoredErrors", "protectedRanges"}
)
# Two sheets that are both selected would be edited together.
_OF_THE_VIEW = ("topLeftCell", "tabSelected")
_REASON_WIDTH = "46"


def write_sheet(
    part: IO[bytes], target: IO[bytes], plan: SheetPlan | None, strings: SharedStrings, styles: Styles
) -> None:
    """Write a sheet by its plan; without one it stays as it is, but for the numbers of its texts."""
    writer = _Copier(target, strings) if plan is None else _Rewriter(target, plan, strings, styles)
    parse(part, writer.start, writer.end, writer.characters)
    writer.close()


class _Copier:
    """Copies a sheet, with the new indexes of its shared texts."""

    def __init__(self, target: IO[bytes], strings: SharedStrings) -> None:
        self._out = MarkupOut(target)
        self._strings = strings
        self._is_shared = self._in_value = False
        self._index = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = local_name(tag)
        if local == "c":
            self._is_shared = attributes.get("t") == "s"
        elif local == "v" and self._is_shared:
            self._in_value = True
            self._index = ""
        elif local == "sheetView":
            attributes = {name: value for name, value in attributes.items() if name != "tabSelected"}
        elif local in ("drawing", "legacyDrawing", "legacyDrawingHF", "picture", "tablePart"):
            attributes = {}
        self._out.start(tag, attributes)

    def end(self, tag: str) -> None:
        if self._in_value:
            self._out.text(self._strings.index(self._index))
            self._in_value = False
        self._out.end(tag)

    def characters(self, text: str) -> None:
        if self._in_value:
            self._index += text
        else:
            self._out.text(text)

    def close(self) -> None:
        self._out.close()


class _Cell:
    """A cell as read: `value` is what stands in its `v`, `inner` an inline text's XML."""

    __slots__ = ("attributes", "column", "inner", "value")

    def __init__(self, column: int, attributes: dict[str, str]) -> None:
        self.column = column
        self.attributes = attributes
        self.value: str | None = None
        self.inner: Node | None = None


class _Rewriter:
    """Writes a sheet by a plan. Rows are held one at a time, what follows them element by element."""

    def __init__(self, target: IO[bytes], plan: SheetPlan, strings: SharedStrings, styles: Styles) -> None:
        self._out = MarkupOut(target)
        self._plan = plan
        self._strings = strings
        self._styles = styles
        self._depth = 0
        self._left_out_at = 0
        self._path: list[Node] = []
        self._in_data = self._has_columns = False
        self._row_number = 0
        self._row: dict[str, str] = {}
        self._cells: list[_Cell] = []
        self._cell: _Cell | None = None
        self._in_value = False
        self._inline: list[Node] = []
        self._sources: dict[tuple[int, int], _Cell] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._left_out_at:
            return
        local = local_name(tag)
        if self._in_data:
            self._start_in_data(tag, local, attributes)
        elif self._path or (self._depth == 2 and local in _HELD):
            node = Node(tag, attributes)
            if self._path:
                self._path[-1].children.append(node)
            self._path.append(node)
        elif local in _LEFT_OUT and self._depth == 2:
            self._left_out_at = self._depth
        else:
            self._start_outside(tag, local, attributes)

    def end(self, tag: str) -> None:
        depth, self._depth = self._depth, self._depth - 1
        if self._left_out_at:
            if depth == self._left_out_at:
                self._left_out_at = 0
        elif self._in_data:
            self._end_in_data(tag, local_name(tag))
        elif self._path:
            node = self._path.pop()
            if not self._path and (moved := move_trailing(node, self._plan)) is not None:
                self._out.raw(moved.markup())
        else:
            self._out.end(tag)

    def characters(self, text: str) -> None:
        if self._left_out_at:
            return
        if self._in_data:
            if self._inline:
                self._inline[-1].children.append(text)
            elif self._in_value and self._cell is not None:
                self._cell.value = (self._cell.value or "") + text
        elif self._path:
            self._path[-1].children.append(text)
        else:
            self._out.text(text)

    def close(self) -> None:
        self._out.close()

    def _start_outside(self, tag: str, local: str, attributes: dict[str, str]) -> None:
        plan, prefix = self._plan, tag[: -len(local)]
        if local == "cols":
            self._has_columns = True
            self._out.start(tag, attributes)
            if plan.shift:
                self._out.raw(self._reason_column(prefix))
            return
        if local == "sheetData":
            self._in_data = True
            if not self._has_columns and plan.shift:
                self._out.raw(f"<{prefix}cols>{self._reason_column(prefix)}</{prefix}cols>")
        elif local == "col":
            low, high = (int(attributes.get(name, "1")) - 1 for name in ("min", "max"))
            if plan.column(low) != low + plan.shift:
                # The last column of all has nowhere to go.
                self._left_out_at = self._depth
                return
            moved = {"min": str(plan.column(low) + 1), "max": str(plan.column(high) + 1)}
            attributes = {**attributes, **moved}
        elif local == "pane":
            attributes = self._moved_pane(attributes)
        elif local == "selection":
            attributes = {name: value for name, value in attributes.items() if name == "pane"}
        elif local == "sheetView":
            attributes = {name: value for name, value in attributes.items() if name not in _OF_THE_VIEW}
        self._out.start(tag, attributes)

    def _moved_pane(self, attributes: dict[str, str]) -> dict[str, str]:
        moved = dict(attributes)
        if attributes.get("state") in ("frozen", "frozenSplit") and "xSplit" in attributes:
            moved["xSplit"] = str(int(float(attributes["xSplit"])) + self._plan.shift)
        if (corner := attributes.get("topLeftCell")) is not None:
            # Scrolled down to a row that is gone: the first below what is frozen shows instead.
            split = int(float(attributes.get("ySplit", "0")))
            column = self._plan.column(column_index(corner.rstrip("0123456789")))
            moved["topLeftCell"] = move_range(corner, self._plan) or f"{column_letters(column)}{split + 1}"
        return moved

    def _reason_column(self, prefix: str) -> str:
        style = self._styles.reason
        return f'<{prefix}col min="1" max="1" width="{_REASON_WIDTH}" customWidth="1"{_attribute("style", style)}/>'

    def _start_in_data(self, tag: str, local: str, attributes: dict[str, str]) -> None:
        if self._inline:
            node = Node(tag, attributes)
            self._inline[-1].children.append(node)
            self._inline.append(node)
        elif local == "c":
            reference = attributes.get("r")
            previous = self._cells[-1].column if self._cells else -1
            column = previous + 1 if reference is None else column_index(reference.rstrip("0123456789"))
            self._cell = _Cell(column, attributes)
            self._cells.append(self._cell)
        elif local == "row":
            self._row_number = int(attributes.get("r", self._row_number + 1))
            self._row = attributes
            self._cells = []
        elif local == "v":
            self._in_value = True
        elif local == "is" and self._cell is not None:
            self._cell.inner = Node(tag, attributes)
            self._inline.append(self._cell.inner)

    def _end_in_data(self, tag: str, local: str) -> None:
        if self._inline:
            self._inline.pop()
        elif local == "v":
            self._in_value = False
        elif local == "c":
            self._cell = None
        elif local == "row":
            self._end_row(tag)
        elif local == "sheetData":
            self._in_data = False
            self._out.end(tag)

    def _end_row(self, tag: str) -> None:
        old, plan = self._row_number, self._plan
        for cell in self._cells:
            if (cell.column, old) in plan.sources:
                self._sources[cell.column, old] = cell
        new = plan.row(old)
        if new is None:
            return
        prefix = tag[: -len("row")]
        below = old > plan.header_last
        attributes = {name: value for name, value in self._row.items() if name != "spans"} | {"r": str(new)}
        if below:
            # As high as the reason needs.
            attributes = {name: value for name, value in attributes.items() if name not in ("ht", "customHeight")}
        cells = {cell.column: cell for cell in self._cells}
        for column, first in plan.fills.get(old, ()):
            source = self._sources.get((column, first))
            if source is not None:
                cells[column] = self._filled(source, cells.get(column))
        self._out.raw(f"<{tag}{attributes_text(attributes)}>")
        reason = REASON_TITLE if old in plan.titles else plan.reasons.get(old)
        written = reason is None
        for column in sorted(cells):
            if not plan.shift and not written and column >= plan.reason_column:
                self._out.raw(self._reason(prefix, reason, new, cells.get(plan.reason_column), old))
                written = True
            elif not written and plan.shift:
                self._out.raw(self._reason(prefix, reason, new, cells[column], old))
                written = True
            if plan.shift or reason is None or column != plan.reason_column:
                self._out.raw(self._markup(cells[column], prefix, new, as_text=below and old in plan.reasons))
        self._out.end(tag)

    def _filled(self, source: _Cell, own: _Cell | None) -> _Cell:
        style = (own or source).attributes.get("s")
        kind = source.attributes.get("t")
        filled = _Cell(source.column, {name: value for name, value in (("s", style), ("t", kind)) if value is not None})
        filled.value, filled.inner = source.value, source.inner
        return filled

    def _reason(self, prefix: str, reason: str | None, row: int, beside: _Cell | None, old: int) -> str:
        """The reason's cell; the title looks like the header it stands in."""
        style = self._styles.reason
        if old in self._plan.titles and beside is not None:
            style = beside.attributes.get("s", style)
        place = f"{column_letters(self._plan.reason_column)}{row}"
        return (
            f'<{prefix}c r="{place}"{_attribute("s", style)} t="inlineStr"><{prefix}is><{prefix}t xml:space="preserve">'
            f"{text_content(reason or '')}</{prefix}t></{prefix}is></{prefix}c>"
        )

    def _markup(self, cell: _Cell, prefix: str, row: int, *, as_text: bool) -> str:
        column = self._plan.column(cell.column)
        attributes = {name: value for name, value in cell.attributes.items() if name not in ("cm", "vm")}
        attributes["r"] = f"{column_letters(column)}{row}"
        if as_text and cell.column in self._plan.text_columns:
            attributes["s"] = self._styles.as_text(attributes.get("s", "0"))
        value = cell.value
        if value is not None and attributes.get("t") == "s":
            value = self._strings.index(value)
        if value is None:
            inner = cell.inner.markup() if cell.inner is not None else ""
            if not inner:
                attributes.pop("t", None)
        else:
            inner = f"<{prefix}v>{text_content(value)}</{prefix}v>"
        return f"<{prefix}c{attributes_text(attributes)}>{inner}</{prefix}c>"


def _attribute(name: str, value: str | None) -> str:
    return "" if value is None else f' {name}="{value}"'
