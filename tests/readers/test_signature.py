"""A signature's picture: what is one, what of it is kept."""

import base64
import struct
import zlib

import pytest

from services.readers import signature
from services.readers.signature import NoSignature
from tests.readers.families import chunk, png


def encoded(picture: bytes) -> str:
    return base64.b64encode(picture).decode()


def test_a_picture_is_kept_as_it_is() -> None:
    assert signature.read(encoded(png())) == png()
    assert signature.read("data:image/png;base64," + encoded(png())) == png()


def test_what_the_phone_says_of_itself_is_not_kept() -> None:
    told = chunk(b"tEXt", b"Author\x00Wang") + chunk(b"eXIf", b"MM\x00*")
    assert signature.clean(png(more=told)) == png()


@pytest.mark.parametrize("filter_type", range(5))
@pytest.mark.parametrize("colour", [0, 255, 17])
def test_a_blank_sheet_is_no_signature(filter_type: int, colour: int) -> None:
    """Of one colour, under every filter (RFC 2083 §6)."""
    width, height = 30, 10
    first = {0: colour, 1: colour, 2: 0, 3: 0, 4: 0}[filter_type]
    rows = []
    for y in range(height):
        if filter_type == 0:
            row = bytes([colour] * width)
        elif filter_type == 1:
            row = bytes([first] + [0] * (width - 1))
        else:
            row = _filtered(filter_type, y, width, colour)
        rows.append(bytes([filter_type]) + row)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    blank = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"".join(rows)))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(NoSignature):
        signature.clean(blank)


def _filtered(filter_type: int, y: int, width: int, colour: int) -> bytes:
    above = colour if y else 0
    row = []
    for x in range(width):
        left, corner = (colour if x else 0), (above if x else 0)
        estimate = left + above - corner
        nearest = min((left, above, corner), key=lambda value: abs(estimate - value))
        predicted = {2: above, 3: (left + above) // 2, 4: nearest}[filter_type]
        row.append((colour - predicted) % 256)
    return bytes(row)


def _with_header(**changes: int) -> bytes:
    fields = {"width": 60, "height": 20, "depth": 8, "colour": 0, "compression": 0, "filter": 0, "interlace": 0}
    header = struct.pack(">IIBBBBB", *(fields | changes).values())
    good = png()
    return good[:8] + chunk(b"IHDR", header) + good[8 + 25 :]


@pytest.mark.parametrize(
    "picture",
    [
        b"",
        b"GIF89a",
        png()[:-1],
        png()[:-12],
        png() + b"x",
        png()[:50] + b"\x00" + png()[51:],
        png()[:8],
        _with_header(width=0),
        _with_header(width=2001),
        _with_header(height=1001),
        _with_header(height=19),
        _with_header(height=21),
        _with_header(depth=3),
        _with_header(colour=5),
        _with_header(interlace=1),
        _with_header(width=2000, height=1000, colour=6),
        png(blank=True),
        png(more=b"\x00" * signature.LONGEST),
    ],
)
def test_what_is_no_picture_of_a_signature(picture: bytes) -> None:
    with pytest.raises(NoSignature):
        signature.read(encoded(picture))


def test_a_bomb_is_not_unpacked() -> None:
    """A few hundred bytes that would become ten million."""
    good = png()
    bomb = good[:33] + chunk(b"IDAT", zlib.compress(bytes(10_000_000), 9)) + chunk(b"IEND", b"")
    with pytest.raises(NoSignature):
        signature.clean(bomb)


@pytest.mark.parametrize("text", ["", "%%%", "data:image/jpeg;base64,AAAA", "A", "é" * 10])
def test_what_is_no_base64(text: str) -> None:
    with pytest.raises(NoSignature):
        signature.read(text)
