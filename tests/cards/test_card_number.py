"""Card numbers: their form, their check digit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cards import card_number
from services.cards.rules import numbers_after

districts = st.from_regex(r"\A500[0-9]{3}\Z")
years = st.integers(0, 99)
serials = st.integers(1, card_number.LAST_SERIAL)


def fits(number: str) -> bool:
    return card_number.check_digit(number[:-1]) == number[-1]


@given(district=districts, year=years, serial=serials)
def test_a_number_tells_its_parts(district: str, year: int, serial: int) -> None:
    number = card_number.compose(district, year, serial)
    assert card_number.has_form(number) and fits(number)
    assert (number[:6], int(number[6:8]), int(number[8:14])) == (district, year, serial)


@given(district=districts, year=years, serial=serials, place=st.integers(0, 14), digit=st.integers(0, 9))
def test_one_wrong_digit_is_found(district: str, year: int, serial: int, place: int, digit: int) -> None:
    number = card_number.compose(district, year, serial)
    wrong = f"{number[:place]}{digit}{number[place + 1 :]}"
    assert fits(wrong) == (wrong == number)


@given(district=districts, year=years, first=serials, count=st.integers(1, 300))
def test_a_districts_numbers_of_a_year_differ(district: str, year: int, first: int, count: int) -> None:
    numbers = numbers_after(district, year, first - 1, count)
    assert numbers == [card_number.compose(district, year, first + place) for place in range(len(numbers))]
    assert len(set(numbers)) == len(numbers) == min(count, card_number.LAST_SERIAL - first + 1)


def test_numbers_known_beforehand() -> None:
    # ISO/IEC 7064's own example: 0794 has the check digit 5.
    assert card_number.check_digit("0794") == "5"
    assert card_number.compose("500103", 26, 1) == "50010326000001" + card_number.check_digit("50010326000001")


@pytest.mark.parametrize("text", ["", "1" * 14, "1" * 16, "１" * 15, "50010326000001x", "5001032600000\x00"])
def test_what_is_no_number(text: str) -> None:
    assert not card_number.has_form(text)


def test_numbers_end_with_the_serials() -> None:
    assert numbers_after("500103", 26, 999_998, 5) == [card_number.compose("500103", 26, 999_999)]
    assert numbers_after("500103", 26, 999_999, 5) == []
    for district, year, serial in (("50010", 26, 1), ("500103", 100, 1), ("500103", 26, 0), ("500103", 26, 1_000_000)):
        with pytest.raises(ValueError):
            card_number.compose(district, year, serial)
