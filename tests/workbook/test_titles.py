"""Titles of columns, as schools and other systems write them."""

import pytest

from shared.workbook.cells import SheetRow
from shared.workbook.header import Header, find_header
from shared.workbook.roster import Field
from shared.workbook.titles import field_of

_TITLES: dict[Field, tuple[str, ...]] = {
    "id_number": (
        "身份证号",
        "身份证号\u200b",
        "\ufeff身份证号",
        "身份证号 18位",
        "身份证号码18位",
        "身份证号码（必填）*18位数字",
        "身份证/护照号码",
        "身份证号(港澳台填通行证)",
        "身份证号码（18位）",
        "身份证 号 码",
        "身份证号/ID",
        "身份证号 ID No.",
        "身分证号",
        "身份证號",
        "身份證號",
        "身份證號碼",
        "①身份证号",
        "A.身份证号",
        "必填：身份证号",
        "身份证号码（填写时请注意x大写",
        "新生身份证号",
        "入学儿童身份证号",
        "18位身份证号",
        "第二代身份证号码",
        "ID",
    ),
    "name": (
        "姓名",
        "姓名 Name",
        "姓名/Name",
        "Name 姓名",
        "姓名\u200b",
        "新生姓名",
        "入学儿童姓名",
        "学生姓名（与身份证一致）",
        "学生姓名*必填",
        "學生姓名",
        "【姓名】",
    ),
    "phone": (
        "联系电话 11位",
        "联系电话11位手机号",
        "家庭电话",
        "家庭联系电话",
        "家校联系电话",
        "住宅电话",
        "通讯电话",
        "联系电话或手机",
        "预留手机号",
        "聯繫電話",
        "联系电话\n必填",
        "联系电话（必填，11位）",
    ),
    "guardian_name": ("家长姓名1", "家长1", "联系人姓名", "联系人", "家长姓名（父或母）", "監護人姓名"),
    "guardian_phone": ("家长电话1", "家长联系电话1", "家长tel", "家长联系电话11位手机号", "联系电话(家长)"),
    "class": (
        "班级 Class",
        "年班",
        "入读班级",
        "新班级",
        "所读班级",
        "班級",
        "班级(如：三年级2班)",
        "班级 如三年级2班",
    ),
    "grade": ("年级 Grade", "年級"),
    "home_district": (
        "所属区县名称\n（必填）\n如：渝中",
        "所属区县名称必填如：渝中",
        "所属区县名称(必填) 如渝中",
        "所属区县名称(必填),如:渝中",
        "行政区划",
        "现住区县",
        "辖区",
        "所属辖区",
        "所屬區縣",
    ),
}
_OTHERS = (
    "民族",
    "学籍号",
    "身份证件类型",
    "家长身份证号",
    "紧急联系人",
    "接送人姓名",
    "曾用名",
    "原班级",
    "姓名拼音",
    "班级人数",
    "户主姓名",
    "监护人与学生关系",
    "家庭住址",
    "班主任电话",
    "姓名 Phone",
    "父亲电话 Name",
)


@pytest.mark.parametrize(("field", "title"), [(field, title) for field, titles in _TITLES.items() for title in titles])
def test_a_title_is_understood(field: Field, title: str) -> None:
    assert field_of(title) == field


@pytest.mark.parametrize("title", _OTHERS)
def test_a_title_that_is_not_ours(title: str) -> None:
    assert field_of(title) is None


@pytest.mark.parametrize(
    ("titles", "field", "columns"),
    [
        (("ID", "姓名", "身份证号"), "id_number", (2,)),
        (("证件号码", "姓名", "ID"), "id_number", (0,)),
        (("姓名", "身份证号", "户籍区县", "所属区县"), "home_district", (3,)),
        (("姓名", "身份证号", "户籍区县", "现住区县"), "home_district", (2, 3)),
        (("姓名", "身份证号", "现班级", "班级"), "class", (3,)),
        (("姓名", "身份证号", "班级", "新班级"), "class", (2, 3)),
        (("姓名", "身份证号", "家庭电话", "手机号码"), "phone", (3,)),
        (("姓名", "身份证号", "联系电话", "联系电话"), "phone", (2, 3)),
        (("姓名", "身份证号", "母亲姓名", "父亲姓名"), "guardian_name", (3,)),
        (("姓名", "身份证号", "家长姓名1", "家长姓名2"), "guardian_name", (2,)),
        (("姓名", "身份证号", "母亲姓名"), "guardian_name", (2,)),
        (("姓名", "第二代身份证号", "父亲姓名"), "id_number", (1,)),
    ],
)
def test_of_two_columns_the_surer_one_is_read(titles: tuple[str, ...], field: Field, columns: tuple[int, ...]) -> None:
    header = find_header([SheetRow(1, dict(enumerate(titles)))])
    assert isinstance(header, Header)
    assert header.columns[field] == columns
