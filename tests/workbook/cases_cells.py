"""What single cells may hold, what is made of it, and what is wrong with it."""

from datetime import date

from openpyxl.worksheet.worksheet import Worksheet

from shared.resident_id import check_character
from tests.workbook.building import table
from tests.workbook.case import Build, Case, clean
from tests.workbook.ooxml import letters
from tests.workbook.people import TITLES, id_number, pupil

_ID = id_number(0)
_X = next(number for number in map(id_number, range(100)) if number.endswith("X"))

_FATHER, _TOMORROW, _NO_DAY = (
    first + check_character(first) for first in ("50010319800101999", "50010320260303999", "50010320150230999")
)


def _one(**changed: object) -> Build:
    return table([TITLES, pupil(0, **changed)])


def _wide(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def _case(name: str, why: str, codes: tuple[str, ...] = (), /, **changed: object) -> Case:
    return Case(name=name, why=why, build=_one(**changed), rows={"2": codes})


def _cleaned(name: str, why: str, field: str, given: object, value: str, how: list[str]) -> Case:
    keys = {"class": "class_", "home_district": "district"}
    return Case(
        name=name,
        why=why,
        build=_one(**{keys.get(field, field): given}),
        rows=clean(2),
        values={"2": {field: value}},
        changes={"2": {field: how} if how else {}},
    )


def _formulas(sheet: Worksheet) -> None:
    sheet["B2"] = '=CONCATENATE("王","明")'
    sheet["B2"].data_type = "f"
    sheet["F2"] = "=F1"
    sheet["F2"].data_type = "f"


def _all_formulas(sheet: Worksheet) -> None:
    for cell in sheet[3]:
        cell.data_type = "f"


CASES = (
    # Cleaning that is shown.
    _cleaned(
        "id_with_blanks", "copied from a scan", "id_number", f" {_ID[:6]} {_ID[6:14]}\u00a0{_ID[14:]} ", _ID, ["blank"]
    ),
    _cleaned("id_with_line_break", "Alt+Enter at the end", "id_number", f"{_ID}\n", _ID, ["blank"]),
    _cleaned("id_with_tab", "a tab keeps Excel from reading a number", "id_number", f"\t{_ID}", _ID, ["blank"]),
    _cleaned(
        "id_with_invisible",
        "zero-width and BOM come from web pages",
        "id_number",
        f"\ufeff{_ID}\u200b",
        _ID,
        ["invisible"],
    ),
    _cleaned(
        "id_with_direction_marks", "from a phone's contacts", "id_number", f"\u202d{_ID}\u202c", _ID, ["invisible"]
    ),
    _cleaned("id_full_width", "typed with a Chinese input method", "id_number", _wide(_ID), _ID, ["fullwidth"]),
    _cleaned("id_small_x", "x for X", "id_number", _X.lower(), _X, ["uppercase"]),
    _cleaned("id_full_width_x", "ｘ for X", "id_number", _X[:17] + "ｘ", _X, ["fullwidth", "uppercase"]),
    _cleaned("id_with_quote", "a quote typed as a character", "id_number", f"'{_ID}", _ID, ["prefix"]),
    _cleaned("id_guarded", '="…" pasted from a CSV', "id_number", f'="{_ID}"', _ID, ["prefix"]),
    _cleaned(
        "id_with_hyphens", "grouped for reading", "id_number", f"{_ID[:6]}-{_ID[6:14]}-{_ID[14:]}", _ID, ["hyphen"]
    ),
    _cleaned("phone_with_hyphens", "138-0013-8000", "phone", "130-0000-0001", "13000000001", ["hyphen"]),
    _cleaned("phone_with_country_code", "+86 before it", "phone", "+8613000000001", "13000000001", ["prefix"]),
    _cleaned(
        "phone_with_everything",
        "+86, blanks and full width",
        "phone",
        "＋８６ 130 0000 0001",
        "13000000001",
        ["fullwidth", "blank", "prefix"],
    ),
    _cleaned("phone_in_a_number_cell", "eleven digits survive in a number", "phone", 13000000001, "13000000001", []),
    _cleaned("landline", "区号-号码 stays", "phone", "023-67012345", "023-67012345", []),
    _cleaned(
        "landline_with_brackets", "(023)67012345 is the same", "phone", "(023)67012345", "023-67012345", ["hyphen"]
    ),
    _cleaned("name_with_blanks", "王 明 spread for looks", "name", "王　明 ", "王明", ["blank"]),
    _cleaned("name_with_nbsp", "a blank nobody sees", "name", "王明\u00a0", "王明", ["blank"]),
    _cleaned("name_with_bom", "nobody sees this either", "name", "\ufeff王\u200b明", "王明", ["invisible"]),
    _cleaned("name_with_inner_dot", "the dot stays", "name", "阿依古丽·买买提", "阿依古丽·买买提", []),
    _cleaned("name_with_another_dot", "• for ·", "name", "阿依古丽•买买提", "阿依古丽·买买提", ["dot"]),
    _cleaned("name_rare", "𠮷 is outside the basic plane", "name", "𠮷田", "𠮷田", []),
    _cleaned("name_rare_2", "䶮 and 㛃 are in none of the usual fonts", "name", "王䶮㛃", "王䶮㛃", []),
    _cleaned("name_private_use", "䶮 as old fonts wrote it", "name", "王\ue863", "王䶮", ["private_use"]),
    _cleaned("name_latin", "a foreign child", "name", "Anna Maria O'Neill", "Anna Maria O'Neill", []),
    _cleaned("class_full_width", "三（２）班 in one width", "class", "三（２）班", "三(2)班", ["fullwidth"]),
    _cleaned("class_with_line_break", "wrapped by hand", "class", "三年级\n2班", "三年级 2班", ["blank"]),
    _cleaned("class_as_number", "3.2 in a number cell", "class", 3.2, "3.2", ["number"]),
    _cleaned("guardian_placeholder", "无 means nothing", "guardian_name", "无", "", ["placeholder"]),
    _cleaned("guardian_phone_placeholder", "/ means nothing", "guardian_phone", "/", "", ["placeholder"]),
    _cleaned(
        "guardian_with_relation",
        "王强（父亲） says what the school needs",
        "guardian_name",
        "王强（父亲）",
        "王强(父亲)",
        ["fullwidth"],
    ),
    _cleaned("district_full", "渝中区", "home_district", "渝中区", "渝中区", []),
    _cleaned("district_long", "重庆市渝中区", "home_district", "重庆市渝中区", "重庆市渝中区", []),
    _cleaned("district_with_blank", "重庆市 渝中区", "home_district", " 重庆市 渝中区", "重庆市 渝中区", ["blank"]),
    _cleaned("district_ethnic", "石柱 for 石柱土家族自治县", "home_district", "石柱县", "石柱县", []),
    _cleaned("district_abolished", "江北区 became 两江新区", "home_district", "江北区", "两江新区", ["successor"]),
    _cleaned("district_abolished_short", "渝北 as well", "home_district", "渝北", "两江新区", ["successor"]),
    _cleaned("district_as_code", "the code is a name, too", "home_district", "500103", "500103", []),
    _cleaned("district_former", "开县 has been 开州区 since 2016", "home_district", "开县", "开州区", ["successor"]),
    _cleaned("district_of_a_zone", "万盛 was a district once", "home_district", "万盛经开区", "綦江区", ["successor"]),
    _cleaned("district_with_slash", "from an address picker", "home_district", "重庆市/渝中区", "重庆市/渝中区", []),
    _cleaned("id_with_full_stop", "typed as a sentence", "id_number", f"{_ID}。", _ID, ["prefix"]),
    _cleaned("id_in_quotation_marks", "copied with its quotes", "id_number", f"“{_ID}”", _ID, ["prefix"]),
    _cleaned("id_with_label", "copied with its label", "id_number", f"身份证号：{_ID}", _ID, ["fullwidth", "prefix"]),
    _cleaned(
        "id_with_another_label",
        "证件号码： is as good a label",
        "id_number",
        f"证件号码：{_ID}",
        _ID,
        ["fullwidth", "prefix"],
    ),
    _cleaned("id_with_an_english_label", "ID: as well", "id_number", f"ID:{_ID}", _ID, ["prefix"]),
    _cleaned("phone_with_full_stop", "typed as a sentence", "phone", "13000000001。", "13000000001", ["hyphen"]),
    _cleaned("phone_of_long_distance", "0 as from another city", "phone", "013000000001", "13000000001", ["prefix"]),
    _cleaned("phone_with_extension", "分机 before it", "phone", "023-67012345分机801", "023-67012345-801", ["hyphen"]),
    _cleaned("name_with_full_stop", "typed as a sentence", "name", "王明。", "王明", ["dot"]),
    _cleaned("district_with_street", "the street behind it", "home_district", "渝中区大坪街道", "渝中区大坪街道", []),
    # What is wrong.
    _case("id_missing", "blank", ("id_missing",), id_number=None),
    _case("id_placeholder", "无 is no number", ("id_missing",), id_number="无"),
    _case("phone_placeholder", "nor a phone", ("phone_missing",), phone="/"),
    _case("id_too_short", "a digit forgotten", ("id_length",), id_number=_ID[:17]),
    _case("id_too_long", "a digit too many", ("id_length",), id_number=_ID + "1"),
    _case("id_of_15", "before 1999", ("id_length",), id_number="500103800101123"),
    _case("id_with_letters", "O for 0", ("id_format",), id_number=_ID[:9] + "O" + _ID[10:]),
    _case(
        "id_check_digit",
        "one digit wrong",
        ("id_checksum",),
        id_number=_ID[:16] + str((int(_ID[16]) + 1) % 10) + _ID[17],
    ),
    _case("id_impossible_date", "30 February", ("id_birth_date",), id_number=_NO_DAY),
    _case("id_in_the_future", "born tomorrow", ("id_birth_date",), id_number=_TOMORROW),
    _case("id_of_a_parent", "the father's instead of the child's", ("id_age",), id_number=_FATHER),
    _case("id_in_a_number_cell", "Excel has destroyed it", ("id_precision_lost",), id_number=500103201501019974),
    _case(
        "id_in_a_number_cell_short",
        "fifteen digits in a number cell are no ID either",
        ("id_precision_lost",),
        id_number=500103800101123,
    ),
    _case(
        "id_scientific_text",
        "5.00103E+17 as a text comes from a CSV saved by Excel",
        ("id_precision_lost",),
        id_number="5.00103E+17",
    ),
    _case(
        "id_rounded_text",
        "500103201501019000: rounded by Excel, then made a text",
        ("id_precision_lost",),
        id_number="500103201501019000",
    ),
    _case("id_error", "#N/A of a VLOOKUP", ("cell_error",), id_number="#N/A"),
    *(
        _case(f"error_as_a_text_{at}", "an error of a newer Excel, as a text", ("cell_error",), name=given)
        for at, given in enumerate(("#FIELD!", "#BLOCKED!", "#BUSY!", "#GETTING_DATA"))
    ),
    _case("name_missing", "blank", ("name_missing",), name=None),
    _case("name_digits", "columns mixed up", ("name_format",), name="13000000001"),
    _case("name_formula", "an attack in a name", ("name_format",), name='=HYPERLINK("http://x.cn","王明")'),
    _case("name_emoji", "no font of a library card has it", ("name_format",), name="王明😀"),
    _case("name_override", "U+202E turns a name round", ("name_format",), name="王\u202e明"),
    _case("name_too_long", "more than a name", ("name_format",), name="王" * 51),
    _case("name_number", "a number is no name", ("name_format",), name=42),
    _case("phone_missing", "blank", ("phone_missing",), phone=None),
    _case("phone_short", "ten digits", ("phone_format",), phone="1300000001"),
    _case("phone_two", "two numbers in a cell", ("phone_format",), phone="13000000001/13000000002"),
    _case("phone_words", "words", ("phone_format",), phone="问班主任"),
    _case("parent_phone", "optional, but not anything", ("parent_phone_format",), guardian_phone="12345"),
    _case("district_missing", "blank", ("district_missing",), district=None),
    _case("district_unknown", "another city", ("district_unknown",), district="武侯区"),
    _case("class_date", "3-2 became a date", ("class_format",), class_=date(2026, 3, 2)),
    _case("class_too_long", "a sentence", ("class_format",), class_="三" * 51),
    _case("class_signs", "no letter in it", ("class_format",), class_="??"),
    *(
        Case(
            name=f"ditto_{at}",
            why="what is meant is for the row above to say: nobody is called so, and no class",
            build=table([TITLES, pupil(0), pupil(1, name=mark, guardian_name=mark, class_=mark)]),
            rows={"2": (), "3": ("name_format", "name_format", "class_format")},
        )
        for at, mark in enumerate(("同上", "同 上", "（同上）", "〃"))
    ),
    Case(
        name="everything_wrong_at_once",
        why="all reasons of a row at once, so that it is corrected once",
        build=table([TITLES, ["123", "4", "5", "6", "7", "？？", "火星"]]),
        rows={
            "2": (
                "id_length",
                "name_format",
                "phone_format",
                "name_format",
                "parent_phone_format",
                "class_format",
                "district_unknown",
            )
        },
    ),
    Case(
        name="formulas_never_calculated",
        why="openpyxl writes formulas without their values: nobody knows what they would be",
        build=table([TITLES, pupil(0)], finish=_formulas),
        rows={"2": ("formula_without_value", "formula_without_value")},
    ),
    Case(
        name="row_of_formulas_never_calculated",
        why="a row that refers to another sheet in all its cells is somebody, though nobody knows who",
        build=table([TITLES, pupil(0), [f"=源!{letters(column)}2" for column in range(7)]], finish=_all_formulas),
        rows={"2": (), "3": ("formula_without_value",) * 7},
    ),
    Case(
        name="unknown_region",
        why="a region code that was never given out is worth a look, but no reason to refuse",
        build=_one(id_number=id_number(0, region="509999")),
        rows=clean(2),
        warnings={"2": ["id_region"]},
    ),
    Case(
        name="permits_of_hong_kong",
        why="810000 is the residence permit of somebody from Hong Kong",
        build=_one(id_number=id_number(0, region="810000")),
        rows=clean(2),
        warnings={"2": []},
    ),
    # Numbers that Java or pandas wrote as texts.
    *(
        _case(
            f"id_of_a_program_{at}", "an ID number that went through a number", ("id_precision_lost",), id_number=given
        )
        for at, given in enumerate(
            ("5.00103201201019E17", "500103201201019000.0", "5.00103E17", "5.00103201201019e+17")
        )
    ),
    _case("id_short_number", "a short number has lost nothing, it is just too short", ("id_length",), id_number=12345),
    _cleaned("phone_of_a_program", "a point and a zero behind it", "phone", "13800000000.0", "13800000000", ["number"]),
    _cleaned(
        "guardian_phone_of_a_program",
        "the same for the guardian's",
        "guardian_phone",
        "13800000000.00",
        "13800000000",
        ["number"],
    ),
    _case("phone_in_scientific_notation", "what is left of 13812345678", ("phone_format",), phone="1.38E10"),
    *(
        _case(
            f"name_for_nobody_{at}",
            "what a program writes, or a person, where no name is",
            ("name_missing",),
            name=given,
        )
        for at, given in enumerate(("nan", "NaN", "null", "None", "(null)", "无", "/"))
    ),
    _case("phone_nan", "no phone either", ("phone_missing",), phone="nan"),
    _cleaned("class_nan", "nor a class", "class", "nan", "", ["placeholder"]),
    # Two guardians in one cell are two.
    _cleaned("two_guardians", "a blank between them", "guardian_name", "王强 李梅", "王强、李梅", ["blank"]),
    _cleaned("two_guardians_in_lines", "a line each", "guardian_name", "王强\n李梅", "王强、李梅", ["blank"]),
    _cleaned("one_guardian_set_apart", "one name, its signs set apart", "guardian_name", "王 强", "王强", ["blank"]),
    _cleaned("a_foreign_guardian", "a name of two words is one name", "guardian_name", "Mary Smith", "Mary Smith", []),
    # What Excel makes of 3-2, as it writes it into a CSV in America and in China.
    *(
        _case(f"class_as_a_date_{at}", "3-2 has become a day", ("class_format",), class_=given)
        for at, given in enumerate(("3/2/2026", "3/2/26", "3/2/2026 0:00", "2026年3月2日星期一", "二〇二六年三月二日"))
    ),
)
