"""Made-up pupils: ID numbers that are right, with a sequence no child holds, told apart by their index."""

from datetime import date, timedelta

from shared.resident_id import check_character
from shared.workbook.roster import ReadingRules

TODAY = date(2026, 3, 2)
RULES = ReadingRules(today=TODAY)

TITLES = (
    "身份证号(必填)",
    "姓名(必填)",
    "联系电话(必填)",
    "家长姓名",
    "家长联系电话",
    "班级",
    "所属区县名称(必填)，如：渝中",
)
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高"
_GIVEN = "子涵雨欣浩然梓萱宇轩思远佳怡一诺沐阳"


def id_number(index: int, region: str = "500103") -> str:
    """The ID number of the index-th pupil."""
    born = date(2012, 1, 1) + timedelta(days=index % 3000)
    first = f"{region}{born:%Y%m%d}{990 + index // 3000 % 10:03d}"
    return first + check_character(first)


def name(index: int) -> str:
    """A name of two or three characters."""
    given = _GIVEN[index * 2 % len(_GIVEN)] + (_GIVEN[index * 3 % len(_GIVEN)] if index % 2 else "")
    return _SURNAMES[index % len(_SURNAMES)] + given


def phone(index: int) -> str:
    """A mobile number that is not given out."""
    return f"1300000{index % 10_000:04d}"


def pupil(index: int, **changed: object) -> list[object]:
    """A row in the template's order; `changed` by the names of fields (`class_`, `district` for the last two)."""
    row: dict[str, object] = {
        "id_number": id_number(index),
        "name": name(index),
        "phone": phone(index),
        "guardian_name": "王强",
        "guardian_phone": phone(index + 5000),
        "class_": "三年级2班",
        "district": "渝中",
    }
    unknown = changed.keys() - row.keys()
    assert not unknown, unknown
    return list((row | changed).values())


def pupils(count: int, first: int = 0) -> list[list[object]]:
    """Rows of several pupils."""
    return [pupil(index) for index in range(first, first + count)]
