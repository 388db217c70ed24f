"""Reading XML from outside: streamed, without document types, entities or surprises.

expat is driven directly: its callbacks are the fastest way through a sheet in Python, and a document type is seen, and
refused, before anything in it can expand.
"""

from collections.abc import Callable
from typing import Protocol
from xml.parsers import expat

from shared.workbook.refusals import corrupt, too_many_cells, unsafe

_CHUNK = 1 << 17
# No tag of an honest file is as long. Each chunk of one makes expat begin again, so that long ones cost their square.
_LONGEST_TAG = 1 << 20
# Text comes in pieces of at most this many characters.
_PIECE = 1 << 16
# Starts, ends, comments and instructions: twice what the 65,000 styles of the most worn-out workbook take.
_MOST_TAGS = 1_000_000

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Characters = Callable[[str], None]


class Readable(Protocol):
    """What bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, about as many; b"" at the end."""


def parse(
    stream: Readable,
    start: Start,
    end: End | None = None,
    characters: Characters | None = None,
    *,
    most_tags: int = _MOST_TAGS,
) -> None:
    """Run the callbacks over a document. Names carry their prefix as written.

    Raises WorkbookRefused: `unsafe` for a document type, `corrupt` for what is not well-formed, `too_large` for more
    than `most_tags` of tags.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = _PIECE
    parser.StartElementHandler = start
    if end is not None:
        parser.EndElementHandler = end
    if characters is not None:
        parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        last, waiting = -1, 0
        while chunk := stream.read(_CHUNK):
            most_tags -= chunk.count(b"<")
            if most_tags < 0:
                raise too_many_cells()
            parser.Parse(chunk, False)
            at = parser.CurrentByteIndex
            waiting = waiting + len(chunk) if at == last else 0
            last = at
            if waiting > _LONGEST_TAG:
                raise unsafe("文件里含有异常长的内容")
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise corrupt() from error
    except LookupError as error:
        # Of an encoding; what a callback looks up in vain is of a kind of its own.
        if type(error) is not LookupError:
            raise
        raise corrupt() from error


def local_name(name: str) -> str:
    """`row` for `x:row`."""
    return name.rpartition(":")[2]


def _refuse_doctype(*_: object) -> None:
    raise unsafe("文件里含有不安全的内容（XML 文档类型声明）")
