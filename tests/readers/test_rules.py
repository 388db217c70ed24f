"""Rules: what is typed is cleaned and checked; bounds of names; states; masks and seals."""

from datetime import date
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from services.readers import rules
from services.readers.rules import Person
from services.readers.schemas import Status
from services.readers.sealing import Private, Sealer
from shared import resident_id
from shared.secrets import Cipher, Digester
from tests.readers.people import id_number, pupil

TODAY = date(2026, 11, 25)
NUMBERS = st.integers(0, 1_999_999).map(id_number)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8)


def person(**more: str) -> Person:
    fields = {key: value for key, value in pupil().items() if key in Person.__struct_fields__}
    return Person(**(fields | more))


@given(NUMBERS)
def test_made_up_numbers_are_valid(number: str) -> None:
    assert resident_id.check(number, TODAY) == []
    assert rules.id_errors(number, TODAY) == []


@given(NUMBERS, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_character_is_noticed(number: str, place: int, sign: str) -> None:
    wrong = number[:place] + sign + number[place + 1 :]
    assert (rules.id_errors(wrong, TODAY) == []) == (wrong == number)


@given(NUMBERS, st.lists(st.sampled_from(" \u3000\t"), max_size=4))
def test_cleaning_takes_blanks_width_and_case_away(number: str, blanks: list[str]) -> None:
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in number.lower())
    assert rules.clean_id_number("".join(blanks) + wide + "".join(blanks)) == number


@given(st.text(max_size=30))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert rules.clean_id_number(rules.clean_id_number(text)) == rules.clean_id_number(text)


@given(
    st.builds(
        Person,
        id_number=st.text(max_size=30),
        name=st.text(max_size=60),
        phone=st.text(max_size=30),
        guardian_name=st.text(max_size=60),
        guardian_phone=st.text(max_size=30),
        home_district=st.text(max_size=10),
    )
)
def test_whatever_is_typed_gets_an_answer(entered: Person) -> None:
    _, errors = rules.check_person(entered, TODAY)
    assert {error.field for error in errors} <= set(Person.__struct_fields__)
    assert all(error.detail for error in errors)


def test_a_person_without_fault_is_a_fixed_point() -> None:
    cleaned, errors = rules.check_person(person(), TODAY)
    assert (errors, cleaned.home_district) == ([], "500103")
    assert rules.check_person(cleaned, TODAY) == (cleaned, [])
    assert rules.changed_fields(cleaned, cleaned) == ()


@given(NAMES, NAMES)
def test_bounds_hold_those_names_that_begin_so(beginning: str, name: str) -> None:
    first, before = rules.name_bounds(beginning)
    for candidate in (name, beginning, beginning + name):
        raw = candidate.encode()
        is_within = raw >= first.encode() and (before is None or raw < before.encode())
        assert is_within == candidate.startswith(beginning)


@given(st.text(max_size=20))
def test_suffixes(text: str) -> None:
    expected = 4 <= len(text) < 18 and text[:-1].isdigit() and (text[-1].isdigit() or text[-1] == "X")
    assert rules.is_suffix(text) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (None, (None, [])),
        ("  ", (None, [])),
        ("500103260000011", ("500103260000011", [])),
        (" ５００１０３ 260000011", ("500103260000011", [])),
        ("50010326000001", (None, ["card_no_format"])),
        ("5001032600000111", (None, ["card_no_format"])),
        ("50010326000001X", (None, ["card_no_format"])),
        ("٥00103260000011", (None, ["card_no_format"])),
        ("000000000000000", (None, ["card_no_format"])),
        ("０００００００００００００００", (None, ["card_no_format"])),
        ("000000000000001", ("000000000000001", [])),
        ("500106260000011", (None, ["card_no_district"])),
        ("500112260000011", (None, ["card_no_district"])),
        ("987654260000011", ("987654260000011", [])),
    ],
)
def test_card_numbers_assigned_beforehand(typed: str | None, expected: tuple[str | None, list[str]]) -> None:
    number, errors = rules.check_card_no(typed, "500103")
    assert (number, [error.code for error in errors]) == expected


@pytest.mark.parametrize(
    ("status", "fields", "expected"),
    [
        ("pending", ["id_number", "name"], True),
        ("returned", ["id_number"], True),
        ("approved", ["phone"], False),
        ("approved", [], False),
        ("carded", ["phone", "class_id"], True),
        ("carded", ["phone", "name"], False),
        ("carded", ["id_number"], False),
        ("carded", ["card_no"], False),
    ],
)
def test_what_may_be_changed_when(status: Status, fields: list[str], expected: bool) -> None:
    assert rules.may_change(status, fields) is expected


def test_an_optional_cell_left_blank_leaves_what_is_known() -> None:
    before = person(guardian_name="王建国", guardian_phone="13800138000")
    row = person(guardian_name="", guardian_phone="", phone="13900139000")
    merged = rules.merge(before, row)
    assert (merged.guardian_name, merged.guardian_phone, merged.phone) == ("王建国", "13800138000", "13900139000")


@pytest.mark.parametrize(
    ("having", "everybody", "wanted", "expected"),
    [
        (3, 5_000_000, 50, True),
        (3, 120_000, 50, True),
        (2_000, 5_000_000, 50, True),
        # A page of them is met sooner on the way.
        (5_000, 5_000_000, 50, False),
        (2_000_000, 5_000_000, 50, False),
        (500, 120_000, 50, False),
        # Not so one that lies far down, or all of them.
        (5_000, 5_000_000, 1_000, True),
        (5_000, 5_000_000, None, True),
        (2_000_000, 5_000_000, None, False),
        (100_000, 50_000_000, None, False),
        (10, 20, 50, False),
    ],
)
def test_a_status_is_rare_where_looking_class_by_class_reads_less(
    having: int, everybody: int, wanted: int | None, expected: bool
) -> None:
    assert rules.is_rare(having, everybody, wanted) is expected


@given(st.uuids(), st.uuids(), NUMBERS)
def test_a_sealed_value_opens_for_its_reader_alone(one: UUID, other: UUID, number: str) -> None:
    sealer = Sealer(Cipher(bytes(32)), Digester(bytes(32)))
    private = Private(number, "13800138000", "")
    sealed = sealer.seal(one, private)
    assert number.encode() not in sealed
    assert sealer.open(one, sealed) == private
    if one != other:
        with pytest.raises(InvalidTag):
            sealer.open(other, sealed)


@given(NUMBERS, NUMBERS)
def test_digests_tell_persons_apart(one: str, other: str) -> None:
    sealer = Sealer(Cipher(bytes(32)), Digester(bytes(32)))
    assert (sealer.digest(one) == sealer.digest(other)) == (one == other)
    assert (sealer.tail(one) == sealer.tail(other)) == (one[-4:] == other[-4:])
