"""Names and usual sets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.params import rules
from shared import plain_name


@given(st.text(max_size=50))
def test_a_cleaned_name_compares_like_the_original(text: str) -> None:
    name = plain_name.clean(text)
    assert rules.name_key(name) == rules.name_key(text)
    assert plain_name.clean(name) == name


@given(st.text(max_size=50))
def test_an_accepted_name_can_be_kept_by_postgresql(text: str) -> None:
    name = plain_name.clean(text)
    if not plain_name.check(name):
        assert name and "\0" not in name
        name.encode()


@pytest.mark.parametrize(
    ("one", "two"), [("1班", "１班"), (" 一年级 ", "一年级"), ("A  班", "Ａ 班"), ("㈠班", "(一)班")]
)
def test_names_that_are_the_same(one: str, two: str) -> None:
    assert rules.name_key(one) == rules.name_key(two)


@pytest.mark.parametrize("name", ["", "\u3000", "a\0b", "班\u202e1", "\ue000"])
def test_names_that_are_refused(name: str) -> None:
    assert plain_name.check(plain_name.clean(name))


def test_usual_grades() -> None:
    assert rules.usual_grades("primary", None)[0] == "一年级"
    assert rules.usual_grades("primary", [" 甲 ", "乙", "甲"]) == ["甲", "乙"]
    assert rules.usual_grades(None, None) == []


@pytest.mark.parametrize(
    ("wanted", "existing", "found"),
    [
        ("七年级", ["八年级", "初一"], "初一"),
        ("一年级", ["1年级"], "1年级"),
        ("一年级", ["初一"], None),
        ("一年级", ["2021级"], None),
        ("火箭", ["火箭"], "火箭"),
    ],
)
def test_grades_known_by_another_name(wanted: str, existing: list[str], found: str | None) -> None:
    assert rules.find_grade(wanted, existing) == found


def test_classes_known_by_another_name() -> None:
    assert rules.missing_classes(rules.class_names(4), ["(1)班", "二班", "火箭班"]) == ["3班", "4班"]
