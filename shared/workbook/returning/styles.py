"""A workbook's styles, with those of the reasons and of text columns added at the end."""

from typing import IO

from shared.workbook.markup import local_name, parse
from shared.workbook.returning.markup_out import MarkupOut, attributes_text

_TEXT_FORMAT = "49"
_REASON_FONT = '<{0}font><{0}sz val="10"/><{0}color rgb="FFC00000"/><{0}name val="宋体"/><{0}family val="3"/></{0}font>'
_REASON_FILL = (
    '<{0}fill><{0}patternFill patternType="solid"><{0}fgColor rgb="FFFFF2CC"/><{0}bgColor indexed="64"/>'
    "</{0}patternFill></{0}fill>"
)


class Styles:
    """Gives out the numbers of new cell formats while sheets are written; the part itself is written last."""

    def __init__(self, part: IO[bytes] | None) -> None:
        self._formats: list[dict[str, str]] = []
        self._counts = {"fonts": 0, "fills": 0}
        self._text_of: dict[str, int] = {}
        self._added: list[str] = []
        self._reason: int | None = None
        if part is not None:
            self._count(part)

    @property
    def reason(self) -> str | None:
        """The format of a reason; None when the workbook has no styles to add one to."""
        if not self._formats:
            return None
        if self._reason is None:
            self._reason = len(self._formats) + len(self._added)
            self._added.append(
                f'<{{0}}xf numFmtId="{_TEXT_FORMAT}" fontId="{self._counts["fonts"]}" fillId="{self._counts["fills"]}" '
                'borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyAlignment="1" '
                'applyProtection="1"><{0}alignment vertical="top" wrapText="1"/><{0}protection locked="0"/></{0}xf>'
            )
        return str(self._reason)

    def as_text(self, style: str) -> str:
        """The number of the same cell format with its content taken as text."""
        at = int(style) if style.isascii() and style.isdigit() else 0
        if at >= len(self._formats) or self._formats[at].get("numFmtId") == _TEXT_FORMAT:
            return style
        if style not in self._text_of:
            self._text_of[style] = len(self._formats) + len(self._added)
            changed = {**self._formats[at], "numFmtId": _TEXT_FORMAT, "applyNumberFormat": "1", "quotePrefix": "0"}
            self._added.append(f"<{{0}}xf{attributes_text(changed)}{{inner{at}}}</{{0}}xf>")
        return str(self._text_of[style])

    def write(self, part: IO[bytes], target: IO[bytes]) -> None:
        """Write the part again with what was added."""
        out = MarkupOut(target)
        inside = ""
        at = -1
        # A new format repeats the alignment and protection of the one it was made from.
        inners: dict[int, list[str]] = {index: [] for index in range(len(self._formats))}

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal inside, at
            local = local_name(tag)
            if local in ("fonts", "fills", "cellXfs"):
                inside = local
                added = len(self._added) if local == "cellXfs" else self._reason is not None
                attributes = {**attributes, "count": str(self._size(local) + added)}
            elif inside == "cellXfs" and local == "xf":
                at += 1
            elif inside == "cellXfs" and at >= 0 and local in ("alignment", "protection"):
                inners[at].append(f"<{tag}{attributes_text(attributes)}/>")
            out.start(tag, attributes)

        def end(tag: str) -> None:
            nonlocal inside
            local = local_name(tag)
            if local == inside:
                inside = ""
                prefix = tag[: -len(local)]
                if local == "cellXfs":
                    for added in self._added:
                        out.raw(_filled(added, prefix, inners))
                elif self._reason is not None:
                    out.raw((_REASON_FONT if local == "fonts" else _REASON_FILL).replace("{0}", prefix))
            out.end(tag)

        parse(part, start, end, out.text)
        out.close()

    def _size(self, group: str) -> int:
        return len(self._formats) if group == "cellXfs" else self._counts[group]

    def _count(self, part: IO[bytes]) -> None:
        inside = ""

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal inside
            local = local_name(tag)
            if local in ("fonts", "fills", "cellXfs"):
                inside = local
            elif inside == "cellXfs" and local == "xf":
                self._formats.append(attributes)
            elif (inside, local) in (("fonts", "font"), ("fills", "fill")):
                self._counts[inside] += 1

        def end(tag: str) -> None:
            nonlocal inside
            if local_name(tag) == inside:
                inside = ""

        parse(part, start, end)


def _filled(added: str, prefix: str, inners: dict[int, list[str]]) -> str:
    head, mark, rest = added.partition("{inner")
    if not mark:
        return added.replace("{0}", prefix)
    index, _, tail = rest.partition("}")
    inner = "".join(inners[int(index)])
    return f"{head.replace('{0}', prefix)}>{inner}{tail.replace('{0}', prefix)}"
