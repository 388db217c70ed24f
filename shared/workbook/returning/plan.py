"""Which rows of a sheet stay in the returned workbook, where they go, and what is written before them."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

import msgspec

from shared.workbook.cells import LAST_COLUMN, LAST_ROW, Sheet, column_index
from shared.workbook.header import REASON_TITLE
from shared.workbook.table import Table

# The columns in which Excel would destroy what is typed unless they are of text format.
_TYPED_AS_TEXT = ("id_number", "phone", "guardian_phone", "class")
# What a merged cell shows is never one ID number or one name for several pupils.
_OF_ONE_PUPIL = ("id_number", "name")


class SheetPlan(msgspec.Struct, frozen=True):
    """Rows to `header_last` stay where they are; below it `kept` (old numbers, ascending) follow without gaps.

    `reasons` says why, by old row number; `titles` are the rows in which the reasons' column gets its title.
    `shift` is 1 when that column is put in before the first, 0 when it is there already, at index `reason_column`.
    `text_columns` are made text, by old index. `fills`: (column, first row) of the merged cell to show, by row.
    """

    name: str
    header_last: int
    kept: list[int]
    reasons: Mapping[int, str]
    titles: frozenset[int]
    shift: int
    reason_column: int
    text_columns: frozenset[int]
    fills: Mapping[int, list[tuple[int, int]]]
    sources: frozenset[tuple[int, int]]

    def row(self, old: int) -> int | None:
        """Where a row goes; None: nowhere."""
        if old <= self.header_last:
            return old
        at = bisect_left(self.kept, old)
        return self.header_last + 1 + at if at < len(self.kept) and self.kept[at] == old else None

    def column(self, old: int) -> int:
        """Where a column goes; the last cannot go further right."""
        return min(old + self.shift, LAST_COLUMN - 1)

    def rows(self, first: int, last: int) -> tuple[int, int] | None:
        """Where a range of rows goes; None when none of it stays. One that reaches below the table still does."""
        if last <= self.header_last:
            return first, last
        new_first = first if first <= self.header_last else self._first_kept(first)
        if not self.kept or last >= self.kept[-1]:
            new_last = min(max(last, self.header_last + len(self.kept)), LAST_ROW)
        else:
            new_last = self.header_last + bisect_right(self.kept, last)
        if new_first is None or new_last < new_first:
            return None
        return new_first, new_last

    def _first_kept(self, first: int) -> int | None:
        at = bisect_left(self.kept, first)
        return self.header_last + 1 + at if at < len(self.kept) else None


def plan_sheet(sheet: Sheet, table: Table, reasons: Mapping[int, str]) -> SheetPlan:
    """The plan for a sheet that was read, `reasons` by its row numbers."""
    header = table.header
    present = _reason_column(sheet, header.rows)
    # A header within the table stays when pupils below it do: its columns may be in another order.
    repeated = sorted(number for number, kind, _ in table.skipped if kind == "repeated_header")
    wanted = sorted(reasons)
    titles = {header.rows[1]}
    for at, number in enumerate(repeated):
        end = repeated[at + 1] if at + 1 < len(repeated) else LAST_ROW + 1
        position = bisect_left(wanted, number)
        if position < len(wanted) and wanted[position] < end:
            titles.add(number)
    lines = _section_lines(table.sections, wanted)
    kept = sorted({*wanted, *lines, *(number for number in titles if number > header.rows[1])})
    letters = {field: column_index(letter) for field, letter in header.columns.items()}
    alone = {letters[field] for field in _OF_ONE_PUPIL if field in letters}
    fills, sources = _fills(sheet, wanted, alone)
    return SheetPlan(
        name=sheet.name,
        header_last=header.rows[1],
        kept=kept,
        reasons=reasons,
        titles=frozenset(titles),
        shift=0 if present is not None else 1,
        reason_column=present or 0,
        text_columns=frozenset(letters[field] for field in _TYPED_AS_TEXT if field in letters),
        fills=fills,
        sources=frozenset(sources),
    )


def _section_lines(sections: Sequence[int], wanted: Sequence[int]) -> set[int]:
    """The line that each row's class was read from, or that keeps it from being read from one further up."""
    last = (bisect_left(sections, number) - 1 for number in wanted)
    return {sections[at] for at in last if at >= 0}


def _reason_column(sheet: Sheet, header_rows: tuple[int, int]) -> int | None:
    first, last = header_rows
    for row in sheet.rows:
        if first <= row.number <= last:
            for column, cell in sorted(row.cells.items()):
                if isinstance(cell, str) and cell.strip().startswith(REASON_TITLE):
                    return column
    return None


def _fills(
    sheet: Sheet, wanted: list[int], alone: set[int]
) -> tuple[dict[int, list[tuple[int, int]]], set[tuple[int, int]]]:
    fills: dict[int, list[tuple[int, int]]] = {}
    sources: set[tuple[int, int]] = set()
    for merge in sheet.merges:
        if merge.column in alone:
            continue
        for number in wanted[bisect_right(wanted, merge.first) : bisect_right(wanted, merge.last)]:
            fills.setdefault(number, []).append((merge.column, merge.first))
            sources.add((merge.column, merge.first))
    return fills, sources
