"""Rosters to import, made by rule: the n-th pupil always has the same, valid ID number."""

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import openpyxl

from shared import resident_id

TITLES = (
    "身份证号(必填)",
    "姓名(必填)",
    "联系电话(必填)",
    "家长姓名",
    "家长联系电话",
    "班级",
    "所属区县名称(必填)，如：渝中",
)
_FIRST_DAY = date(2012, 1, 1)
_SURNAMES = "赵钱孙李周吴郑王冯陈"
_NAMES = "子涵雨轩欣怡浩宇梓萱"


def id_number(n: int) -> str:
    """GB 11643-1999, of 渝中; another for each n below 3,000,000."""
    born = _FIRST_DAY + timedelta(days=n // 1000)
    start = f"500103{born:%Y%m%d}{n % 1000:03}"
    return start + resident_id.check_character(start)


def pupil(n: int, *, school_class: str = "三年级1班", phone: str = "", name: str = "") -> list[str]:
    """The n-th pupil's cells in the order of `TITLES`."""
    own = name or _SURNAMES[n % 10] + _NAMES[n // 10 % 10] + _NAMES[n // 100 % 10]
    return [id_number(n), own, phone or f"138{n:08}", "", "", school_class, "渝中"]


def workbook(rows: Iterable[Sequence[object]], titles: Sequence[str] = TITLES) -> bytes:
    """An .xlsx with one sheet: titles, then rows; Excel shows the first row as 2."""
    return workbook_of({"名单": rows}, titles)


def workbook_of(sheets: Mapping[str, Iterable[Sequence[object]]], titles: Sequence[str] = TITLES) -> bytes:
    """An .xlsx with a sheet for each name."""
    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append(list(titles))
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
