"""What is said about a cell that is wrong: each sentence says what to do, and quotes as little as it can."""

import re

from shared import person_name
from shared.workbook import cleaning

LONGEST_QUOTE = 20

SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]*)?[Ee]\+?[0-9]{1,3}")
"""A number as programs write one that is too long for them."""

NUMBER_LOST = (
    "这一格是数字格式，Excel 只保留 15 位有效数字，身份证号的后几位已经丢失，无法还原。"
    "请把“身份证号”整列设为“文本”格式，再重新输入或粘贴身份证号（不要直接把格式改回文本）。"
)
CLASS_MISSING = "没有读到这名学生的班级，导入后将没有班级。班级请逐行填写，不要只写在一组学生的第一行。"
DITTO = "“同上”无法确定指的是哪一行，请逐行填写。"
ID_DETAILS: dict[str, str] = {
    "id_format": "身份证号应为 17 位数字加 1 位数字或 X，这里含有其他字符。",
    "id_checksum": "身份证号校验位不对，请核对是否有输错或颠倒的数字。",
    "id_birth_date": "身份证号中的出生日期（第 7 至 14 位）不存在或晚于今天，请核对。",
}


def id_length_detail(text: str) -> str:
    if len(text) == 15 and text.isascii() and text.isdigit():
        return "这是 15 位的旧身份证号，请填写 18 位身份证号。"
    return f"身份证号应为 18 位，这里是 {len(text)} 位。"


def name_detail(text: str) -> str:
    if len(text) > person_name.MAX_LENGTH:
        return f"姓名超过 {person_name.MAX_LENGTH} 个字，请核对。"
    if cleaning.has_private_use(text):
        return "姓名中有自造字，其他电脑无法显示。请改用标准汉字输入（生僻字可用 GB 18030-2022 字体和输入法）。"
    if cleaning.is_ditto(text):
        return f"姓名{DITTO}"
    if re.fullmatch(r"[0-9\s]+", text):
        return "姓名不能是数字，请核对是否错列。"
    return "姓名中含有不能用于姓名的字符（如数字、符号、控制字符），请核对。"


def phone_detail(title: str, text: str, *, from_number: bool) -> str:
    if SCIENTIFIC.fullmatch(text):
        quoted = text[:LONGEST_QUOTE]
        return f"{title}变成了科学计数法（{quoted}），号码可能已不完整。请把这一列设为“文本”格式后重新填写。"
    digits = re.sub(r"[^0-9]", "", text)
    if from_number and 9 <= len(digits) <= 11 and not digits.startswith("1"):
        return f"{title}不完整，座机区号开头的 0 可能被 Excel 去掉了。请把这一列设为“文本”格式后重新填写。"
    if len(digits) >= 18:
        return f"{title}只能填写一个号码。"
    if re.fullmatch(r"1[0-9]*", text) and len(text) != 11:
        return f"{title}应为 11 位手机号，这里是 {len(text)} 位。"
    return f"{title}不是有效的手机号或座机号（座机如 023-67012345）。"
