"""Texts in .xls records (MS-XLS 2.5.293-296): one or two bytes a character, and cut anywhere by the length of a record.

A record holds at most 8,224 bytes. Where the characters of a text are cut, the record that carries on begins with a
byte that says anew how wide they are; where anything else is cut, it does not.
"""

import struct
from collections.abc import Sequence

from shared.workbook.refusals import corrupt, too_many_cells

_WIDE, _EXTENDED, _RICH = 0x01, 0x04, 0x08


def read_string(data: bytes, at: int, length: int) -> str:
    """A text of `length` characters within one record; `at` is its byte of options."""
    return Continued([data]).text_at(at, length)


def read_shared_strings(record: "Continued", most: int) -> list[str]:
    """All texts of the table. Raises WorkbookRefused (corrupt, too_large)."""
    count = struct.unpack("<I", record.take(8)[4:])[0]
    if count > most:
        raise too_many_cells()
    strings: list[str] = []
    for _ in range(count):
        length = record.number(2)
        strings.append(record.text(length))
    return strings


class Continued:
    """A record with those that carry it on, read from the front."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces
        self._piece = 0
        self._at = 0

    def text_at(self, at: int, length: int) -> str:
        """The text whose options stand at `at` of the first record."""
        self._piece, self._at = 0, at
        return self.text(length)

    def text(self, length: int) -> str:
        """The next text, with what is said about its look and its reading skipped."""
        options = self.number(1)
        runs = self.number(2) if options & _RICH else 0
        extension = self.number(4) if options & _EXTENDED else 0
        text = self._characters(length, wide=bool(options & _WIDE))
        self.skip(4 * runs + extension)
        return text

    def number(self, size: int) -> int:
        """The next unsigned number of 1, 2 or 4 bytes."""
        return int.from_bytes(self.take(size), "little")

    def take(self, size: int) -> bytes:
        """The next bytes."""
        taken = b""
        while len(taken) < size:
            taken += self._some(size - len(taken))
        return taken

    def skip(self, size: int) -> None:
        """Pass over bytes."""
        while size > 0:
            size -= len(self._some(size))

    def _some(self, size: int) -> bytes:
        if self._piece >= len(self._pieces):
            raise corrupt()
        piece = self._pieces[self._piece]
        some = piece[self._at : self._at + size]
        self._at += len(some)
        if self._at >= len(piece) and (not some or len(some) < size):
            self._piece, self._at = self._piece + 1, 0
        return some

    def _characters(self, length: int, *, wide: bool) -> str:
        text = ""
        while True:
            if self._piece >= len(self._pieces):
                if length:
                    raise corrupt()
                return text
            width = 2 if wide else 1
            left = len(self._pieces[self._piece]) - self._at
            count = min(length, left // width)
            start = self._at
            self._at += count * width
            raw = self._pieces[self._piece][start : self._at]
            text += raw.decode("utf-16-le", "surrogatepass") if wide else raw.decode("latin-1")
            length -= count
            if not length:
                return _joined(text)
            self._piece, self._at = self._piece + 1, 0
            wide = bool(self.number(1) & _WIDE)


def _joined(text: str) -> str:
    """Halves of a pair that were decoded apart become one character."""
    if text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
