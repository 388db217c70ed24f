"""Compound files (MS-CFB), the container of .xls and of encrypted .xlsx: stream names and one stream's bytes.

Chains of sectors come from outside: every one is bounded by the number of sectors the file can have.
"""

import struct

from shared.workbook.refusals import corrupt

_HEADER = struct.Struct("<8s16sHHHHH6sIIIIIIIII")
_FREE = 0xFFFFFFFA  # this and above are marks, no sectors
_ENTRY_SIZE = 128
_STREAM, _ROOT = 2, 5
_HEADER_FAT_ENTRIES = 109


class CompoundFile:
    """A compound file held in memory (the caller has limited its size)."""

    def __init__(self, data: bytes) -> None:
        try:
            header = _HEADER.unpack_from(data)
            self._data = data
            self._sector = 1 << header[5]
            self._mini_sector = 1 << header[6]
            if header[5] not in (9, 12) or header[6] != 6:
                raise ValueError("unusual sector size")
            self._mini_cutoff = header[12]
            self._fat = self._read_fat(first_difat=header[15])
            directory = self._chain(header[10])
            self._entries = self._read_directory(directory)
            self._mini_fat = self._table(self._chain(header[13])) if header[13] < _FREE else []
        except (struct.error, ValueError, IndexError) as error:
            raise corrupt() from error

    def names(self) -> set[str]:
        """Names of all streams, in lower case."""
        return set(self._entries)

    def stream(self, name: str) -> bytes:
        """The bytes of the stream with this name (lower case). Raises KeyError when there is none."""
        start, size = self._entries[name]
        try:
            if size >= self._mini_cutoff or "" not in self._entries:
                return self._chain(start)[:size]
            container = self._chain(self._entries[""][0])
            parts = [
                container[number * self._mini_sector : (number + 1) * self._mini_sector]
                for number in self._follow(start, self._mini_fat)
            ]
            return b"".join(parts)[:size]
        except (IndexError, ValueError) as error:
            raise corrupt() from error

    def _read_fat(self, first_difat: int) -> list[int]:
        numbers = list(struct.unpack_from(f"<{_HEADER_FAT_ENTRIES}I", self._data, 76))
        per_sector = self._sector // 4
        most = len(self._data) // self._sector + 1
        while first_difat < _FREE:
            part = self._table(self._bytes(first_difat))
            numbers += part[: per_sector - 1]
            first_difat = part[per_sector - 1]
            if len(numbers) > most + _HEADER_FAT_ENTRIES:
                raise ValueError("endless table")
        fat: list[int] = []
        for number in numbers:
            if number < _FREE:
                fat += self._table(self._bytes(number))
            if len(fat) > most + per_sector:
                raise ValueError("table of more sectors than there are")
        return fat

    def _read_directory(self, directory: bytes) -> dict[str, tuple[int, int]]:
        entries: dict[str, tuple[int, int]] = {}
        for at in range(0, len(directory) - _ENTRY_SIZE + 1, _ENTRY_SIZE):
            length = struct.unpack_from("<H", directory, at + 64)[0]
            kind = directory[at + 66]
            start, size = struct.unpack_from("<II", directory, at + 116)
            if kind == _ROOT:
                entries[""] = (start, size)
            elif kind == _STREAM and 2 <= length <= 64:
                name = directory[at : at + length - 2].decode("utf-16-le", "replace").lower()
                entries.setdefault(name, (start, size))
        return entries

    def _bytes(self, number: int) -> bytes:
        at = (number + 1) * self._sector
        if at >= len(self._data):
            raise IndexError("sector beyond the end")
        return self._data[at : at + self._sector]

    def _chain(self, start: int) -> bytes:
        return b"".join(self._bytes(number) for number in self._follow(start, self._fat))

    @staticmethod
    def _follow(start: int, table: list[int]) -> list[int]:
        found: list[int] = []
        while start < _FREE:
            found.append(start)
            if len(found) > len(table):
                raise ValueError("endless chain")
            start = table[start]
        return found

    @staticmethod
    def _table(data: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4]))
