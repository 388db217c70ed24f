"""Hand-made .xlsx: what WPS, POI, Tencent Docs and home-grown exporters write, and what nobody honest writes."""

import zipfile
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from tests.workbook.case import Build

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def letters(column: int) -> str:
    """A for 0; below 702."""
    return ("" if column < 26 else chr(64 + column // 26)) + chr(65 + column % 26)


def inline(row: int, column: int, text: object, *, reference: bool = True) -> str:
    """A cell with its text in it."""
    place = f' r="{letters(column)}{row}"' if reference else ""
    return f'<c{place} t="inlineStr"><is><t xml:space="preserve">{escape(str(text))}</t></is></c>'


def row_xml(number: int, cells: Sequence[object], *, reference: bool = True, attributes: str = "") -> str:
    """A row of inline texts; a piece of XML (`<c…`) stands as it is."""
    inner = "".join(
        cell if isinstance(cell, str) and cell.startswith("<c") else inline(number, column, cell, reference=reference)
        for column, cell in enumerate(cells)
        if cell is not None
    )
    own = f' r="{number}"' if reference else ""
    return f"<row{own}{attributes}>{inner}</row>"


def sheet_xml(rows: str, *, before: str = "", after: str = "", main: str = MAIN) -> str:
    """A worksheet around finished rows."""
    return (
        f'{DECLARATION}<worksheet xmlns="{main}" xmlns:r="{RELATIONS}">{before}<sheetData>{rows}</sheetData>{after}'
        "</worksheet>"
    )


def rows_xml(rows: Sequence[Sequence[object]], *, reference: bool = True) -> str:
    """Rows from the first on."""
    return "".join(row_xml(number, row, reference=reference) for number, row in enumerate(rows, 1))


def parts(
    sheet: str,
    *,
    shared: str | None = None,
    styles: str | None = None,
    workbook_properties: str = "",
    main: str = MAIN,
    relations: str = RELATIONS,
    sheet_target: str = "worksheets/sheet1.xml",
    sheet_part: str = "xl/worksheets/sheet1.xml",
    extra: Mapping[str, str | bytes] | None = None,
) -> dict[str, str | bytes]:
    """All parts of a workbook with one sheet."""
    found: dict[str, str | bytes] = {
        "[Content_Types].xml": f'{DECLARATION}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/{sheet_part}" ContentType="{_TYPE}.worksheet+xml"/></Types>',
        "_rels/.rels": f'{DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{DECLARATION}<workbook xmlns="{main}" xmlns:r="{relations}">{workbook_properties}'
        '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{relations}/worksheet" Target="{sheet_target}"/>'
        + (f'<Relationship Id="rId2" Type="{relations}/sharedStrings" Target="sharedStrings.xml"/>' if shared else "")
        + (f'<Relationship Id="rId3" Type="{relations}/styles" Target="styles.xml"/>' if styles else "")
        + "</Relationships>",
        sheet_part: sheet,
    }
    if shared:
        found["xl/sharedStrings.xml"] = shared
    if styles:
        found["xl/styles.xml"] = styles
    return found | dict(extra or {})


def shared_strings(items: Sequence[str], *, main: str = MAIN) -> str:
    """The table of shared texts; each item is the XML within `si`."""
    inner = "".join(f"<si>{item}</si>" for item in items)
    return f'{DECLARATION}<sst xmlns="{main}" count="{len(items)}" uniqueCount="{len(items)}">{inner}</sst>'


def styles_xml(formats: Sequence[int], codes: Mapping[int, str] | None = None) -> str:
    """Cell formats by the number of their number format; `codes` are the book's own."""
    own = "".join(f'<numFmt numFmtId="{number}" formatCode="{code}"/>' for number, code in (codes or {}).items())
    cells = "".join(f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0"/>' for number in formats)
    return (
        f'{DECLARATION}<styleSheet xmlns="{MAIN}">'
        + (f'<numFmts count="{len(codes)}">{own}</numFmts>' if codes else "")
        + '<fonts count="1"><font><sz val="11"/></font></fonts><fills count="1"><fill><patternFill/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        f'<cellXfs count="{len(formats)}">{cells}</cellXfs></styleSheet>'
    )


def package(
    found: Mapping[str, str | bytes], *, name: str = "名单.xlsx", compression: int = zipfile.ZIP_DEFLATED
) -> Build:
    """The parts as a file."""

    def build(folder: Path) -> Path:
        path = folder / name
        with zipfile.ZipFile(path, "w", compression) as archive:
            for part, content in found.items():
                archive.writestr(part, content)
        return path

    return build
