"""A signature made with a finger, as a PNG (RFC 2083): checked whole, and reduced to what is the picture."""

import base64
import struct
import zlib
from typing import Final

LONGEST: Final = 64 * 1024
"""Bytes of the picture; a signature of 600 by 300 pixels takes 5 to 15 kB."""

_START: Final = b"\x89PNG\r\n\x1a\n"
_MOST_WIDE: Final = 2000
_MOST_HIGH: Final = 1000
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS: Final = {0: (1, 2, 4, 8), 2: (8,), 3: (1, 2, 4, 8), 4: (8,), 6: (8,)}
# All else (texts, times, profiles) says something of the phone and nothing of the signature.
_KEPT: Final = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")


class NoSignature(Exception):
    """The bytes are no PNG of a signature."""


def read(text: str) -> bytes:
    """The PNG in a base64 text or data: URL, without what is not the picture. Raises NoSignature."""
    encoded = text.removeprefix("data:image/png;base64,")
    if len(encoded) > LONGEST * 4 // 3 + 4:
        raise NoSignature
    try:
        return clean(base64.b64decode(encoded, validate=True))
    except ValueError as exc:  # no ASCII, or no base64
        raise NoSignature from exc


def clean(png: bytes) -> bytes:
    """Raises NoSignature for what is cut off, damaged, too big, interlaced, or has nothing drawn on it."""
    chunks = _chunks(png)
    kinds = [kind for kind, _ in chunks]
    if kinds[:1] != [b"IHDR"] or kinds[-1:] != [b"IEND"] or b"IDAT" not in kinds:
        raise NoSignature
    rows, step = _unpack(b"".join(data for kind, data in chunks if kind == b"IDAT"), chunks[0][1])
    if all(_is_plain(row, step) for row in rows):
        raise NoSignature
    return _START + b"".join(_chunk(kind, data) for kind, data in chunks if kind in _KEPT)


def _chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    if not png.startswith(_START) or len(png) > LONGEST:
        raise NoSignature
    found = []
    position = len(_START)
    while position < len(png):
        if position + 12 > len(png):
            raise NoSignature
        length, kind = struct.unpack_from(">I4s", png, position)
        end = position + 12 + length
        if end > len(png):
            raise NoSignature
        data = png[position + 8 : end - 4]
        if zlib.crc32(kind + data) != struct.unpack_from(">I", png, end - 4)[0]:
            raise NoSignature
        found.append((kind, data))
        position = end
    return found


def _unpack(packed: bytes, header: bytes) -> tuple[list[bytes], int]:
    """The rows, each with its filter's byte before it, and how many bytes a pixel takes."""
    if len(header) != 13:
        raise NoSignature
    width, height, depth, colour, compression, filters, interlace = struct.unpack(">IIBBBBB", header)
    if not (1 <= width <= _MOST_WIDE and 1 <= height <= _MOST_HIGH) or compression or filters or interlace:
        raise NoSignature
    if depth not in _DEPTHS.get(colour, ()):
        raise NoSignature
    bits = depth * _CHANNELS[colour]
    row = 1 + (width * bits + 7) // 8
    unpacker = zlib.decompressobj()
    try:
        pixels = unpacker.decompress(packed, row * height + 1)
    except zlib.error as exc:
        raise NoSignature from exc
    if len(pixels) != row * height or not unpacker.eof:
        raise NoSignature
    return [pixels[start : start + row] for start in range(0, len(pixels), row)], max(1, bits // 8)


def _is_plain(row: bytes, step: int) -> bool:
    """Whether a row is of one colour: under every filter its pixels after the first are then stored alike."""
    stored = row[1 + step :]
    return stored[step:] == stored[:-step]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
