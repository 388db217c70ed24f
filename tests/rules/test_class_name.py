"""Class names as schools write them, read and found among a school's own classes."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.class_name import chinese_number, read_class_name, read_grade_name
from shared.school_class import MOST_CANDIDATES, CatalogueClass, ClassMatch, ClassQuestion, match

NAMES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("class_names.json").read_text(encoding="utf-8"))[
    "names"
]
_PRIMARY = ("一年级", "二年级", "三年级", "四年级", "五年级", "六年级")


@pytest.mark.parametrize("name", NAMES, ids=[name["raw"] for name in NAMES])
def test_names_are_read_as_a_person_reads_them(name: dict[str, Any]) -> None:
    reading = read_class_name(name["raw"])
    assert reading.grade == name["grade"]
    assert reading.class_no == name["class_no"]
    assert (reading.cohort, reading.cohort_kind) == (name.get("cohort"), name.get("cohort_kind"))
    if name["stage"] is not None and name["grade"] is not None:
        assert reading.stage == name["stage"]
    if "alias" in name:
        assert reading.alias == name["alias"]


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    for reading in (read_class_name(text), read_grade_name(text)):
        assert reading.class_no is None or reading.class_no >= 0
        assert reading.cohort is None or 1900 <= reading.cohort < 2100


@given(st.integers(1, 99))
def test_chinese_numbers_are_read_back(number: int) -> None:
    assert read_class_name(f"三年级{chinese_number(number)}班").class_no == number
    assert read_class_name(f"三年级{number}班").class_no == number


def catalogue(grades: tuple[str, ...] = _PRIMARY, classes: int = 12, pattern: str = "{}班") -> list[CatalogueClass]:
    made = []
    for grade in grades:
        grade_id = uuid4()
        made += [CatalogueClass(grade_id, grade, uuid4(), pattern.format(no)) for no in range(1, classes + 1)]
    return made


def the_class(items: list[CatalogueClass], grade: str, name: str) -> UUID:
    return next(item.class_id for item in items if (item.grade_name, item.class_name) == (grade, name))


@pytest.mark.parametrize(
    "text", ["三年级2班", "三(2)班", "三（2）班", "3.2", "3-2", "302", "三年二班", "小学三年级2班", "三2班"]
)
def test_one_class_however_it_is_written(text: str) -> None:
    items = catalogue()
    found = match(text, None, items)
    assert isinstance(found, ClassMatch), found
    assert found.class_id == the_class(items, "三年级", "2班")


@pytest.mark.parametrize(("grade", "text"), [("三年级", "2班"), ("三", "二班"), ("3", "2"), ("小三", "(2)班")])
def test_grade_and_class_in_two_columns(grade: str, text: str) -> None:
    items = catalogue()
    found = match(text, grade, items)
    assert isinstance(found, ClassMatch), found
    assert found.class_id == the_class(items, "三年级", "2班")


@pytest.mark.parametrize(
    ("text", "grade", "reason"),
    [
        ("", None, "blank"),
        ("   ", None, "blank"),
        ("三年级19班", None, "unknown"),
        ("2班", None, "ambiguous"),
        ("2021级2班", None, "cohort"),
        ("？？", None, "unreadable"),
        ("四年级2班", "三年级", "ambiguous"),
    ],
)
def test_what_cannot_be_decided_becomes_a_question(text: str, grade: str | None, reason: str) -> None:
    found = match(text, grade, catalogue())
    assert isinstance(found, ClassQuestion)
    assert found.reason == reason
    assert found.detail
    assert len(found.candidates) <= MOST_CANDIDATES


def test_a_new_class_is_suggested_in_its_grade_as_its_neighbours_are_written() -> None:
    items = catalogue(pattern="({})班")
    found = match("三年级19班", None, items)
    assert isinstance(found, ClassQuestion)
    assert found.suggested_name == "(19)班"
    assert found.suggested_grade_id == next(item.grade_id for item in items if item.grade_name == "三年级")


def test_a_number_cell_that_may_have_lost_its_zero_is_asked_about() -> None:
    items = catalogue()
    assert isinstance(match("3.1", None, items), ClassMatch)
    assert isinstance(match("3.1", None, items, from_number=True), ClassQuestion)
    assert isinstance(match("3.2", None, items, from_number=True), ClassMatch)


def test_a_cohort_matches_only_what_the_school_itself_wrote() -> None:
    items = catalogue(("2021级", "2022级"), 3)
    found = match("2021级2班", None, items)
    assert isinstance(found, ClassMatch)
    assert found.class_id == the_class(items, "2021级", "2班")


@given(st.text(max_size=40), st.none() | st.text(max_size=20))
def test_any_text_gets_a_match_or_a_question(text: str, grade: str | None) -> None:
    items = _SMALL
    found = match(text, grade, items)
    if isinstance(found, ClassMatch):
        assert found.class_id in {item.class_id for item in items}
    else:
        assert found.detail


@given(st.integers(1, 6), st.integers(1, 12))
def test_every_class_of_the_school_is_found_by_its_own_name(grade: int, class_no: int) -> None:
    for item in _SMALL:
        if item.grade_name == _PRIMARY[grade - 1] and item.class_name == f"{class_no}班":
            found = match(item.grade_name + item.class_name, None, _SMALL)
            assert found == ClassMatch(item.grade_id, item.class_id)


_SMALL = catalogue(classes=12)
