"""Workbooks in unusual wrappings: parts and namespaces named otherwise, large archives, comments, old .xls."""

import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests.workbook.biff import UNCALCULATED, workbook_stream
from tests.workbook.case import Build, Case, clean
from tests.workbook.hostile import compound
from tests.workbook.ooxml import MAIN, package, parts, row_xml, rows_xml, shared_strings, sheet_xml
from tests.workbook.people import TITLES, id_number, name, phone, pupil, pupils

_ROWS: list[list[object]] = [list(TITLES), *pupils(2)]
_TYPES = "[Content_Types].xml"
_OVERRIDE = '<Override PartName="/xl/workbook.xml" ContentType="{}"/>'
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_PLAIN_TYPE = '<Default Extension="xml" ContentType="application/xml"/>'
_SECTORS = [0xFFFFFFFD, 0xFFFFFFFE, 3, 4, 5, 6, 7, 8, 9, 0xFFFFFFFE]


def _workbook() -> dict[str, str | bytes]:
    return parts(sheet_xml(rows_xml(_ROWS)))


def _types() -> str:
    declared = _workbook()[_TYPES]
    assert isinstance(declared, str)
    return declared


def _by_default() -> Build:
    """As System.IO.Packaging declares types: the first part's for all that ends in .xml, the others one by one."""
    types = _types().replace(_OVERRIDE.format(_MAIN_TYPE), "")
    return package(
        _workbook() | {_TYPES: types.replace(_PLAIN_TYPE, _PLAIN_TYPE.replace("application/xml", _MAIN_TYPE))}
    )


def _with_second_sheet(sheet: str) -> Build:
    """A workbook with a second part of its sheet's name, its case changed."""

    def build(folder: Path) -> Path:
        path = package(_workbook())(folder)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/worksheets/Sheet1.xml", sheet)
        return path

    return build


def _large_archive(found: Mapping[str, str | bytes], *, declared: int | None = None) -> Build:
    """An archive whose entries are counted in the end record for large ones only.

    `declared` is what the small end record claims as their number; without it, what stands for "see there".
    """

    def build(folder: Path) -> Path:
        path = folder / "名单.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part, content in found.items():
                archive.writestr(part, content)
        data = path.read_bytes()
        end = data.rindex(b"PK\x05\x06")
        _, _, _, _, count, length, start, _ = struct.unpack_from("<4s4H2LH", data, end)
        large = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, length, start)
        locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
        small = [0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF] if declared is None else [declared, 0, 0]
        ending = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, small[0], *small, 0)
        path.write_bytes(data[:end] + large + locator + ending)
        return path

    return build


def _ods(rows: str, *, table: str = "table", text: str = "text:") -> Build:
    """A sheet whose rows' names stand under the prefixes `table` and `text`."""
    spaces = "".join(
        f' xmlns{":" + prefix if prefix else ""}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
        for prefix, space in (("office", "office"), (table, "table"), (text.rstrip(":"), "text"))
    )
    return package(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": f"<office:document-content{spaces}><office:body><office:spreadsheet>"
            f'<{table}:table {table}:name="名单">{rows}</{table}:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        },
        name="名单.ods",
    )


def _ods_rows(rows: list[list[object]], *, table: str = "table", text: str = "text:") -> str:
    cell = f'<{table}:table-cell office:value-type="string"><{text}p>{{}}</{text}p></{table}:table-cell>'
    return "".join(
        f"<{table}:table-row>{''.join(cell.format(value) for value in row)}</{table}:table-row>" for row in rows
    )


_XLS: list[list[object]] = [
    ["姓名", "身份证号", "联系电话", "区县", "班级"],
    [name(0), id_number(0), phone(0), "渝中", UNCALCULATED],
    [UNCALCULATED, id_number(1), phone(1), "渝中", "三年级2班"],
]


def _long_before_a_comment(beyond: int) -> str:
    """Rows around a comment whose `<` is the last byte of a piece, or that begins one byte before or after."""
    first = rows_xml(_ROWS[:2])
    begins = len(sheet_xml("").encode()) - len("</sheetData></worksheet>")
    length = (1 << 18) - 1 + beyond - begins - len(first.encode()) - len(row_xml(4, [""]).encode())
    note = row_xml(4, ["注：" + "。" * (length // 3 - 2) + "." * (length % 3)])
    return first + note + f"<!-- {row_xml(9, pupil(9))} -->" + row_xml(3, pupil(1))


def _hidden(attributes: str) -> Build:
    return package(parts(sheet_xml(row_xml(1, TITLES) + row_xml(2, pupil(0), attributes=attributes))))


CASES = (
    Case(
        name="types_by_default",
        why="the Open XML SDK and whatever else packs with .NET declare the workbook's type for all of .xml",
        build=_by_default(),
        rows=clean(2, 3),
        format="xlsx",
    ),
    Case(
        name="types_of_nothing_in_particular",
        why="a home-grown exporter calls all its parts application/xml; the workbook is where it belongs",
        build=package(_workbook() | {_TYPES: _types().replace(_MAIN_TYPE, "application/xml")}),
        rows=clean(2, 3),
        format="xlsx",
    ),
    Case(
        name="part_twice",
        why="of two sheets of one name no two programs read the same",
        build=_with_second_sheet(sheet_xml(rows_xml([list(TITLES), pupil(9)]))),
        refusal="corrupt",
    ),
    Case(
        name="part_twice_the_same",
        why="a part that was packed twice is one",
        build=_with_second_sheet(sheet_xml(rows_xml(_ROWS))),
        rows=clean(2, 3),
    ),
    Case(
        name="types_in_utf16",
        why="a part may be UTF-16 as well as UTF-8",
        build=package(_workbook() | {_TYPES: _types().replace("UTF-8", "UTF-16").encode("utf-16")}),
        rows=clean(2, 3),
    ),
    Case(
        name="word_types_by_default",
        why="a document packed by .NET is still a document",
        build=package(
            {_TYPES: f"<Types>{_PLAIN_TYPE.replace('application/xml', 'a.wordprocessingml.document.main+xml')}</Types>"}
        ),
        refusal="not_a_spreadsheet",
        says="Word",
    ),
    Case(
        name="large_archive",
        why="some writers count the entries of every archive as if there were more than 65,535",
        build=_large_archive(_workbook()),
        rows=clean(2, 3),
    ),
    Case(
        name="entries_behind_a_second_count",
        why="of two counts the one is believed that the archive is read by",
        build=_large_archive({**_workbook(), **{f"x/{at}": b"" for at in range(2_000)}}, declared=7),
        refusal="unsafe",
        says="条目过多",
    ),
    Case(
        name="row_in_a_comment",
        why="what somebody commented out is no pupil",
        build=package(
            parts(sheet_xml(rows_xml(_ROWS[:2]) + f"<!-- {row_xml(9, pupil(9))} -->" + row_xml(3, pupil(1))))
        ),
        rows=clean(2, 3),
    ),
    Case(
        name="row_in_an_instruction",
        why="nor what stands in a processing instruction",
        build=package(parts(sheet_xml(rows_xml(_ROWS[:2]) + f"<?x {row_xml(9, pupil(9))} ?>" + row_xml(3, pupil(1))))),
        rows=clean(2, 3),
    ),
    *(
        Case(
            name=f"comment_cut_at_{at}",
            why="a comment that begins where a piece of the part ends as it is read",
            build=package(parts(sheet_xml(_long_before_a_comment(at)))),
            rows=clean(2, 3),
            skipped=[("4", "note")],
        )
        for at in (-1, 0, 1)
    ),
    Case(
        name="text_in_a_comment",
        why="a commented text in the table would give each pupil the name of the one before",
        build=package(
            parts(
                sheet_xml(
                    rows_xml(
                        [
                            TITLES,
                            pupil(0, name='<c r="B2" t="s"><v>0</v></c>'),
                            pupil(1, name='<c r="B3" t="s"><v>1</v></c>'),
                        ]
                    )
                ),
                shared=f'<sst xmlns="{MAIN}"><!-- <si><t>张三</t></si> --><si><t>王明</t></si>'
                "<si><t>李红</t></si></sst>",
            )
        ),
        rows=clean(2, 3),
        values={"2": {"name": "王明"}, "3": {"name": "李红"}},
    ),
    Case(
        name="texts_not_read_aloud",
        why="a Chinese Excel notes with each text that it has no reading",
        build=package(
            parts(
                sheet_xml(rows_xml([TITLES, pupil(0, name='<c r="B2" t="s"><v>1</v></c>')])),
                shared=shared_strings(
                    [f'<t>{text}</t><phoneticPr fontId="1" type="noConversion"/>' for text in ("张三", "王明", "李红")]
                ),
            )
        ),
        rows=clean(2),
        values={"2": {"name": "王明"}},
    ),
    *(
        Case(name=f"hidden_row_{at}", why="a hidden row, said otherwise", build=_hidden(said), refusal="hidden_rows")
        for at, said in enumerate((' ht="0.0" customHeight="1"', ' hidden="on"', ' hidden="true"', ' ht=".00"'))
    ),
    Case(
        name="row_of_little_height",
        why="a row of half a point is there",
        build=_hidden(' ht="0.5" customHeight="1"'),
        rows=clean(2),
    ),
    Case(
        name="ods_collapsed_group",
        why="the rows of a group that is not displayed are hidden",
        build=_ods(
            _ods_rows([list(TITLES)])
            + f'<table:table-row-group table:display="false">{_ods_rows([pupil(0)])}</table:table-row-group>'
            + _ods_rows([pupil(1)])
        ),
        refusal="hidden_rows",
        says="第 2 行",
    ),
    Case(
        name="ods_open_group",
        why="those of a displayed group are not, nor those after a hidden one",
        build=_ods(
            _ods_rows([list(TITLES)])
            + f"<table:table-row-group>{_ods_rows([pupil(0)])}</table:table-row-group>"
            + '<table:table-row-group table:display="false"/>'
            + _ods_rows([pupil(1)])
        ),
        rows=clean(2, 3),
    ),
    Case(
        name="ods_of_other_prefixes",
        why="prefixes are the writer's choice; only what they stand for is fixed",
        build=_ods(_ods_rows(_ROWS, table="t", text=""), table="t", text=""),
        rows=clean(2, 3),
    ),
    Case(
        name="ods_without_a_table",
        why="names that stand for nothing known are no sheet, and no empty one",
        build=package(
            {
                "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
                "content.xml": '<t:table xmlns:t="urn:x"><t:table-row/></t:table>',
            },
            name="名单.ods",
        ),
        refusal="corrupt",
        says="损坏",
    ),
    Case(
        name="xls_uncalculated",
        why="a library that cannot calculate stores its formulas as empty texts, and leaves no summary",
        build=compound(_SECTORS, start=2, data=workbook_stream(_XLS).ljust(4096, b"\0")),
        rows={"2": ("formula_without_value",), "3": ("formula_without_value",)},
    ),
    Case(
        name="xls_calculated",
        why="in a file of Excel, WPS or LibreOffice an empty text is what the formula gave",
        build=compound(_SECTORS, start=2, data=workbook_stream(_XLS).ljust(4096, b"\0"), also="\x05SummaryInformation"),
        rows={"2": (), "3": ("name_missing",)},
    ),
)
