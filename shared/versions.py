"""The version of one thing in HTTP: told as `ETag` with what is answered, asked for by `If-Match` (RFC 9110 §8.8.3,
§13.1.1).

Handlers say both in their signatures, from which the OpenAPI document has them: `-> Versioned[Thing]`, and
`version: NamedDependency[int | None]`.
"""

from typing import Annotated, Any, Final, TypeVar

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import HeaderParameter

IF_MATCH: Final = "If-Match"

T = TypeVar("T")


class Versioned(Response[T]):
    """An answer with its ETag: the aggregate's version."""


def versioned(thing: T, version: int, status_code: int = 200) -> Versioned[T]:
    return Versioned(thing, status_code=status_code, headers={"ETag": f'"{version}"'})


def tells_version(handler: HTTPRouteHandler) -> bool:
    kind: Any = handler.parsed_fn_signature.return_type.origin
    return isinstance(kind, type) and issubclass(kind, Versioned)


def provide_version(
    if_match: Annotated[
        str | None,
        HeaderParameter(
            name=IF_MATCH,
            description="The version one has seen, as in `ETag`; 412 when it is another by now. `*` is any.",
        ),
    ] = None,
) -> int | None:
    """The `version` dependency: -1 for one that can match nothing, None when any will do."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
