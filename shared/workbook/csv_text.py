"""Reading .csv and tab-separated text: encodings, separators, records.

UTF-8 is strict enough to be believed when it decodes; everything else a Chinese program writes is GB 18030, which
contains GBK and GB 2312. A row's number is that of its record, as a cell may hold line breaks.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from shared.workbook.cells import Book, Cell, NumberCell, Sheet, SheetRow
from shared.workbook.header import find_header
from shared.workbook.refusals import SAVE_AS, empty, too_many_cells, too_many_rows
from shared.workbook.roster import Limits, WorkbookRefused

_SEPARATORS = (",", "\t", ";", "，", "|")
_RECORDS_TRIED = 100
_FIRST_PART = 65_536
_LONGEST_CELL = 131_072
_LONGEST_LINE = 1 << 20
_END_OF_FILE = "\x1a"
# What Excel leaves of 3.10, too, so that it is read as in a number cell.
_SHORT_DECIMAL = re.compile(r"[1-9]\.[1-9]")
_FEWEST_SPACED = 3


def read_csv(path: Path, name: str, limits: Limits) -> Book:
    """Parse a text file as one sheet called `name`. Raises WorkbookRefused."""
    data = path.read_bytes()
    if any(len(line) > _LONGEST_LINE for line in data.splitlines()):
        raise too_many_cells()
    text, encoding = _decode(data)
    text = text.rstrip(_END_OF_FILE)
    if not text.strip():
        raise empty()
    separator = _separator(text)
    rows: list[SheetRow] = []
    cells_left = limits.cells
    try:
        for number, record in enumerate(_records(text, separator), 1):
            cells: dict[int, Cell] = {
                column: NumberCell(value) if len(value) == 3 and _SHORT_DECIMAL.fullmatch(value) else value
                for column, value in enumerate(record)
                if value and not value.isspace()
            }
            if not cells:
                continue
            rows.append(SheetRow(number, cells))
            cells_left -= len(cells)
            if cells_left < 0:
                raise too_many_cells()
            if len(rows) > limits.rows + 1_000:
                raise too_many_rows(limits.rows)
    except csv.Error as error:
        raise WorkbookRefused("corrupt", f"CSV 文件的引号不配对或某一格过长，无法读取。{SAVE_AS}") from error
    return Book(sheets=[Sheet(name=name, rows=rows)], encoding=encoding)


def _decode(data: bytes) -> tuple[str, str]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif data.startswith(codecs.BOM_UTF8):
        encodings = ["utf-8-sig"]
    else:
        encodings = ["utf-8", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text, encoding.removesuffix("-sig")
    raise WorkbookRefused("not_a_spreadsheet", f"无法识别这个文件的文字编码，它可能不是 CSV 表格。{SAVE_AS}")


def _separator(text: str) -> str:
    """The separator under which the first records show the best header; a comma if none shows one."""
    best, most = ",", 0
    for separator in _SEPARATORS:
        header = find_header(_first_rows(text, separator))
        if header is not None and len(header.columns) > most:
            best, most = separator, len(header.columns)
    return best


def _first_rows(text: str, separator: str) -> list[SheetRow]:
    rows: list[SheetRow] = []
    # The first part of the text may end within quotes; what came before counts.
    with suppress(csv.Error):
        for number, record in enumerate(_records(text[:_FIRST_PART], separator), 1):
            cells: dict[int, Cell] = {column: value for column, value in enumerate(record) if value.strip()}
            if cells:
                rows.append(SheetRow(number, cells))
            if len(rows) >= _RECORDS_TRIED:
                break
    return rows


def _records(text: str, separator: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_CELL)
    # Some programs write "王明", "…", with a blank after each separator.
    is_spaced = text.count(f'{separator} "', 0, _FIRST_PART) >= _FEWEST_SPACED
    # Strict: a quote that is never closed would swallow all rows after it.
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=is_spaced)
