"""What a class cell means at a school: all the ways of writing, and what is asked rather than guessed."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.class_name import Stage, chinese_number, read_class_name, read_grade_name
from shared.school_class import MOST_CANDIDATES, CatalogueClass, ClassMatch, ClassQuestion, is_telling, match


def _catalogue(*names: tuple[str, str]) -> list[CatalogueClass]:
    """Classes by (grade, class), their ids made of their places."""
    grades = list(dict.fromkeys(grade for grade, _ in names))
    return [
        CatalogueClass(
            grade_id=UUID(int=grades.index(grade) + 1), grade_name=grade, class_id=UUID(int=100 + at), class_name=name
        )
        for at, (grade, name) in enumerate(names)
    ]


_PRIMARY = _catalogue(*[(f"{grade}年级", f"{number}班") for grade in "一二三四五六" for number in range(1, 13)])
_MIDDLE = _catalogue(
    *[(grade, f"({number})班") for grade in ("七年级", "八年级", "九年级") for number in range(1, 4)],
    *[(grade, f"{number}班") for grade in ("高一", "高二", "高三") for number in range(1, 25)],
)
_NURSERY = _catalogue(*[(grade, f"{grade[0]}{number}班") for grade in ("小班", "中班", "大班") for number in "一二三"])


def _matched(found: ClassMatch | ClassQuestion, catalogue: list[CatalogueClass]) -> str | None:
    """The matched class as grade/class."""
    if isinstance(found, ClassQuestion):
        return None
    (item,) = [item for item in catalogue if item.class_id == found.class_id]
    assert item.grade_id == found.grade_id
    return f"{item.grade_name}/{item.class_name}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("三年级2班", "三年级/2班"),
        ("三年级二班", "三年级/2班"),
        ("三(2)班", "三年级/2班"),
        ("三（2）班", "三年级/2班"),
        ("三（二）班", "三年级/2班"),
        ("3.2", "三年级/2班"),
        ("3-2", "三年级/2班"),
        ("3年2班", "三年级/2班"),
        ("302", "三年级/2班"),
        ("三2班", "三年级/2班"),
        ("小学三年级2班", "三年级/2班"),
        ("小三(2)班", "三年级/2班"),
        ("三年级 2 班", "三年级/2班"),
        ("３（２）班", "三年级/2班"),
        ("三年级第2班", "三年级/2班"),
        ("一(12)班", "一年级/12班"),
        ("一年级十二班", "一年级/12班"),
        ("1.12", "一年级/12班"),
    ],
)
def test_a_primary_schools_class(text: str, expected: str) -> None:
    assert _matched(match(text, None, _PRIMARY), _PRIMARY) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("七(1)班", "七年级/(1)班"),
        ("初一1班", "七年级/(1)班"),
        ("初一（1）班", "七年级/(1)班"),
        ("初2.3", "八年级/(3)班"),
        ("7.1", "七年级/(1)班"),
        ("九年级3班", "九年级/(3)班"),
        ("高一(12)班", "高一/12班"),
        ("高一12班", "高一/12班"),
        ("高2(24)班", "高二/24班"),
        ("高三二十四班", "高三/24班"),
        ("十二年级1班", "高三/1班"),
    ],
)
def test_a_middle_schools_class(text: str, expected: str) -> None:
    assert _matched(match(text, None, _MIDDLE), _MIDDLE) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("大(1)班", "大班/大一班"),
        ("大一班", "大班/大一班"),
        ("大班1班", "大班/大一班"),
        ("中班二班", "中班/中二班"),
        ("小三班", "小班/小三班"),
    ],
)
def test_a_kindergartens_class(text: str, expected: str) -> None:
    assert _matched(match(text, None, _NURSERY), _NURSERY) == expected


@pytest.mark.parametrize(
    ("grade", "text", "expected"),
    [
        ("三年级", "2班", "三年级/2班"),
        ("三", "2", "三年级/2班"),
        ("3", "2班", "三年级/2班"),
        ("三年级", "三年级2班", "三年级/2班"),
        ("三年级", "三(2)班", "三年级/2班"),
    ],
)
def test_a_grade_in_a_column_of_its_own(grade: str, text: str, expected: str) -> None:
    assert _matched(match(text, grade, _PRIMARY), _PRIMARY) == expected


@pytest.mark.parametrize(
    ("text", "grade", "reason"),
    [
        ("", None, "blank"),
        ("火箭班", None, "unreadable"),
        ("三年级13班", None, "unknown"),
        ("2班", None, "ambiguous"),
        ("2021级2班", None, "cohort"),
        ("2025届3班", None, "cohort"),
        ("三年级2班", "四年级", "ambiguous"),
        ("七年级1班", None, "unknown"),
    ],
)
def test_what_is_not_certain_is_asked(text: str, grade: str | None, reason: str) -> None:
    question = match(text, grade, _PRIMARY)
    assert isinstance(question, ClassQuestion)
    assert question.reason == reason
    assert question.detail.endswith("。")
    assert len(question.candidates) <= MOST_CANDIDATES


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("三年级2班、3班", None),
        ("三年级2班/3班", None),
        ("三年级2-3班", None),
        ("三(1)(2)班", None),
        ("三年级2班转3班", None),
        ("三年级2班→四年级1班", None),
        ("三年级2班和三班", None),
        ("三年级1班 (2)", None),
        ("2班3班", "三年级"),
        ("1 1/2", "三年级"),
    ],
)
def test_of_two_classes_in_one_cell_none_is_taken(text: str, grade: str | None) -> None:
    question = match(text, grade, _PRIMARY)
    assert isinstance(question, ClassQuestion)
    assert question.reason == "ambiguous"
    assert "不止一个班" in question.detail
    assert question.candidates


@pytest.mark.parametrize(
    "text",
    ["三年级2班(走读)", "三年级2班45人", "三年级2班（45名）", "三年级2班12号", "三年级2班3组", "三年级2班 王老师"],
)
def test_what_else_is_said_of_a_class_leads_to_no_other(text: str) -> None:
    assert _matched(match(text, None, _PRIMARY), _PRIMARY) == "三年级/2班"


def test_a_class_that_is_called_by_two_numbers_is_found() -> None:
    catalogue = _catalogue(("三年级", "2班(实验1班)"), ("三年级", "3班"))
    assert _matched(match("三年级2班(实验1班)", None, catalogue), catalogue) == "三年级/2班(实验1班)"


def test_a_number_cell_may_have_lost_a_zero() -> None:
    catalogue = _catalogue(("三年级", "1班"), ("三年级", "10班"), ("三年级", "2班"))
    question = match("3.1", None, catalogue, from_number=True)
    assert isinstance(question, ClassQuestion)
    assert {item.class_name for item in question.candidates} == {"1班", "10班"}
    assert _matched(match("3.2", None, catalogue, from_number=True), catalogue) == "三年级/2班"
    assert _matched(match("3.1", None, catalogue), catalogue) == "三年级/1班"


def test_a_class_written_in_the_column_for_the_grade() -> None:
    assert _matched(match("", "三年级2班", _PRIMARY), _PRIMARY) == "三年级/2班"
    question = match("", "三年级", _PRIMARY)
    assert isinstance(question, ClassQuestion)
    assert question.reason == "blank"


def test_eleven_after_the_stage_may_be_two_numbers_or_one() -> None:
    question = match("高11班", None, _MIDDLE)
    assert isinstance(question, ClassQuestion)
    assert question.reason == "ambiguous"
    assert {f"{item.grade_name}{item.class_name}" for item in question.candidates} == {
        "高一1班", "高一11班", "高二11班", "高三11班",
    }  # fmt: skip
    assert _matched(match("高11班", None, _MIDDLE[:9]), _MIDDLE[:9]) is None
    few = [item for item in _MIDDLE if item.class_name in ("1班", "2班")]
    assert _matched(match("高11班", None, few), few) == "高一/1班"


@pytest.mark.parametrize(
    ("text", "grade", "telling"),
    [
        ("火箭班", "", True),
        ("三年级2班", "", True),
        ("2021级1班", "", True),
        ("1班", "三年级", True),
        ("", "三年级2班", True),
        ("1班", "", False),
        ("2", "", False),
        ("三年级", "", False),
        ("", "三年级", False),
        ("", "", False),
    ],
)
def test_what_a_wording_tells_of_itself(text: str, grade: str, telling: bool) -> None:
    assert is_telling(text, grade) is telling


def test_a_cohort_is_compared_with_the_schools_own_cohorts_alone() -> None:
    named = _catalogue(("2021级", "1班"), ("2021级", "2班"), ("2022级", "1班"))
    assert _matched(match("2021级2班", None, named), named) == "2021级/2班"
    assert _matched(match("21级2班", None, named), named) == "2021级/2班"
    assert _matched(match("2021届2班", None, named), named) is None


def test_a_class_to_be_created_is_named_like_its_neighbours() -> None:
    question = match("七年级9班", None, _MIDDLE)
    assert isinstance(question, ClassQuestion)
    assert (question.suggested_grade_id, question.suggested_name) == (_MIDDLE[0].grade_id, "(9)班")
    question = match("大(7)班", None, _NURSERY)
    assert isinstance(question, ClassQuestion)
    assert (question.suggested_grade_id, question.suggested_name) == (_NURSERY[-1].grade_id, "大七班")


def test_small_class_one_depends_on_the_school() -> None:
    both = [*_catalogue(("小班", "小一班"), ("一年级", "1班"))]
    assert _matched(match("小一班", None, both, stages=("幼儿园",)), both) == "小班/小一班"
    both = _catalogue(("一年级", "1班"), ("二年级", "1班"))
    question = match("小一班", None, both)
    assert isinstance(question, ClassQuestion)


def test_a_school_without_classes_asks_for_all() -> None:
    question = match("三年级2班", None, [])
    assert isinstance(question, ClassQuestion)
    assert (question.candidates, question.suggested_grade_id, question.suggested_name) == ((), None, "2班")


@given(
    st.integers(1, 6),
    st.integers(1, 24),
    st.sampled_from(("{g}年级{n}班", "{g}({n})班", "{g}（{n}）班", "{d}.{n}", "{d}-{n}", "{d}年{n}班")),
)
def test_every_way_of_writing_leads_to_the_same_class(grade: int, number: int, form: str) -> None:
    catalogue = _catalogue(*[(f"{chinese_number(at)}年级", f"{n}班") for at in range(1, 7) for n in range(1, 25)])
    text = form.format(g=chinese_number(grade), d=grade, n=number)
    assert _matched(match(text, None, catalogue), catalogue) == f"{chinese_number(grade)}年级/{number}班"


@given(st.text(max_size=80), st.text(max_size=20))
def test_any_text_is_matched_or_asked(text: str, grade: str) -> None:
    read_grade_name(grade)
    found = match(text, grade, _MIDDLE)
    assert isinstance(found, ClassMatch | ClassQuestion)
    if isinstance(found, ClassQuestion):
        assert found.detail.endswith("。")


@pytest.mark.parametrize("stage", ["小学", "初中", "高中", "幼儿园"])
def test_a_written_stage_is_kept(stage: Stage) -> None:
    assert read_class_name(f"{stage}2班").stage == stage
