"""What a read workbook is: its rows, what was cleaned, what is wrong, and the refusal of a whole file.

Every non-blank row below the header of a sheet that was read is found exactly once: in `Roster.rows`
(accepted when `errors` is empty) or in `Roster.skipped` with the kind of row it is.
"""

from datetime import date
from typing import Final, Literal

import msgspec

from shared.errors import Invalid

Field = Literal[
    "id_number",
    "name",
    "phone",
    "guardian_name",
    "guardian_phone",
    "class",
    "grade",
    "home_district",
    "consent",
]

FIELD_TITLES: dict[Field, str] = {
    "id_number": "身份证号",
    "name": "姓名",
    "phone": "联系电话",
    "guardian_name": "家长姓名",
    "guardian_phone": "家长联系电话",
    "class": "班级",
    "grade": "年级",
    "home_district": "所属区县名称",
    "consent": "授权书",
}
REQUIRED_FIELDS: tuple[Field, ...] = ("id_number", "name", "phone", "home_district")

SIGNED: Final = "已签"
UNSIGNED: Final = "未签"
"""What `consent` is read as, however it was written; "" and 未签 say the same: nothing."""

RefusalCode = Literal[
    "encrypted",
    "corrupt",
    "not_a_spreadsheet",
    "unsupported_format",
    "empty_file",
    "header_not_found",
    "missing_column",
    "duplicate_column",
    "no_data",
    "multiple_data_sheets",
    "hidden_rows",
    "too_large",
    "unsafe",
]

RowCode = Literal[
    "id_missing",
    "id_length",
    "id_format",
    "id_checksum",
    "id_birth_date",
    "id_region",
    "id_precision_lost",
    "id_duplicate",
    "id_age",
    "name_missing",
    "name_format",
    "phone_missing",
    "phone_format",
    "district_missing",
    "district_unknown",
    "parent_phone_format",
    "class_format",
    "class_missing",
    "class_unknown",
    "consent_format",
    "cell_error",
    "formula_without_value",
]

SkippedKind = Literal["note", "total", "sample", "prefilled", "repeated_header", "hidden_sheet", "other_sheet"]

Cleaning = Literal[
    "blank",  # blanks, NBSP, line breaks, tabs
    "invisible",  # zero-width, byte order mark, direction marks
    "fullwidth",  # １２３ｘ to 123x
    "uppercase",  # x to X
    "prefix",  # +86, 0086, a leading quote mark, ="…"
    "hyphen",  # separators within a number
    "dot",  # the many inner dots of names to ·
    "private_use",  # characters of old fonts to their Unicode places
    "number",  # text made of a number cell, or of a number that a program wrote as a text
    "placeholder",  # 无, /, - and their like in a column that may stay empty
    "merged",  # shown for this row by a cell merged over several
    "sheet_name",  # the class or its grade, from the name of the sheet
    "section",  # the class or its grade, from a line above a group of rows, or above the header
    "successor",  # an abolished district to the one that took its place
]


class WorkbookRefused(Invalid):
    """这个文件不能导入。"""

    def __init__(self, code: RefusalCode, detail: str) -> None:
        super().__init__(detail)
        self.refusal: RefusalCode = code
        self.code = code  # type: ignore[misc]  # one class, thirteen stable codes


class RowError(msgspec.Struct, frozen=True, gc=False):
    """One reason why a row cannot be taken (or, in `warnings`, deserves a look): stable `code`, Chinese `detail`."""

    field: Field
    code: RowCode
    detail: str


class Change(msgspec.Struct, frozen=True, gc=False):
    """What cleaning made of a cell. `before` is shown as typed, with invisible characters as ⟨U+200B⟩."""

    field: Field
    before: str
    after: str
    how: tuple[Cleaning, ...]


class RosterValues(msgspec.Struct, frozen=True, gc=False, rename={"school_class": "class"}):
    """A row's cells as cleaned text, "" when empty. `id_number` is "" when Excel has destroyed it.

    `consent` is SIGNED, UNSIGNED or "".
    """

    id_number: str = ""
    name: str = ""
    phone: str = ""
    guardian_name: str = ""
    guardian_phone: str = ""
    school_class: str = ""
    grade: str = ""
    home_district: str = ""
    consent: str = ""


class RosterRow(msgspec.Struct, frozen=True, gc=False):
    """One pupil's row. `row` is as the program shows it: "2", or "三年级1班!7" when several sheets were read.

    `sheet` is the index into `Roster.sheets`, `number` the row's number in it (CSV: the number of the record).
    `district` is the code of `home_district` (the successor's when that one was abolished), "" when unknown.
    `errors` are all reasons at once; `warnings` do not keep the row out.
    """

    row: str
    sheet: int
    number: int
    values: RosterValues
    district: str = ""
    changes: tuple[Change, ...] = ()
    errors: tuple[RowError, ...] = ()
    warnings: tuple[RowError, ...] = ()


class Skipped(msgspec.Struct, frozen=True, gc=False):
    """A row that is no pupil, and why; `text` is its first 80 characters.

    `hidden_sheet` and `other_sheet` stand for a whole sheet: `row` is the sheet's name.
    """

    row: str
    kind: SkippedKind
    text: str = ""


class SheetHeader(msgspec.Struct, frozen=True, gc=False):
    """A sheet that was read: `rows` are the header's (first, last) row numbers, `columns` field → column letter,

    `ignored` the titles of columns that mean nothing to us.
    """

    name: str
    rows: tuple[int, int]
    columns: dict[Field, str]
    ignored: tuple[str, ...] = ()


Format = Literal["xlsx", "xlsm", "xls", "ods", "csv"]


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """A read workbook. `encoding` is that of a CSV ("utf-8", "gb18030"), otherwise ""."""

    format: Format
    encoding: str = ""
    sheets: tuple[SheetHeader, ...]
    rows: list[RosterRow]
    skipped: list[Skipped]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a file may cost. Sizes in bytes, times in seconds."""

    file_bytes: int = 20 * 1024 * 1024
    unpacked_bytes: int = 200 * 1024 * 1024
    entries: int = 2_000
    rows: int = 60_000
    columns: int = 200
    sheets: int = 120
    cells: int = 3_000_000
    memory_bytes: int = 768 * 1024 * 1024
    cpu_seconds: int = 30
    wall_seconds: float = 45.0


class Ages(msgspec.Struct, frozen=True):
    """Whole years a pupil may be old on the day of the import, both ends included."""

    youngest: int = 2
    oldest: int = 25


class ReadingRules(msgspec.Struct, frozen=True, kw_only=True):
    """What the reading process is told besides the file: the day it is, and what is acceptable."""

    today: date
    ages: Ages = Ages()
    limits: Limits = Limits()
