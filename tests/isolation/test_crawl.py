"""Every route of every service, with school A's ids and a stranger's token: A does not exist.

Routes are found in the OpenAPI documents. A new one whose parameters nobody filled fails here, so nobody forgets one.
"""

import asyncio
import io
import json
import re
import time
import zipfile
from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.district import living
from shared.secrets import Secrets
from shared.tenancy import Scope
from tests.isolation.operations import Filler, Operation, another
from tests.isolation.school_a import SchoolA, digest
from tests.running_service import RunningService

# Answered without a token: logging in, health, and what a guardian does with a link or a receipt, which are secrets.
PUBLIC = re.compile(
    r"\w+ /api/(\w+/health/(live|ready)|identity/(login|refresh|logout)"
    r"|readers/(registration/(receipts/\{receipt\}(/withdraw)?|\{token\}(/submissions)?)|registration-challenge))"
)
# What belongs to the city, and to no school.
EVERYBODYS = {"GET /api/identity/districts/{code}", "GET /api/identity/districts"}

# What wider scopes must ask of one school, and what they are told when they do not.
OF_ONE_SCHOOL = {"/api/readers/counts": "counts_too_wide"}

NOBODY = "018f0000-0000-7000-8000-000000000001"
# What some lists must be asked with.
NOTHING_OF_ANYBODY = Filler(
    {
        ("/api", "from"): "2026-01-01",
        ("/api", "to"): "2026-01-31",
        ("/api", "class_id"): NOBODY,
        ("/api", "credential"): "500103260099993",
    },
    {},
)
STRANGERS = ["teacher of the same district", "teacher of another district", "library of another district"]


# A stranger of each test's own: one's own log tells what one asked for, A's ids included.
_DISTRICTS = (district.code for district in living(date(2026, 9, 1)) if district.code != "500103")


@pytest.fixture(params=STRANGERS)
async def stranger(
    request: pytest.FixtureRequest, everything: RunningService, school_a: SchoolA
) -> AsyncIterator[httpx.AsyncClient]:
    """Claims in every header there is to be of school A."""
    another_district = next(_DISTRICTS)
    scopes = {
        STRANGERS[0]: Scope("school", "500103", uuid4()),
        STRANGERS[1]: Scope("school", another_district, uuid4()),
        STRANGERS[2]: Scope("district", another_district),
    }
    async with everything.client(scopes[request.param]) as client:
        claimed = {
            "X-Tenant-ID": str(school_a.school_id),
            "X-School-ID": str(school_a.school_id),
            "X-District": "500103",
            "X-Scope": "city",
            "X-User-ID": str(uuid4()),
            "X-Forwarded-For": "127.0.0.1",
            "X-Forwarded-Host": "evil.example",
            "X-Original-URL": "/api/identity/me",
        }
        client.headers.update(claimed)
        yield client


async def _call(
    client: httpx.AsyncClient, operation: Operation, filler: Filler, url: str, *more: str
) -> httpx.Response:
    return await client.request(
        operation.method, url, params=filler.query(operation, *more), **filler.request(operation)
    )


def _bytes(answer: httpx.Response) -> bytes:
    return answer.content.replace(answer.headers["x-request-id"].encode(), b"<id>")


def _guarded(operations: list[Operation], school: SchoolA) -> list[Operation]:
    return [
        operation
        for operation in operations
        if not PUBLIC.fullmatch(str(operation)) and str(operation) not in EVERYBODYS and school.filler.fills(operation)
    ]


def test_every_parameter_can_be_filled(operations: list[Operation], school_a: SchoolA) -> None:
    """The other tests leave out what cannot be filled, so that what is missing is told once, here."""
    assert [str(operation) for operation in operations if not school_a.filler.fills(operation)] == []


async def test_the_owner_is_answered(
    operations: list[Operation], school_a: SchoolA, everything: RunningService, schools: dict[str, Scope]
) -> None:
    """What is asked with these ids is there: 404 for strangers means something."""
    async with everything.client(schools["a"]) as teacher:
        answered = {}
        for operation in _guarded(operations, school_a):
            if operation.method == "get" and operation.names and not operation.path.endswith("/progress"):
                answer = await _call(teacher, operation, school_a.filler, school_a.filler.url(operation))
                answered[str(operation)] = answer.status_code
        missing = {name: status for name, status in answered.items() if status not in (200, 403)}
        # A consent on paper has no signature to show.
        assert missing in ({}, {"GET /api/readers/{reader_id}/consents/{consent_id}/signature.png": 404})
        assert sum(status == 200 for status in answered.values()) >= 15


async def test_another_schools_things_do_not_exist(
    operations: list[Operation], school_a: SchoolA, stranger: httpx.AsyncClient, admin: Any
) -> None:
    before = await digest(admin, school_a.school_id)
    wrong, not_found = [], 0
    for operation in [op for op in _guarded(operations, school_a) if op.names]:
        filler = school_a.filler
        theirs = await _call(stranger, operation, filler, filler.url(operation))
        nobodys = await _call(stranger, operation, filler, filler.random_url(operation))
        forbidden = theirs.status_code == 403 and theirs.json()["code"] == "scope_forbidden"
        not_found += theirs.status_code == 404
        if not (theirs.status_code == 404 or forbidden) or _bytes(theirs) != _bytes(nobodys):
            wrong.append((str(operation), theirs.status_code, theirs.text[:300], nobodys.status_code))
        assert {name for name in theirs.headers if name != "date"} == {n for n in nobodys.headers if n != "date"}
    assert wrong == []
    assert not_found >= 15
    assert _changed(before, await digest(admin, school_a.school_id)) == []


def _public(operations: list[Operation], school: SchoolA) -> list[Operation]:
    return [op for op in operations if PUBLIC.fullmatch(str(op)) and school.filler.fills(op)]


def _lists(operations: list[Operation], school: SchoolA) -> list[Operation]:
    return [op for op in _guarded(operations, school) if op.method == "get" and not op.names]


async def test_no_list_shows_anything_of_another_school(
    operations: list[Operation], school_a: SchoolA, stranger: httpx.AsyncClient
) -> None:
    shown = {}
    for operation in _lists(operations, school_a):
        answer = await _call(stranger, operation, NOTHING_OF_ANYBODY, operation.path)
        # Whoever has a token of nobody's is nobody to `me`.
        expected = (200, 403, 404) if operation.path != "/api/identity/me" else (401,)
        is_too_wide = answer.status_code == 422 and answer.json()["code"] == OF_ONE_SCHOOL.get(operation.path)
        assert answer.status_code in expected or is_too_wide, (str(operation), answer.text)
        shown[str(operation)] = _shown(answer, school_a.marks, "")
    assert {name: marks for name, marks in shown.items() if marks} == {}
    assert len(shown) >= 15


async def test_no_condition_finds_anything_of_another_school(
    operations: list[Operation], school_a: SchoolA, stranger: httpx.AsyncClient
) -> None:
    """Asked for by A's own ids. One's own log tells what one asked for, so what was sent does not count."""
    leaks = []
    sent = set()
    for operation in _lists(operations, school_a):
        known = [name for name in operation.queries if school_a.filler.knows(operation, name)]
        sent |= {school_a.filler.value(operation, name) for name in known}
        for more in (*((name,) for name in known), tuple(known)):
            answer = await _call(stranger, operation, school_a.filler, operation.path, *more)
            expected = (200, 400, 403, 404) if operation.path != "/api/identity/me" else (401,)
            assert answer.status_code in expected, (str(operation), more, answer.text)
            leaks += [(str(operation), more, mark) for mark in _shown(answer, school_a.marks, sent)]
            if operation.path.endswith(("/grades", "/classes", "/readers", "/cards", "/batches", "/logs")) and known:
                assert answer.json().get("items", []) == [] or "school_id" not in more, (str(operation), answer.text)
    assert leaks == []


async def test_no_request_changes_or_tells_anything_of_another_school(
    operations: list[Operation], school_a: SchoolA, stranger: httpx.AsyncClient, admin: Any
) -> None:
    """Ids of A's in bodies: nothing comes of them, and the answer is that for ids nobody has."""
    before = await digest(admin, school_a.school_id)
    for operation in [op for op in _guarded(operations, school_a) if op.method != "get" and not op.names]:
        url, body = operation.path, school_a.filler.request(operation)
        nobodys_body = _with_nobodys_ids(body, school_a.marks)
        theirs = await stranger.request(operation.method, url, **body)
        assert theirs.status_code < 500, (str(operation), theirs.text)
        assert _shown(theirs, school_a.marks, body) == [], (str(operation), theirs.text)
        if nobodys_body != body:
            nobodys = await stranger.request(operation.method, url, **nobodys_body)
            assert _verdict(theirs) == _verdict(nobodys), (str(operation), theirs.text, nobodys.text)
    assert _changed(before, await digest(admin, school_a.school_id)) == []


def _with_nobodys_ids(body: Any, marks: frozenset[str]) -> Any:
    if isinstance(body, dict):
        return {name: _with_nobodys_ids(value, marks) for name, value in body.items()}
    if isinstance(body, list):
        return [_with_nobodys_ids(value, marks) for value in body]
    return another(body) if body in marks else body


def _verdict(answer: httpx.Response) -> tuple[int, str | None, list[str]]:
    told = answer.json() if answer.content else {}
    return answer.status_code, told.get("code"), [error["code"] for error in told.get("errors", [])]


def _shown(answer: httpx.Response, marks: frozenset[str], sent: Any) -> list[str]:
    """Marks in the answer that were not in the question."""
    text, asked = _text(answer), str(sent)
    return [mark for mark in marks if mark in text and mark not in asked]


def _text(answer: httpx.Response) -> str:
    if not answer.content.startswith(b"PK"):
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())


def _changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [table for table in before if before[table] != after[table]]


@pytest.fixture
def forgeries(everything: RunningService, schools: dict[str, Scope], secrets: Secrets) -> dict[str, str]:
    """Tokens that say the right things and are none."""
    good = everything.token(schools["a"])
    claims = jwt.decode(good, options={"verify_signature": False})
    kid = jwt.get_unverified_header(good)["kid"]
    real = secrets.read("jwt-private.pem")
    other = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = json.loads(secrets.read("jwt-public.json"))["keys"][0]["x"]
    head, body, _ = good.split(".")
    expired = claims | {"exp": int(time.time()) - 3600, "iat": int(time.time()) - 7200}
    return {
        "nothing": "",
        "expired": jwt.encode(expired, real, algorithm="EdDSA", headers={"kid": kid}),
        "another key": jwt.encode(claims, other, algorithm="EdDSA", headers={"kid": kid}),
        "alg none": jwt.encode(claims, "", algorithm="none", headers={"kid": kid}),
        "public key as secret": jwt.encode(claims, public * 2, algorithm="HS256", headers={"kid": kid}),
        "no signature": f"{head}.{body}.",
        "other audience": jwt.encode(claims | {"aud": "x"}, real, algorithm="EdDSA", headers={"kid": kid}),
    }


async def test_without_a_token_that_is_ours_there_is_nothing(
    operations: list[Operation],
    school_a: SchoolA,
    everything: RunningService,
    forgeries: dict[str, str],
    admin: Any,
) -> None:
    before = await digest(admin, school_a.school_id)
    open_ = []
    for kind, token in forgeries.items():
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with everything.stranger(headers) as nobody:
            guarded = _guarded(operations, school_a)
            answers = await asyncio.gather(
                *(
                    nobody.request(op.method, school_a.filler.url(op), params=school_a.filler.query(op))
                    for op in guarded
                )
            )
            open_ += [
                (kind, str(op), a.status_code) for op, a in zip(guarded, answers, strict=True) if a.status_code != 401
            ]
    assert open_ == []
    assert _changed(before, await digest(admin, school_a.school_id)) == []


async def test_what_is_public_is_what_was_said(
    operations: list[Operation], school_a: SchoolA, everything: RunningService
) -> None:
    async with everything.stranger() as nobody:
        for operation in _public(operations, school_a):
            if operation.method != "get":
                continue
            answer = await nobody.get(school_a.filler.url(operation))
            assert answer.status_code in (200, 503), str(operation)
            # A guardian sees the school's name and its classes, and of the own child what was sent.
            assert str(school_a.school_id) not in answer.text


async def test_a_secret_that_nobody_was_given_opens_nothing(
    operations: list[Operation], school_a: SchoolA, everything: RunningService, admin: Any
) -> None:
    before = await digest(admin, school_a.school_id)
    async with everything.stranger() as nobody:
        for operation in [op for op in _public(operations, school_a) if op.names]:
            for secret in ("x", "x" * 43, str(school_a.school_id), str(uuid4()), "..%2f..", "%00"):
                url = re.sub(r"\{[^}]+\}", secret, operation.path)
                answer = await nobody.request(operation.method, url, **school_a.filler.request(operation))
                assert answer.status_code in (400, 404, 429), (str(operation), secret, answer.text)
                assert not [mark for mark in school_a.marks if mark in answer.text]
    assert _changed(before, await digest(admin, school_a.school_id)) == []
