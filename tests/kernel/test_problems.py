"""Errors on the wire: one shape for all, no 500, and nothing of a person in the log."""

import importlib
import io
import json
import re
from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import pytest
import structlog

from shared import errors, log
from shared.errors import SchoolcardError
from shared.problems import Problem, problem_of
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tokens import Signer
from shared.workbook.roster import WorkbookRefused
from tests.kernel.notes import TEACHER, A, Administrator
from tests.kernel.small_service import RAISED, small_service
from tests.servers import PROJECT

STATUSES = {
    "invalid": (422, "no_such_colour"),
    "not_found": (404, "not_found"),
    "stale": (412, "stale_version"),
    "forbidden": (403, "forbidden"),
    "conflict": (409, "conflict"),
    "too_many": (429, "too_many_requests"),
    "too_large": (413, "too_large"),
    "unicode": (400, "malformed_request"),
    "recursion": (400, "malformed_request"),
    "os": (503, "unavailable"),
    "timeout": (503, "unavailable"),
    "nats": (503, "unavailable"),
    "interface": (503, "unavailable"),
    "ending": (503, "unavailable"),
    "disk": (503, "unavailable"),
    "connections": (503, "unavailable"),
    "shutdown": (503, "unavailable"),
    "deadlock": (503, "unavailable"),
    "cancelled": (503, "unavailable"),
    "teapot": (400, "malformed_request"),
}
CHINESE = re.compile(r"[\u4e00-\u9fff].*。$")


@pytest.fixture
async def small(settings: Settings, secrets: Secrets, administrator: object) -> AsyncIterator[httpx.AsyncClient]:
    async with small_service(settings) as client:
        client.headers["Authorization"] = f"Bearer {Signer(secrets, 600).sign(TEACHER, A, TEACHER.id)}"
        yield client


async def test_every_kind_of_error_is_a_problem(small: httpx.AsyncClient) -> None:
    for kind in RAISED:
        answer = await small.get(f"/api/params/raise/{kind}")
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == STATUSES.get(kind, (503, "internal_fault")), kind
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["type"] == f"urn:schoolcard:problem:{problem['code']}"
        assert problem["status"] == answer.status_code
        assert CHINESE.search(problem["title"]) and problem["detail"]
        assert problem["request_id"] == answer.headers["x-request-id"]
        assert ("retry-after" in answer.headers) == (answer.status_code in (429, 503))
        assert set(problem) == {"type", "title", "status", "detail", "code", "request_id", "errors"}
        assert "Traceback" not in answer.text and "王小明" not in answer.text


async def test_what_is_wrong_is_named_by_field_and_row(small: httpx.AsyncClient) -> None:
    problem = (await small.get("/api/params/raise/invalid")).json()
    assert problem["errors"] == [
        {"code": "no_such_colour", "detail": "没有这种颜色。", "field": "colour", "row": "三年级1班!7"}
    ]


async def test_whoever_is_told_that_a_method_is_none_hears_which_are(small: httpx.AsyncClient) -> None:
    for method, path, allowed in (("PUT", "things", "POST"), ("DELETE", "pages/1", "GET")):
        answer = await small.request(method, f"/api/params/{path}")
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
        assert set(answer.headers["allow"].split(", ")) == {allowed, "OPTIONS"}


async def test_what_lies_below_the_document_is_unknown_like_anything_else(small: httpx.AsyncClient) -> None:
    document = await small.get("/api/params/schema", headers={"Authorization": ""})
    assert document.status_code == 200
    assert document.json() == (await small.get("/api/params/schema/openapi.json")).json()
    for path in ("schema/nothing", "schema/nothing.json", "schema/openapi.yaml"):
        answer = await small.get(f"/api/params/{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path
        assert answer.json()["code"] == "not_found"


async def test_a_fault_of_ours_is_logged_under_the_requests_id(small: httpx.AsyncClient, logged: io.StringIO) -> None:
    answer = await small.get("/api/params/raise/value")
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    fault = next(line for line in lines if line["event"] == "request_failed")
    assert fault["request_id"] == answer.headers["x-request-id"]
    assert "ValueError" in fault["exception"] and "small_service.py" in fault["exception"]
    assert "500101201601011234" not in logged.getvalue()


async def test_a_log_line_of_a_request_has_no_query(small: httpx.AsyncClient, logged: io.StringIO) -> None:
    await small.get("/api/params/pages/77", params={"size": 12345, "name": "王小明"})
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    request = next(line for line in lines if line["event"] == "request")
    assert request["route"] == "/api/params/pages/{number}" and request["status"] == 200
    assert request["actor"] == str(TEACHER.id)
    assert "12345" not in logged.getvalue() and "王小明" not in logged.getvalue()


async def test_what_the_database_quotes_stays_out_of_the_log(
    settings: Settings, secrets: Secrets, administrator: Administrator, logged: io.StringIO
) -> None:
    """The row at fault stands in PostgreSQL's message: a pupil's name."""
    await administrator.execute("alter table notes add constraint short check (length(body) < 4)")
    async with small_service(settings) as small:
        small.headers["Authorization"] = f"Bearer {Signer(secrets, 600).sign(TEACHER, A, TEACHER.id)}"
        answer = await small.post("/api/params/things", json={"name": "王小明的姐姐"})
    assert (answer.status_code, answer.json()["code"]) == (503, "internal_fault")
    assert "CheckViolationError" in logged.getvalue() and "short" in logged.getvalue()
    assert "王小明" not in logged.getvalue()


@pytest.mark.parametrize(
    "statement",
    [
        "insert into notes values (gen_random_uuid(), '500103', gen_random_uuid(), 'indecent')",
        "select '王小明'::int",
        "select '王小明'::uuid",
        "do $$ begin raise exception '王小明'; end $$",
        "do $$ begin raise exception 'x' using detail = '王小明', hint = '王小明'; end $$",
        "select 王小明",
        "insert into notes values (gen_random_uuid(), '500103', gen_random_uuid(), null, 7)",
    ],
)
async def test_however_postgresql_says_it(administrator: Administrator, statement: str, logged: io.StringIO) -> None:
    def fail(exc: BaseException) -> None:
        raise RuntimeError("what came of it") from exc

    try:
        try:
            await administrator.execute(statement)
        except asyncpg.PostgresError as exc:
            said = str(exc)
            quoted = [value for value in ("王小明", "indecent)", "Failing row") if value in said]
            assert "王小明" not in log.describe(exc) and type(exc).__name__ in log.describe(exc)
            fail(exc)
    except RuntimeError as exc:
        structlog.get_logger().error("failed", exc_info=log.without_values(exc))
    assert "RuntimeError" in logged.getvalue()
    assert quoted or "null" in statement
    for value in quoted:
        assert value not in logged.getvalue()


def test_a_description_masks_id_numbers_and_is_one_line() -> None:
    described = log.describe(ValueError("500101201601011234 is wrong\nand more"))
    assert described == "ValueError: 5001**********1234 is wrong"


def _subclasses(kind: type[SchoolcardError]) -> Iterator[type[SchoolcardError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _subclasses(below)


def _all_errors() -> list[type[SchoolcardError]]:
    for path in sorted((PROJECT / "services").glob("*/*.py")) + sorted((PROJECT / "shared").glob("*.py")):
        importlib.import_module(".".join(path.relative_to(PROJECT).with_suffix("").parts))
    kinds = [kind for kind in set(_subclasses(SchoolcardError)) if kind.__module__.startswith(("services.", "shared."))]
    # A refused workbook has thirteen codes of its own and becomes a service's error where it is uploaded.
    return [kind for kind in kinds if kind.__name__ != "WorkbookRefused"]


def _problem(kind: type[SchoolcardError]) -> Problem:
    made = kind.__new__(kind)
    SchoolcardError.__init__(made)
    return problem_of(made, "")


def test_every_error_of_every_service_has_a_code_and_a_chinese_sentence() -> None:
    found = _all_errors()
    assert len(found) > 40
    for kind in found:
        assert CHINESE.search(((kind.__doc__ or "").strip().splitlines() or [""])[0]), kind
        assert re.fullmatch(r"[a-z][a-z0-9_]+", kind.code), kind


def test_every_error_of_every_service_has_a_status_that_is_not_500() -> None:
    for kind in _all_errors():
        if kind is SchoolcardError:
            continue
        problem = _problem(kind)
        assert problem.status in {400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 503}, kind
        assert problem.code == kind.code != "error", kind


def test_a_code_has_one_status_whichever_service_says_it() -> None:
    statuses: dict[str, set[int]] = {}
    for kind in _all_errors():
        if kind is not SchoolcardError:
            statuses.setdefault(kind.code, set()).add(_problem(kind).status)
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


def test_a_refused_workbook_is_the_callers_wherever_it_is_raised() -> None:
    problem = problem_of(WorkbookRefused("encrypted", "文件设有打开密码。"), "")
    assert (problem.status, problem.code, problem.detail) == (422, "encrypted", "文件设有打开密码。")


def test_not_found_says_the_same_for_everything() -> None:
    assert problem_of(errors.NotFound(), "").title == errors.NotFound.__doc__
