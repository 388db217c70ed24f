"""Rows of one form: in a roster nearly every row differs from the one above in its texts alone.

From a row that the general pattern has proved, a pattern of just its form is made: the same cells with the same styles
and kinds. It proves another row from its first to its last byte as the general one does, and captures the texts at
once, for half the time. Only a few are kept: making one takes as long as reading a hundred rows.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from shared.workbook.cells import Look

_ROW = rb'<row r="([0-9]{1,7})"([^<>]{0,400}?)>%b</row>'
_REFERENCE = re.compile(rb'(<c r="[A-Z]{1,3})[0-9]{1,7}"')
_OPENING = re.compile(rb'<v>|<is><t(?: xml:space="preserve")?>')
# The number of a shared text.
_INDEX = rb"[0-9]{1,9}"
_MOST: Final = 6
_WIDEST: Final = 40

Form = tuple[int, str, Look | None]
"""Of a cell: its column, its `t`, what its style shows a number as."""


class Shape(msgspec.Struct, frozen=True, gc=False):
    """`match` captures a row's number, its further attributes, and the text of each of `forms`; `cells` counts all."""

    match: Callable[[bytes, int], re.Match[bytes] | None]
    forms: tuple[Form, ...]
    cells: int


class Shapes:
    """The forms met so far, the one met last first."""

    def __init__(self, text: bytes) -> None:
        """`text` is the pattern of a cell's text."""
        self._text = text
        self._known: list[Shape] = []

    def find(self, held: bytes, at: int) -> tuple[re.Match[bytes], Shape] | None:
        """The row that begins at `at`, if its form is known."""
        for place, shape in enumerate(self._known):
            found = shape.match(held, at)
            if found is not None:
                if place:
                    self._known.insert(0, self._known.pop(place))
                return found, shape
        return None

    def learn(self, cells: Sequence[tuple[bytes, Form | None]]) -> None:
        """From a row's cells: each as it is written and, where it has a text, its form."""
        if len(self._known) == _MOST or len(cells) > _WIDEST:
            return
        pattern = b"".join(self._of_cell(written, form) for written, form in cells)
        forms = tuple(form for _, form in cells if form is not None)
        self._known.insert(0, Shape(re.compile(_ROW % pattern).match, forms, len(cells)))

    def _of_cell(self, written: bytes, form: Form | None) -> bytes:
        """The cell with any row's number and, where it has a form, any text."""
        head, _, rest = written.partition(b">")
        reference = _REFERENCE.match(head)
        assert reference is not None
        pattern = re.escape(reference[1]) + rb'[0-9]{1,7}"' + re.escape(head[reference.end() :]) + b">"
        opening = _OPENING.match(rest)
        if form is None or opening is None:
            return pattern + re.escape(rest)
        # A text holds no `<`.
        closing = rest[rest.index(b"<", opening.end()) :]
        text = _INDEX if form[1] == "s" else self._text
        return pattern + re.escape(opening[0]) + b"(" + text + b")" + re.escape(closing)
