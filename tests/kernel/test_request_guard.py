"""Bad input over a real server: a problem with a stable code, never a 500, nothing half-done."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from shared.secrets import Secrets
from shared.settings import Settings
from shared.web import JSON_LIMIT
from tests.running_service import RunningService, a_school, serving
from tests.servers import NatsServers, TemplateDatabase

GRADES = "/api/params/grades"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
async def params(
    template_database: TemplateDatabase,
    nats_servers: NatsServers,
    secrets: Secrets,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[RunningService]:
    """One for all tests here: each has a school of its own."""
    async with template_database.clone() as database_url, nats_servers.fresh() as nats_url:
        settings = Settings(
            database_url=database_url,
            nats_url=nats_url,
            var=tmp_path_factory.mktemp("var"),
            secrets=secrets.folder,
        )
        async with serving(settings, secrets, "params") as running:
            yield running


@pytest.fixture
async def teacher(params: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    async with params.client(a_school()) as client:
        yield client


async def count(teacher: httpx.AsyncClient) -> int:
    total: int = (await teacher.get(GRADES)).json()["total"]
    return total


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed_request"),
        (b"{", 400, "malformed_request"),
        (b"null", 400, "malformed_request"),
        (b"[]", 400, "malformed_request"),
        (b"3", 400, "malformed_request"),
        (b"{}", 400, "malformed_request"),
        (b"\xff\xfe", 400, "malformed_request"),
        (b'{"name": "\xff"}', 400, "malformed_request"),
        (b'{"name": 3}', 400, "malformed_request"),
        (b'{"name": null}', 400, "malformed_request"),
        (b'{"name": ["x"]}', 400, "malformed_request"),
        (b'{"name": "x", "sort_order": "1"}', 400, "malformed_request"),
        (b'{"name": "x", "sort_order": 1.5}', 400, "malformed_request"),
        (b'{"name": "x", "sort_order": 1e400}', 400, "malformed_request"),
        (b'{"name": "x", "sort_order": NaN}', 400, "malformed_request"),
        (b'{"name": "x", "sort_order": 99999999999999999999}', 400, "malformed_request"),
        (b'{"name": "x", "sort_order": ' + b"9" * 5000 + b"}", 400, "malformed_request"),
        (b'{"name": "x", "disabled": 1}', 400, "malformed_request"),
        (b'{"name": "x", "no_such_field": 1}', 400, "malformed_request"),
        (b'{"name": "x", "id": "018f0000-0000-7000-8000-000000000001"}', 400, "malformed_request"),
        (b'{"name": "x", "name": "y"}', 400, "duplicate_field"),
        (b'{"name": "x", "\\u006eame": "y"}', 400, "duplicate_field"),
        (b'{"name": "x", "remark": {"a": 1, "a": 2}}', 400, "duplicate_field"),
        (b"[" * 100_000, 400, "too_deep"),
        (b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "too_deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400, "too_deep"),
        (b'{"name": "a\\u0000b"}', 400, None),
        (b'{"name": "a\\ud800b"}', 400, None),
        (b'{"name": "a", "remark": "\\u0000"}', 400, None),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_bodies_that_are_wrong_are_refused_and_leave_nothing(
    teacher: httpx.AsyncClient, body: bytes, status: int, code: str | None
) -> None:
    answer = await teacher.post(GRADES, content=body, headers=JSON)
    problem = answer.json()
    # What the database cannot hold may be found by the rule for names too.
    assert answer.status_code == status or (code is None and answer.status_code == 422), answer.text
    assert code is None or problem["code"] == code
    assert answer.headers["content-type"] == "application/problem+json"
    assert await count(teacher) == 0


@pytest.mark.parametrize(
    "content_type", ["text/plain", "Application/JSON", "application/json; charset=utf-8", "application/x-thing", None]
)
async def test_the_content_type_is_no_way_around(teacher: httpx.AsyncClient, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    for body in (b'{"name": "x", "name": "y"}', b"[" * 100_000):
        answer = await teacher.post(GRADES, content=body, headers=headers)
        assert answer.status_code in (400, 415)
        assert answer.json()["code"] in ("duplicate_field", "too_deep", "unsupported_media_type")
    assert await count(teacher) == 0


async def test_a_form_is_no_json(teacher: httpx.AsyncClient) -> None:
    for answer in (
        await teacher.post(GRADES, data={"name": "x"}),
        await teacher.post(GRADES, files={"name": b"x"}),
    ):
        assert answer.status_code in (400, 415), answer.text
    assert await count(teacher) == 0


async def test_a_large_body_is_refused_by_its_length(teacher: httpx.AsyncClient) -> None:
    body = json.dumps({"name": "x", "remark": "y" * JSON_LIMIT}).encode()
    answer = await teacher.post(GRADES, content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert await count(teacher) == 0


async def test_a_large_body_is_refused_though_nobody_said_how_large(teacher: httpx.AsyncClient) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'{"name": "x", "remark": "'
        for _ in range(20):
            sent += 1
            yield b"y" * JSON_LIMIT

    try:
        answer = await teacher.post(GRADES, content=chunks(), headers=JSON)
    except httpx.WriteError:
        # The server may hang up while the rest is still being sent.
        assert sent < 20
    else:
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert await count(teacher) == 0


async def test_a_body_at_the_limit_is_read(teacher: httpx.AsyncClient) -> None:
    body = b'{"name": "x"' + b" " * (JSON_LIMIT - 13) + b"}"
    assert len(body) == JSON_LIMIT
    assert (await teacher.post(GRADES, content=body, headers=JSON)).status_code == 201


async def test_a_length_that_is_a_lie_leaves_nothing(params: RunningService, teacher: httpx.AsyncClient) -> None:
    host, port = params.address.removeprefix("http://").split(":")
    for length in ("5", "100", "-1", "1e3", "99999999999999999999"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            f"POST {GRADES} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n"
            f"Authorization: {teacher.headers['authorization']}\r\n\r\n".encode()
            + b'{"name": "x"}'
        )
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 20)
        assert b" 201 " not in answer and b" 500 " not in answer
        writer.close()
    assert await count(teacher) == 0


@pytest.mark.parametrize(
    "path",
    [
        "/api/params/grades/no-uuid",
        "/api/params/grades/%00",
        "/api/params/grades/018f0000-0000-7000-8000-000000000001/more",
        "/api/params/nothing",
        "/api/params",
        "/api/params/",
        "/api/params/../identity",
        "/api/nothing",
        "/api/params/%ff%fe",
        "/api/params/" + "x" * 5000,
    ],
)
async def test_addresses_that_do_not_exist(teacher: httpx.AsyncClient, path: str) -> None:
    answer = await teacher.get(path)
    assert answer.status_code == 404, answer.text
    assert answer.json()["code"] == "not_found"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=x",
        "page=99999999999999999999",
        "page=1.5",
        "page_size=0",
        "page_size=201",
        "page_size=",
        "disabled=perhaps",
        "school_id=x",
        "school_id=%00",
        "q=" + "x" * 51,
    ],
)
async def test_conditions_that_are_none(teacher: httpx.AsyncClient, query: str) -> None:
    answer = await teacher.get(f"{GRADES}?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"]


@pytest.mark.parametrize("q", ["%", "_", "\\", "'", '"', ";--", "%00", "\ufeff", "٪", "％"])
async def test_signs_in_a_search_mean_themselves(teacher: httpx.AsyncClient, q: str) -> None:
    await teacher.post(GRADES, json={"name": "三年级"})
    answer = await teacher.get(GRADES, params={"q": q})
    assert answer.status_code == 200
    assert answer.json() == {"items": [], "total": 0}


async def test_a_nul_in_a_search_is_refused_or_finds_nothing(teacher: httpx.AsyncClient) -> None:
    answer = await teacher.get(f"{GRADES}?q=%00")
    assert answer.status_code in (200, 400)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_methods_an_address_does_not_have(teacher: httpx.AsyncClient, method: str) -> None:
    answer = await teacher.request(method, GRADES)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("path", [GRADES, "/api/params/nothing", "/api/params/health/live", GRADES + "/x"])
async def test_every_answer_is_marked(teacher: httpx.AsyncClient, path: str) -> None:
    answer = await teacher.get(path, headers={"X-Request-ID": "mine-1"})
    assert answer.headers["x-request-id"] == "mine-1"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers
    if answer.status_code >= 400:
        assert answer.json()["request_id"] == "mine-1"


@pytest.mark.parametrize("mark", ["x" * 65, "a b", "a\x01", "<script>", "王"])
async def test_a_mark_that_is_none_is_replaced(teacher: httpx.AsyncClient, mark: str) -> None:
    answer = await teacher.get(GRADES, headers=[(b"X-Request-ID", mark.encode())])
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert len(answer.headers["x-request-id"]) == 32


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Tenant-ID": "018f0000-0000-7000-8000-000000000001", "X-School-ID": "018f0000-0000-7000-8000-000000000001"},
        {"X-User-ID": "1", "X-Scope": "city", "X-District": "500106"},
        {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"},
        {"X-HTTP-Method-Override": "DELETE", "X-Original-URL": "/api/params/health/live"},
    ],
)
async def test_headers_that_claim_to_be_somebody_are_ignored(
    teacher: httpx.AsyncClient, params: RunningService, headers: dict[str, str]
) -> None:
    made = (await teacher.post(GRADES, json={"name": "x"}, headers=headers)).json()
    assert (await teacher.get(f"{GRADES}/{made['id']}")).status_code == 200
    async with params.stranger(headers) as stranger:
        assert (await stranger.get(GRADES)).status_code == 401


@pytest.mark.parametrize("authorization", ["", "Bearer", "Basic dGVhY2hlcjp4", "Bearer a.b.c", "bearer", "x" * 60_000])
async def test_what_is_no_token_opens_nothing(params: RunningService, authorization: str) -> None:
    async with params.stranger({"Authorization": authorization}) as stranger:
        answer = await stranger.get(GRADES)
    assert answer.status_code in (401, 431)
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["code"] in ("unauthenticated", "token_invalid")
