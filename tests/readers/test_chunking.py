"""Work cut into chunks: every item in one, none in two."""

from hypothesis import given
from hypothesis import strategies as st

from services.readers.chunking import FIRST, cut


@given(total=st.integers(0, 5_000), size=st.integers(1, 1_500))
def test_chunks_follow_each_other_without_a_gap(total: int, size: int) -> None:
    chunks = cut(total, size)
    assert [number for first, last in chunks for number in range(first, last + 1)] == list(range(1, total + 1))
    assert all(1 <= last - first + 1 <= size for first, last in chunks)


def test_the_first_is_small() -> None:
    assert cut(2_150, 1_000) == [(1, FIRST), (101, 1_100), (1_101, 2_100), (2_101, 2_150)]
    assert cut(FIRST, 1_000) == [(1, FIRST)]
    assert cut(10, 4) == [(1, 4), (5, 8), (9, 10)]
