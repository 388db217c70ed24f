"""New ids."""

import uuid

import msgspec
import pytest

from shared.ids import new_id, parse_id


def test_ids_lie_in_the_order_in_which_they_were_made() -> None:
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(made) and len(set(made)) == len(made)
    assert {(one.version, one.variant) for one in made} == {(7, uuid.RFC_4122)}


def test_they_are_what_others_take_for_an_id() -> None:
    made = new_id()
    plain = uuid.UUID(str(made))
    assert made == plain and hash(made) == hash(plain) and made.int == plain.int
    assert msgspec.json.decode(msgspec.json.encode(made), type=uuid.UUID) == parse_id(str(plain)) == made


@pytest.mark.parametrize(
    "text", ["", "7", "{018f0000-0000-7000-8000-000000000001}", "018f0000-0000-7000-8000-00000000000g"]
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="UUID"):
        parse_id(text)
