"""Words for codes, Chinese and English."""

from collections.abc import Mapping
from typing import Final

from services.audit.schemas import Language

_Words = Mapping[str, tuple[str, str]]

ENTITIES: Final[_Words] = {
    "district": ("区县", "district"),
    "school": ("学校", "school"),
    "user": ("用户", "user"),
    "session": ("登录", "session"),
    "grade": ("年级", "grade"),
    "class": ("班级", "class"),
    "reader": ("读者", "reader"),
    "card": ("读者证", "card"),
    "readers": ("读者", "readers"),
    "cards": ("读者证", "cards"),
    "batch": ("批次", "batch"),
    "consent": ("授权书", "consent"),
    "consent_text": ("授权书文本", "consent text"),
    "consent_setting": ("授权书要求", "consent setting"),
    "registration": ("扫码登记", "QR registration"),
}
KINDS: Final[_Words] = {
    "import": ("导入", "import"),
    "approval": ("审核", "approval"),
}
SCOPES: Final[_Words] = {
    "school": ("学校", "school"),
    "district": ("区县", "district"),
    "city": ("市级", "city"),
}
HOWS: Final[_Words] = {
    "paper": ("纸质", "on paper"),
    "phone": ("手机签名", "signed on a phone"),
}
SERVICES: Final[_Words] = {
    "identity": ("账号", "accounts"),
    "params": ("年级班级", "grades and classes"),
    "readers": ("读者", "readers"),
    "cards": ("读者证", "cards"),
    "batches": ("批次", "batches"),
}
FIELDS: Final[_Words] = {
    "name": ("姓名", "name"),
    "id_number": ("身份证号", "ID number"),
    "phone": ("电话", "phone"),
    "guardian_name": ("监护人姓名", "guardian's name"),
    "guardian_phone": ("监护人电话", "guardian's phone"),
    "class_id": ("班级", "class"),
    "class": ("班级", "class"),
    "home_district": ("所属区县", "home district"),
    "consent": ("授权书", "consent"),
    "card_no": ("读者证号", "card number"),
    "wanted_card_no": ("预设读者证号", "pre-assigned card number"),
    "relation": ("与学生的关系", "relation"),
    "remark": ("备注", "remark"),
    "username": ("用户名", "user name"),
    "display_name": ("显示名称", "display name"),
    "disabled": ("是否禁用", "disabled"),
}


def label(entity: str, language: Language) -> str:
    """An entity's word; unknown ones are their own."""
    return ENTITIES.get(entity, (entity, entity))[language == "en"].replace("{", "").replace("}", "")
