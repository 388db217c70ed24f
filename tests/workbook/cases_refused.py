"""Files that are refused as a whole, each with a code and a sentence that says what to do."""

from pathlib import Path

from tests.workbook.building import book, table, text
from tests.workbook.case import Case
from tests.workbook.hostile import compound
from tests.workbook.ooxml import (
    MAIN,
    package,
    parts,
    row_xml,
    rows_xml,
    shared_strings,
    sheet_xml,
)
from tests.workbook.people import TITLES, pupil, pupils

_ROWS: list[list[object]] = [list(TITLES), *pupils(2)]


def _cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:5000])
    return path


_HTML = "<html><table><tr><td>姓名</td></tr></table></html>"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"

_SECTORS = [0xFFFFFFFD, 0xFFFFFFFE, 3, 4, 5, 6, 7, 8, 9, 0xFFFFFFFE]
# A workbook's first records: BOF of BIFF8, and FILEPASS.
_LOCKED_XLS = bytes.fromhex("0908100000060500000000000000000000000000 2f000600000000000000".replace(" ", ""))
_OLD_XLS = bytes.fromhex("09081000000505000000000000000000000000000a000000")

CASES = (
    Case(
        name="empty_file",
        why="nothing was uploaded",
        build=text(b"", name="名单.xlsx"),
        refusal="empty_file",
        says="空",
    ),
    Case(name="blank_csv", why="line ends only", build=text("\r\n\r\n"), refusal="empty_file", says="空"),
    Case(
        name="html_as_xls",
        why="other systems' “Excel exports” are web pages",
        build=text(_HTML, name="名单.xls"),
        refusal="unsupported_format",
        says="网页",
    ),
    Case(
        name="xml_spreadsheet",
        why="Excel 2003's XML",
        build=text('<?xml version="1.0"?><Workbook/>', name="名单.xls"),
        refusal="unsupported_format",
        says="另存为",
    ),
    Case(
        name="xml_spreadsheet_in_utf16",
        why="the same, as some programs save it",
        build=text('<?xml version="1.0" encoding="UTF-16"?><Workbook/>', encoding="utf-16", name="名单.xls"),
        refusal="unsupported_format",
        says="另存为",
    ),
    Case(
        name="rows_of_a_web_page",
        why="an export that leaves out everything but its rows",
        build=text("\n<tr><td>身份证号</td><td>姓名</td></tr>", name="名单.xls"),
        refusal="unsupported_format",
        says="网页",
    ),
    Case(
        name="web_archive",
        why="a page with all that belongs to it in one file",
        build=text("MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n\r\n<table>", name="名单.xls"),
        refusal="unsupported_format",
        says="网页",
    ),
    Case(
        name="symbolic_link",
        why="SYLK, which begins like a list with a column called ID",
        build=text('ID;PWXL;N;E\r\nC;Y1;X1;K"姓名"\r\n', name="名单.slk"),
        refusal="unsupported_format",
        says="另存为",
    ),
    Case(
        name="list_that_begins_like_a_symbolic_link",
        why="a list whose columns are called ID and PHONE is one",
        build=text("ID;PHONE\r\n1;13000000000\r\n"),
        refusal="missing_column",
        says="姓名",
    ),
    Case(
        name="bare_stream",
        why="old web systems write a workbook's records without the compound file around them",
        build=text(
            bytes.fromhex("0908080000001000000000000402100000000000000008006162636465666768" + "0a000000"),
            name="名单.xls",
        ),
        refusal="unsupported_format",
        says="另存为",
    ),
    Case(
        name="pdf", why="a scan", build=text(b"%PDF-1.7 ...", name="名单.pdf"), refusal="not_a_spreadsheet", says="PDF"
    ),
    Case(
        name="picture",
        why="a photo of the list",
        build=text(b"\xff\xd8\xff\xe0....JFIF", name="名单.jpg"),
        refusal="not_a_spreadsheet",
        says="图片",
    ),
    Case(
        name="word",
        why="a document renamed",
        build=package({"[Content_Types].xml": f'<Types><Override ContentType="{_WORD}"/></Types>'}),
        refusal="not_a_spreadsheet",
        says="Word",
    ),
    Case(
        name="zip",
        why="a folder of lists, packed",
        build=package({"三年级1班.csv": "x", "三年级2班.csv": "y"}),
        refusal="not_a_spreadsheet",
        says="解压",
    ),
    Case(
        name="numbers",
        why="Apple's Numbers",
        build=package({"Index/Document.iwa": b"x", "Metadata/Properties.plist": b""}),
        refusal="unsupported_format",
        says="Numbers",
    ),
    Case(
        name="xlsb",
        why="a binary workbook",
        build=package({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": b"x"}),
        refusal="unsupported_format",
        says="另存为",
    ),
    Case(
        name="binary",
        why="anything else",
        build=text(bytes(range(256)) * 9, name="名单.csv"),
        refusal="not_a_spreadsheet",
        says="不是电子表格",
    ),
    Case(
        name="cut_off",
        why="an upload that broke off",
        build=lambda folder: _cut(table([TITLES, *pupils(300)])(folder)),
        refusal="corrupt",
        says="损坏",
    ),
    *(
        Case(
            name=f"broken_number_of_a_shared_text_{at}",
            why="-1 is no text, least of all the last one: somebody would be called like somebody else",
            build=package(
                parts(
                    sheet_xml(rows_xml([TITLES, pupil(0, name=f'<c r="B2" t="s"><v>{written}</v></c>')])),
                    shared=shared_strings([f"<t>王{sign}</t>" for sign in "一二三四五六七八九十百"]),
                )
            ),
            refusal="corrupt",
        )
        for at, written in enumerate(("-1", "1_0", "１", "1.0"))
    ),
    Case(
        name="cell_twice",
        why="where a row's end is lost its cells meet those of the next, and one of the two pupils would be gone",
        build=package(parts(sheet_xml(rows_xml(_ROWS).replace('</row><row r="3">', "")))),
        refusal="corrupt",
    ),
    Case(
        name="cell_twice_with_styles",
        why="the same where the parser reads it",
        build=package(parts(sheet_xml(rows_xml(_ROWS).replace('</row><row r="3">', "").replace("<c r=", "<c  r=")))),
        refusal="corrupt",
    ),
    Case(
        name="row_in_a_row",
        why="the outer row's cells would be gone",
        build=package(parts(sheet_xml(rows_xml(_ROWS).replace('</row><row r="3">', '<row r="3">') + "</row>"))),
        refusal="corrupt",
    ),
    Case(
        name="unknown_encoding",
        why="an encoding nobody knows",
        build=package(parts(sheet_xml(rows_xml(_ROWS)).replace("UTF-8", "UTF-9"))),
        refusal="corrupt",
    ),
    Case(
        name="ods_of_unknown_encoding",
        why="the same in an .ods",
        build=package(
            {
                "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
                "content.xml": '<?xml version="1.0" encoding="UTF-9"?><office:document-content/>',
            },
            name="名单.ods",
        ),
        refusal="corrupt",
    ),
    Case(
        name="broken_number",
        why="1_000 is a number for Python alone",
        build=package(parts(sheet_xml(rows_xml([TITLES, pupil(0, phone='<c r="C2"><v>1_3000000001</v></c>')])))),
        refusal="corrupt",
    ),
    Case(
        name="broken_shared_strings",
        why="a text that is not in the table",
        build=package(
            parts(sheet_xml('<row r="1"><c r="A1" t="s"><v>7</v></c></row>'), shared=shared_strings(["<t>a</t>"]))
        ),
        refusal="corrupt",
        says="损坏",
    ),
    Case(
        name="broken_xml",
        why="a sheet that ends in the middle",
        build=package(parts(sheet_xml("<row>"))),
        refusal="corrupt",
        says="损坏",
    ),
    Case(
        name="no_sheet",
        why="a workbook of nothing",
        build=package({**parts(""), "xl/workbook.xml": f'<workbook xmlns="{MAIN}"/>'}),
        refusal="corrupt",
        says="损坏",
    ),
    Case(
        name="impossible_row",
        why="row 30,000,000",
        build=package(parts(sheet_xml(row_xml(30_000_000, ["x"])))),
        refusal="corrupt",
        says="损坏",
    ),
    Case(
        name="impossible_column",
        why="column ZZZZ",
        build=package(parts(sheet_xml('<row r="1"><c r="ZZZZ1"><v>1</v></c></row>'))),
        refusal="corrupt",
        says="损坏",
    ),
    Case(
        name="external_links",
        why="values that come from a file nobody has",
        build=package(parts(sheet_xml(rows_xml(_ROWS)), extra={"xl/externalLinks/externalLink1.xml": "<x/>"})),
        refusal="unsafe",
        says="外部链接",
    ),
    Case(
        name="too_many_sheets",
        why="a sheet for every pupil",
        build=book({f"{at}": [["x"]] for at in range(121)}),
        refusal="too_large",
        says="工作表",
    ),
    Case(
        name="encrypted_xlsx",
        why="a workbook with a password to open it is a compound file",
        build=compound(_SECTORS, start=2, stream="EncryptedPackage", data=b"x" * 4096),
        refusal="encrypted",
        says="密码",
    ),
    Case(
        name="encrypted_xls",
        why="an old workbook with a password",
        build=compound(_SECTORS, start=2, data=_LOCKED_XLS.ljust(4096, b"\0")),
        refusal="encrypted",
        says="密码",
    ),
    Case(
        name="encrypted_ods",
        why="LibreOffice encrypts each part and says so in the manifest",
        build=package(
            {
                "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
                "META-INF/manifest.xml": "<m:manifest><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>",
                "content.xml": b"\x93\x12",
            },
            name="名单.ods",
        ),
        refusal="encrypted",
        says="密码",
    ),
    Case(
        name="excel_95",
        why="a workbook of 1995",
        build=compound(_SECTORS, start=2, stream="Book", data=b"x" * 4096),
        refusal="unsupported_format",
        says="另存为",
    ),
    Case(
        name="excel_95_under_a_later_name",
        why="its records say what it is",
        build=compound(_SECTORS, start=2, data=_OLD_XLS.ljust(4096, b"\0")),
        refusal="unsupported_format",
        says="另存为",
    ),
    Case(
        name="word_97",
        why="an old document",
        build=compound(_SECTORS, start=2, stream="WordDocument", data=b"x" * 4096),
        refusal="not_a_spreadsheet",
        says="Word",
    ),
)
