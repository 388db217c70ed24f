"""What makes a reader acceptable, and what may be done with one. Pure: no I/O, no clock."""

from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec

from services.readers.schemas import Status
from shared import district, person_name, phone, resident_id
from shared.errors import FieldError

LOCKED_FIELDS: Final = frozenset({"id_number", "name", "card_no"})
"""What a card was issued for: it stays as it was approved."""

CARD_NO_LENGTH: Final = 15

MOST_NAMED: Final = 20_000
"""Readers that are named one by one in a statement."""

_CLASS_SIZE: Final = 50

_FEWEST_STEPS: Final = 5_000

ID_DETAILS: Final = {
    "id_missing": "请填写身份证号。",
    "id_length": "身份证号应为18位。",
    "id_format": "身份证号应为17位数字加1位数字或X。",
    "id_checksum": "身份证号校验位不符，请核对是否有数字写错。",
    "id_birth_date": "身份证号中的出生日期不存在或在今天之后。",
}


class Person(msgspec.Struct, frozen=True):
    """What is known of a pupil, cleaned. `home_district` is the GB/T 2260 code; optional texts are ""."""

    id_number: str
    name: str
    phone: str
    guardian_name: str
    guardian_phone: str
    home_district: str


def clean_id_number(text: str) -> str:
    """Half-width, upper case, without blanks."""
    return "".join(text.translate(_HALF_WIDTH).split()).upper()


def check_person(entered: Person, today: date) -> tuple[Person, list[FieldError]]:
    """Clean what was typed and say everything that is wrong with it (codes of the workbook's rows)."""
    person = Person(
        id_number=clean_id_number(entered.id_number),
        name=person_name.clean(entered.name),
        phone=phone.clean(entered.phone.translate(_HALF_WIDTH)),
        guardian_name=person_name.clean(entered.guardian_name),
        guardian_phone=phone.clean(entered.guardian_phone.translate(_HALF_WIDTH)),
        home_district=entered.home_district.strip(),
    )
    errors = id_errors(person.id_number, today)
    if not person_name.check(person.name):
        errors.append(FieldError("name_format", "姓名应为1至50个汉字或字母，不能有数字和符号。", "name"))
    if not phone.check(person.phone):
        errors.append(FieldError("phone_format", "联系电话应为11位手机号，或带区号的固定电话。", "phone"))
    if person.guardian_name and not person_name.check(person.guardian_name):
        errors.append(FieldError("name_format", "家长姓名应为1至50个汉字或字母。", "guardian_name"))
    if person.guardian_phone and not phone.check(person.guardian_phone):
        errors.append(FieldError("parent_phone_format", "家长联系电话应为手机号或固定电话。", "guardian_phone"))
    resolved = district.resolve(person.home_district, today)
    if resolved is None:
        errors.append(FieldError("district_unknown", "所属区县不是本市的区县，请填写如“渝中”。", "home_district"))
    else:
        person = msgspec.structs.replace(person, home_district=resolved.district.code)
    return person, errors


def id_errors(number: str, today: date) -> list[FieldError]:
    """What is wrong with a cleaned ID number."""
    return [FieldError(code, ID_DETAILS[code], "id_number") for code in resident_id.check(number, today)]


def check_card_no(card_no: str | None, own_district: str) -> tuple[str | None, list[FieldError]]:
    """A number assigned beforehand: fifteen digits, not all 0, not of another district's; blank means none.

    Its check digit is not asked for: libraries hand out stock that was printed before this system. Nor need it begin
    with a district's code, but where it does this is `own_district`, or one that became it.
    """
    text = "" if card_no is None else "".join(card_no.translate(_HALF_WIDTH).split())
    if not text:
        return None, []
    if len(text) != CARD_NO_LENGTH or not (text.isascii() and text.isdigit()):
        return None, [FieldError("card_no_format", "读者证号应为15位数字。", "card_no")]
    if not text.strip("0"):
        return None, [FieldError("card_no_format", "读者证号不能全为0。", "card_no")]
    if district.is_anothers(text[:6], own_district):
        return None, [FieldError("card_no_district", "读者证号的前6位是其他区县的代码，请更正。", "card_no")]
    return text, []


def changed_fields(before: Person, after: Person) -> tuple[str, ...]:
    return tuple(field for field in Person.__struct_fields__ if getattr(before, field) != getattr(after, field))


def merge(before: Person, row: Person) -> Person:
    """What an imported row makes of a reader: an optional cell left blank leaves what is known."""
    return msgspec.structs.replace(
        row,
        guardian_name=row.guardian_name or before.guardian_name,
        guardian_phone=row.guardian_phone or before.guardian_phone,
    )


def may_change(status: Status, fields: Iterable[str]) -> bool:
    """Everything before approval; afterwards what the card does not rest on; nothing while it is being issued."""
    if status in ("pending", "returned"):
        return True
    return status == "carded" and LOCKED_FIELDS.isdisjoint(fields)


def is_rare(having: int, everybody: int, wanted: int | None) -> bool:
    """Whether readers of a status are sooner found class by class than by walking along time for the first `wanted`.

    Class by class reads the classes of those who have it, at worst one for each; the walk passes so many of everybody
    as stand between those wanted, to the end when there are fewer, or all are wanted.
    """
    walked = everybody if wanted is None else everybody * min(wanted, having) // having
    return having <= MOST_NAMED and having * _CLASS_SIZE < walked


def steps(wanted: int) -> int:
    """So many readers are walked past along time for those wanted, before these are looked for class by class."""
    return max(_FEWEST_STEPS, 4 * wanted)


def is_suffix(text: str) -> bool:
    """Whether a search text can be the end of an ID number (4 to 17 characters)."""
    return 4 <= len(text) < 18 and text[:-1].isdigit() and (text[-1].isdigit() or text[-1] == "X")


def name_bounds(beginning: str) -> tuple[str, str | None]:
    """Names that begin so are those from the first text on and before the second, in the order of code points.

    The second is None when nothing comes after them.
    """
    for end in range(len(beginning), 0, -1):
        code = ord(beginning[end - 1])
        if code < _LAST_CODE_POINT:
            # Half a surrogate pair is no text for the database.
            following = 0xE000 if code == 0xD7FF else code + 1
            return beginning, beginning[: end - 1] + chr(following)
    return beginning, None


_LAST_CODE_POINT: Final = 0x10FFFF
_HALF_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
