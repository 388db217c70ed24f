"""What programs make of a class that they take for a day, a time or a fraction, and what is left of 3.10."""

from collections.abc import Sequence
from datetime import time

from openpyxl.worksheet.worksheet import Worksheet

from tests.workbook.biff import Shown, workbook_stream
from tests.workbook.building import Finish, lines, table, text
from tests.workbook.case import Case, clean
from tests.workbook.hostile import compound, ods
from tests.workbook.people import TITLES, pupil

_SECTORS = [0xFFFFFFFD, 0xFFFFFFFE, 3, 4, 5, 6, 7, 8, 9, 0xFFFFFFFE]


def _formatted(value: float, code: str) -> Finish:
    def finish(sheet: Worksheet) -> None:
        sheet["F2"].value = value
        sheet["F2"].number_format = code

    return finish


def _lost(name: str, why: str, value: float, code: str) -> Case:
    """A class that was lost in a number cell, and one in the row below that was not."""
    return Case(
        name=f"mistaken_{name}",
        why=why,
        build=table([TITLES, pupil(0), pupil(1)], finish=_formatted(value, code)),
        rows={"2": ("class_format",), "3": ()},
    )


def _kept(name: str, why: str, value: float, code: str, shown: str) -> Case:
    return Case(
        name=f"not_mistaken_{name}",
        why=why,
        build=table([TITLES, pupil(0)], finish=_formatted(value, code)),
        rows=clean(2),
        values={"2": {"class": shown}},
        changes={"2": {"class": ["number"]}},
    )


def _ods(class_: str) -> str:
    """One pupil, and the cell of the class as LibreOffice writes it."""
    cells = [
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in pupil(0)
    ]
    cells[5] = f"<table:table-cell {class_}</table:table-cell>"
    titles = "".join(f"<table:table-cell><text:p>{title}</text:p></table:table-cell>" for title in TITLES)
    return f"<table:table-row>{titles}</table:table-row><table:table-row>{''.join(cells)}</table:table-row>"


def _xls(rows: Sequence[Sequence[object]]) -> bytes:
    return workbook_stream(rows).ljust(4096, b"\0")


CASES = (
    _lost("fraction", "3/2 typed into a cell of fractions is kept as 1.5, which is no class 1.5", 1.5, "# ?/?"),
    _lost("half", "2/4 becomes 1/2, another class", 0.5, "# ?/?"),
    _lost("fraction_of_hundredths", "whatever the denominator", 1.5, "# ??/100"),
    _lost("fraction_alone", "whether its whole is set apart or not", 1.5, "?/?"),
    _lost("time", "3:2 becomes a time", 0.126388888888889, "h:mm"),
    _lost("time_without_a_format", "and stays one when its format is taken off", 0.126388888888889, "General"),
    _lost("day_and_time", "a day with a part of it", 46083.5, "General"),
    _kept("in_a_cell_of_fractions", "a whole number is no fraction", 3, "# ?/?", "3"),
    _kept("two_decimals", "3.12 is the twelfth class", 3.12, "0.00", "3.12"),
    Case(
        name="mistaken_time_of_python",
        why="openpyxl writes a time in its own format",
        build=table([TITLES, pupil(0, class_=time(3, 2))]),
        rows={"2": ("class_format",)},
    ),
    Case(
        name="mistaken_xls",
        why="the same in an .xls",
        build=compound(
            _SECTORS,
            start=2,
            data=_xls([TITLES, pupil(0, class_=Shown(1.5, "# ?/?")), pupil(1, class_=Shown(3.2, "0.0"))]),
        ),
        rows={"2": ("class_format",), "3": ()},
        values={"3": {"class": "3.2"}},
    ),
    *(
        Case(name=f"mistaken_ods_{at}", why="and in an .ods", build=ods(_ods(cell)), rows={"2": ("class_format",)})
        for at, cell in enumerate(
            (
                'office:value-type="float" office:value="1.5"><text:p>1 1/2</text:p>',
                'office:value-type="time" office:time-value="PT03H02M00S"><text:p>03:02:00</text:p>',
                'office:value-type="time" office:time-value="PT03H02M00S"><text:p>3:02</text:p>',
            )
        )
    ),
    Case(
        name="xls_row_without_height",
        why="a row whose height was set to nothing is hidden, whatever it says of it",
        build=compound(
            _SECTORS,
            start=2,
            data=workbook_stream([TITLES, pupil(0), pupil(1)], heights={3: 0}).ljust(4096, b"\0"),
        ),
        refusal="hidden_rows",
    ),
    Case(
        name="xls_row_of_little_height",
        why="one of half a point is there",
        build=compound(
            _SECTORS,
            start=2,
            data=workbook_stream([TITLES, pupil(0), pupil(1)], heights={3: 10}).ljust(4096, b"\0"),
        ),
        rows=clean(2, 3),
    ),
    Case(
        name="mistaken_csv_short_decimal",
        why="3.1 in a CSV may be what Excel left of 3.10, as in a number cell",
        build=text(lines([(*TITLES[:6], "所属区县"), pupil(0, class_="3.1"), pupil(1, class_="3.10")])),
        rows=clean(2, 3),
        values={"2": {"class": "3.1"}, "3": {"class": "3.10"}},
        changes={"2": {"class": ["number"]}, "3": {}},
    ),
)
