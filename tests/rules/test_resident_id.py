"""ID numbers: GB 11643-1999 and what is built like it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.resident_id import age, birth_date, check, check_character, hide, is_region_known, mask

TODAY = date(2026, 9, 1)
FIRST_DAY = date(1900, 1, 1)

births = st.dates(FIRST_DAY, TODAY)
regions = st.integers(110000, 899999).map(str)


def number(region: str, born: date, sequence: int) -> str:
    first17 = f"{region}{born:%Y%m%d}{sequence:03d}"
    return first17 + check_character(first17)


numbers = st.builds(number, regions, births, st.integers(0, 999))


def test_the_standards_own_examples_are_valid() -> None:
    assert check("11010519491231002X", TODAY) == []
    assert check("440524188001010014", date(1990, 1, 1)) == ["id_birth_date"]  # born before 1900


@given(numbers)
def test_a_number_made_by_the_rule_is_valid(made: str) -> None:
    assert check(made, TODAY) == []
    assert birth_date(made) == date(int(made[6:10]), int(made[10:12]), int(made[12:14]))


@given(numbers, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_found(made: str, position: int, shift: int) -> None:
    digit = (int(made[position]) + shift) % 10
    wrong = f"{made[:position]}{digit}{made[position + 1 :]}"
    assert check(wrong, TODAY) != []


@given(numbers, st.integers(0, 15))
def test_two_neighbours_changed_round_are_found(made: str, position: int) -> None:
    swapped = made[:position] + made[position + 1] + made[position] + made[position + 2 :]
    assert (check(swapped, TODAY) == []) == (swapped == made)


@given(numbers, st.sampled_from("0123456789X"))
def test_no_other_check_character_will_do(made: str, sign: str) -> None:
    assert (check(made[:17] + sign, TODAY) == []) == (sign == made[17])


@given(st.text(max_size=20))
def test_any_text_gets_an_answer(text: str) -> None:
    found = check(text, TODAY)
    assert found or (len(text) == 18 and check_character(text[:17]) == text[17])


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["id_length"]),
        ("500101", ["id_length"]),
        ("5001012016010112345", ["id_length"]),
        ("150102880730303", ["id_length"]),  # the fifteen digits of before 1999
        ("11010519491231002x", ["id_format"]),  # cleaning makes it X
        ("1101051949123100２X", ["id_format"]),
        ("010105194912310021", ["id_format"]),
        ("1101051949123100X1", ["id_format"]),
        ("110105194913310025", ["id_birth_date"]),
        ("110105190002290023", ["id_birth_date", "id_checksum"]),
        ("110105194912310021", ["id_checksum"]),
    ],
)
def test_each_fault_has_its_code(text: str, codes: list[str]) -> None:
    found = check(text, TODAY)
    assert set(found) >= {codes[0]}
    assert found == codes or codes == ["id_birth_date"]


def test_somebody_born_today_has_a_number_and_somebody_born_tomorrow_has_none() -> None:
    assert check(number("500103", TODAY, 1), TODAY) == []
    assert check(number("500103", TODAY + timedelta(days=1), 1), TODAY) == ["id_birth_date"]


@given(st.dates(FIRST_DAY, date(2200, 1, 1)))
def test_a_leap_day_exists_in_leap_years_alone(day: date) -> None:
    first17 = f"500103{day.year}0229001"
    is_leap = day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0)
    assert (check(first17 + check_character(first17), date(2300, 1, 1)) == []) == is_leap


def test_age_counts_whole_years() -> None:
    made = number("500103", date(2016, 9, 2), 12)
    assert age(made, TODAY) == 9
    assert age(made, date(2026, 9, 2)) == 10
    assert age(number("500103", date(2016, 2, 29), 12), date(2026, 2, 28)) == 9


def test_there_is_no_birth_date_in_a_wrong_number() -> None:
    with pytest.raises(ValueError, match="no birth date"):
        birth_date("500103201613410012")


@pytest.mark.parametrize(
    ("region", "known"),
    [
        ("500103", True),
        ("500105", True),
        ("810000", True),
        ("820000", True),
        ("830000", True),
        ("911156", True),
        ("999999", True),
        ("500199", False),
        ("123456", False),
    ],
)
def test_regions_are_known_when_they_ever_were_one(region: str, known: bool) -> None:
    assert is_region_known(number(region, TODAY, 1)) is known


@given(numbers)
def test_masked_numbers_show_eight_of_eighteen(made: str) -> None:
    assert mask(made) == f"{made[:4]}**********{made[14:]}"


@given(st.text(max_size=18))
def test_of_anything_shorter_at_most_half_is_shown(text: str) -> None:
    masked = mask(text)
    assert len(masked) == len(text)
    shown = sum(one == other for one, other in zip(masked, text, strict=True) if other != "*")
    assert shown <= 8
    assert shown <= max(len(text) // 2, 8 if len(text) >= 12 else 0)


@given(numbers, st.text(max_size=5), st.text(max_size=5))
def test_within_a_text_numbers_are_hidden_whatever_stands_beside_them(made: str, before: str, after: str) -> None:
    hidden = hide(f"{before}{made}{after}")
    assert made not in hidden
    assert f"{made[:4]}**********{made[14:]}" in hidden or before[-1:].isdigit()


@pytest.mark.parametrize("text", ["", "四年级1班", "1795615826745173443", "500103260000012", "13800138000"])
def test_other_digits_stay(text: str) -> None:
    assert hide(text) == text
