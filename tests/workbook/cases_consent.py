"""The optional column 授权书: whose signed form the school has in hand."""

from openpyxl.worksheet.worksheet import Worksheet

from tests.workbook.building import table
from tests.workbook.case import Case, clean
from tests.workbook.people import TITLES, pupil, pupils

_SIGNED = ("已签", "已签署", "已授权", "是", "有", "√", "✓", "Y", "y", "Ｙ", " 已签 ", "TRUE")
_UNSIGNED = ("未签", "未授权", "否", "×", "N", "已撤回")
_TITLES = (
    "授权书",
    "授权书(选填)",
    "监护人授权",
    "授权书是否签署",
    "是否授权",
    "家长授权",
    "授权",
    "是否签署授权书",
    "授权书签署情况",
)


def _rows(*cells: object, title: str = "授权书") -> list[list[object]]:
    return [[*TITLES, title], *([*pupil(at), cell] for at, cell in enumerate(cells))]


def _merge_consent(sheet: Worksheet) -> None:
    sheet.merge_cells("H2:H4")


CASES = (
    *(
        Case(
            name=f"consent_title_{at}",
            why="the column has many names",
            build=table(_rows("已签", title=title)),
            rows=clean(2),
            values={"2": {"consent": "已签"}},
        )
        for at, title in enumerate(_TITLES)
    ),
    Case(
        name="consent_signed",
        why="a tick is written in many ways",
        build=table(_rows(*_SIGNED)),
        rows=clean(*range(2, 2 + len(_SIGNED))),
        values={str(at): {"consent": "已签"} for at in range(2, 2 + len(_SIGNED))},
    ),
    Case(
        name="consent_unsigned",
        why="so is that there is none; an export says 已撤回",
        build=table(_rows(*_UNSIGNED)),
        rows=clean(*range(2, 2 + len(_UNSIGNED))),
        values={str(at): {"consent": "未签"} for at in range(2, 2 + len(_UNSIGNED))},
    ),
    Case(
        name="consent_left_empty",
        why="empty and 无 say nothing",
        build=table(_rows(None, "无", " ")),
        rows=clean(2, 3, 4),
        values={str(at): {"consent": ""} for at in (2, 3, 4)},
        changes={"3": {"consent": ["placeholder"]}},
    ),
    Case(
        name="consent_unclear",
        why="evidence is not guessed: what is neither yes nor no is asked about",
        build=table(_rows("待定", "周五交", 1, "2026-03-01", "不是", "已签")),
        rows={**{str(at): ("consent_format",) for at in range(2, 7)}, "7": ()},
    ),
    Case(
        name="consent_merged",
        why="one signature is not one for several pupils",
        build=table(_rows("已签", None, None), finish=_merge_consent),
        rows=clean(2, 3, 4),
        values={"2": {"consent": "已签"}, "3": {"consent": ""}, "4": {"consent": ""}},
    ),
    Case(
        name="consent_drawn_down",
        why="未签 drawn down below the last pupil is nobody",
        build=table([*_rows("已签"), [None] * 7 + ["未签"]]),
        rows=clean(2),
        skipped=[("3", "prefilled")],
    ),
    Case(
        name="consent_of_another_kind",
        why="who was authorized, and by which number, is not whether it was signed",
        build=table([[*TITLES, "授权书编号", "授权人"], *([*row, "A-1", "王强"] for row in pupils(1))]),
        rows=clean(2),
        values={"2": {"consent": ""}},
    ),
)
