"""HTTP of console: the pages at `/`, its own health below `/api/console`.

Every address that is no file is one of the pages' own, and they are all in `index.html`, those of guardians (`/g/…`) in
`g.html`; but never below `/api`, and never for what looks like a file.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final, Literal

import msgspec
from litestar import Request, Response, get, route
from litestar.datastructures import State
from litestar.openapi import ResponseSpec
from litestar.types import ControllerRouterHandler
from prometheus_client import CollectorRegistry, generate_latest

from services.console.pages_folder import PageFile, PagesFolder
from shared.authentication import PUBLIC
from shared.errors import NotFound

# Element Plus sets styles through the object model, which `style-src 'self'` allows; nothing inline is needed.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SECURITY: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

# Their names carry a digest of their content.
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_EACH_TIME = "no-cache"

_NOT_BUILT = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>页面尚未构建</title></head>
<body><h1>页面尚未构建</h1>
<p>服务已启动，但网页还没有构建。请在项目目录运行 <code>make run</code>
或 <code>python -m services.console.build</code>，然后刷新本页。接口照常工作。</p>
<h2 lang="en">The pages have not been built</h2>
<p lang="en">Run <code>make run</code> or <code>python -m services.console.build</code> in the project's folder, then
reload this page. The HTTP interface below <code>/api</code> works as it is.</p></body></html>
"""


class Live(msgspec.Struct, frozen=True):
    status: Literal["live"] = "live"


class Ready(msgspec.Struct, frozen=True):
    """`ready` when there are pages to serve."""

    ready: bool


@get("/api/console/health/live", opt=PUBLIC, sync_to_thread=False)
def live() -> Live:
    """The process answers."""
    return Live()


@get(
    "/api/console/health/ready",
    opt=PUBLIC,
    responses={503: ResponseSpec(Ready, generate_examples=False, description="The pages have not been built.")},
    sync_to_thread=False,
)
def ready(state: State) -> Response[Ready]:
    """200 when the pages are built, else 503."""
    pages: PagesFolder = state.pages
    return Response(Ready(pages.is_built), status_code=200 if pages.is_built else 503)


@get("/api/console/metrics", media_type="text/plain; version=0.0.4", include_in_schema=False, sync_to_thread=False)
def metrics(state: State) -> bytes:
    """Prometheus text format."""
    registry: CollectorRegistry = state.registry
    return generate_latest(registry)


@route(["/", "/{path:path}"], http_method=["GET", "HEAD"], include_in_schema=False, sync_to_thread=False)
def serve_page(request: Request[None, None, State], state: State) -> Response[bytes]:
    """A file of the build, else the page that finds its own way. Raises NotFound."""
    path = request.scope["path"].lstrip("/")
    pages: PagesFolder = state.pages
    file = pages.find(path or "index.html")
    if file is not None:
        return _answer(request, file, _FOR_EVER if path.startswith("assets/") else _ASK_EACH_TIME)
    name = PurePosixPath(path)
    if path == "api" or path.startswith(("api/", "assets/")) or name.suffix or name.name.startswith("."):
        raise NotFound
    index = pages.find("g.html" if path.partition("/")[0] == "g" else "index.html")
    if index is None:
        headers = {**SECURITY, "Cache-Control": "no-store"}
        return Response(_NOT_BUILT.encode(), status_code=503, media_type="text/html", headers=headers)
    return _answer(request, index, _ASK_EACH_TIME)


HANDLERS: Sequence[ControllerRouterHandler] = (live, ready, metrics, serve_page)


def _answer(request: Request[None, None, State], file: PageFile, cache_control: str) -> Response[bytes]:
    headers = {**SECURITY, "Cache-Control": cache_control, "ETag": file.etag, "Vary": "Accept-Encoding"}
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    content = file.content
    if file.gzipped and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        content = file.gzipped
    return Response(content, status_code=200, media_type=file.media_type, headers=headers)
