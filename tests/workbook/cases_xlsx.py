"""What other programs write into an .xlsx, made by hand after WPS, POI, Tencent Docs and old exporters."""

from pathlib import Path

from tests.workbook.building import table
from tests.workbook.case import Build, Case, clean
from tests.workbook.ooxml import (
    DECLARATION,
    MAIN,
    STRICT_MAIN,
    STRICT_RELATIONS,
    letters,
    package,
    parts,
    row_xml,
    rows_xml,
    shared_strings,
    sheet_xml,
    styles_xml,
)
from tests.workbook.people import TITLES, id_number, pupil, pupils

_ROWS: list[list[object]] = [list(TITLES), *pupils(2)]


def _named(build: Build, filename: str) -> Build:
    """The same file under another name."""

    def renamed(folder: Path) -> Path:
        return build(folder).rename(folder / filename)

    return renamed


def _shared(rows: list[list[object]], *, prefix: str = "") -> tuple[str, str]:
    """Rows whose texts are all shared, as the XML of the sheet's rows and of the table."""
    items: list[str] = []
    found = ""
    for number, row in enumerate(rows, 1):
        cells = ""
        for column, cell in enumerate(row):
            cells += f'<{prefix}c r="{letters(column)}{number}" t="s"><{prefix}v>{len(items)}</{prefix}v></{prefix}c>'
            items.append(f"<{prefix}t>{cell}</{prefix}t>")
        found += f'<{prefix}row r="{number}">{cells}</{prefix}row>'
    return found, "".join(f"<{prefix}si>{item}</{prefix}si>" for item in items)


def _prefixed() -> Build:
    rows, strings = _shared(_ROWS, prefix="x:")
    sheet = f'{DECLARATION}<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{rows}</x:sheetData></x:worksheet>'
    return package(parts(sheet, shared=f'{DECLARATION}<x:sst xmlns:x="{MAIN}">{strings}</x:sst>'))


def _cell_case(why: str, name_: str, cell: str, codes: tuple[str, ...] = (), **values: str) -> Case:
    """A hand-made cell in the second column (姓名) or, as `<c r="A…`, the first."""
    row = pupil(0)
    row[0 if 'r="A2"' in cell else 5 if 'r="F2"' in cell else 1] = cell
    return Case(
        name=name_,
        why=why,
        build=package(
            parts(
                sheet_xml(row_xml(1, TITLES) + row_xml(2, row)),
                styles=styles_xml(
                    [0, 14, 49, 164, 165, 2], {164: "yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;", 165: "000000"}
                ),
                shared=shared_strings(
                    [
                        "<t>王明</t>",
                        "<r><rPr><b/></rPr><t>王</t></r><r><t>明</t></r>",
                        '<t>王明</t><rPh sb="0" eb="1"><t>ワン</t></rPh><phoneticPr fontId="1"/>',
                        "<t>王明_x000D_</t>",
                        "<t>王_x005F_x000D_明</t>",
                    ]
                ),
            )
        ),
        rows={"2": codes},
        values={"2": values} if values else {},
    )


CASES = (
    Case(
        name="inline_strings",
        why="POI's streaming writer and many exporters put texts into their cells",
        build=package(parts(sheet_xml(rows_xml(_ROWS)))),
        rows=clean(2, 3),
    ),
    Case(
        name="cells_without_references",
        why="r is optional: rows and cells then follow each other",
        build=package(parts(sheet_xml(rows_xml(_ROWS, reference=False)))),
        rows=clean(2, 3),
    ),
    Case(
        name="lying_dimension",
        why="a dimension of A1 hides all rows from readers that believe it",
        build=package(parts(sheet_xml(rows_xml(_ROWS), before='<dimension ref="A1"/>'))),
        rows=clean(2, 3),
    ),
    Case(
        name="huge_dimension",
        why="a dimension of the whole sheet costs nothing",
        build=package(parts(sheet_xml(rows_xml(_ROWS), before='<dimension ref="A1:XFD1048576"/>'))),
        rows=clean(2, 3),
    ),
    Case(
        name="stray_cell_at_the_end",
        why="one cell in XFD1048576, which makes other readers allocate seventeen billion",
        build=package(
            parts(sheet_xml(rows_xml(_ROWS) + '<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row>'))
        ),
        rows=clean(2, 3),
        skipped=[("1048576", "prefilled")],
    ),
    Case(
        name="styled_blank_cells",
        why="formats painted over a thousand blank rows are no rows",
        build=package(
            parts(
                sheet_xml(
                    rows_xml(_ROWS) + "".join(f'<row r="{at}"><c r="A{at}" s="0"/></row>' for at in range(4, 1004))
                )
            )
        ),
        rows=clean(2, 3),
    ),
    Case(
        name="rows_out_of_order",
        why="some writers append what was edited last",
        build=package(parts(sheet_xml(row_xml(3, pupil(1)) + row_xml(1, TITLES) + row_xml(2, pupil(0))))),
        rows=clean(2, 3),
    ),
    Case(
        name="absolute_targets",
        why="openpyxl and others write /xl/worksheets/sheet1.xml",
        build=package(parts(sheet_xml(rows_xml(_ROWS)), sheet_target="/xl/worksheets/sheet1.xml")),
        rows=clean(2, 3),
    ),
    Case(
        name="backslashes_and_case",
        why="parts found as XL\\Worksheets\\Sheet1.xml on Windows only",
        build=package(
            parts(
                sheet_xml(rows_xml(_ROWS)),
                sheet_target="Worksheets\\Sheet1.xml",
                sheet_part="xl\\worksheets\\sheet1.xml",
            )
        ),
        rows=clean(2, 3),
    ),
    Case(
        name="prefixed_names",
        why="the Open XML SDK writes x:row, x:c and x:t",
        build=_prefixed(),
        rows=clean(2, 3),
    ),
    Case(
        name="strict",
        why="“Strict Open XML” has other namespaces",
        build=package(
            parts(sheet_xml(rows_xml(_ROWS), main=STRICT_MAIN), main=STRICT_MAIN, relations=STRICT_RELATIONS)
        ),
        rows=clean(2, 3),
    ),
    Case(
        name="declared_strings_missing",
        why="a workbook of inline texts may declare a table of shared ones that is not there",
        build=package({k: v for k, v in parts(sheet_xml(rows_xml(_ROWS)), shared="x").items() if "sharedS" not in k}),
        rows=clean(2, 3),
    ),
    Case(
        name="macros_that_matter_not",
        why="an .xlsm is read, its macros are not looked at",
        build=_named(
            package(
                {
                    part: (
                        content.replace(
                            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
                            "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
                        )
                        if isinstance(content, str)
                        else content
                    )
                    for part, content in parts(sheet_xml(rows_xml(_ROWS)), extra={"xl/vbaProject.bin": b"x"}).items()
                }
            ),
            "名单.xlsm",
        ),
        rows=clean(2, 3),
        format="xlsm",
    ),
    Case(
        name="wrong_ending",
        why="what a file is, its content says, not its name",
        build=_named(table(_ROWS), "名单.xls"),
        rows=clean(2, 3),
        format="xlsx",
    ),
    Case(
        name="zero_height_row",
        why="a row of height 0 is hidden as well",
        build=package(
            parts(sheet_xml(row_xml(1, TITLES) + row_xml(2, pupil(0), attributes=' ht="0" customHeight="1"')))
        ),
        refusal="hidden_rows",
        says="隐藏",
    ),
    _cell_case("a shared text", "shared_text", '<c r="B2" t="s"><v>0</v></c>', name="王明"),
    _cell_case("runs of different look are one text", "rich_text", '<c r="B2" t="s"><v>1</v></c>', name="王明"),
    _cell_case("how it is read aloud is no part of it", "phonetic_runs", '<c r="B2" t="s"><v>2</v></c>', name="王明"),
    _cell_case("a carriage return as _x000D_", "escaped_return", '<c r="B2" t="s"><v>3</v></c>', name="王明"),
    _cell_case(
        "an escaped underscore is an underscore", "escaped_underscore", '<c r="B2" t="s"><v>4</v></c>', ("name_format",)
    ),
    _cell_case(
        "inline runs",
        "inline_runs",
        '<c r="B2" t="inlineStr"><is><r><t>王</t></r><r><rPr/><t>明</t></r></is></c>',
        name="王明",
    ),
    _cell_case("a formula's stored text", "cached_text", '<c r="B2" t="str"><f>A9</f><v>王明</v></c>', name="王明"),
    _cell_case(
        "one of a shared formula's cells",
        "shared_formula",
        '<c r="B2" t="str"><f t="shared" si="0"/><v>王明</v></c>',
        name="王明",
    ),
    _cell_case("a formula without a value", "uncached", '<c r="B2"><f>A9</f></c>', ("formula_without_value",)),
    _cell_case(
        "a formula without a value, as a text",
        "uncached_text",
        '<c r="B2" t="str"><f>A9</f></c>',
        ("formula_without_value",),
    ),
    _cell_case("an error", "error_cell", '<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', ("cell_error",)),
    _cell_case(
        "an ID number as a number", "number_id", '<c r="A2"><v>500103201501019000</v></c>', ("id_precision_lost",)
    ),
    _cell_case(
        "an ID number as a number in text format",
        "number_id_as_text",
        f'<c r="A2" s="2"><v>{id_number(0)}</v></c>',
        ("id_precision_lost",),
    ),
    _cell_case(
        "an ID number as a scientific number",
        "number_id_scientific",
        '<c r="A2"><v>5.00103201501019E+17</v></c>',
        ("id_precision_lost",),
    ),
    _cell_case(
        "a formula that gives a text ID",
        "formula_id",
        f'<c r="A2" t="str"><f>B9</f><v>{id_number(0)}</v></c>',
        id_number=id_number(0),
    ),
    _cell_case("3-2 became a date", "class_as_date", '<c r="F2" s="1"><v>46083</v></c>', ("class_format",)),
    _cell_case("a date of an own format", "class_as_own_date", '<c r="F2" s="3"><v>46083</v></c>', ("class_format",)),
    _cell_case("a number of an own format is a number", "class_as_number_format", '<c r="F2" s="4"><v>302</v></c>'),
    _cell_case(
        "a date of the strict kind", "class_as_iso_date", '<c r="F2" t="d"><v>2026-03-02</v></c>', ("class_format",)
    ),
    _cell_case("a truth value in a name", "truth", '<c r="B2" t="b"><v>1</v></c>'),
)
