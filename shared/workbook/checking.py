"""From a pupil's raw cells to a checked row: every cell cleaned, every reason found at once.

Reasons never quote names, numbers or phones: they are stored and shown in places where those must not be.
"""

import re
from collections.abc import Callable
from datetime import date

from shared import district, person_name, phone, resident_id
from shared.workbook import advice, cleaning
from shared.workbook.cells import Cell, DateCell, ErrorCell, FractionCell, NumberCell, Unevaluated, text_of
from shared.workbook.roster import (
    FIELD_TITLES,
    SIGNED,
    UNSIGNED,
    Ages,
    Change,
    Cleaning,
    Field,
    RosterRow,
    RosterValues,
    RowCode,
    RowError,
)
from shared.workbook.table import PupilRow

# A number that a program wrote as a text: 5.00103E17, 500103201201019000.0.
_OF_A_NUMBER = re.compile(rf"{advice.SCIENTIFIC.pattern}|[0-9]{{15,}}\.0+")
_PLACEHOLDERS = frozenset(
    {"无", "暂无", "没有", "未知", "/", "\\", "-", "--", "—", "——", "N/A", "n/a", "、"}
    | {"null", "NULL", "Null", "(null)", "(NULL)", "None", "none", "nan", "NaN", "<NA>", "NaT"}
)
_NO_NAMES = _PLACEHOLDERS | {"同上", "同前", "上同"}
_SIGNED = frozenset({"已签", "已签署", "已签字", "已授权", "是", "有", "√", "✓", "✔", "☑", "Y", "YES", "TRUE"})
# 已撤回 is what an export says of a consent that was taken back.
_UNSIGNED = frozenset(
    {"未签", "未签署", "未签字", "未授权", "已撤回", "否", "×", "X", "✗", "✘", "☐", "N", "NO", "FALSE"}
)
_ERRORS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!"}
    | {"#CONNECT!", "#BUSY!", "#UNKNOWN!", "#PYTHON!", "#EXTERNAL!", "#GETTING_DATA"}
)
_ROUNDED = "000"
# What is shorter was no ID number before it became a number either.
_EXACT_DIGITS = 15
_DATE = re.compile(
    r"(?:(?:19|20)[0-9]{2}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?|[0-9]{1,2}/[0-9]{1,2}/(?:(?:19|20)[0-9]{2}|[0-9]{2}))"
    r"(?: 0?0:00(?::00)?|\s*(?:星期|周)[一二三四五六日天])?|[0-9]{1,2}月[0-9]{1,2}日"
    r"|[〇○零一二三四五六七八九]{4}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}日"
    r"|[0-9]{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-[0-9]{1,2}"
)
_OF_A_DAY = re.compile(r"0\.[0-9]+|[0-9]+\.[0-9]{3,}|[0-9.]+[eE]-[0-9]+")
# Days of the years 2000 to 2050 as Excel counts them.
_FIRST_SERIAL, _LAST_SERIAL = 36_526, 55_153
_LONGEST_CLASS = 50
_LONGEST_CHECKED = 2_000
_AROUND_GUARDIANS = re.compile(r"[()\[\]（）【】/、,，;；+&]+")


class RowChecker:
    """Checks the rows of one file, in order: duplicates are looked for over the whole file."""

    def __init__(self, today: date, ages: Ages) -> None:
        self._today = today
        self._ages = ages
        # Birth dates compare as texts YYYYMMDD.
        self._born_at_latest = f"{today.year - ages.youngest:04d}{today:%m%d}"
        self._born_after = f"{today.year - ages.oldest - 1:04d}{today:%m%d}"
        # Where each number stood first; labels may repeat in a file made by hand.
        self._seen: dict[str, str] = {}
        self._districts: dict[str, district.Resolved | None] = {}
        # Texts that were found to be right as they are, and are so in thousands of rows.
        self._plain_classes: set[Cell] = set()
        self._plain_districts: dict[Cell | None, tuple[str, str]] = {}

    def check(self, pupil: PupilRow, row: str, sheet: int) -> RosterRow:
        """The row with its values, what cleaning changed, and what is wrong; `row` is the label shown."""
        notes = _Notes()
        cells = pupil.cells
        cell = cells.get
        number = self._id_number(cell("id_number"), row, notes)
        name = self._name(cell("name"), notes)
        own_phone = self._phone("phone", cell("phone"), notes)
        guardian_name = self._guardian_name(cell("guardian_name"), notes)
        guardian_phone = self._phone("guardian_phone", cell("guardian_phone"), notes)
        school_class = self._class("class", cell("class"), notes)
        grade = self._class("grade", cell("grade"), notes)
        home, code = self._district(cell("home_district"), notes)
        consent = self._consent(cell("consent"), notes)
        for field, source in pupil.borrowed:
            notes.changed(field, "", self._plain(cells[field]), (source,))
        if pupil.lacks_class:
            notes.warn("class", "class_missing", advice.CLASS_MISSING)
        return RosterRow(
            row,
            sheet,
            pupil.number,
            RosterValues(number, name, own_phone, guardian_name, guardian_phone, school_class, grade, home, consent),
            code,
            tuple(notes.changes),
            tuple(notes.errors),
            tuple(notes.warnings),
        )

    def _id_number(self, cell: Cell | None, row: str, notes: "_Notes") -> str:
        if cell is None:
            notes.wrong("id_number", "id_missing", "没有填写身份证号。")
            return ""
        if cleaning.is_plain_id_number(cell):
            text: str | None = cell
        elif isinstance(cell, DateCell) or _is_ruined(cell):
            notes.wrong("id_number", "id_precision_lost", advice.NUMBER_LOST)
            return ""
        else:
            text = self._text("id_number", cell, cleaning.clean_id_number, notes)
        if text is None:
            return ""
        if not text or text in _PLACEHOLDERS:
            notes.wrong("id_number", "id_missing", "没有填写身份证号。")
            return ""
        codes = resident_id.check(text, self._today)
        if text.endswith(_ROUNDED):
            # Rounded by Excel and made a text afterwards, unless it happens to be right.
            if codes == ["id_checksum"]:
                notes.wrong("id_number", "id_precision_lost", advice.NUMBER_LOST)
                return ""
            notes.warn("id_number", "id_precision_lost", "身份证号以 000 结尾，可能被 Excel 改动过，请核对。")
        for code in codes:
            notes.wrong(
                "id_number", code, advice.id_length_detail(text) if code == "id_length" else advice.ID_DETAILS[code]
            )
        if "id_length" in codes or "id_format" in codes:
            return cleaning.reveal(text)
        if "id_birth_date" not in codes:
            self._age(text, notes)
        if not codes and not resident_id.is_region_known(text):
            notes.warn("id_number", "id_region", "身份证号前 6 位不是已知的行政区划代码，请核对。")
        if (first := self._seen.get(text)) is None:
            self._seen[text] = row
        else:
            notes.wrong("id_number", "id_duplicate", f"与第 {first} 行的身份证号重复，同一学生只能出现一次。")
        return text

    def _age(self, number: str, notes: "_Notes") -> None:
        born = number[6:14]
        if not self._born_after < born <= self._born_at_latest:
            notes.wrong(
                "id_number",
                "id_age",
                f"按身份证号推算，年龄不在 {self._ages.youngest} 至 {self._ages.oldest} 岁之间，"
                "请确认填写的是学生本人的身份证号。",
            )

    def _name(self, cell: Cell | None, notes: "_Notes") -> str:
        if cleaning.is_plain_name(cell) and cell not in _NO_NAMES:
            return cell
        text = self._text("name", cell, cleaning.clean_name, notes)
        if text is None:
            return ""
        if not text or text in _PLACEHOLDERS:
            notes.wrong("name", "name_missing", "没有填写姓名。")
            return ""
        if person_name.check(text) and isinstance(cell, str) and not cleaning.is_ditto(text):
            return text
        notes.wrong("name", "name_format", advice.name_detail(text))
        return cleaning.reveal(text)

    def _guardian_name(self, cell: Cell | None, notes: "_Notes") -> str:
        if cell is None:
            return ""
        if cleaning.is_plain_name(cell) and cell not in _NO_NAMES:
            return cell
        text = self._text("guardian_name", cell, cleaning.clean_guardian_name, notes, optional=True)
        if not text:
            return ""
        # 王强（父亲） and 王强/李梅 are no names, but say what the school needs.
        bare = _AROUND_GUARDIANS.sub(" ", text).strip()
        is_name = person_name.check(bare) and isinstance(cell, str) and not cleaning.is_ditto(text)
        if len(text) <= person_name.MAX_LENGTH and is_name:
            return text
        notes.wrong("guardian_name", "name_format", "家长姓名" + advice.name_detail(text).removeprefix("姓名"))
        return cleaning.reveal(text)

    def _phone(self, field: Field, cell: Cell | None, notes: "_Notes") -> str:
        if cleaning.is_plain_mobile(cell):
            return cell
        required = field == "phone"
        if isinstance(cell, DateCell):
            cell = cell.text
        text = self._text(field, cell, cleaning.clean_phone, notes, optional=not required)
        if text is None:
            return ""
        if not text or text in _PLACEHOLDERS:
            if required:
                notes.wrong(field, "phone_missing", "没有填写联系电话。")
            return ""
        if phone.check(text):
            return text
        detail = advice.phone_detail(FIELD_TITLES[field], text, from_number=isinstance(cell, NumberCell))
        notes.wrong(field, "phone_format" if required else "parent_phone_format", detail)
        return cleaning.reveal(text)

    def _class(self, field: Field, cell: Cell | None, notes: "_Notes") -> str:
        if cell is None or cell in self._plain_classes:
            return cell or ""  # type: ignore[return-value]  # what is in there is a text
        title = FIELD_TITLES[field]
        if _is_date(cell):
            shown = "" if isinstance(cell, NumberCell | FractionCell) else f"（{text_of(cell).strip()}）"
            detail = (
                f"Excel 把{title}变成了日期、时间或分数{shown}。请把这一列设为“文本”格式后重新填写，如“三年级2班”。"
            )
            notes.wrong(field, "class_format", detail)
            return ""
        text = self._text(field, cell, cleaning.clean_text, notes, optional=True)
        if not text:
            return ""
        if isinstance(cell, NumberCell):
            notes.changed(field, text, text, ("number",))
        if cleaning.is_ditto(text):
            notes.wrong(field, "class_format", title + advice.DITTO)
        elif not all(map(cleaning.is_shown, text)) or len(text) > _LONGEST_CLASS or not re.search(r"\w", text):
            detail = f"{title}无法识别，请填写如“三年级2班”的名称，不超过 {_LONGEST_CLASS} 个字。"
            notes.wrong(field, "class_format", detail)
        elif text == cell:
            self._plain_classes.add(text)
        return cleaning.reveal(text)

    def _district(self, cell: Cell | None, notes: "_Notes") -> tuple[str, str]:
        if (plain := self._plain_districts.get(cell)) is not None:
            return plain
        text = self._text("home_district", cell, cleaning.clean_text, notes)
        if text is None:
            return "", ""
        if not text:
            notes.wrong("home_district", "district_missing", "没有填写所属区县。")
            return "", ""
        if text not in self._districts:
            self._districts[text] = district.resolve(text, self._today)
        found = self._districts[text]
        if found is None:
            quoted = cleaning.reveal(text[: advice.LONGEST_QUOTE])
            detail = f"“{quoted}”不是{district.CITY}市的区县，请填写如“渝中”的区县名称。"
            notes.wrong("home_district", "district_unknown", detail)
            return cleaning.reveal(text), ""
        if found.abolished is not None:
            notes.changed("home_district", text, found.district.name, ("successor",))
            return found.district.name, found.district.code
        if text == cell:
            self._plain_districts[cell] = text, found.district.code
        return text, found.district.code

    def _consent(self, cell: Cell | None, notes: "_Notes") -> str:
        text = self._text("consent", cell, cleaning.clean_text, notes, optional=True)
        if not text:
            return ""
        said = text.upper()
        if said in _SIGNED or said in _UNSIGNED:
            return SIGNED if said in _SIGNED else UNSIGNED
        # Consent is evidence: what is not plainly one answer or the other is asked about, never guessed.
        detail = f"授权书一栏请填写“{SIGNED}”或“{UNSIGNED}”，也可以留空，这里的内容无法识别。"
        notes.wrong("consent", "consent_format", detail)
        return cleaning.reveal(text)

    def _text(
        self,
        field: Field,
        cell: Cell | None,
        clean: Callable[[str], cleaning.Cleaned],
        notes: "_Notes",
        *,
        optional: bool = False,
    ) -> str | None:
        """A cell's clean text, "" when blank; None when the cell itself is broken, which is noted."""
        if cell is None:
            return ""
        # A CSV knows errors as texts only.
        if isinstance(cell, ErrorCell) or (isinstance(cell, str) and cell.strip() in _ERRORS):
            shown = text_of(cell).strip()[: advice.LONGEST_QUOTE]
            notes.wrong(
                field,
                "cell_error",
                f"“{FIELD_TITLES[field]}”这一格是错误值 {shown}，请改正公式或直接填写内容。",
            )
            return None
        if isinstance(cell, Unevaluated):
            notes.wrong(
                field,
                "formula_without_value",
                f"“{FIELD_TITLES[field]}”这一格是公式，但文件里没有保存计算结果。"
                "请用 WPS 或 Excel 打开并保存一次，或复制后“选择性粘贴为数值”。",
            )
            return None
        # What is longer is wrong in any case, and is shown cut.
        raw = (cell if isinstance(cell, str) else cell.text)[:_LONGEST_CHECKED]
        text, how = clean(raw)
        if optional and text in _PLACEHOLDERS:
            notes.changed(field, raw, "", (*how, "placeholder"))
            return ""
        if how:
            notes.changed(field, raw, text, how)
        return text

    @staticmethod
    def _plain(cell: Cell) -> str:
        return cleaning.reveal(" ".join(cell.split()) if isinstance(cell, str) else cell.text)


class _Notes:
    """What is noted while a row is checked."""

    __slots__ = ("changes", "errors", "warnings")

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.errors: list[RowError] = []
        self.warnings: list[RowError] = []

    def wrong(self, field: Field, code: RowCode, detail: str) -> None:
        self.errors.append(RowError(field, code, detail))

    def warn(self, field: Field, code: RowCode, detail: str) -> None:
        self.warnings.append(RowError(field, code, detail))

    def changed(self, field: Field, before: str, after: str, how: tuple[Cleaning, ...]) -> None:
        self.changes.append(Change(field, cleaning.reveal(before), cleaning.reveal(after), how))


def _is_ruined(cell: Cell) -> bool:
    """Whether an ID number went through a number: in a number cell of so many digits, or as a text made of one."""
    if isinstance(cell, NumberCell):
        return len(cell.text) >= _EXACT_DIGITS or "E" in cell.text.upper()
    return isinstance(cell, str) and _OF_A_NUMBER.fullmatch(cleaning.bare(cell)) is not None


def _is_date(cell: Cell) -> bool:
    """Whether 3-2 has become a date: as such, as a text of one (3月2日 in a CSV), or as the number behind it.

    In the same way 3:2 becomes a time, which is a part of a day, and 3/2 a fraction.
    """
    if isinstance(cell, NumberCell):
        return bool(_OF_A_DAY.fullmatch(cell.text)) or _FIRST_SERIAL <= float(cell.text) < _LAST_SERIAL + 1
    return isinstance(cell, DateCell | FractionCell) or (isinstance(cell, str) and bool(_DATE.fullmatch(cell.strip())))
