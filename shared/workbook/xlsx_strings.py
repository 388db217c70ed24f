"""Texts in an .xlsx: the table of those that its cells share, and what is common to texts wherever they stand."""

import re
from collections.abc import Sequence

from shared.workbook.budget import Budget
from shared.workbook.markup import parse
from shared.workbook.package import Package
from shared.workbook.refusals import too_many_cells
from shared.workbook.roster import Limits
from shared.workbook.shortcut import PlainStrings, Shortcut

# A cell with a text in it takes six tags, with a formula eight.
TAGS_PER_CELL = 10
_MOST_STRINGS_PER_ROW = 16
_COUNTED_AT_ONCE = 1 << 18
_LONG_PIECE, _LONGEST_CELL = 4_096, 1 << 20
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def read_shared_strings(package: Package, part: str | None, limits: Limits, budget: Budget) -> list[str]:
    """The shared strings; a part that is declared but missing leaves none, and each use of one is then corrupt."""
    strings: list[str] = []
    if part is None:
        return strings
    pieces: list[str] = []
    keep = has_text = False
    phonetic = 0
    most = limits.rows * _MOST_STRINGS_PER_ROW
    _refuse_tiny_strings(package, part, most)

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal keep, has_text, phonetic
        local = tag.rpartition(":")[2]
        if local == "si":
            pieces.clear()
            has_text = False
            return
        # Nearly every text is of one piece, which is counted with it.
        if has_text or local != "t":
            budget.pass_by()
        if local == "t":
            keep = not phonetic
            has_text = True
        elif local == "rPh":
            phonetic += 1

    def end(tag: str) -> None:
        nonlocal keep, phonetic
        local = tag.rpartition(":")[2]
        if local == "t":
            keep = False
        elif local == "si":
            text = "".join(pieces)
            strings.append(unescape(text) if "_x" in text else text)
            check()
        elif local == "rPh":
            phonetic -= 1

    def characters(text: str) -> None:
        if keep:
            pieces.append(text)
            if is_too_long(text, pieces):
                raise too_many_cells()

    def check() -> None:
        if len(strings) > most:
            raise too_many_cells()

    with package.open(part) as stream:
        plain = PlainStrings(strings, unescape, check)
        most_tags = limits.cells * TAGS_PER_CELL
        parse(Shortcut(stream, b"<si>", plain.take), start, end, characters, most_tags=most_tags)
    return strings


def is_too_long(piece: str, pieces: Sequence[str]) -> bool:
    """Whether a cell's pieces, `piece` the last of them, are more than a cell can hold; only long ones are added up."""
    return len(piece) > _LONG_PIECE and sum(map(len, pieces)) > _LONGEST_CELL


def unescape(text: str) -> str:
    """`_x000D_` to the character it stands for (ECMA-376 22.9.2.19); halves of a pair become one character."""
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _refuse_tiny_strings(package: Package, part: str, most: int) -> None:
    """Count the strings without parsing them: millions of tiny ones are cheap to write and dear to read."""
    seen = 0
    with package.open(part) as stream:
        while chunk := stream.read(_COUNTED_AT_ONCE):
            seen += chunk.count(b"si>") + chunk.count(b"si/>")
            # Each but the blank ones has a start and an end.
            if seen > 2 * most:
                raise too_many_cells()
