"""Rosters of made-up pupils: a workbook with wrong rows in it, and what must come of it."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import msgspec
import xlsxwriter

HEADS: Final = (
    "身份证号(必填)",
    "姓名(必填)",
    "联系电话(必填)",
    "家长姓名",
    "家长联系电话",
    "班级",
    "所属区县名称(必填)，如：渝中",
)
GRADES: Final = ("一年级", "二年级", "三年级", "四年级", "五年级", "六年级")

_REGIONS = tuple(f"5001{code:02}" for code in (3, 4, 6, 7, 8, 9, 10, 11, 13, 14))
_FIRST_DAY = date(2012, 1, 1)
_DAYS = 3000
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_NAMES = "安宝晨丹恩芳光海佳凯兰明宁欧平青然思天文晓雅子"


class Roster(msgspec.Struct, frozen=True):
    """`wrong` maps a row as Excel shows it to the field its error names."""

    path: Path
    total: int
    wrong: dict[str, str]

    @property
    def good(self) -> int:
        return self.total - len(self.wrong)


def id_number(index: int) -> str:
    """A valid number, another for each index below 90,000; its sequence is one that no child holds."""
    day = _FIRST_DAY + timedelta(days=index // 3 % _DAYS)
    region = _REGIONS[index // 3 // _DAYS]
    body = f"{region}{day:%Y%m%d}{997 + index % 3}"
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]


def pupil(index: int) -> list[str]:
    """The cells of one right row."""
    name = "".join(_NAMES[index // len(_NAMES) ** place % len(_NAMES)] for place in range(3))
    grade = GRADES[index % len(GRADES)]
    return [
        id_number(index),
        f"王{name}",
        f"1300000{index % 10_000:04}",
        "王爱国",
        f"1310000{index % 10_000:04}",
        f"{grade}{index // len(GRADES) % 8 + 1}班",
        "渝中",
    ]


def _wrong_check_digit(cells: list[str]) -> str:
    number = cells[0]
    cells[0] = number[:-1] + ("1" if number[-1] != "1" else "2")
    return "id_number"


def _no_name(cells: list[str]) -> str:
    cells[1] = ""
    return "name"


def _short_phone(cells: list[str]) -> str:
    cells[2] = "1300000"
    return "phone"


def _unknown_district(cells: list[str]) -> str:
    cells[6] = "火星"
    return "home_district"


_FAULTS: Final[Sequence[Callable[[list[str]], str]]] = (_wrong_check_digit, _no_name, _short_phone, _unknown_district)


def write_roster(path: Path, first: int, total: int, faults: int) -> Roster:
    """`total` pupils from index `first` on, `faults` of them wrong, evenly spread and each in one way."""
    wrong: dict[str, str] = {}
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, HEADS)
        every = total // faults if faults else total + 1
        for at in range(total):
            cells = pupil(first + at)
            if at % every == every // 2 and len(wrong) < faults:
                wrong[str(at + 2)] = _FAULTS[len(wrong) % len(_FAULTS)](cells)
            sheet.write_row(at + 1, 0, cells)
    return Roster(path, total, wrong)
