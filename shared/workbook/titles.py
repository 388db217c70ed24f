"""What the title of a column says: which field it names, and how surely.

Titles are compared without what people put around them: stars, blanks, line breaks, invisible characters, (必填),
"，如：渝中", a translation (姓名 Name); in one width and case, and in simplified characters.
"""

import re
import unicodedata
from functools import lru_cache

from shared.workbook.cleaning import bare
from shared.workbook.roster import Field

_LONGEST_TITLE = 40
# Titles recur in every sheet, and words that look like titles in every row.
_REMEMBERED = 4_096

_AROUND = re.compile(
    r"[(\[【〔<《][^(\[【〔<《)\]】〕>》]*(?:[)\]】〕>》]|$)"  # (必填), 【选填】, and what is never closed
    r"|[,;:、。…]\s*(?:格式|必填|选填|没有|无|请|填写|单位|注).*$"
    r"|[,;:、。…]?\s*(?:如|例).*$"
    r"|(?<=.)(?:18|11)位(?:数字?|手机号?码?|身份证号?码?|号码)?$"
    r"|[*※★☆✱●■◆▲△#:.。、,/\s\"'“”‘’_\-—|=]+"
    r"|^(?:[0-9]{1,2}|[a-z]\.|[一二三四五六七八九十]{1,3}[.、])(?=[^0-9])"
    r"|^(?:必填|选填):|(?:必填|选填|必须填写|必填项|选填项)$",
    re.DOTALL,
)

_SIMPLIFIED = str.maketrans("證號碼電話學員級區縣聯繫絡長監護機屬稱齡", "证号码电话学员级区县联系络长监护机属称龄")
# How Hong Kong and Taiwan write it, and many by mistake.
_MISSPELT = ("身分", "身份")

_PUPIL = (
    r"(?:(?:入学)?(?:新生|儿童|幼儿)|学生|学员|孩子|小孩|读者|持卡人|办证人|本人|被监护人|学籍|宝宝|小朋友)?(?:的)?"
)
_GUARDIAN = re.compile(r"家长|监护人|法定代理人|父母|父亲|母亲|爸爸|妈妈|亲属|紧急联系人|家庭成员")
_OF_GUARDIAN = re.compile(r"[(（]\s*(?:家长|监护人|父母|父亲|母亲)的?\s*[)）]")
_SECOND_GUARDIAN = re.compile(
    r"母亲|妈妈|第[二三](?!代)|(?:家长|监护人|成员)(?:姓名|联系|电话|手机|号码?|方式)*(?:[2-9](?![0-9])|[二三四])"
)
_PERSONS_OF_SCHOOL = re.compile(r"班主任|教师|老师|校长|负责人|填表|填报|经办|录入员")

_CALL = r"(?:联系|联络|移动|手机|常用|预留|通讯|家庭|家校|住宅)*"
_KEEPER = r"(?:家长|监护人|法定代理人|父母|父亲|母亲|爸爸|妈妈|父|母)"

_ID = re.compile(
    _PUPIL + r"(?:居民|公民|二代|第二代|有效|法定|个人)*"
    r"(?:身份证|身份证件|证件|身份|有效证件)(?:号码?|编号|证号|件号码?|id)"
    r"|" + _PUPIL + r"(?:居民)?身份证(?:明)?|(?:(?:18)?位)?身份证(?:号码?)?(?:护照号?码?|或护照号?码?)?|id号码?"
    r"|身份证号码?或其他证件号码?|身份证号码?身份证件号"
    r"|id(?:card)?(?:no|number|num)?|identity(?:card)?(?:no|number)?"
)
_NAME = re.compile(
    _PUPIL + r"(?:真实|中文|户籍)?(?:姓名|名字|名称)|(?:学生|幼儿|读者|学员|孩子)名?|(?:student|full)?name"
)
_PHONE = re.compile(
    _PUPIL + r"(?:本人)?" + _CALL + r"(?:人)?(?:电话|手机|手机号)(?:号码?)?(?:[或和]?(?:手机号?|电话))?(?:号码?)?[1一]?"
    r"|" + _PUPIL + r"(?:联系|联络)(?:方式|号码?)"
    r"|(?:mobile|cell)?phone(?:no|number)?|mobile|tel(?:ephone)?"
)
_GUARDIAN_NAME = re.compile(
    r"(?:学生|幼儿|孩子|第一|第二|法定)*" + _KEEPER + r"(?:家长)?[12一二]?(?:的)?(?:真实)?(?:姓名|名字|名称)?[12一二]?"
    r"|联系人(?:姓名|名字)?"
    r"|父亲或母亲(?:姓名)?|家长姓名监护人(?:姓名)?|家长称呼|父母或监护人(?:姓名)?|家长监护人(?:姓名)?|监护人家长(?:姓名)?|guardian(?:name)?|parent(?:name)?"
)
_GUARDIAN_PHONE = re.compile(
    r"(?:学生|幼儿|孩子|第一|第二|法定)*"
    + _KEEPER
    + r"(?:家长|监护人)?[12一二]?(?:的)?"
    + _CALL
    + r"(?:电话|手机|手机号|号码|方式|tel)(?:号码?)?[12一二]?"
    r"|(?:guardian|parent)(?:phone|mobile|tel)(?:no|number)?"
)
_CLASS = re.compile(
    _PUPIL + r"(?:所在|所属|就读|所读|入读|现|现在|新|行政|年级|年)*(?:班级|班别|班)(?:名称|名|号|全称)?"
    r"|年级[及和与]?班级?|学校班级|class(?:name)?"
)
_GRADE = re.compile(_PUPIL + r"(?:所在|所属|就读|现|现在)*(?:学段)?(?:年级|年段|级部)(?:名称)?|grade(?:name)?")
_DISTRICT = re.compile(
    r"(?:学校|学生|读者|户籍|户口|家庭|现?居住|现住|现居)?(?:所属|所在|归属)?(?:行政|市辖)?"
    r"(?:区县市?|区划|区|县区|县|区域|地区|辖区)(?:名称|名)?|(?:home)?district(?:name)?"
)
_CONSENT = re.compile(
    r"(?:是否|有无)?(?:家长|监护人|法定代理人)*(?:的)?(?:是否|有无|已)?(?:签署|签订|签)?(?:的)?授权(?:委托)?书?"
    r"(?:是否|有无|已)?(?:签署|签订|签字|签|交|上交|收回|收到)?(?:情况|状态|与否)?"
    r"|(?:guardian)?consent"
)

_PATTERNS: tuple[tuple[Field, re.Pattern[str]], ...] = (
    ("guardian_phone", _GUARDIAN_PHONE),
    ("guardian_name", _GUARDIAN_NAME),
    ("id_number", _ID),
    ("phone", _PHONE),
    ("class", _CLASS),
    ("grade", _GRADE),
    ("home_district", _DISTRICT),
    ("consent", _CONSENT),
    ("name", _NAME),
)
# What says the same as the template, word for word, beside titles that only might.
_PLAIN_TITLES = frozenset(
    ("身份证号", "身份证号码", "姓名", "联系电话", "家长姓名", "家长联系电话", "班级", "新班级", "入读班级", "年级",
     "所属区县", "所属区县名称")
)  # fmt: skip
# Of the pupil perhaps, but more often something else when there is a better column: a serial number, the landline,
# where the family is registered.
_DOUBTFUL = re.compile(r"id|.*(?:家庭|家校|住宅|通讯|预留).*|联系人.*|.*(?:户籍|户口|居住|现住|现居|区划).*|.*班级?号")
# What stands alone below 电话 or 姓名: whose it is.
_WHOSE = re.compile(r"(?:学生|幼儿|孩子|小孩|读者)?(?:本人)?|家长[12一二]?|监护人[12一二]?|父亲?|母亲?|爸爸|妈妈")
_OF_SOMEBODY: tuple[Field, ...] = ("name", "phone", "id_number")
_BILINGUAL = re.compile(r"([a-z]*)([^a-z]+)([a-z]*)")
_GENERAL: dict[Field, Field] = {"guardian_name": "name", "guardian_phone": "phone"}

# A cheap look at a cell: 姓名, 身份证号, 证件号, Name and ID hold one of these, and few cells below them do.
_HINT = re.compile(r"[名身证證NnIiＮｎＩｉ]")


def may_name_pupils(text: str) -> bool:
    """Whether a text could be the title of a column of names or ID numbers; mostly not, and told at little cost."""
    return _HINT.search(text) is not None


@lru_cache(_REMEMBERED)
def field_of(title: str, group: str = "") -> Field | None:
    """The field a title names, below a group's title if there is one; None when it names none of ours."""
    plain = plain_title(title)
    if not plain or len(plain) > _LONGEST_TITLE or _PERSONS_OF_SCHOOL.search(plain):
        return None
    if group and _WHOSE.fullmatch(plain) and _named(above := plain_title(group)) in _OF_SOMEBODY:
        return _named(plain + above)
    found = _named(plain) or _named_twice(plain)
    if (group and _GUARDIAN.search(plain_title(group))) or _OF_GUARDIAN.search(title):
        if found == "id_number":
            return None
        if found in ("name", "phone"):
            return "guardian_name" if found == "name" else "guardian_phone"
    # 年级（班级） holds both.
    return "class" if found == "grade" and "班" in title else found


def is_title(title: str) -> bool:
    """Whether a text can stand in the lowest row of a header: a field, or whose the field above is."""
    return field_of(title) is not None or bool((plain := plain_title(title)) and _WHOSE.fullmatch(plain))


@lru_cache(_REMEMBERED)
def doubt(title: str, group: str = "") -> int:
    """How far a title is from the template's, to choose between columns of one field: 0 for its very words.

    A second guardian's columns come last: of two guardians the first is read.
    """
    plain = plain_title(title)
    if _SECOND_GUARDIAN.search(plain_title(group)) or _SECOND_GUARDIAN.search(plain):
        return 3
    if _DOUBTFUL.fullmatch(plain):
        return 2
    return 0 if plain in _PLAIN_TITLES else 1


@lru_cache(_REMEMBERED)
def plain_title(title: str) -> str:
    """A title without stars, blanks, remarks in brackets, and in one width, case and kind of characters."""
    text = unicodedata.normalize("NFKC", bare(title)).strip().lower().translate(_SIMPLIFIED).replace(*_MISSPELT)
    # Brackets may stand in brackets.
    plain = _AROUND.sub("", _AROUND.sub("", text))
    # A title may stand wholly in brackets: 【姓名】.
    return plain or re.sub(r"[^\w]+", "", text)


def _named(plain: str) -> Field | None:
    return next((field for field, pattern in _PATTERNS if pattern.fullmatch(plain)), None)


def _named_twice(plain: str) -> Field | None:
    """The field of a title with its translation (姓名 Name), if both say the same."""
    found = _BILINGUAL.fullmatch(plain)
    if found is None or not (found[1] or found[3]):
        return None
    field, translated = _named(found[2]), _named(found[1] + found[3])
    return field if field is not None and translated in (field, _GENERAL.get(field)) else None
