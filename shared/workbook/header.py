"""Finding the header: which row names the columns, and which column is which field.

A header may take two rows, a group (学生信息, 家长信息) above its columns, or three. The best among the first rows of a
sheet wins; where there are pupils between two, the first that is complete.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from shared.workbook.cells import SheetRow, text_of
from shared.workbook.likeness import is_like_id
from shared.workbook.roster import REQUIRED_FIELDS, Field
from shared.workbook.titles import doubt, field_of, is_title, may_name_pupils

ROWS_SEARCHED = 100
_LONGEST_LOOKED_AT = 120
_FEWEST_FIELDS = 2
_MOST_ROWS = 3

# The column that write_returned puts first; always ignored, whatever it holds.
REASON_TITLE = "未导入原因"


class Header(msgspec.Struct, frozen=True):
    """`first` and `last` are row numbers; `columns` field → column indexes, several only if none is the better one.

    `titles` are all titled columns as shown; `ignored` those that mean nothing here.
    """

    first: int
    last: int
    columns: dict[Field, tuple[int, ...]]
    titles: dict[int, str]

    @property
    def used(self) -> dict[Field, int]:
        """The one column each field is read from."""
        return {field: columns[0] for field, columns in self.columns.items()}

    @property
    def ignored(self) -> tuple[str, ...]:
        """Titles of the columns no field is read from, left to right."""
        used = set(self.used.values())
        return tuple(title for column, title in sorted(self.titles.items()) if column not in used)

    def duplicated(self) -> tuple[Field, tuple[int, ...]] | None:
        """A field that two columns claim with equal right, and those columns."""
        for field, columns in self.columns.items():
            if len(columns) > 1:
                return field, columns
        return None


def find_header(rows: Sequence[SheetRow]) -> Header | None:
    """The best header among the first rows of a sheet; None when no row names at least two fields."""
    best = complete = None
    for header in _candidates(rows[:ROWS_SEARCHED]):
        if best is None or _worth(header) > _worth(best):
            best = header
        if complete is None and header.columns.keys() >= set(REQUIRED_FIELDS) and header.duplicated() is None:
            complete = header
    if best is None or complete is None:
        return best
    # Of two tables the second may have more columns: the pupils of the first are read by their own header.
    between = (row for row in rows[:ROWS_SEARCHED] if complete.last < row.number < best.first)
    return complete if any(is_like_id(cell) for row in between for cell in row.cells.values()) else best


def header_at(row: SheetRow) -> Header | None:
    """The header this row alone is, if it names enough fields; for headers repeated within a table."""
    if not any(may_name_pupils(text_of(cell)[:_LONGEST_LOOKED_AT]) for cell in row.cells.values()):
        return None
    return _single(row)


def _candidates(rows: Sequence[SheetRow]) -> Iterator[Header]:
    for at, row in enumerate(rows):
        if (single := _single(row)) is not None:
            yield single
        for count in range(2, _MOST_ROWS + 1):
            if at + count <= len(rows) and (stacked := _stacked(rows[at : at + count])) is not None:
                yield stacked


def _worth(header: Header) -> tuple[int, bool, int]:
    """More fields first, then none claimed twice, then one row rather than two."""
    return len(header.columns), header.duplicated() is None, header.first - header.last


def _single(row: SheetRow) -> Header | None:
    titles = {column: (_shown(text_of(cell)), "") for column, cell in row.cells.items()}
    return _header(row.number, row.number, titles)


def _stacked(rows: Sequence[SheetRow]) -> Header | None:
    """Rows as one header: a group's title reaches right over the columns that have titles of their own below."""
    first, last = rows[0].number, rows[-1].number
    if last - first != len(rows) - 1:
        return None
    levels = [{column: _shown(text_of(cell)) for column, cell in row.cells.items()} for row in rows]
    # Rows are a header only if the lowest one consists of titles, too.
    if sum(1 for title in levels[-1].values() if is_title(title)) < 2 or any(map(_is_value, levels[-1].values())):
        return None
    titles: dict[int, tuple[str, str]] = {}
    groups = [""] * len(levels)
    for column in range(min(map(min, levels)), max(map(max, levels)) + 1):
        own = [level for level, found in enumerate(levels) if column in found]
        if not own:
            groups = [""] * len(levels)
            continue
        # A group ends where there is nothing below it, or another one beside it or above it.
        for level in range(len(levels)):
            if level in own:
                groups[level:] = [levels[level][column], *[""] * (len(levels) - level - 1)]
            elif level > own[-1]:
                groups[level] = ""
        titles[column] = (levels[own[-1]][column], " ".join(filter(None, groups[: own[-1]])))
    return _header(first, last, titles)


def _header(first: int, last: int, titles: dict[int, tuple[str, str]]) -> Header | None:
    """The header of columns with a title and its group's title each."""
    columns: dict[Field, list[int]] = {}
    for column, (title, group) in sorted(titles.items()):
        field = field_of(title, group)
        if field is not None and not title.startswith(REASON_TITLE):
            columns.setdefault(field, []).append(column)
    if len(columns) < _FEWEST_FIELDS or not {"id_number", "name"} & columns.keys():
        return None
    return Header(
        first=first,
        last=last,
        columns={field: _surest(found, titles) for field, found in columns.items()},
        titles={column: f"{group} {title}" if group else title for column, (title, group) in titles.items()},
    )


def _surest(columns: list[int], titles: dict[int, tuple[str, str]]) -> tuple[int, ...]:
    """Of the columns of one field those whose titles leave the least doubt."""
    doubts = [doubt(*titles[column]) for column in columns]
    return tuple(column for column, found in zip(columns, doubts, strict=True) if found == min(doubts))


def _shown(text: str) -> str:
    # What a column is called stands at the beginning of whatever is explained about it.
    return " ".join(text[:_LONGEST_LOOKED_AT].split())


def _is_value(title: str) -> bool:
    return bool(re.search(r"[0-9]{6,}", title))
