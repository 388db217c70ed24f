"""Reading .xls (BIFF8, Excel 97-2003; MS-XLS).

Own parser for the same reasons as for .xlsx: whether a number was a number, which cells are errors, which rows are
hidden. A record is a kind, a length and bytes, and is bounded by the stream.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

from shared.workbook.budget import Budget
from shared.workbook.cells import (
    Book,
    Cell,
    ErrorCell,
    Look,
    Merge,
    Sheet,
    SheetRow,
    Unevaluated,
    shown_cell,
)
from shared.workbook.number_format import look_of
from shared.workbook.ole import CompoundFile
from shared.workbook.refusals import corrupt, encrypted, too_many_cells, unsupported
from shared.workbook.roster import Limits, WorkbookRefused
from shared.workbook.xls_strings import Continued, read_shared_strings, read_string

_BOF, _EOF, _CONTINUE = 0x0809, 0x000A, 0x003C
_FILEPASS, _DATE_MODE, _BOUND_SHEET, _SST, _FORMAT, _XF = 0x002F, 0x0022, 0x0085, 0x00FC, 0x041E, 0x00E0
_ROW, _LABEL_SST, _LABEL, _RICH_LABEL, _RK, _MULTIPLE_RK = 0x0208, 0x00FD, 0x0204, 0x00D6, 0x027E, 0x00BD
_NUMBER, _BOOL_ERROR, _FORMULA, _STRING, _MERGED = 0x0203, 0x0205, 0x0006, 0x0207, 0x00E5
_BIFF8, _WORKSHEET = 0x0600, 0x0010
_ROW_HIDDEN, _ROW_HEIGHT_SET = 0x20, 0x40
# Programs that people work with leave it in each file; libraries that store formulas without calculating them do not.
_SUMMARY = "\x05summaryinformation"
_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"
}  # fmt: skip

_CELL = struct.Struct("<HHH")
_SST_CELL = struct.Struct("<HHHI")
_FORMULA_CELL = struct.Struct("<HHH8s")
_MERGE = struct.Struct("<HHHH")


def read_xls(path: Path, limits: Limits) -> Book:
    """Parse a workbook. Raises WorkbookRefused (corrupt, encrypted, unsupported_format, too_large)."""
    try:
        file = CompoundFile(path.read_bytes())
        return _Reader(file.stream("workbook"), limits, is_calculated=_SUMMARY in file.names()).read()
    except (struct.error, IndexError, KeyError, ValueError) as error:
        raise corrupt() from error


class _Reader:
    def __init__(self, stream: bytes, limits: Limits, *, is_calculated: bool) -> None:
        self._stream = stream
        self._is_calculated = is_calculated
        self._limits = limits
        self._budget = Budget(limits)
        self._strings: list[str] = []
        self._formats: dict[int, str] = {}
        self._cell_formats: list[int] = []
        self._looks: dict[int, Look] = {}
        self._from_1904 = False

    def read(self) -> Book:
        sheets = self._read_globals()
        if not sheets:
            raise corrupt()
        if len(sheets) > self._limits.sheets:
            raise WorkbookRefused("too_large", f"工作表超过 {self._limits.sheets} 个，请删除与名单无关的再上传。")
        for at, number in enumerate(self._cell_formats):
            if (look := look_of(str(number), self._formats.get(number))) is not None:
                self._looks[at] = look
        return Book(sheets=[self._read_sheet(name, at, hidden=hidden) for name, at, hidden in sheets])

    def _records(self, at: int) -> Iterator[tuple[int, bytes, int]]:
        """(kind, bytes, position of the next record) of every record of the substream that begins at `at`."""
        stream, end = self._stream, len(self._stream)
        depth = 0
        while at + 4 <= end:
            kind, length = struct.unpack_from("<HH", stream, at)
            following = at + 4 + length
            if following > end:
                raise corrupt()
            if kind == _BOF:
                depth += 1
            elif kind == _EOF:
                depth -= 1
                if depth == 0:
                    return
            # A chart within a sheet is a substream of its own.
            if depth == 1:
                yield kind, stream[at + 4 : following], following
            at = following
        # Cut off: rows may be missing.
        raise corrupt()

    def _continued(self, data: bytes, at: int) -> Continued:
        """A record's bytes with those of the records that carry it on, which begin at `at`."""
        pieces = [data]
        stream = self._stream
        while at + 4 <= len(stream):
            kind, length = struct.unpack_from("<HH", stream, at)
            if kind != _CONTINUE:
                break
            pieces.append(stream[at + 4 : at + 4 + length])
            at += 4 + length
        return Continued(pieces)

    def _read_globals(self) -> list[tuple[str, int, bool]]:
        sheets: list[tuple[str, int, bool]] = []
        for kind, data, following in self._records(0):
            if kind == _BOF:
                if struct.unpack_from("<H", data)[0] != _BIFF8:
                    raise unsupported("这是很旧的 Excel 5.0/95 格式")
            elif kind == _FILEPASS:
                raise encrypted()
            elif kind == _DATE_MODE:
                self._from_1904 = struct.unpack_from("<H", data)[0] == 1
            elif kind == _BOUND_SHEET:
                at, state, sheet_kind, length = struct.unpack_from("<IBBB", data)
                # Charts, macro sheets and modules hold no roster.
                if sheet_kind == 0:
                    sheets.append((read_string(data, 7, length), at, bool(state & 0x03)))
            elif kind == _SST:
                self._strings = read_shared_strings(self._continued(data, following), self._limits.cells)
            elif kind == _FORMAT:
                number, length = struct.unpack_from("<HH", data)
                self._formats[number] = read_string(data, 4, length)
            elif kind == _XF:
                self._cell_formats.append(struct.unpack_from("<H", data, 2)[0])
        return sheets

    def _read_sheet(self, name: str, at: int, *, hidden: bool) -> Sheet:
        rows: dict[int, dict[int, Cell]] = {}
        hidden_rows: set[int] = set()
        merges: list[Merge] = []
        waiting: tuple[int, int] | None = None
        cells_left = self._budget.cells
        for kind, data, following in self._records(at):
            if kind == _LABEL_SST:
                row, column, _, index = _SST_CELL.unpack_from(data)
                text = self._strings[index]
                if text and not text.isspace():
                    rows.setdefault(row, {})[column] = text
            elif kind == _ROW:
                row, height, flags = struct.unpack_from("<H4xH4xH", data)
                if flags & _ROW_HIDDEN or (flags & _ROW_HEIGHT_SET and height == 0):
                    hidden_rows.add(row)
            elif kind == _MERGED:
                merges += _merges(data)
            elif kind == _STRING:
                if waiting is not None:
                    length = struct.unpack_from("<H", data)[0]
                    text = self._continued(data, following).text_at(2, length)
                    if text and not text.isspace():
                        rows.setdefault(waiting[0], {})[waiting[1]] = text
                    waiting = None
            elif kind == _FORMULA:
                row, column, style, value = _FORMULA_CELL.unpack_from(data)
                # A text follows in a record of its own.
                waiting = (row, column) if value[6:] == b"\xff\xff" and value[0] == 0 else None
                if (cell := self._formula_value(value, style)) is not None:
                    rows.setdefault(row, {})[column] = cell
            else:
                for row, column, cell in self._plain_cells(kind, data, following):
                    rows.setdefault(row, {})[column] = cell
            if len(rows) > self._budget.rows:
                break
            if kind != _ROW and (cells_left := cells_left - 1) < 0:
                raise too_many_cells()
        found = [SheetRow(row + 1, cells, row in hidden_rows) for row, cells in sorted(rows.items())]
        for row_found in found:
            self._budget.take(row_found.cells)
        return Sheet(name=name, rows=found, hidden=hidden, merges=tuple(merges))

    def _plain_cells(self, kind: int, data: bytes, following: int) -> Iterator[tuple[int, int, Cell]]:
        """The cells of a record that holds values rather than references to them."""
        if kind == _RK:
            row, column, style, packed = _SST_CELL.unpack_from(data)
            yield row, column, self._number(_unpacked(packed), style)
        elif kind == _NUMBER:
            row, column, style, value = struct.unpack_from("<HHHd", data)
            yield row, column, self._number(value, style)
        elif kind == _MULTIPLE_RK:
            row, first = struct.unpack_from("<HH", data)
            for at in range((len(data) - 6) // 6):
                style, packed = struct.unpack_from("<HI", data, 4 + 6 * at)
                yield row, first + at, self._number(_unpacked(packed), style)
        elif kind in (_LABEL, _RICH_LABEL):
            row, column, _ = _CELL.unpack_from(data)
            length = struct.unpack_from("<H", data, 6)[0]
            text = self._continued(data, following).text_at(8, length)
            if text and not text.isspace():
                yield row, column, text
        elif kind == _BOOL_ERROR:
            row, column, _, value, is_error = struct.unpack_from("<HHHBB", data)
            yield row, column, _error(value) if is_error else _truth(value)

    def _formula_value(self, value: bytes, style: int) -> Cell | None:
        if value[6:] != b"\xff\xff":
            return self._number(struct.unpack("<d", value)[0], style)
        if value[0] == 1:
            return _truth(value[2])
        if value[0] == 2:
            return _error(value[2])
        # A formula's empty text, which is also what one that was never calculated is stored with.
        return Unevaluated() if value[0] == 3 and not self._is_calculated else None

    def _number(self, value: float, style: int) -> Cell:
        if value != value or value in (float("inf"), float("-inf")):
            raise corrupt()
        return shown_cell(value, self._looks.get(style), from_1904=self._from_1904)


def _unpacked(packed: int) -> float:
    """An RK number: 30 bits of an integer or of a double, perhaps a hundredfold."""
    if packed & 2:
        value = float(packed >> 2 if packed < 0x80000000 else (packed >> 2) - (1 << 30))
    else:
        value = struct.unpack("<d", struct.pack("<Q", (packed & 0xFFFFFFFC) << 32))[0]
    return value / 100 if packed & 1 else value


def _merges(data: bytes) -> list[Merge]:
    count = struct.unpack_from("<H", data)[0]
    merges = []
    for at in range(count):
        first, last, column, _ = _MERGE.unpack_from(data, 2 + at * _MERGE.size)
        if last > first:
            merges.append(Merge(column=column, first=first + 1, last=last + 1))
    return merges


def _error(code: int) -> ErrorCell:
    return ErrorCell(_ERRORS.get(code, "#N/A"))


def _truth(value: int) -> str:
    return "TRUE" if value else "FALSE"
