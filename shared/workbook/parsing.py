"""From a file to a roster, in this process: look, parse, find headers, tell rows apart, check them.

Runs in the worker; everything else goes through `shared.workbook.reading`.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from shared.workbook import container
from shared.workbook.cells import Book, Sheet
from shared.workbook.checking import RowChecker
from shared.workbook.csv_text import read_csv
from shared.workbook.header import Header, find_header
from shared.workbook.ods import read_ods
from shared.workbook.refusals import empty, too_many_rows
from shared.workbook.roster import (
    FIELD_TITLES,
    REQUIRED_FIELDS,
    Field,
    Format,
    Limits,
    ReadingRules,
    Roster,
    RosterRow,
    SheetHeader,
    Skipped,
    WorkbookRefused,
)
from shared.workbook.section import is_whole_class
from shared.workbook.table import Table, holds_id_numbers, read_table, skipped_rows
from shared.workbook.xls import read_xls
from shared.workbook.xlsx import read_xlsx

# Sheets that repeat each other's pupils (a list of all, and one per class) are one roster told twice.
_REPEATED_SHARE = 0.8
_REPEATED_FROM = 3


def read_book(path: Path, filename: str, limits: Limits) -> tuple[Format, Book]:
    """The file's format and its cells. Raises WorkbookRefused."""
    kind = container.look(path, limits)
    if kind == "xls":
        return kind, read_xls(path, limits)
    if kind == "ods":
        return kind, read_ods(path, limits)
    if kind == "csv":
        return kind, read_csv(path, Path(filename).stem, limits)
    return kind, read_xlsx(path, limits)


class OpenedRoster(msgspec.Struct, frozen=True, kw_only=True):
    """A roster whose tables are known; `rows` checks each row as it is taken, and may still raise WorkbookRefused."""

    format: Format
    encoding: str
    sheets: tuple[SheetHeader, ...]
    skipped: list[Skipped]
    rows: Iterator[RosterRow]


def open_roster(path: Path, filename: str, rules: ReadingRules) -> OpenedRoster:
    """Read the tables in `path`. Raises WorkbookRefused."""
    kind, book = read_book(path, filename, rules.limits)
    tables, skipped = read_tables(book)
    if sum(len(table.pupils) for table in tables) > rules.limits.rows:
        raise too_many_rows(rules.limits.rows)
    for table in tables:
        skipped += skipped_rows(table, _prefix(table, tables))
    return OpenedRoster(
        format=kind,
        encoding=book.encoding,
        sheets=tuple(table.header for table in tables),
        skipped=skipped,
        rows=_checked_rows(tables, rules),
    )


def parse_roster(path: Path, filename: str, rules: ReadingRules) -> Roster:
    """Read the roster in `path`. Raises WorkbookRefused."""
    opened = open_roster(path, filename, rules)
    return Roster(
        format=opened.format,
        encoding=opened.encoding,
        sheets=opened.sheets,
        rows=list(opened.rows),
        skipped=opened.skipped,
    )


def _checked_rows(tables: list[Table], rules: ReadingRules) -> Iterator[RosterRow]:
    checker = RowChecker(rules.today, rules.ages)
    for index, table in enumerate(tables):
        prefix, repeated = _prefix(table, tables), 0
        for pupil in table.pupils:
            row = checker.check(pupil, f"{prefix}{pupil.number}", index)
            if row.errors and any(error.code == "id_duplicate" for error in row.errors):
                repeated += 1
            yield row
        if index:
            _refuse_repeated_sheet(table, repeated)


def _prefix(table: Table, tables: list[Table]) -> str:
    return f"{table.header.name}!" if len(tables) > 1 else ""


def read_tables(book: Book) -> tuple[list[Table], list[Skipped]]:
    """The tables with pupils in them, and what stands for the sheets that were not read. Raises WorkbookRefused."""
    if not any(sheet.rows for sheet in book.sheets):
        raise empty()
    skipped: list[Skipped] = []
    tables: list[Table] = []
    headless: list[Sheet] = []
    hidden: list[str] = []
    headers = 0
    alone = sum(1 for sheet in book.sheets if sheet.rows and not sheet.hidden and is_whole_class(sheet.name)) < 2
    for sheet in book.sheets:
        if not sheet.rows:
            continue
        header = find_header(sheet.rows)
        if sheet.hidden:
            # Dictionaries behind a template's lists are nobody's loss; a roster is.
            if header is not None or holds_id_numbers(sheet):
                hidden.append(sheet.name)
                skipped.append(Skipped(row=sheet.name, kind="hidden_sheet", text=f"{len(sheet.rows)} 行"))
        elif header is None and holds_id_numbers(sheet):
            headless.append(sheet)
        elif header is None or _is_other_list(book, sheet, header):
            skipped.append(Skipped(row=sheet.name, kind="other_sheet", text=f"{len(sheet.rows)} 行"))
        else:
            headers += 1
            table = _table(sheet, header, is_alone=alone)
            if table.pupils:
                tables.append(table)
            else:
                skipped += skipped_rows(table, f"{sheet.name}!")
    if headless and tables:
        raise WorkbookRefused(
            "multiple_data_sheets",
            f"工作表“{headless[0].name}”里有身份证号，但没有找到表头，无法与其他工作表一起读取。"
            "请在该表第一行补上与模板相同的表头，或删除该工作表。",
        )
    if not tables:
        _refuse_without_pupils(headers, hidden, headless)
    return tables, skipped


def _table(sheet: Sheet, header: Header, *, is_alone: bool) -> Table:
    table = read_table(sheet, header, is_alone=is_alone)
    missing = [field for field in REQUIRED_FIELDS if field not in header.columns]
    if missing and (table.pupils or table.skipped == []):
        raise WorkbookRefused("missing_column", _missing_detail(sheet.name, header, missing))
    return table


def _missing_detail(sheet: str, header: Header, missing: list[Field]) -> str:
    names = "、".join(f"“{FIELD_TITLES[field]}”" for field in missing)
    ignored = "、".join(header.ignored[:8])
    unknown = f"未识别的列：{ignored}。" if ignored else ""
    return f"工作表“{sheet}”第 {header.last} 行的表头缺少必填列{names}。{unknown}请按模板补上表头后再上传。"


def _is_other_list(book: Book, sheet: Sheet, header: Header) -> bool:
    """Names and phones of somebody else, on a sheet beside the roster."""
    others = any(other is not sheet and other.rows and not other.hidden for other in book.sheets)
    return others and "id_number" not in header.columns and not holds_id_numbers(sheet)


def _refuse_without_pupils(headers: int, hidden: list[str], headless: list[Sheet]) -> None:
    if headless and (headers or hidden):
        raise WorkbookRefused(
            "header_not_found",
            f"工作表“{headless[0].name}”里有身份证号，但没有找到表头。请在该表第一行补上与模板相同的表头后再上传。",
        )
    if hidden:
        raise WorkbookRefused(
            "no_data", f"名单在隐藏的工作表“{hidden[0]}”里。隐藏的工作表不会读取，请取消隐藏后再上传。"
        )
    if headers:
        raise WorkbookRefused("no_data", "找到了表头，但下面没有学生。请填写名单后再上传。")
    raise WorkbookRefused(
        "header_not_found",
        "没有找到表头。表中应有一行写明“身份证号、姓名、联系电话、所属区县名称”等列名，请参照模板补上后再上传。",
    )


def _refuse_repeated_sheet(table: Table, repeated: int) -> None:
    if repeated >= _REPEATED_FROM and repeated >= _REPEATED_SHARE * len(table.pupils):
        raise WorkbookRefused(
            "multiple_data_sheets",
            f"工作表“{table.header.name}”的学生与前面的工作表重复（{repeated} 行），看起来是同一份名单的两个副本。"
            "请只保留一份后再上传。",
        )
