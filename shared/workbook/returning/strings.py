"""A workbook's shared texts, only those that the returned sheets still use: the others are other pupils'."""

from typing import IO

from shared.workbook.markup import local_name, parse
from shared.workbook.refusals import corrupt
from shared.workbook.returning.markup_out import MarkupOut, Node


class SharedStrings:
    """Gives out new indexes while sheets are written; the part itself is written last."""

    def __init__(self) -> None:
        self._new: dict[int, int] = {}

    def index(self, old: str) -> str:
        """The new index of an old one. Raises WorkbookRefused for what is none."""
        try:
            return str(self._new.setdefault(int(old), len(self._new)))
        except ValueError as error:
            raise corrupt() from error

    def write(self, part: IO[bytes], target: IO[bytes]) -> None:
        """Write the part with the texts in use, in their new order."""
        used: dict[int, str] = {}
        root: tuple[str, dict[str, str]] | None = None
        path: list[Node] = []
        at = -1

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal root, at
            if root is None:
                root = tag, attributes
                return
            if local_name(tag) == "si" and not path:
                at += 1
            if at in self._new:
                node = Node(tag, attributes)
                if path:
                    path[-1].children.append(node)
                path.append(node)

        def end(_: str) -> None:
            if path:
                node = path.pop()
                if not path:
                    used[at] = node.markup()

        def characters(text: str) -> None:
            if path:
                path[-1].children.append(text)

        parse(part, start, end, characters)
        if root is None or len(used) < len(self._new):
            raise corrupt()
        out = MarkupOut(target)
        count = str(len(self._new))
        out.start(root[0], {**root[1], "count": count, "uniqueCount": count})
        for old in self._new:
            out.raw(used[old])
        out.end(root[0])
        out.close()
