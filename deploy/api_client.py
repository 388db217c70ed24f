"""schoolcard's HTTP interface as one user sees it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx
import msgspec

_TRIES = 40
_PAUSE = 0.5
_LATER = (429, 502, 503, 504)
"""Too busy, or a proxy whose service is just being started again."""

_PAGE = 200
_UPLOAD_TIME = 120.0


class FieldProblem(msgspec.Struct, frozen=True):
    """One reason: `row` as Excel shows it, `code` stable, `detail` a Chinese sentence."""

    code: str
    detail: str = ""
    row: str | None = None
    field: str | None = None


class Problem(msgspec.Struct, frozen=True):
    """RFC 9457 problem details as schoolcard sends them."""

    status: int
    code: str = ""
    title: str = ""
    detail: str = ""
    errors: tuple[FieldProblem, ...] = ()


class RequestRefused(Exception):
    """The service refused a request."""

    def __init__(self, request: str, problem: Problem) -> None:
        reasons = "; ".join(f"{error.field or ''} {error.code} {error.detail}".strip() for error in problem.errors)
        said = f"{request}: {problem.status} {problem.code} {problem.detail or problem.title} {reasons}"
        super().__init__(said.strip())
        self.problem = problem


class NotReachable(Exception):
    """schoolcard does not answer at this address"""

    def __init__(self, address: str) -> None:
        super().__init__(f"{NotReachable.__doc__}: {address}")


class ImportCounts(msgspec.Struct, frozen=True):
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0


class Import(msgspec.Struct, frozen=True):
    """A workbook that was uploaded: a preview until it is confirmed."""

    batch_no: str
    status: str
    total: int
    counts: ImportCounts


class RejectedRow(msgspec.Struct, frozen=True):
    row: str
    errors: tuple[FieldProblem, ...] = ()


class Batch(msgspec.Struct, frozen=True):
    """Counts of items; `succeeded + failed + skipped = total` when it is completed."""

    batch_no: str
    kind: str
    status: str
    total: int
    waiting: int
    succeeded: int
    failed: int
    skipped: int

    @property
    def final(self) -> int:
        return self.succeeded + self.failed + self.skipped


class Verified(msgspec.Struct, frozen=True):
    """The log's hash chain of the school."""

    intact: bool
    entries: int


class ApiClient:
    """Logs in as one user, and again when the token has run out.

    Requests are tried again while a service is away or busy; of POSTs a key sees to it that they are done once. Only
    the first log-in is not: whoever starts a command is told at once that nobody answers.

    Raises RequestRefused for what the service refuses, NotReachable when nobody answers.
    """

    def __init__(self, address: str, username: str, password: str) -> None:
        self.address = address
        self._login = {"username": username, "password": password}
        self._http = httpx.AsyncClient(base_url=address, timeout=30.0, trust_env=False)
        self._token = ""

    async def __aenter__(self) -> Self:
        await self._log_in()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    @property
    def token(self) -> str:
        """The access token of the moment."""
        return self._token

    async def get(self, path: str, **parameters: str | int) -> Any:
        return await self._send("GET", path, params=parameters)

    async def post(self, path: str, body: object = None, **options: Any) -> Any:
        return await self._send("POST", path, json=body, **options)

    async def pages(self, path: str, **parameters: str | int) -> AsyncIterator[dict[str, Any]]:
        """Every item of a numbered list."""
        page = 1
        while True:
            answer = await self.get(path, page=page, page_size=_PAGE, **parameters)
            for item in answer["items"]:
                yield item
            if page * _PAGE >= answer["total"]:
                return
            page += 1

    async def upload(self, workbook: Path) -> Import:
        """Upload a roster; the answer is its preview."""
        file = (workbook.name, await asyncio.to_thread(workbook.read_bytes))
        answer = await self._send("POST", "/api/readers/imports", files={"file": file}, timeout=_UPLOAD_TIME)
        return msgspec.convert(answer, Import)

    async def rejected_rows(self, batch_no: str) -> list[RejectedRow]:
        rows = self.pages(f"/api/readers/imports/{batch_no}/rows", outcome="rejected")
        return [msgspec.convert(row, RejectedRow) async for row in rows]

    async def cancel_import(self, batch_no: str) -> None:
        await self._send("DELETE", f"/api/readers/imports/{batch_no}")

    async def confirm_import(self, batch_no: str) -> None:
        await self.post(f"/api/readers/imports/{batch_no}/confirm")

    async def open_approval(self, conditions: dict[str, str]) -> str:
        """A draft over all readers that match the search; returns its batch number."""
        answer = await self.post("/api/readers/approvals", {"filter": conditions})
        return str(answer["batch_no"])

    async def confirm_approval(self, batch_no: str) -> None:
        await self.post(f"/api/readers/approvals/{batch_no}/confirm")

    async def batches(self, kind: str) -> list[Batch]:
        return [msgspec.convert(item, Batch) async for item in self.pages("/api/batches", kind=kind)]

    async def batch(self, batch_no: str) -> Batch:
        return msgspec.convert(await self.get(f"/api/batches/{batch_no}"), Batch)

    async def verify_log(self) -> Verified:
        return msgspec.convert(await self.get("/api/audit/verify"), Verified)

    async def _send(self, method: str, path: str, **options: Any) -> Any:
        # The same key for every try: whether a lost answer had been carried out does not matter then.
        headers = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}

        async def ask() -> httpx.Response:
            authorized = headers | {"Authorization": f"Bearer {self._token}"}
            return await self._http.request(method, path, headers=authorized, **options)

        response = await self._ask_until_answered(ask, _TRIES)
        if response.status_code == 401:
            await self._log_in(_TRIES)
            response = await self._ask_until_answered(ask, _TRIES)
        return _content(f"{method} {path}", response)

    async def _log_in(self, tries: int = 1) -> None:
        async def ask() -> httpx.Response:
            return await self._http.post("/api/identity/login", json=self._login)

        response = await self._ask_until_answered(ask, tries)
        self._token = str(_content("POST /api/identity/login", response)["access_token"])

    async def _ask_until_answered(self, ask: Callable[[], Awaitable[httpx.Response]], tries: int) -> httpx.Response:
        """The first answer that is not `_LATER`; after so many tries any. Raises NotReachable when there is none."""
        for left in reversed(range(tries)):
            try:
                response = await ask()
            except httpx.TransportError as exc:
                if not left:
                    raise NotReachable(self.address) from exc
            else:
                if not left or response.status_code not in _LATER:
                    return response
            await asyncio.sleep(_PAUSE)
        raise NotReachable(self.address)


def _content(request: str, response: httpx.Response) -> Any:
    if response.status_code < 400:
        return msgspec.json.decode(response.content) if response.content else None
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except msgspec.DecodeError:
        problem = Problem(response.status_code, title=response.reason_phrase)
    raise RequestRefused(request, problem)
