"""Pages: numbered ones for lists people leaf through, keyset cursors for the log."""

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Annotated, Generic, TypeAlias, TypeVar

import msgspec
from litestar.params import QueryParameter

from shared.errors import Malformed

T = TypeVar("T")

PageNumber: TypeAlias = Annotated[int, QueryParameter(name="page", ge=1, le=100_000, description="from 1")]
PageSize: TypeAlias = Annotated[int, QueryParameter(name="page_size", ge=1, le=200)]
Limit: TypeAlias = Annotated[int, QueryParameter(name="limit", ge=1, le=200)]


class Page(msgspec.Struct, Generic[T], frozen=True):
    """`{items, total}`: `total` counts all that match, not this page alone."""

    items: list[T]
    total: int


class Slice(msgspec.Struct, Generic[T], frozen=True):
    """`{items, next_cursor}`: no `next_cursor`, no more."""

    items: list[T]
    next_cursor: str | None = None


def offset(page: int, page_size: int) -> int:
    return (page - 1) * page_size


async def page_of(items: list[T], page: int, page_size: int, count: Callable[[], Awaitable[int]]) -> Page[T]:
    """A page that agrees with itself, though others write between its rows and their count.

    A page that is not full is the last and knows the total; no total is smaller than what has been shown.
    """
    shown = offset(page, page_size) + len(items)
    if len(items) == page_size:
        return Page(items, max(shown, await count()))
    return Page(items, shown if items or page == 1 else await count())


def encode_cursor(*parts: str | int) -> str:
    """Opaque to clients; base64url of the JSON of the last row's key."""
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).rstrip(b"=").decode()


def decode_cursor(cursor: str, kind: type[T]) -> T:
    """`kind` is the tuple type that was encoded. Raises Malformed for a cursor nobody gave out."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(raw, type=kind)
    except (binascii.Error, msgspec.MsgspecError, ValueError) as exc:
        raise Malformed("翻页标记无效，请重新检索。") from exc
