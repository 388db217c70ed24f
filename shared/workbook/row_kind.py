"""What kind of row stands below a header: a pupil's, or one that names itself something else.

A row is a pupil's as soon as anything speaks for it: it is better rejected with reasons than passed over. Only rows
that name themselves (合计, 示例, 注：…), or hold nothing a pupil has, are skipped, each with its kind.
"""

import re
from collections.abc import Mapping

from shared.workbook.cells import Cell, SheetRow, Unevaluated, text_of
from shared.workbook.header import Header, header_at
from shared.workbook.likeness import is_like_id, is_like_phone, is_valid_id
from shared.workbook.roster import Field, SkippedKind
from shared.workbook.section import section_of
from shared.workbook.titles import field_of

_LOOKED_AT = 300
_LONG_TEXT = 25
_LONGEST_REMARK = 60

_TOTAL = re.compile(
    r"(?:.{0,12}(?:合|小|总)\s*计|合\s*计|总\s*计|小\s*计|汇\s*总|共\s*计|总人数|总数|人数)(?:人数)?\s*[:：]?.{0,12}|共\s*[0-9]+\s*[人名个条].{0,6}"
)
_COUNTS = re.compile(
    r"(?:(?:男|女)生?\s*[:：]?\s*[0-9]+\s*人?[\s,，、;；]*){1,2}(?:[共合计]+\s*[:：]?\s*[0-9]+\s*人?)?"
)
# In a row that has neither an ID number nor a phone: 全班共45人, 实有人数：45, and 男生 | 10 | 女生 | 12.
_COUNT_LINE = re.compile(r".{0,8}(?:共有?|总共|人数)\D{0,6}[0-9]+(?!\s*页)\s*[人名个]?.{0,20}", re.DOTALL)
_COUNTED = re.compile(r"男生?|女生?|应到|实到|共|计")
_FEW_DIGITS = re.compile(r"[0-9]{1,4}\s*[人名]?")

# A cheap look first: nearly no row holds one of these characters.
_SAMPLE_HINT = re.compile(r"[例范样示举录参删]")
_SAMPLE_CELL = re.compile(
    r"[(（【\[]?(?:例|例子|示例|样例|范例|例如|举例|样本|填写示例|填写样例|示例数据|示例行|样例行|范本)[)）】\]]?[:：]?\s*[0-9一二三]?"
)
_SAMPLE_REMARK = re.compile(
    r"此行不[录用导]|本行不[录用导]|[此本]行为?(?:示例|样例|范例)|示例行|样例行|示例[,，请]|仅供参考|"
    r"(?:导入|上传|提交|填写)(?:时|前)请?删除|[(（](?:示例|样例|例)[)）]|^例[:：]|^示例[:：]"
)
# Beside a right ID number a remark says much (例：低保, 仅供参考); only these say that nobody is meant.
_SAMPLE_MARK = re.compile(
    r"[(（【\[]?(?:填写)?(?:示例|样例|范例)(?:行|数据)?[)）】\]]?[:：]?\s*[0-9一二三]?|[此本]行(?:不[录用导]|为?(?:示例|样例|范例)).*"
)
_SAMPLE_NUMBER = re.compile(r"[(（【]?例[)）】]?[:：]?\s*[0-9一二三]?")
# 范本 and 范例 can be somebody's name.
_SAMPLE_VALUE = re.compile(r"(?:例如|示例|样例|例|如)\s*[:：].+")
_SAMPLE_NAME = re.compile(
    r"(?:示例|样例|举例)[:：]?.{0,10}|例[:：].{0,10}|.*[(（【](?:例|示例|样例|范例)[)）】]|[(（【](?:例|示例|样例|范例)[)）】].*"
)
# Columns whose words say something of the pupil: 示范1班, a guardian called 例, 样例区.
_OF_THE_PUPIL: tuple[Field, ...] = ("name", "class", "grade", "guardian_name", "guardian_phone", "home_district")

_SIGNED_BY = (
    r"填表人|填报人|制表人?|审核人?|经办人|负责人|校长|园长|班主任|填表日期|填报日期|制表日期|填报单位|填表单位|"
    r"填表说明|填写说明|注意事项"
)
_NOTE = re.compile(
    rf"(?:注意?|备注|附注|说明|要求|提示|温馨提示|{_SIGNED_BY}|日期|单位|学校|学校名称|盖章|签字|签名|联系人|联系电话|以上|以下|特此|本表|此表|请)"
    r"(?:签字|签名|盖章|[(（].{0,10}[)）])?\s*(?:[:：,，。].*|[0-9]*[、.].*|$)|[※＊*★].+|[(（【]?(?:以下空白|以下无正文)[)）】]?|[(（【][^)）】]*[)）】]|[0-9一二三四五][、.．].{4,}|以上.*|.*[(（]盖章[)）].*|"
    r"[0-9]{4}\s*[年./-]\s*[0-9]{1,2}\s*[月./-](?:\s*[0-9]{1,2}\s*日?)?|[-—=*_\s]{3,}|第\s*[0-9]+\s*页.*|"
    r"(?:续|接)[上下]?[表页]|[-—=*_\s]*(?:完|全文完|END|End|end|[0-9]{1,3}\s*/\s*[0-9]{1,3})[-—=*_\s]*|[-—]\s*[0-9]{1,3}\s*[-—]|.{0,12}公章|无|"
    # A title, above the next group of pupils or at the top of the next page.
    r".{2,}(?:花名册|名册|名单|登记表|信息表|统计表|汇总表|一览表)(?:[(（].*[)）])?",
    re.DOTALL,
)
# 核对人：, 打印日期：…: whatever it is, no pupil's row begins so.
_LABEL = re.compile(r"\D{2,10}(?:[(（].{0,10}[)）])?\s*[:：].*", re.DOTALL)
_BARE_LABEL = re.compile(rf"(?:{_SIGNED_BY}|说明|备注|注)(?:签字|签名)?")
# What a row of explanations below the header is made of.
_EXPLANATION = re.compile(
    r"必填项?|选填项?|非必填|必须填写|(?:如|例如|例|格式|填写|请)[:：]?\D.*|.*(?:位数字|位身份证号?|位手机号?|文本格式|下拉|一致|不超过).*"
)
_FEWEST_EXPLANATIONS = 2
_OF_PUPILS_OWN: tuple[Field, ...] = ("id_number", "name")
# Digits enough to be somebody's number, short or long.
_ID_DIGITS = re.compile(r"[0-9Xx\s\-]{8,}")
_NOTHING = re.compile(r"0?(?:\.0+)?")


def kind_of(row: SheetRow, cells: Mapping[Field, Cell], header: Header, *, has_id: bool) -> SkippedKind | None:
    """What a row is if it is no pupil's; None: a pupil's. `cells` are those of the columns that are read.

    `has_id`: the cell for the ID number is a text as long as one.
    """
    texts = [(cell if isinstance(cell, str) else cell.text)[:_LOOKED_AT] for cell in row.cells.values()]
    if _SAMPLE_HINT.search("\n".join(texts)) and _is_sample(row, cells):
        return "sample"
    if has_id:
        return None
    if header_at(row) is not None or (row.number == header.last + 1 and _continues_header(cells, texts)):
        return "repeated_header"
    if any(map(is_like_id, row.cells.values())):
        return None
    texts = [text.strip() for text in texts]
    if any(_TOTAL.fullmatch(text) or _COUNTS.fullmatch(text) for text in texts) and _is_few(cells.get("phone")):
        return "total"
    if cells and all(map(_is_nothing, cells.values())):
        # Formulas drawn down over rows of another sheet that are empty.
        return "prefilled"
    if not _has_numbers(row, cells.get("id_number")):
        if _is_count(texts):
            return "total"
        first = text_of(row.cells[min(row.cells)])[:_LOOKED_AT].strip()
        if _LABEL.fullmatch(first) or _BARE_LABEL.fullmatch(first):
            return "note"
    if _is_note(row, cells, texts):
        return "note"
    if not cells.keys() - {"class", "grade", "home_district", "consent"}:
        # Numbers of a prefilled 序号, a class, a district or 未签 drawn down for later; words elsewhere are a remark.
        elsewhere = [text for text in texts if text not in {text_of(cell).strip() for cell in cells.values()}]
        return "prefilled" if all(re.fullmatch(r"[0-9.、]*", text) for text in elsewhere) or cells else "note"
    return None


def _is_sample(row: SheetRow, cells: Mapping[Field, Cell]) -> bool:
    name = cells.get("name")
    if isinstance(name, str) and _SAMPLE_NAME.fullmatch(name[:_LOOKED_AT].strip()):
        return True
    number = cells.get("id_number")
    if isinstance(number, str) and _SAMPLE_VALUE.fullmatch(number[:_LOOKED_AT].strip()):
        return True
    if is_valid_id(number):
        read = list(cells.values())
        marks = (text_of(cell).strip() for cell in row.cells.values() if cell not in read)
        first = text_of(row.cells[min(row.cells)])[:_LOOKED_AT].strip()
        return any(len(text) <= _LONGEST_REMARK and _SAMPLE_MARK.fullmatch(text) for text in marks) or bool(
            row.cells[min(row.cells)] not in read and _SAMPLE_NUMBER.fullmatch(first)
        )
    own = [cells[field] for field in _OF_THE_PUPIL if field in cells]
    others = (text_of(cell).strip() for cell in row.cells.values() if cell not in own)
    return any(
        len(text) <= _LONGEST_REMARK and (_SAMPLE_CELL.fullmatch(text) or _SAMPLE_REMARK.search(text))
        for text in others
    )


def _has_numbers(row: SheetRow, number: Cell | None) -> bool:
    """Whether a row holds a phone number, or digits where an ID number belongs."""
    return any(map(is_like_phone, row.cells.values())) or bool(_ID_DIGITS.fullmatch(text_of(number)[:_LOOKED_AT]))


def _is_nothing(cell: Cell) -> bool:
    # What a formula would give that was never calculated, nobody knows.
    return not isinstance(cell, Unevaluated) and _NOTHING.fullmatch(text_of(cell).strip()) is not None


def _is_few(cell: Cell | None) -> bool:
    """Whether a cell holds nothing, or how many there are: the sum of a column stands where its phones do."""
    return cell is None or _FEW_DIGITS.fullmatch(text_of(cell)[:_LOOKED_AT].strip()) is not None


def _is_count(texts: list[str]) -> bool:
    if len(texts) == 1:
        return _COUNT_LINE.fullmatch(texts[0]) is not None
    labels = [text for text in texts if not _FEW_DIGITS.fullmatch(text)]
    return 2 <= len(labels) < len(texts) and all(_COUNTED.fullmatch(text) for text in labels)


def _continues_header(cells: Mapping[Field, Cell], texts: list[str]) -> bool:
    """手机 | 住址 below 联系方式: titles alone, one of them ours, and nobody's name."""
    name = text_of(cells.get("name"))
    if name and field_of(name) is None:
        return False
    return not any(re.search(r"[0-9]", text) for text in texts) and any(field_of(text) for text in texts)


def _is_note(row: SheetRow, cells: Mapping[Field, Cell], texts: list[str]) -> bool:
    first = texts[0]
    if section_of(row, cells) is not None:
        return True
    if len(row.cells) == 1:
        return bool(_NOTE.fullmatch(first)) or len(first) > _LONG_TEXT
    if sum(1 for text in texts if _EXPLANATION.fullmatch(text)) >= _FEWEST_EXPLANATIONS:
        return True
    # A footer spread over cells: 填表人： | 李老师 | 日期： | …; a name may be 单位, a name with a colon is none.
    labels = (first, *(text_of(cells.get(field))[:_LOOKED_AT].strip() for field in _OF_PUPILS_OWN))
    return any((":" in label or "：" in label) and _NOTE.fullmatch(label) for label in labels)
