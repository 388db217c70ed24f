"""Cursors: opaque, faithful, and refused when nobody gave them out."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Malformed
from shared.pagination import Page, decode_cursor, encode_cursor, offset, page_of


@given(st.text(max_size=50).filter(lambda text: text.isprintable()), st.integers(-(2**63), 2**63 - 1))
def test_a_cursor_gives_back_what_it_was_made_of(text: str, number: int) -> None:
    cursor = encode_cursor(text, number)
    assert cursor.isascii() and "=" not in cursor
    assert decode_cursor(cursor, tuple[str, int]) == (text, number)


@given(st.text(max_size=60))
def test_any_other_text_is_malformed_or_well_formed_but_never_an_error(text: str) -> None:
    try:
        found = decode_cursor(text, tuple[str, int])
    except Malformed as exc:
        assert exc.detail
    else:
        assert isinstance(found, tuple)


@pytest.mark.parametrize(
    "raw",
    [b"", b"null", b"{}", b"[1]", b'["a"]', b'["a", "b"]', b'["a", 1, 2]', b"[" * 3000, b"\xff\xfe", b'["a", 1e99]'],
)
def test_a_cursor_of_another_shape_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        decode_cursor(base64.urlsafe_b64encode(raw).decode(), tuple[str, int])


@pytest.mark.parametrize(("page", "size", "first"), [(1, 50, 0), (2, 50, 50), (100_000, 200, 19_999_800)])
def test_offsets(page: int, size: int, first: int) -> None:
    assert offset(page, size) == first


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 5), st.integers(1, 20))
async def test_a_page_agrees_with_itself_whatever_was_written_before_the_count(
    shown: int, counted: int, page: int, size: int
) -> None:
    """`shown` readers there were when the rows were read, `counted` when they were counted."""
    items = list(range(shown))[offset(page, size) :][:size]

    async def count() -> int:
        return counted

    found = await page_of(items, page, size, count)
    assert found.items == items
    if items:
        assert found.total >= offset(page, size) + len(items)
    if page == 1 and len(items) < size:
        assert found == Page(items, shown)
    if shown == counted:
        assert found.total == shown
