"""Telephone numbers: cleaning, checking, masking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.phone import check, clean, mask

mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@given(mobiles)
def test_mobile_numbers_are_taken_as_they_are(number: str) -> None:
    assert clean(number) == number
    assert check(number)
    assert mask(number) == f"{number[:3]}****{number[7:]}"


@given(mobiles, st.sampled_from(["", "+86", "86", "0086", "+86 ", "+86-"]), st.sampled_from(["", " ", "-", "－"]))
def test_however_a_mobile_number_is_written_it_is_the_same(number: str, country: str, separator: str) -> None:
    assert clean(f" {country}{number[:3]}{separator}{number[3:7]}{separator}{number[7:]} ") == number


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("(023) 6701 2345", "023-67012345"),
        ("023-67012345", "023-67012345"),
        ("（023）67012345", "023-67012345"),
        ("02367012345", "02367012345"),
        ("0817-2345678", "0817-2345678"),
        ("+86 23 67012345", "2367012345"),
        ("67012345", "67012345"),
        ("023-67012345-801", "023-67012345-801"),
        ("023-67012345转801", "023-67012345-801"),
        ("023-67012345 分机801", "023-67012345-801"),
        ("(023) 67012345 转分机 801", "023-67012345-801"),
        ("013800138000", "13800138000"),
        ("0086 013800138000", "13800138000"),
    ],
)
def test_landlines_keep_their_area_code_apart(written: str, cleaned: str) -> None:
    assert clean(written) == cleaned


@pytest.mark.parametrize(
    "number", ["13800138000", "02367012345", "023-67012345", "0817-2345678", "67012345", "6701234", "010-62345678-12"]
)
def test_numbers_that_exist_pass(number: str) -> None:
    assert check(number)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "12800138000",
        "1380013800",
        "138001380000",
        "110",
        "1234567",
        "023-17012345",
        "13800138000a",
        "１３８００１３８０００",
        "2367012345",
        "86",
        "+8613800138000",
        "没有",
        "13800138000,13900139000",
    ],
)
def test_others_do_not(number: str) -> None:
    assert not check(number)


@given(st.text(max_size=40))
def test_cleaning_any_text_twice_is_cleaning_it_once(text: str) -> None:
    once = clean(text)
    assert clean(once) == once or not check(once)
    if check(once):
        assert clean(once) == once


@given(st.text(alphabet="0123456789-", max_size=20))
def test_a_mask_shows_at_most_the_last_four_of_a_landline(number: str) -> None:
    masked = mask(number)
    assert len(masked) == len(number)
    assert sum(sign.isdigit() for sign in masked) <= 7


@pytest.mark.parametrize(
    ("number", "masked"), [("023-67012345", "***-****2345"), ("12345", "***45"), ("1", "*"), ("", "")]
)
def test_masks(number: str, masked: str) -> None:
    assert mask(number) == masked
