"""The first look at a file: what it is, by its content, and whether it may be opened at all.

Costs milliseconds: magic bytes, then the zip directory with its sizes, ratios and number of entries. Nothing is
unpacked but the small part that names the format.
"""

import codecs
import io
import re
import struct
import zipfile
import zlib
from pathlib import Path

from shared.workbook import ole
from shared.workbook.markup import local_name, parse
from shared.workbook.refusals import (
    ACCEPTED,
    corrupt,
    empty,
    encrypted,
    not_a_spreadsheet,
    too_many_cells,
    unsafe,
    unsupported,
)
from shared.workbook.roster import Format, Limits, WorkbookRefused

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN = (
    (b"%PDF", "PDF 文档"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf", "7z 压缩包"),
    (b"\x1f\x8b", "gzip 压缩包"),
    (b"{\\rtf", "RTF 文档"),
    (b"\x7fELF", "程序文件"),
)
# No list begins like this, even without a column of its own: tags, comments, declarations.
_MARKUP = re.compile(r"<(?:[a-z/?]|!(?:--|\[|doctype))")
_XML = ("<?xml", "<workbook", "<office:document")
_WEB_ARCHIVE = "mime-version:"
_SYLK = re.compile(r"id;p[a-z0-9]*(?:;[^\r\n]*)?[\r\n]+[a-z]{1,3};")
# The first record of a workbook's stream, of any age, which belongs into a compound file and sometimes lacks one.
_BARE_STREAM = re.compile(rb"\x09[\x00\x02\x04\x08][\x04\x06\x08\x10]\x00")
_HEAD = 4096

_END_RECORD = struct.Struct("<4s4H2LH")
_END_SIGNATURE = b"PK\x05\x06"
_LONGEST_COMMENT = 65_535
# The end record of a large archive and what points to it; any archive may have them, and they are what is believed.
_LARGE_END_RECORD = struct.Struct("<4sQ2H2L4Q")
_LARGE_END_SIGNATURE = b"PK\x06\x06"
_LARGE_END_LOCATOR = struct.Struct("<4sLQL")
_LARGE_END_LOCATOR_SIGNATURE = b"PK\x06\x07"
# A directory entry with the longest name anybody gives a part.
_LONGEST_ENTRY = 300

# A sheet of equal rows packs 1:60; deflate's limit is 1:1032.
_WORST_RATIO = 150
_RATIO_MATTERS_FROM = 4 * 1024 * 1024
_SMALL_PART = 1024 * 1024
_STORED, _DEFLATED = 0, 8


def look(path: Path, limits: Limits) -> Format:
    """What the file is. Raises WorkbookRefused for everything that is not read, or not safe to read."""
    size = path.stat().st_size
    if size == 0:
        raise empty()
    if size > limits.file_bytes:
        megabytes = limits.file_bytes // 1024 // 1024
        raise WorkbookRefused("too_large", f"文件超过 {megabytes} MB。请删除图片和多余的工作表，或分成几个文件上传。")
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(_ZIP):
        return _look_into_zip(path, limits)
    if head.startswith(_OLE):
        return _look_into_ole(path)
    for magic, name in _FOREIGN:
        if head.startswith(magic):
            raise not_a_spreadsheet(f"这是{name}")
    return _look_into_text(head)


def read_part(archive: zipfile.ZipFile, name: str) -> bytes:
    """A small part of a zip, whole. Raises WorkbookRefused when it is not small."""
    if archive.getinfo(name).file_size > _SMALL_PART:
        raise too_many_cells()
    return archive.read(name)


def _look_into_zip(path: Path, limits: Limits) -> Format:
    if _entry_count(path) > limits.entries:
        raise unsafe("文件内部条目过多，不像正常的电子表格")
    try:
        with zipfile.ZipFile(path) as archive:
            _check_directory(archive.infolist(), limits)
            return _format_of(archive)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise corrupt() from error


def _entry_count(path: Path) -> int:
    """From the end record alone: listing a directory of a million entries would already cost seconds."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        before = _LARGE_END_RECORD.size + _LARGE_END_LOCATOR.size
        file.seek(max(0, size - _END_RECORD.size - _LONGEST_COMMENT - before))
        tail = file.read()
    at = tail.rfind(_END_SIGNATURE)
    if at < 0 or len(tail) - at < _END_RECORD.size:
        raise corrupt()
    _, _, _, _, count, directory_bytes, _, _ = _END_RECORD.unpack_from(tail, at)
    at -= _LARGE_END_LOCATOR.size
    if at >= _LARGE_END_RECORD.size and tail.startswith(_LARGE_END_LOCATOR_SIGNATURE, at):
        at -= _LARGE_END_RECORD.size
        if tail.startswith(_LARGE_END_SIGNATURE, at):
            _, _, _, _, _, _, _, count, directory_bytes, _ = _LARGE_END_RECORD.unpack_from(tail, at)
    # A count that lies low is caught by the directory's size.
    return max(int(count), int(directory_bytes) // _LONGEST_ENTRY)


def _check_directory(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise encrypted()
    if len(entries) > limits.entries:
        raise unsafe("文件内部条目过多，不像正常的电子表格")
    sums: dict[str, int] = {}
    for entry in entries:
        # Of two parts of one name no two programs read the same.
        name = entry.filename.replace("\\", "/").lower()
        if sums.setdefault(name, entry.CRC) != entry.CRC:
            raise corrupt()
        if entry.compress_type not in (_STORED, _DEFLATED):
            raise corrupt()
        if entry.file_size > _RATIO_MATTERS_FROM and entry.file_size > _WORST_RATIO * max(entry.compress_size, 1):
            raise unsafe("文件解压后异常膨胀（疑似压缩炸弹）")
    # Whatever a part is called, a relationship can make it the sheet.
    if sum(entry.file_size for entry in entries) > limits.unpacked_bytes:
        raise too_many_cells()


def _format_of(archive: zipfile.ZipFile) -> Format:
    names = {name.replace("\\", "/").lower(): name for name in archive.namelist()}
    if "[content_types].xml" in names:
        return _office_format(archive, names)
    if "mimetype" in names:
        mimetype = read_part(archive, names["mimetype"])[:200].decode("ascii", "replace").strip()
        if mimetype.startswith("application/vnd.oasis.opendocument.spreadsheet"):
            manifest = names.get("meta-inf/manifest.xml")
            if manifest is not None and b"encryption-data" in read_part(archive, manifest):
                raise encrypted()
            return "ods"
        raise not_a_spreadsheet("这是别的文档")
    if any(name.startswith("index/") and name.endswith(".iwa") for name in names):
        raise WorkbookRefused(
            "unsupported_format", "这是苹果 Numbers 表格。请在 Numbers 中选择“导出为 Excel”后再上传。"
        )
    raise WorkbookRefused("not_a_spreadsheet", f"这是压缩包，不是电子表格。请先解压，再上传其中的表格。{ACCEPTED}")


def _office_format(archive: zipfile.ZipFile, names: dict[str, str]) -> Format:
    types, mains = _content_types(read_part(archive, names["[content_types].xml"]))
    if any("sheet.binary" in main for main in mains) or any(name.endswith("/workbook.bin") for name in names):
        raise unsupported("这是 .xlsb（二进制工作簿）")
    if any(name.startswith("xl/externallinks/") for name in names):
        raise WorkbookRefused(
            "unsafe",
            "表格引用了别的文件（外部链接），已拒绝读取。请在 Excel 的“数据→编辑链接”中断开链接，"
            "或全选复制后“选择性粘贴为数值”，再上传。",
        )
    if any("spreadsheetml" in main or "ms-excel" in main for main in mains):
        return "xlsm" if any("macroenabled" in main for main in mains) else "xlsx"
    for mark, name in (("wordprocessingml", "Word 文档"), ("presentationml", "PPT 演示文稿")):
        if any(mark in declared for declared in types):
            raise not_a_spreadsheet(f"这是{name}")
    if "xl/workbook.xml" in names:
        return "xlsx"
    raise not_a_spreadsheet("这是别的文档")


def _content_types(part: bytes) -> tuple[list[str], list[str]]:
    """All types that are declared, and those of a main part, in lower case.

    Types are declared for what is not there as well: only those of a main part tell what a file is. The packages of
    .NET declare the first part's type for all that ends in .xml, and the others one by one.
    """
    types: list[str] = []
    mains: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        declared = attributes.get("ContentType", "").strip().lower()
        types.append(declared)
        is_part = local_name(tag) == "Override" or attributes.get("Extension", "").lower() == "xml"
        if is_part and declared.removesuffix("+xml").endswith(".main"):
            mains.append(declared)

    parse(io.BytesIO(part), start)
    return types, mains


def _look_into_ole(path: Path) -> Format:
    streams = ole.CompoundFile(path.read_bytes()).names()
    if "encryptedpackage" in streams:
        raise encrypted()
    # A document may hold a spreadsheet that was put into it.
    if "worddocument" in streams or "powerpoint document" in streams:
        raise not_a_spreadsheet("这是旧版 Word 或 PPT 文档")
    if "workbook" in streams:
        return "xls"
    if "book" in streams:
        raise unsupported("这是很旧的 Excel 5.0/95 格式")
    raise not_a_spreadsheet("这是别的文档")


def _look_into_text(head: bytes) -> Format:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = head.decode("utf-16", "replace")
    elif _BARE_STREAM.match(head):
        raise unsupported("这是别的系统导出的旧式 Excel 文件")
    elif b"\x00" in head:
        raise not_a_spreadsheet("这是二进制文件")
    else:
        # Marks and letters of what is looked for are ASCII in every encoding that is left.
        text = head.decode("utf-8", "replace")
    start = text.lstrip("\ufeff \t\r\n").lower()
    if start.startswith(_WEB_ARCHIVE):
        raise unsupported("这其实是网页存档（MHT），只是扩展名像电子表格")
    if _SYLK.match(start):
        raise unsupported("这是 SYLK 文件")
    if _MARKUP.match(start):
        is_xml = start.startswith(_XML) and "<html" not in start and "<!doctype html" not in start
        raise unsupported("这是 XML 文件" if is_xml else "这其实是网页（HTML），只是扩展名像电子表格")
    return "csv"
