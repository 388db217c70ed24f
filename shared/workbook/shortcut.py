"""A way around the XML parser for the rows and texts that nearly every file consists of.

Most of a workbook is written by machines in one form (`<c r="A1" s="2" t="s"><v>7</v></c>`). What has exactly this
form, which a pattern proves from its first to its last byte, is read by the pattern; everything else, in its order,
goes to the parser, which also sees the beginning of each part and so whatever it refuses there. Where a comment, an
instruction or the like could hold what looks like a row, the parser gets all that follows. The result is the same
either way, for half the time.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import IO

from shared.workbook.budget import Budget
from shared.workbook.cells import LAST_ROW, Cell, Look, SheetRow
from shared.workbook.refusals import corrupt
from shared.workbook.row_shape import Form, Shapes

_CHUNK = 1 << 18
_MOST_HELD = 1 << 22
_TEXT = rb"[^<&\x00-\x08\x0b-\x1f]*"
_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml [^<>]*\?>")
_NO_ELEMENT = re.compile(rb"<[!?]")
_OTHER_ENCODING = re.compile(rb"""encoding\s*=\s*["'](?!utf-8["'])""", re.IGNORECASE)

_CELL = (
    rb'<c r="(%b[A-Z]{1,3})[0-9]{1,7}"(?: s="(%b[0-9]{1,5})")?(?: t="(%bs|n|str|inlineStr)")?'
    rb"(?:/>|>(?:<v>(%b" + _TEXT + rb')</v>|<is><t(?: xml:space="preserve")?>(%b' + _TEXT + rb")</t></is>)?</c>)"
)
_CAPTURED = re.compile(_CELL.replace(b"(%b", b"("))
_ROW = re.compile(rb'<row r="([0-9]{1,7})"([^<>]{0,400}?)(?:/>|>((?:' + _CELL.replace(b"(%b", b"(?:") + rb")*)</row>)")
# How a truth and a height of nothing are written.
TRUE = "1|true|on"
NO_HEIGHT = r"0*\.?0*"
_HIDDEN = re.compile(f' (?:hidden="(?:{TRUE})"|ht="{NO_HEIGHT}")'.encode())
# A Chinese Excel says of each text that it is not read aloud.
_STRINGS = re.compile(rb'(?:<si><t(?: xml:space="preserve")?>' + _TEXT + rb"</t>(?:<phoneticPr [^<>]{0,200}/>)?</si>)+")
_STRING = re.compile(r"<t[^>]*>([^<]*)</t>")

Take = Callable[[bytes, int], int]


class Shortcut:
    """A part as the parser is to read it: without the pieces that `take` has dealt with.

    `mark` is how such a piece begins. `take` gets the bytes at hand and the place of a mark, and returns the place
    after what it has taken, or the same place: not taken. By then the parser has seen everything before.
    """

    def __init__(self, stream: IO[bytes], mark: bytes, take: Take) -> None:
        self._stream = stream
        self._mark = mark
        self._take = take
        self._held = b""
        self._at = 0
        self._seam = b""
        self._is_begun = self._is_over = False
        self._is_usual = True

    def read(self, _: int) -> bytes:
        """The next bytes for the parser; b"" at the end."""
        while self._is_usual:
            held, at = self._held, self._at
            at_mark = held.startswith(self._mark, at)
            if at_mark and (after := self._take(held, at)) > at:
                self._at = after
                continue
            following = held.find(self._mark, at + 1)
            if following >= 0:
                self._at = following
                return held[at:following]
            if self._is_over or len(held) - at > _MOST_HELD:
                break
            self._fill()
        self._is_usual = False
        rest, self._held, self._at = self._held[self._at :], b"", 0
        return rest or self._stream.read(_CHUNK)

    def _fill(self) -> None:
        more = self._stream.read(_CHUNK)
        self._held, self._at = self._held[self._at :] + more, 0
        self._is_over = not more
        after = 0
        if not self._is_begun:
            self._is_begun = True
            head = more[:400]
            self._is_usual = b"\0" not in head and _OTHER_ENCODING.search(head) is None
            declaration = _DECLARATION.match(more)
            after = declaration.end() if declaration else 0
        # Comments and the like could hold what looks like a row.
        # One sign is found many times faster than two, and these two are rare.
        if (b"!" in more or b"?" in more) and _NO_ELEMENT.search(self._seam + more, after):
            self._is_usual = False
        self._seam = more[-1:]


class PlainRows:
    """Takes rows of plain cells. `is_ready`: the parser stands between rows; `passed` is told each row's number."""

    def __init__(
        self,
        strings: Sequence[str],
        looks: Mapping[str, Look],
        budget: Budget,
        columns: dict[str, int],
        value_of: Callable[[str, str, Look | None, bool, bool], Cell | None],
        rows: list[SheetRow],
        is_ready: Callable[[], bool],
        passed: Callable[[int], None],
    ) -> None:
        self._strings = strings
        self._looks = {style.encode(): look for style, look in looks.items()}
        self._budget = budget
        self._columns = columns
        self._value_of = value_of
        self._rows = rows
        self._is_ready = is_ready
        self._passed = passed
        self._shapes = Shapes(_TEXT)

    def take(self, held: bytes, at: int) -> int:
        """Take all plain rows from `at` on."""
        if not self._is_ready():
            return at
        find = self._shapes.find
        forms: Sequence[Form]
        texts: Sequence[bytes]
        while True:
            known = find(held, at)
            if known is not None:
                found, shape = known
                (number, attributes, *texts), forms, passed = found.groups(), shape.forms, shape.cells
            else:
                row = _ROW.match(held, at)
                if row is None:
                    return at
                found, (number, attributes, body) = row, row.groups()
                read = self._read(body or b"")
                if read is None:
                    return at
                forms, texts, passed = read
            if not 1 <= int(number) <= LAST_ROW:
                return at
            cells = self._cells(forms, texts)
            self._budget.pass_over(passed + 1)
            if cells:
                self._budget.take(cells)
                hidden = _HIDDEN.search(attributes) is not None if attributes else False
                self._rows.append(SheetRow(int(number), cells, hidden))
            self._passed(int(number))
            at = found.end()

    def _read(self, body: bytes) -> tuple[Sequence[Form], Sequence[bytes], int] | None:
        """The forms and texts of a row's cells that have one, and how many there are in all.

        None: a text stands where its kind's does not, or is none of its kind, or a cell stands twice.
        """
        if b"<v>" not in body and b"<t" not in body:
            return (), (), body.count(b"<c ")
        forms: list[Form] = []
        texts: list[bytes] = []
        cells: list[tuple[bytes, Form | None]] = []
        for cell in _CAPTURED.finditer(body):
            letters, style, kind, value, inline = cell.groups()
            text, elsewhere = (inline, value) if kind == b"inlineStr" else (value, inline)
            if elsewhere is not None or (kind == b"s" and text is not None and not text.isdigit()):
                return None
            form = None
            if text is not None:
                form = (self._columns[letters.decode()], (kind or b"n").decode(), self._looks.get(style))
                forms.append(form)
                texts.append(text)
            cells.append((cell[0], form))
        if len({column for column, _, _ in forms}) < len(forms):
            return None
        self._shapes.learn(cells)
        return forms, texts, len(cells)

    def _cells(self, forms: Sequence[Form], texts: Sequence[bytes]) -> dict[int, Cell]:
        strings, value_of = self._strings, self._value_of
        cells: dict[int, Cell] = {}
        try:
            for (column, kind, look), text in zip(forms, texts, strict=True):
                if not text:
                    continue
                if kind == "s":
                    cell: Cell | None = strings[int(text)]
                    if cell and not cell.isspace():  # type: ignore[union-attr]  # shared texts are texts
                        cells[column] = cell
                else:
                    cell = value_of(kind, text.decode(), look, True, False)
                    if cell is not None:
                        cells[column] = cell
        except (ValueError, IndexError) as error:
            raise corrupt() from error
        return cells


class PlainStrings:
    """Takes shared texts of one piece each."""

    def __init__(self, strings: list[str], unescape: Callable[[str], str], check: Callable[[], None]) -> None:
        self._strings = strings
        self._unescape = unescape
        self._check = check

    def take(self, held: bytes, at: int) -> int:
        """Take all plain texts from `at` on."""
        found = _STRINGS.match(held, at)
        if found is None:
            return at
        raw = found[0]
        texts = _STRING.findall(_decoded(raw))
        if b"_x" in raw:
            texts = [self._unescape(text) if "_x" in text else text for text in texts]
        self._strings += texts
        self._check()
        return found.end()


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise corrupt() from error
