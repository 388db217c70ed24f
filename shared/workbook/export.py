"""A table of any size as a workbook: rows are fed as they come and never held in memory.

Texts stay texts: nothing is turned into a formula, a link or a number, and the cells are of text format, so that `=…`
in a name stays harmless even after somebody edits it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Final, Literal, Self
from unicodedata import east_asian_width

import msgspec
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from shared.china import CHINA
from shared.export_folder import WRITING

Value = str | int | float | bool | date | datetime | None

MOST_ROWS = 1_048_575
_LONGEST_CELL = 32_767
_NARROWEST, _WIDEST = 8.0, 60.0
_LONGEST_SHEET_NAME = 31
_EXACT_INTEGER = 10**15


class Column(msgspec.Struct, frozen=True):
    """A column: its title, its kind, and its width in characters (None: as wide as what is in it).

    `text` keeps everything a text, ID and card numbers as well as `=…`; `time` shows an aware datetime in China's time.
    """

    title: str
    kind: Literal["text", "number", "time", "date"] = "text"
    width: float | None = None


class About(msgspec.Struct, frozen=True):
    """What the second sheet says: who exported what, when, under which conditions. `extra` are further lines.

    `title` is also the name of the first sheet; `language` is that of the sheet's own words.
    """

    title: str
    exported_by: str
    exported_at: datetime
    conditions: Sequence[tuple[str, str]] = ()
    extra: Sequence[tuple[str, str]] = ()
    language: Literal["zh", "en"] = "zh"


class _Words(msgspec.Struct, frozen=True, kw_only=True):
    """The second sheet's own."""

    sheet: str
    title: str
    by: str
    at: str
    zone: str
    rows: str
    condition: str
    without: tuple[str, str]


_WORDS: Final = {
    "zh": _Words(
        sheet="导出说明",
        title="内容",
        by="导出人",
        at="导出时间",
        zone="（北京时间）",
        rows="行数",
        condition="条件：",
        without=("全部", "没有限定条件"),
    ),
    "en": _Words(
        sheet="About this export",
        title="Content",
        by="Exported by",
        at="Exported at",
        zone=" (Beijing time)",
        rows="Rows",
        condition="Condition: ",
        without=("all", "no conditions"),
    ),
}


class ExportWriter:
    """Writes one export to `path`.

        with ExportWriter(path, columns, about) as writer:
            async for rows in pages:
                await asyncio.to_thread(writer.write_rows, rows)

    `write_rows` takes a page of rows, each as long as `columns`; it is plain and quick work (about 10,000 rows a
    second), to be put on a thread, as is leaving the block, which assembles the file. Leaving the block by an exception
    leaves no file. Rows not yet assembled lie in a folder beside `path`, which is gone afterwards in either case.
    """

    def __init__(self, path: Path, columns: Sequence[Column], about: About) -> None:
        self._path = path
        self._columns = tuple(columns)
        self._about = about
        self._rows = 0
        self._closed = False
        self._folder = TemporaryDirectory(prefix=WRITING, dir=path.parent)
        # Assembled in the folder and moved at the end: a file at `path` is a finished one.
        self._unfinished = Path(self._folder.name) / "unfinished.xlsx"
        self._book = xlsxwriter.Workbook(
            self._unfinished,
            {
                "constant_memory": True,
                "tmpdir": self._folder.name,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._formats = {
            "text": self._book.add_format({"num_format": "@"}),
            "number": self._book.add_format(),
            "time": self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            "date": self._book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        self._sheet = self._book.add_worksheet(_sheet_name(about.title))
        self._widths = [_width(column.title) + 4 for column in self._columns]
        self._write_header()

    @property
    def row_count(self) -> int:
        """Rows written so far."""
        return self._rows

    def write_rows(self, rows: Iterable[Sequence[Value]]) -> None:
        """Append rows. Raises ValueError for a row of another length, or beyond 1,048,575 rows."""
        for row in rows:
            if len(row) != len(self._columns):
                raise ValueError(f"a row of {len(row)} values for {len(self._columns)} columns")
            if self._rows >= MOST_ROWS:
                raise ValueError(f"a sheet holds no more than {MOST_ROWS} rows")
            self._rows += 1
            for at, value in enumerate(row):
                if value is not None:
                    self._write(at, value)

    def close(self) -> None:
        """Finish the file; calling it again does nothing."""
        if self._closed:
            return
        self._closed = True
        try:
            for at, column in enumerate(self._columns):
                width = column.width if column.width is not None else min(max(self._widths[at], _NARROWEST), _WIDEST)
                self._sheet.set_column(at, at, width)
            if self._columns:
                self._sheet.autofilter(0, 0, self._rows, len(self._columns) - 1)
            self._write_about()
            self._book.close()
            self._unfinished.replace(self._path)
        finally:
            self._folder.cleanup()

    def abandon(self) -> None:
        """Give up: nothing of the rows is left on disk. After `close` it does nothing."""
        if self._closed:
            return
        self._closed = True
        # The library offers no way to give up: its handle on the rows is closed, and its reminder to close disarmed.
        for sheet in self._book.worksheets():
            sheet.row_data_fh.close()
        self._book.fileclosed = True
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abandon()

    def _write_header(self) -> None:
        header = self._book.add_format(
            {"bold": True, "bg_color": "#DDEBF7", "bottom": 1, "num_format": "@", "valign": "vcenter"}
        )
        for at, column in enumerate(self._columns):
            self._sheet.write_string(0, at, column.title, header)
        self._sheet.freeze_panes(1, 0)

    def _write(self, at: int, value: Value) -> None:
        kind = self._columns[at].kind
        sheet, row = self._sheet, self._rows
        if kind == "time" and isinstance(value, datetime):
            shown = value.astimezone(CHINA).replace(tzinfo=None, microsecond=0)
            sheet.write_datetime(row, at, shown, self._formats["time"])
            self._widths[at] = max(self._widths[at], 20)
        elif kind == "date" and isinstance(value, date):
            sheet.write_datetime(row, at, value, self._formats["date"])
            self._widths[at] = max(self._widths[at], 12)
        elif kind == "number" and isinstance(value, int | float) and abs(value) < _EXACT_INTEGER:
            sheet.write_number(row, at, value, self._formats["number"])
            self._widths[at] = max(self._widths[at], len(str(value)) + 2)
        else:
            text = _text(value)
            sheet.write_string(row, at, text, self._formats["text"])
            if len(text) * 2 > self._widths[at]:
                self._widths[at] = max(self._widths[at], _width(text) + 2)

    def _write_about(self) -> None:
        words = _WORDS[self._about.language]
        sheet: Worksheet = self._book.add_worksheet(words.sheet)
        bold, text = self._book.add_format({"bold": True, "valign": "top"}), self._formats["text"]
        shown_at = self._about.exported_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
        lines = [
            (words.title, self._about.title),
            (words.by, self._about.exported_by),
            (words.at, f"{shown_at}{words.zone}"),
            (words.rows, str(self._rows)),
            *[(f"{words.condition}{name}", value) for name, value in self._about.conditions or [words.without]],
            *self._about.extra,
        ]
        for row, (name, value) in enumerate(lines):
            sheet.write_string(row, 0, name, bold)
            sheet.write_string(row, 1, _text(value), text)
        sheet.set_column(0, 0, min(max(_width(name) for name, _ in lines) + 2, _WIDEST))
        sheet.set_column(1, 1, min(max(_width(_text(value)) for _, value in lines) + 2, _WIDEST))


def _text(value: Value) -> str:
    text = value if isinstance(value, str) else str(value)
    # Half a surrogate pair cannot be written in any encoding.
    text = text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"


def _width(text: str) -> float:
    """In the width of a digit; a Chinese character takes two."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text[:200])


def _sheet_name(title: str) -> str:
    allowed = "".join("_" if sign in "[]:*?/\\" else sign for sign in title).strip("'")
    return allowed[:_LONGEST_SHEET_NAME] or "导出"
