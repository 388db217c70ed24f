"""Rosters of any size, and the floor that reading them is compared with. Used by tests and benchmarks."""

from datetime import date
from pathlib import Path

import xlsxwriter
from python_calamine import CalamineWorkbook

from shared import district, person_name, phone, resident_id
from tests.workbook.people import TITLES, name
from tests.workbook.people import phone as mobile

_CLASSES = [f"{grade}年级{number}班" for grade in "一二三四五六" for number in range(1, 10)]


def write_roster(path: Path, count: int) -> None:
    """Write an .xlsx of `count` pupils without errors, up to 360,000."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("学生名单")
        text = book.add_format({"num_format": "@"})
        sheet.set_column(0, len(TITLES) - 1, 20, text)
        sheet.write_row(0, 0, TITLES)
        for index in range(count):
            row = (
                large_id_number(index),
                name(index),
                mobile(index),
                name(index + 7),
                mobile(index + 1),
                _CLASSES[index % len(_CLASSES)],
                "渝中",
            )
            for column, value in enumerate(row):
                sheet.write_string(index + 1, column, value, text)


def large_id_number(index: int) -> str:
    """A right ID number; all are different up to 360,000."""
    year, month, day = 2010 + index % 10, 1 + index // 10 % 12, 1 + index // 120 % 28
    first = f"500103{year}{month:02d}{day:02d}{index // 3360 + 500:03d}"
    return first + resident_id.check_character(first)


def read_plainly(path: Path, today: date) -> tuple[int, int]:
    """The floor: calamine's parse and plain validation of the template's columns; (rows, rows with errors)."""
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    seen: set[str] = set()
    wrong = 0
    for number, own_name, own_phone, _, guardian_phone, _, home in rows[1:]:
        assert isinstance(number, str) and isinstance(own_name, str) and isinstance(own_phone, str)
        errors: list[str] = [*resident_id.check(number, today)]
        if number in seen:
            errors.append("id_duplicate")
        seen.add(number)
        if not person_name.check(own_name):
            errors.append("name_format")
        if not phone.check(own_phone):
            errors.append("phone_format")
        if guardian_phone and not phone.check(str(guardian_phone)):
            errors.append("parent_phone_format")
        if district.resolve(str(home), today) is None:
            errors.append("district_unknown")
        wrong += bool(errors)
    return len(rows) - 1, wrong
