"""Files built to do harm: each is refused, or read as if its trick were not there, for little time and memory."""

import random
import struct
import zipfile
from collections.abc import Iterable
from pathlib import Path

from shared.workbook.roster import RefusalCode
from tests.workbook.case import Build
from tests.workbook.ooxml import (
    DECLARATION,
    MAIN,
    letters,
    package,
    parts,
    row_xml,
    rows_xml,
    shared_strings,
    sheet_xml,
)
from tests.workbook.people import TITLES, pupil, pupils

_ROWS: list[list[object]] = [list(TITLES), *pupils(2)]
_MEGABYTE = 1024 * 1024
_SHEET = "xl/worksheets/sheet1.xml"


def _streamed(part: str, pieces: Iterable[bytes], *, shared: bool = False) -> Build:
    """A workbook one part of which is too large to be held."""

    def build(folder: Path) -> Path:
        path = folder / "名单.xlsx"
        found = parts(sheet_xml(rows_xml(_ROWS)), shared=shared_strings(["<t>a</t>"]) if shared else None)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, content in found.items():
                if name != part:
                    archive.writestr(name, content)
            with archive.open(part, "w") as out:
                for piece in pieces:
                    out.write(piece)
        return path

    return build


def _noise(length: int) -> bytes:
    """Letters that do not pack well; the same each time."""
    return random.Random(length).randbytes(length // 2).hex().encode()


def _tiny_strings(count: int) -> Iterable[bytes]:
    yield f'{DECLARATION}<sst xmlns="{MAIN}">'.encode()
    letters = _noise(10_000).decode()
    block = "".join(f"<si><t>{letter}</t></si>" for letter in letters).encode()
    for _ in range(count // len(letters)):
        yield block
    yield b"</sst>"


def sheet_around(block: bytes, times: int) -> Iterable[bytes]:
    """A worksheet of rows of this, so many times."""
    yield f'{DECLARATION}<worksheet xmlns="{MAIN}"><sheetData>'.encode()
    for _ in range(times):
        yield block
    yield b"</sheetData></worksheet>"


def _entries_behind_another_count(folder: Path) -> Path:
    """A hundred thousand entries; the end record that small archives have counts seven."""
    path = _many_entries(folder)
    data = bytearray(path.read_bytes())
    struct.pack_into("<2HLL", data, data.rindex(b"PK\x05\x06") + 8, 7, 7, 700, 0)
    path.write_bytes(data)
    return path


def _with_doctype(part: str, doctype: str) -> Build:
    found = parts(sheet_xml(rows_xml(_ROWS)), shared=shared_strings(["<t>&x;</t>"]) if "shared" in part else None)
    content = found[part]
    assert isinstance(content, str)
    return package({**found, part: content.replace(DECLARATION, DECLARATION + doctype)})


def _lying_directory(folder: Path) -> Path:
    """A sheet of 300 MB that the zip's directory calls a small one."""
    path = _streamed(_SHEET, sheet_around(b"<row/>" * 100_000, 500))(folder)
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02", 0, data.rfind(_SHEET.encode()))
    struct.pack_into("<I", data, at + 24, 2000)
    path.write_bytes(data)
    return path


def _many_entries(folder: Path) -> Path:
    path = folder / "名单.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for at in range(100_000):
            archive.writestr(f"xl/media/{at}.png", b"")
    return path


def _one_line(folder: Path) -> Path:
    path = folder / "名单.csv"
    with path.open("wb") as out:
        for _ in range(100):
            out.write(b"a," * (_MEGABYTE // 2))
    return path


def compound(
    fat: list[int],
    *,
    start: int = 1,
    directory_start: int = 1,
    stream: str = "Workbook",
    data: bytes = b"",
    also: str = "",
) -> Build:
    """A compound file whose table of sectors is `fat`; sector 0 is that table, 1 the directory, `data` from 2 on.

    `also` is the name of a second stream, which holds nothing.
    """

    def build(folder: Path) -> Path:
        header = bytearray(512)
        header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
        struct.pack_into("<IIIIIIIII", header, 40, 0, 1, directory_start, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
        struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
        table = struct.pack("<128I", *fat, *[0xFFFFFFFF] * (128 - len(fat)))
        directory = bytearray(512)
        for place, found, size in ((0, stream, len(data) or 1_000_000), (128, also, 0)):
            if found:
                name = found.encode("utf-16-le") + b"\0\0"
                directory[place : place + len(name)] = name
                struct.pack_into("<HB", directory, place + 64, len(name), 2)
                struct.pack_into("<II", directory, place + 116, start, size)
        path = folder / "名单.xls"
        path.write_bytes(bytes(header) + table + bytes(directory) + data.ljust(512 * 8, b"\0"))
        return path

    return build


def ods(content: str) -> Build:
    """An .ods of one sheet."""
    spaces = (
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    )
    return package(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": f"{DECLARATION}<office:document-content {spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="1">{content}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        },
        name="名单.ods",
    )


_ODS_CELL = (
    '<table:table-cell table:number-columns-repeated="{}" office:value-type="string"><text:p>x</text:p>'
    "</table:table-cell>"
)
_BOMB = (
    "<!DOCTYPE x ["
    + '<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(20))
    + "]>"
)
_XXE = '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
_REMOTE = '<!DOCTYPE x SYSTEM "http://localhost:9/x.dtd">'
_WIDE = "".join(row_xml(at, ["x"] * 20) for at in range(1, 3)) + "".join(
    f'<row r="{at}">'
    + f'<c r="XFA{at}"><v>1</v></c>' * 1
    + "".join(
        f'<c r="{a}{b}{c}{at}"><v>1</v></c>'
        for a in "ABCDEFG"
        for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    )
    + "</row>"
    for at in range(3, 6)
)

REFUSED: dict[str, tuple[Build, RefusalCode]] = {
    "zip_bomb": (_streamed(_SHEET, sheet_around(b"<row/>" * 100_000, 500)), "unsafe"),
    "bomb_that_packs_less_well": (_streamed(_SHEET, sheet_around(_noise(9_000) * 12, 2_200)), "too_large"),
    "twelve_million_tiny_strings": (
        _streamed("xl/sharedStrings.xml", _tiny_strings(12_000_000), shared=True),
        "too_large",
    ),
    "nine_million_tiny_strings": (
        _streamed("xl/sharedStrings.xml", _tiny_strings(9_000_000), shared=True),
        "too_large",
    ),
    "entity_bomb_in_the_sheet": (_with_doctype(_SHEET, _BOMB), "unsafe"),
    "entity_bomb_in_the_strings": (_with_doctype("xl/sharedStrings.xml", _BOMB), "unsafe"),
    "external_entity": (_with_doctype("xl/sharedStrings.xml", _XXE), "unsafe"),
    "external_entity_in_the_workbook": (_with_doctype("xl/workbook.xml", _XXE), "unsafe"),
    "external_document_type": (_with_doctype("xl/_rels/workbook.xml.rels", _REMOTE), "unsafe"),
    "thousands_of_columns": (package(parts(sheet_xml(_WIDE))), "too_large"),
    "lying_directory": (_lying_directory, "corrupt"),
    "hundred_thousand_entries": (_many_entries, "unsafe"),
    "hundred_thousand_entries_behind_another_count": (_entries_behind_another_count, "unsafe"),
    "workbook_in_a_zip": (
        lambda folder: package(
            {"名单.xlsx": package(parts(sheet_xml(rows_xml(_ROWS))), name="inner.xlsx")(folder).read_bytes()}
        )(folder),
        "not_a_spreadsheet",
    ),
    "deep_elements": (
        _streamed(_SHEET, [f'{DECLARATION}<worksheet xmlns="{MAIN}">'.encode(), b"<a>" * 900_000]),
        "too_large",
    ),
    "endless_attribute": (
        _streamed(_SHEET, [f'{DECLARATION}<worksheet xmlns="{MAIN}" x="'.encode(), *[_noise(_MEGABYTE)] * 30]),
        "unsafe",
    ),
    "endless_cell": (
        _streamed(
            _SHEET,
            [
                f'{DECLARATION}<worksheet xmlns="{MAIN}"><sheetData><row><c t="str"><v>'.encode(),
                *[_noise(_MEGABYTE)] * 30,
            ],
        ),
        "too_large",
    ),
    "many_attributes": (
        package(parts(f"{DECLARATION}<worksheet " + " ".join(f'a{at}="x"' for at in range(60_000)) + ">")),
        "corrupt",
    ),
    "line_of_a_hundred_megabytes": (_one_line, "too_large"),
    "line_of_many_commas": (
        lambda folder: _written(folder / "名单.csv", b"ab," * 5_000_000),
        "too_large",
    ),
    "loop_in_the_sectors": (compound([0xFFFFFFFD, 0xFFFFFFFE, 3, 4, 2], start=2), "corrupt"),
    "loop_in_the_directory": (compound([0xFFFFFFFD, 1]), "corrupt"),
    "sector_beyond_the_end": (compound([0xFFFFFFFD, 0xFFFFFFFE, 100_000], start=2), "corrupt"),
    "directory_beyond_the_end": (compound([0xFFFFFFFD], directory_start=4_000_000), "corrupt"),
    "ods_rows_repeated": (
        ods(f'<table:table-row table:number-rows-repeated="1000000">{_ODS_CELL.format(9)}</table:table-row>'),
        "too_large",
    ),
    "ods_columns_repeated": (
        ods(f"<table:table-row>{_ODS_CELL.format(16_000) * 500}</table:table-row>"),
        "too_large",
    ),
    "ods_entity": (
        package({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": f"{_XXE}<x>&x;</x>"}),
        "unsafe",
    ),
}


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


# Nothing is unpacked to disk, so names that lead elsewhere lead nowhere.
HARMLESS: dict[str, Build] = {
    "names_that_lead_elsewhere": package(
        parts(sheet_xml(rows_xml(_ROWS)), extra={"../../../../tmp/owned.xml": "x", "/etc/passwd": "x"})
    ),
    "stray_cell_in_the_last_corner": package(
        parts(sheet_xml(rows_xml(_ROWS) + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))
    ),
    "titles_of_brackets": package(
        parts(
            sheet_xml(
                rows_xml(_ROWS)
                + "".join(
                    f'<row r="{at}">'
                    + "".join(f'<c r="{letters(column)}{at}" t="s"><v>{column % 2}</v></c>' for column in range(7, 47))
                    + "</row>"
                    for at in range(4, 1004)
                )
            ),
            shared=shared_strings([f"<t>{'(' * 200}</t>", f"<t>{'（名' * 100}</t>"]),
        )
    ),
    "texts_of_brackets": package(
        parts(
            sheet_xml(
                row_xml(1, ["(" * 32_000] * 20)
                + row_xml(2, TITLES)
                + row_xml(3, pupil(0))
                + row_xml(4, pupil(1, guardian_name="（" * 32_000, class_="=" * 32_000))
            )
        )
    ),
}
