"""What was put in comes out, or is rejected with the reason planted, whatever the order, the noise and the format.

And whatever a file holds: no row is lost. Each row below the header that is not blank is found once, as a pupil's or
as one of the kinds that are passed over.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.workbook.parsing import parse_roster, read_book
from shared.workbook.roster import Field, RowCode, WorkbookRefused
from tests.workbook.building import lines, text
from tests.workbook.ooxml import package, parts, row_xml, rows_xml, shared_strings, sheet_xml
from tests.workbook.people import RULES, id_number, name, phone

_TITLES: dict[Field, tuple[str, ...]] = {
    "id_number": ("身份证号", "身份证号码(必填)", "*证件号码", "学生身份证号"),
    "name": ("姓名", "学生姓名", "* 姓 名"),
    "phone": ("联系电话", "手机号", "联系电话(必填)"),
    "guardian_name": ("家长姓名", "监护人姓名"),
    "guardian_phone": ("家长联系电话", "监护人电话"),
    "class": ("班级", "所在班级"),
    "home_district": ("所属区县名称(必填)，如：渝中", "区县"),
    "consent": ("授权书(选填)", "授权书是否签署", "家长授权"),
}
_EXTRA = ("序号", "性别", "学籍号", "备注", "民族")

# How a cell can look, and what is left of it.
_NOISE: tuple[Callable[[str], str], ...] = (
    lambda value: value,
    lambda value: f" {value}",
    lambda value: f"{value}\u00a0",
    lambda value: f"\u200b{value}",
    lambda value: f"{value}\n",
    lambda value: f"\ufeff{value}　",
)
# What can be wrong with a row, and what is said then.
_FLAWS: tuple[tuple[Field, str, RowCode], ...] = (
    ("id_number", "", "id_missing"),
    ("id_number", "50010320150101", "id_length"),
    ("id_number", "5001032015O1019974", "id_format"),
    ("id_number", "5.00103E+17", "id_precision_lost"),
    ("name", "", "name_missing"),
    ("name", "王1", "name_format"),
    ("phone", "", "phone_missing"),
    ("phone", "123", "phone_format"),
    ("guardian_phone", "123", "parent_phone_format"),
    ("home_district", "", "district_missing"),
    ("home_district", "武侯区", "district_unknown"),
    ("class", "??", "class_format"),
    ("consent", "待定", "consent_format"),
)


class Row(msgspec.Struct):
    """A pupil as entered: the true values, the cells as typed, the codes planted."""

    values: dict[Field, str]
    cells: dict[str, str]
    codes: set[str]


@st.composite
def _rows(draw: st.DrawFn) -> list[Row | None]:
    """Pupils with noise and flaws; None is a blank row."""
    rows: list[Row | None] = []
    for index in range(draw(st.integers(1, 8))):
        if draw(st.integers(0, 5)) == 0:
            rows.append(None)
        values: dict[Field, str] = {
            "id_number": id_number(index + 10),
            "name": name(index),
            "phone": phone(index),
            "guardian_name": draw(st.sampled_from(("", "王强", "阿依古丽·买买提"))),
            "guardian_phone": draw(st.sampled_from(("", phone(7)))),
            "class": draw(st.sampled_from(("", "三年级2班", "初一(3)班"))),
            "home_district": draw(st.sampled_from(("渝中", "江津区", "重庆市忠县"))),
            "consent": draw(st.sampled_from(("", "已签", "未签"))),
        }
        codes: set[str] = set()
        for field, value, code in draw(st.lists(st.sampled_from(_FLAWS), max_size=3, unique_by=lambda flaw: flaw[0])):
            # A row without any of the three is a prefilled one.
            if value or field == "home_district" or all(values[own] for own in ("id_number", "name", "phone")):
                values[field] = value
                codes.add(code)
        noise = {field: draw(st.sampled_from(_NOISE)) if value else _NOISE[0] for field, value in values.items()}
        rows.append(Row(values, {field: noise[field](value) for field, value in values.items()}, codes))
    return rows


@st.composite
def _grids(draw: st.DrawFn) -> tuple[list[list[str]], dict[int, Row]]:
    """A sheet's cells and its pupils by row number."""
    fields: list[Field] = list(draw(st.permutations(list(_TITLES))))
    extra = draw(st.lists(st.sampled_from(_EXTRA), max_size=3, unique=True))
    columns: list[Field | str] = list(draw(st.permutations([*fields, *extra])))
    left = draw(st.integers(0, 3))
    titles: dict[str, tuple[str, ...]] = {str(field): shown for field, shown in _TITLES.items()}
    above = st.lists(st.sampled_from(("某某小学学生名单", "说明：请认真核对", "")), max_size=3)
    grid = [[title] for title in draw(above)]
    grid.append([""] * left + [draw(st.sampled_from(titles.get(column, (column,)))) for column in columns])
    pupils: dict[int, Row] = {}
    for row in draw(_rows()):
        if row is not None:
            pupils[len(grid) + 1] = row
        grid.append([] if row is None else [""] * left + [row.cells.get(column, "") for column in columns])
    return grid, pupils


def _as_shared(grid: list[list[str]], folder: Path) -> Path:
    texts: list[str] = []
    rows = ""
    for number, row in enumerate(grid, 1):
        cells: list[object] = []
        for column, cell in enumerate(row):
            cells.append(f'<c r="{chr(65 + column)}{number}" t="s"><v>{len(texts)}</v></c>' if cell else None)
            texts += [f'<t xml:space="preserve">{_escaped(cell)}</t>'] if cell else []
        rows += row_xml(number, cells)
    return package(parts(sheet_xml(rows), shared=shared_strings(texts)))(folder)


def _as_inline(grid: list[list[str]], folder: Path) -> Path:
    return package(parts(sheet_xml(rows_xml([[cell or None for cell in row] for row in grid]))))(folder)


def _as_csv(grid: list[list[str]], folder: Path) -> Path:
    quoted = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in grid]
    return text(lines(quoted))(folder)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(_grids(), st.sampled_from((_as_shared, _as_inline, _as_csv)))
def test_what_was_put_in_comes_out(
    given_: tuple[list[list[str]], dict[int, Row]], write: Callable[[list[list[str]], Path], Path]
) -> None:
    grid, pupils = given_
    with tempfile.TemporaryDirectory() as folder:
        path = write(grid, Path(folder))
        roster = parse_roster(path, path.name, RULES)
    assert roster.skipped == []
    assert [row.number for row in roster.rows] == list(pupils)
    for row in roster.rows:
        put = pupils[row.number]
        assert {error.code for error in row.errors} == put.codes
        values = msgspec.to_builtins(row.values)
        for field, value in put.values.items():
            if not any(error.field == field for error in row.errors):
                assert values[field] == value
        # What differs from what was typed is told.
        changed = {change.field for change in row.changes}
        broken = {error.field for error in row.errors}
        different = {field: cell for field, cell in put.cells.items() if cell != values[field]}
        assert different.keys() <= changed | broken, (different, values)


_CELLS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(
        ("合计", "示例", "注：", "1", "三年级1班", id_number(3), name(2), phone(1), "渝中", "=1+1", "#N/A")
    ),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(_CELLS, max_size=9), max_size=12))
def test_no_row_is_lost(noise: list[list[str | None]]) -> None:
    header = ["身份证号", "姓名", "联系电话", "家长姓名", "家长联系电话", "班级", "所属区县", "备注"]
    first = [id_number(0), name(0), phone(0), None, None, None, "渝中"]
    printable = [[_storable(cell) for cell in row] for row in noise]
    with tempfile.TemporaryDirectory() as folder:
        path = package(parts(sheet_xml(rows_xml([header, first, *printable]))))(Path(folder))
        roster = parse_roster(path, path.name, RULES)
    found = [row.row for row in roster.rows] + [skipped.row for skipped in roster.skipped]
    expected = [str(at) for at, row in enumerate(printable, 3) if any(cell and not cell.isspace() for cell in row)]
    assert sorted(found, key=int) == ["2", *expected]
    assert all(
        isinstance(error.detail, str) and error.detail.endswith("。") for row in roster.rows for error in row.errors
    )


@settings(max_examples=200)
@given(st.binary(max_size=600), st.sampled_from((b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"<?xml")))
def test_any_bytes_are_refused_or_read(data: bytes, magic: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "名单.xlsx"
        path.write_bytes(magic + data)
        try:
            parse_roster(path, path.name, RULES)
        except WorkbookRefused as refused:
            assert refused.detail.endswith("。")


@settings(max_examples=150)
@given(st.sampled_from(("xlsx", "xls", "ods")), st.integers(0, 40_000), st.integers(0, 255), st.integers(1, 40))
def test_damaged_files_are_refused_or_read(ending: str, at: int, value: int, count: int) -> None:
    """A real file with some of its bytes replaced."""
    data = bytearray((Path(__file__).parent / "data" / f"written-by-libreoffice.{ending}").read_bytes())
    start = at % len(data)
    data[start : start + count] = bytes([value]) * min(count, len(data) - start)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"名单.{ending}"
        path.write_bytes(data)
        try:
            parse_roster(path, path.name, RULES)
        except WorkbookRefused as refused:
            assert refused.detail.endswith("。")


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.one_of(st.none(), st.text(max_size=8), st.integers(0, 10**6)), max_size=5), max_size=8))
def test_the_short_way_and_the_parser_read_the_same(grid: list[list[str | int | None]]) -> None:
    """The same sheet in UTF-8, where plain rows are read by pattern, and in UTF-16, where all go to the parser."""
    texts: list[str] = []
    rows = ""
    for number, row in enumerate(grid, 1):
        cells: list[object] = []
        for column, value in enumerate(row):
            place = f"{chr(65 + column)}{number}"
            if isinstance(value, int):
                cells.append(f'<c r="{place}" s="{value % 3}"><v>{value}</v></c>')
            elif value is None or number % 2:
                cells.append(value if value is None else _storable(value))
            else:
                cells.append(f'<c r="{place}" t="s"><v>{len(texts)}</v></c>')
                texts.append(f"<t>{_escaped(value)}</t>")
        rows += row_xml(number, cells, attributes=' hidden="1"' if number % 5 == 0 else "")
    usual = parts(sheet_xml(rows), shared=shared_strings(texts))
    other = {
        part: _as_utf16(content) if part.endswith(("sheet1.xml", "Strings.xml")) else content
        for part, content in usual.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        short = read_book(package(usual)(Path(folder)), "名单.xlsx", RULES.limits)
        long = read_book(package(other)(Path(folder)), "名单.xlsx", RULES.limits)
    assert short == long


def _storable(cell: str | None) -> str | None:
    """A text without what XML cannot hold."""
    if cell is None:
        return None
    return "".join(
        sign
        for sign in cell
        if (sign >= " " or sign in "\n\t") and not "\ud800" <= sign <= "\udfff" and sign not in "\ufffe\uffff"
    )


def _escaped(value: str) -> str:
    stored = _storable(value) or ""
    return stored.replace("&", "&amp;").replace("<", "&lt;")


def _as_utf16(content: str | bytes) -> bytes:
    assert isinstance(content, str)
    return content.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
