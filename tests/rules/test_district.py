"""Districts: living ones, abolished ones and what became of them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.district import by_code, districts, is_anothers, living, resolve

BEFORE = date(2024, 9, 1)
AFTER = date(2026, 9, 1)


def test_the_table_is_whole() -> None:
    codes = [district.code for district in districts()]
    assert codes == sorted(set(codes))
    assert all(len(code) == 6 and code.startswith("500") for code in codes)


def test_every_abolished_district_leads_to_a_living_one() -> None:
    alive = {district.code for district in living(AFTER)}
    gone = [district for district in districts() if district.until is not None]
    assert gone
    for district in gone:
        found = resolve(district.name, AFTER)
        assert found is not None
        assert found.district.code in alive
        assert found.abolished == district


def test_jiangbei_became_part_of_liangjiang_in_2025() -> None:
    before, after = resolve("江北区", BEFORE), resolve("江北区", AFTER)
    assert before is not None and (before.district.code, before.abolished) == ("500105", None)
    assert after is not None and after.abolished is not None
    assert (after.district.code, after.abolished.code) == ("500157", "500105")


def test_a_district_that_is_yet_to_come_is_not_living() -> None:
    assert "500157" in {district.code for district in living(AFTER)}
    assert "500157" not in {district.code for district in living(BEFORE)}


@pytest.mark.parametrize("text", ["渝中", "渝中区", "重庆市渝中区", "重庆渝中区", " 渝 中 区 ", "500103"])
def test_all_ways_of_writing_one_district(text: str) -> None:
    found = resolve(text, AFTER)
    assert found is not None
    assert found.district.code == "500103"


@pytest.mark.parametrize(("text", "code"), [("石柱", "500240"), ("石柱土家族自治县", "500240"), ("忠县", "500233")])
def test_counties_with_long_and_short_names(text: str, code: str) -> None:
    found = resolve(text, AFTER)
    assert found is not None
    assert found.district.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [("万县市", "500101"), ("五桥区", "500101"), ("枳城", "500102"), ("巴县", "500113"), ("开县", "500154")],
)
def test_former_names_lead_to_what_became_of_them(text: str, code: str) -> None:
    found = resolve(text, AFTER)
    assert found is not None and found.abolished is not None
    assert (found.district.code, found.abolished.name[: len(text)]) == (code, text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("渝中区解放碑街道", "500103"),
        ("重庆市渝中区大坪街道办事处", "500103"),
        ("酉阳土家族苗族自治县龙潭镇", "500242"),
        ("渝北区龙溪街道", "500157"),
    ],
)
def test_a_full_name_with_a_street_behind_it(text: str, code: str) -> None:
    found = resolve(text, AFTER)
    assert found is not None
    assert found.district.code == code


@pytest.mark.parametrize("text", ["渝中区江北区", "渝中区或江北区石马河街道", "武侯区浆洗街街道", "渝中解放碑街道"])
def test_a_street_alone_makes_no_district(text: str) -> None:
    assert resolve(text, AFTER) is None


@pytest.mark.parametrize("text", ["", "重庆", "重庆市", "成都", "510104", "500999", "县", "区"])
def test_what_is_no_district_of_the_city(text: str) -> None:
    assert resolve(text, AFTER) is None


@pytest.mark.parametrize(
    ("code", "own", "expected"),
    [
        ("500103", "500103", False),
        ("500106", "500103", True),
        ("500112", "500103", True),
        ("500157", "500103", True),
        ("500112", "500157", False),
        ("500157", "500112", False),
        ("500103", "500157", True),
        ("500999", "500103", False),
        ("987654", "500103", False),
        ("500103", "987654", True),
    ],
)
def test_whose_code_it_is(code: str, own: str, expected: bool) -> None:
    assert is_anothers(code, own) == expected


def test_by_code_finds_the_abolished_too() -> None:
    found = by_code("500105")
    assert found is not None and found.until == 2025
    assert by_code("500999") is None


@given(st.sampled_from(districts()), st.dates(date(1998, 1, 1), date(2100, 1, 1)))
def test_a_resolved_district_lives_or_has_no_successor(district: object, on: date) -> None:
    found = resolve(district.code, on)  # type: ignore[attr-defined]
    assert found is not None
    assert found.district.until is None or on.year < found.district.until
