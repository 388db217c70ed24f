"""XML written again as it was read: the callbacks of `shared.workbook.markup`, turned into bytes."""

from collections.abc import Mapping
from typing import IO
from xml.sax.saxutils import escape

_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_IN_ATTRIBUTE = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
_IN_TEXT = {"\r": "&#13;"}
_BUFFERED = 1 << 16


def attributes_text(attributes: Mapping[str, str]) -> str:
    """Attributes as they stand in a tag, with a blank before each."""
    return "".join(f' {name}="{escape(value, _IN_ATTRIBUTE)}"' for name, value in attributes.items())


def text_content(text: str) -> str:
    """Text as it stands between tags."""
    return escape(text, _IN_TEXT)


class MarkupOut:
    """Writes a document; `raw` takes finished XML."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._pieces = [_DECLARATION]
        self._length = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.raw(f"<{tag}{attributes_text(attributes)}>")

    def end(self, tag: str) -> None:
        self.raw(f"</{tag}>")

    def text(self, text: str) -> None:
        self.raw(text_content(text))

    def raw(self, markup: str) -> None:
        self._pieces.append(markup)
        self._length += len(markup)
        if self._length > _BUFFERED:
            self._flush()

    def close(self) -> None:
        """Hand on what is still held; the target stays open."""
        self._flush()

    def _flush(self) -> None:
        self._target.write("".join(self._pieces).encode())
        self._pieces.clear()
        self._length = 0


class Node:
    """A small piece of a document held in memory, to be changed before it is written."""

    __slots__ = ("attributes", "children", "tag")

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[Node | str] = []

    def markup(self) -> str:
        inner = "".join(text_content(child) if isinstance(child, str) else child.markup() for child in self.children)
        return f"<{self.tag}{attributes_text(self.attributes)}>{inner}</{self.tag}>"
