"""Bodies that are none: each a clear 4xx, and nothing is changed."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.readers.people import READERS, create, fetch, pupil


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (pupil() | {"status": "carded"}, 400),
        (pupil() | {"school_id": str(uuid4())}, 400),
        ({key: value for key, value in pupil().items() if key != "name"}, 400),
        (pupil() | {"name": None}, 400),
        (pupil() | {"name": ["王"]}, 400),
        (pupil() | {"phone": 13800138000}, 400),
        (pupil() | {"class_id": "1"}, 400),
        (pupil() | {"name": "王\x00明"}, 422),
        (pupil() | {"name": "\u202e王明"}, 422),
        (pupil() | {"name": "王" * 10_000}, 400),
        (pupil() | {"home_district": "\x00"}, 422),
        (pupil() | {"id_number": "\x00" * 18}, 422),
        ([pupil()], 400),
        ("text", 400),
        (None, 400),
    ],
)
async def test_bad_bodies_change_nothing(teacher: httpx.AsyncClient, body: Any, status: int) -> None:
    made = await create(teacher, 5)
    answers = [
        await teacher.post(READERS, json=body),
        *([await teacher.patch(f"{READERS}/{made['id']}", json=body)] if status == 422 else []),
    ]
    for answer in answers:
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")
    assert (await fetch(teacher, made["id"]))["version"] == 1
    assert (await teacher.get(READERS)).json()["total"] == 1


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b"{",
        b'{"name": "\xff"}',
        b'{"name": "a", "name": "b"}',
        b'{"id_number": "\\ud800"}',
    ],
)
async def test_bad_json_is_refused(teacher: httpx.AsyncClient, raw: bytes) -> None:
    made = await create(teacher)
    headers = {"Content-Type": "application/json"}
    for method, path in (
        ("POST", READERS),
        ("POST", f"{READERS}/check"),
        ("POST", f"{READERS}/approvals"),
        ("PATCH", f"{READERS}/{made['id']}"),
        ("POST", f"{READERS}/{made['id']}/return"),
    ):
        answer = await teacher.request(method, path, content=raw, headers=headers)
        assert answer.status_code == 400, (path, answer.text)


async def test_a_body_too_large_is_refused(teacher: httpx.AsyncClient) -> None:
    answer = await teacher.post(READERS, json=pupil() | {"name": "王" * 400_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
