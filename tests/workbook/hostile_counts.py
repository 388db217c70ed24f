"""Files of millions of what costs nothing to write: each is refused when it is as many as no roster has."""

import random
import zipfile
from collections.abc import Sequence
from pathlib import Path

from shared.workbook.roster import RefusalCode
from tests.workbook.case import Build
from tests.workbook.hostile import ods, sheet_around
from tests.workbook.ooxml import MAIN, package, parts, rows_xml, shared_strings, sheet_xml
from tests.workbook.people import TITLES, pupils

_ROWS: list[list[object]] = [list(TITLES), *pupils(2)]


def _tiny(elements: Sequence[str], count: int) -> str:
    """So many of these elements, in an order that does not pack well; the same each time."""
    return "".join(random.Random(count).choices(elements, k=count))


def _beside_the_rows(content: str) -> Build:
    return package(parts(sheet_xml(rows_xml(_ROWS) + content)))


def _under_another_name(folder: Path) -> Path:
    """A sheet of 250 MB whose part does not end in .xml."""
    name = "xl/worksheets/sheet1.dat"
    blanks = ("".join(random.Random(7).choices(" \n\t", k=20_000)) * 50).encode()
    path = folder / "名单.xlsx"
    found = parts("", sheet_part=name, sheet_target="worksheets/sheet1.dat")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part, content in found.items():
            if part != name:
                archive.writestr(part, content)
        with archive.open(name, "w") as out:
            for piece in sheet_around(blanks, 250):
                out.write(piece)
    return path


REFUSED_FOR_COUNT: dict[str, tuple[Build, RefusalCode]] = {
    "sheet_under_another_name": (_under_another_name, "too_large"),
    "two_million_unknown_elements": (_beside_the_rows(_tiny(["<a/>", "<b/>", "<d/>", "<e/>"], 2_000_000)), "too_large"),
    "two_million_values_of_a_cell": (
        _beside_the_rows(f'<row r="9"><c r="A9">{_tiny(["<v/>", "<f/>", "<t/>", "<is/>"], 2_000_000)}</c></row>'),
        "too_large",
    ),
    "four_million_cells_in_a_row": (
        _beside_the_rows(f'<row r="9">{_tiny(["<c/>", "<c></c>"], 4_000_000)}</row>'),
        "too_large",
    ),
    "two_million_pieces_of_a_text": (
        package(
            parts(
                sheet_xml(rows_xml(_ROWS)),
                shared=shared_strings([_tiny(["<t/>", "<a/>", "<rPh/>", "<r/>"], 2_000_000)]),
            )
        ),
        "too_large",
    ),
    "million_styles": (
        package(
            parts(
                sheet_xml(rows_xml(_ROWS)),
                styles=f'<styleSheet xmlns="{MAIN}"><cellXfs>'
                + _tiny(["<xf/>", '<xf numFmtId="14"/>'], 1_100_000)
                + "</cellXfs></styleSheet>",
            )
        ),
        "too_large",
    ),
    "ods_two_million_blank_cells": (
        ods(
            "<table:table-row>"
            + _tiny(["<table:table-cell/>", '<table:covered-table-cell a="b"/>'], 2_000_000)
            + "</table:table-row>"
        ),
        "too_large",
    ),
    "ods_two_million_spans": (
        ods(
            '<table:table-row><table:table-cell office:value-type="string"><text:p>'
            + _tiny(["<text:span/>", "<text:s/>", "<text:a/>"], 2_000_000)
            + "</text:p></table:table-cell></table:table-row>"
        ),
        "too_large",
    ),
    "ods_two_million_remarks": (
        ods(f"<office:annotation>{_tiny(['<text:p/>', '<text:h/>'], 2_000_000)}</office:annotation>"),
        "too_large",
    ),
}
