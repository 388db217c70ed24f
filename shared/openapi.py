"""The OpenAPI document of a service: Litestar's, and what is the same for all operations.

Litestar knows what a handler takes and gives. It does not know how the service refuses (problem details, where it would
describe errors of its own), what needs no token, and which headers the kernel reads.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.response import Response
from litestar.routes import HTTPRoute

from shared.authentication import LONGEST_KEY, PUBLIC
from shared.errors import NotFound
from shared.problems import MEDIA_TYPE, Problem
from shared.versions import IF_MATCH, tells_version

_REFUSED: Final = {"$ref": "#/components/responses/Refused"}
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Repeated with the same key, the request gets the first one's answer and changes nothing; with"
    " another body it gets 422, while the first is under way 409. The key belongs to its user.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
}
_ETAG: Final = {
    "description": "The version of what is answered, for `If-Match`.",
    "required": True,
    "schema": {"type": "string"},
}


class Document(JsonRenderPlugin):
    """Renders the completed document, made when it is first asked for."""

    def __init__(self) -> None:
        super().__init__(path=["/openapi.json", "/"])
        self._text: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        if self._text is None:
            self._text = msgspec.json.encode(document(request.app))
        return self._text


def configuration(name: str, prefix: str) -> OpenAPIConfig:
    """The document of service `name` at `prefix/schema` and `prefix/schema/openapi.json`, for everybody."""
    return OpenAPIConfig(
        title=f"schoolcard {name}",
        version="1",
        openapi_router=Router(
            f"{prefix}/schema", route_handlers=[], include_in_schema=False, opt=PUBLIC, after_request=_refuse_unknown
        ),
        render_plugins=[Document()],
        components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}),
        security=[{"bearer": []}],
        use_handler_docstrings=True,
    )


def document(app: Litestar) -> dict[str, Any]:
    """The document as it is served."""
    made = app.openapi_schema.to_schema()
    components = made["components"]
    components["schemas"] = _problem_schemas() | components.get("schemas", {})
    components["responses"] = {"Refused": _refused()}
    for method, handler, operation in _operations(app, made["paths"]):
        _complete(method, handler, operation)
    return made


def _operations(app: Litestar, paths: Mapping[str, Any]) -> Iterator[tuple[str, HTTPRouteHandler, dict[str, Any]]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                operation = paths.get(route.path_format, {}).get(method.lower())
                if operation is not None:
                    yield method, handler, operation


def _complete(method: str, handler: HTTPRouteHandler, operation: dict[str, Any]) -> None:
    is_public = bool(handler.opt.get("public"))
    if is_public:
        operation["security"] = []
    elif method == "POST":
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
    if tells_version(handler):
        operation["responses"][str(handler.status_code)]["headers"] = {"ETag": _ETAG}
    # Litestar's own 400 is not what the service answers.
    said = {status: answer for status, answer in operation["responses"].items() if status != "400"}
    operation["responses"] = said | dict.fromkeys(_refusals(method, operation, is_public), _REFUSED) | said


def _refusals(method: str, operation: Mapping[str, Any], is_public: bool) -> Iterator[str]:
    """Statuses an operation may refuse with, by what it takes; `4XX` stands for those that few have."""
    parameters = operation.get("parameters", [])
    if parameters or "requestBody" in operation:
        yield "400"
    if not is_public:
        yield from ("401", "403")
    if any(parameter.get("in") == "path" for parameter in parameters):
        yield "404"
    if method != "GET":
        yield "409"
    if any(parameter.get("name") == IF_MATCH for parameter in parameters):
        yield "412"
    if "requestBody" in operation:
        yield "413"
    if method != "GET":
        yield "422"
    yield from ("4XX", "503")


def _problem_schemas() -> dict[str, Any]:
    _, schemas = msgspec.json.schema_components([Problem], ref_template="#/components/schemas/{name}")
    return schemas


def _refused() -> dict[str, Any]:
    return {
        "description": "Refused; `code` is stable and says why, `detail` is a Chinese sentence. After 429 and 503"
        " `Retry-After` says in how many seconds to try again.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _refuse_unknown(response: Response[Any]) -> Response[Any]:
    """Litestar answers what lies below the document's address with a page of its own."""
    if response.status_code == 404:
        raise NotFound
    return response
