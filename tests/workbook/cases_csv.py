"""Text files: encodings, separators, quotes, and what Excel makes of numbers in them."""

from tests.workbook.building import lines, text
from tests.workbook.case import Case, clean
from tests.workbook.people import id_number, name, phone, pupil, pupils

_BARE: list[object] = ["身份证号", "姓名", "联系电话", "家长姓名", "家长联系电话", "班级", "所属区县"]
_GUARDED = "".join(",".join(f'="{cell}"' for cell in row) + "\r\n" for row in [_BARE, *pupils(2)])
_QUOTED = "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in [_BARE, *pupils(2)])

CASES = (
    Case(
        name="csv_utf8",
        why="UTF-8 without BOM",
        build=text(lines([_BARE, *pupils(2)])),
        rows=clean(2, 3),
        format="csv",
        encoding="utf-8",
    ),
    Case(
        name="csv_bom",
        why="“CSV UTF-8” of Excel",
        build=text("\ufeff" + lines([_BARE, *pupils(2)])),
        rows=clean(2, 3),
        encoding="utf-8",
    ),
    Case(
        name="csv_gbk",
        why="“CSV” of a Chinese Excel",
        build=text(lines([_BARE, *pupils(2)]), encoding="gbk"),
        rows=clean(2, 3),
        values={"2": {"name": name(0)}},
        encoding="gb18030",
    ),
    Case(
        name="csv_gb18030",
        why="rare characters need four bytes",
        build=text(lines([_BARE, pupil(0, name="王𠮷"), pupil(1, name="王䶮")]), encoding="gb18030"),
        rows=clean(2, 3),
        values={"2": {"name": "王𠮷"}, "3": {"name": "王䶮"}},
    ),
    Case(
        name="csv_utf16",
        why="“Unicode text” of Excel, with tabs",
        build=text(lines([_BARE, *pupils(2)], separator="\t"), encoding="utf-16", name="名单.txt"),
        rows=clean(2, 3),
    ),
    Case(
        name="csv_guarded",
        why='="…" keeps Excel from reading numbers',
        build=text(_GUARDED),
        rows=clean(2, 3),
        values={"2": {"id_number": id_number(0), "phone": phone(0)}},
    ),
    Case(
        name="csv_tabs_before_numbers",
        why="a tab does the same",
        build=text(lines([_BARE, *[[f"\t{row[0]}", *row[1:]] for row in pupils(2)]])),
        rows=clean(2, 3),
    ),
    Case(name="csv_quoted", why="everything in quotes", build=text(_QUOTED), rows=clean(2, 3)),
    Case(
        name="csv_blanks_after_commas",
        why='"王明", "13800138000", … is what some programs write',
        build=text("".join(", ".join(f'"{cell}"' for cell in row) + "\n" for row in [_BARE, *pupils(2)])),
        rows=clean(2, 3),
        values={"2": {"name": name(0), "phone": phone(0)}},
        changes={"2": {}},
    ),
    Case(
        name="csv_end_of_file_mark",
        why="what DOS put at the end of a text is no row",
        build=text(lines([_BARE, *pupils(2)]) + "\x1a"),
        rows=clean(2, 3),
    ),
    Case(
        name="csv_semicolons",
        why="the separator of other countries' Excels",
        build=text(lines([_BARE, *pupils(2)], separator=";")),
        rows=clean(2, 3),
    ),
    Case(
        name="csv_sep_line",
        why="sep=; tells Excel the separator",
        build=text("sep=;\r\n" + lines([_BARE, *pupils(2)], separator=";")),
        rows=clean(3, 4),
    ),
    Case(
        name="csv_line_break_in_a_cell",
        why="a row's number is that of its record",
        build=text(lines([_BARE, pupil(0, guardian_name='"王强\n"'), pupil(1)])),
        rows=clean(2, 3),
    ),
    Case(
        name="csv_carriage_returns",
        why="line ends of an old Mac",
        build=text(lines([_BARE, *pupils(2)]).replace("\r\n", "\r")),
        rows=clean(2, 3),
    ),
    Case(
        name="csv_title_above",
        why="a title and a blank line above",
        build=text("某某小学\r\n\r\n" + lines([_BARE, *pupils(2)])),
        rows=clean(4, 5),
    ),
    Case(
        name="csv_ruined_by_excel",
        why="saved by Excel, IDs are 5.00103E+17",
        build=text(lines([_BARE, pupil(0, id_number="5.00103E+17")])),
        rows={"2": ("id_precision_lost",)},
    ),
    Case(
        name="csv_open_quote",
        why="a quote that never ends would swallow all rows after it",
        build=text(lines([_BARE, pupil(0, guardian_name='"王强'), *pupils(3, first=1)])),
        refusal="corrupt",
        says="引号",
    ),
    Case(
        name="csv_short_rows",
        why="trailing blanks are left out by some writers",
        build=text(lines([_BARE, pupil(0)[:3], pupil(1)])),
        rows={"2": ("district_missing",), "3": ()},
    ),
    Case(
        name="csv_class_from_filename",
        why="a file per class, named after it",
        build=text(lines([_BARE[:5] + _BARE[6:], *[[*row[:5], row[6]] for row in pupils(1)]]), name="三年级2班.csv"),
        rows=clean(2),
        values={"2": {"class": "三年级2班"}},
    ),
)
