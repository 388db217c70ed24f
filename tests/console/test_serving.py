"""How the pages are served: policies, caching, and that nothing but the build is reached."""

import re
from pathlib import Path

import httpx
import pytest

from services.console.pages_folder import PagesFolder


async def test_the_page_forbids_what_it_does_not_need(console: httpx.AsyncClient) -> None:
    response = await console.get("/")
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert "script-src 'self';" in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-cache"


async def test_hashed_files_are_kept_for_ever(console: httpx.AsyncClient) -> None:
    script = await _script(console)
    response = await console.get(script)
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["vary"] == "Accept-Encoding"
    plain = await console.get(script, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.content == response.content


async def test_the_same_page_is_not_sent_twice(console: httpx.AsyncClient) -> None:
    first = await console.get("/")
    again = await console.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and again.content == b""


@pytest.mark.parametrize("path", ["/readers", "/readers/0192", "/batches/123", "/login", "/no/such/page"])
async def test_the_pages_find_their_own_way(console: httpx.AsyncClient, path: str) -> None:
    response = await console.get(path)
    assert response.status_code == 200 and b'<div id="app">' in response.content


@pytest.mark.parametrize(
    "path",
    ["/api", "/api/nope", "/api/readers", "/assets/gone.js", "/robots.txt", "/.built-from", "/..%2f..%2fapp.py"],
)
async def test_what_is_no_page_is_not_found(console: httpx.AsyncClient, path: str) -> None:
    response = await console.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("application/problem+json")


async def test_only_reading(console: httpx.AsyncClient) -> None:
    assert (await console.head("/")).status_code == 200
    assert (await console.post("/")).status_code == 405


async def test_health(console: httpx.AsyncClient) -> None:
    assert (await console.get("/api/console/health/live")).json() == {"status": "live"}
    assert (await console.get("/api/console/health/ready")).json() == {"ready": True}


def test_a_new_build_is_seen(tmp_path: Path) -> None:
    pages = PagesFolder(tmp_path / "pages")
    assert not pages.is_built
    first = tmp_path / "first"
    first.mkdir()
    (first / "index.html").write_text("first")
    first.rename(tmp_path / "pages")
    file = pages.find("index.html")
    assert file is not None and file.content == b"first"
    (tmp_path / "pages").rename(tmp_path / "old")
    assert not pages.is_built


async def _script(console: httpx.AsyncClient) -> str:
    found = re.search(r'src="(/assets/[^"]+\.js)"', (await console.get("/")).text)
    assert found is not None
    return found[1]
