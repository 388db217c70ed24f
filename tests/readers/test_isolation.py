"""Another school's readers and batches are, on every route and for every scope, as if they did not exist."""

import re
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest

from deploy.api_types import openapi
from services.readers.queries import show_reader
from shared.database import Database, service_url, session_settings
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import CITY, Caller, Scope, system_actor
from tests.readers.people import APPROVALS, READERS, ParamsOf, create, fetch, id_number, pupil
from tests.running_service import RunningService, a_school

CHANGES: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("PATCH", "", {"phone": "13800138000"}),
    ("DELETE", "", None),
    ("POST", "/approve", None),
    ("POST", "/return", {"reason": "不是本校学生"}),
    ("POST", "/reveal", None),
]

OF_TEACHERS = tuple(
    f"{READERS}/{part}"
    for part in ("{reader_id}", "approvals", "imports", "check", "counts", "overview", "export", "template")
)


def alike(one: httpx.Response, other: httpx.Response) -> bool:
    """The same answer, but for the request's id."""
    if one.status_code != other.status_code:
        return False
    return bool(one.json() | {"request_id": ""} == other.json() | {"request_id": ""})


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_another_schools_reader_does_not_exist(
    teacher: httpx.AsyncClient, stranger: httpx.AsyncClient, method: str, path: str, body: Any
) -> None:
    theirs = await create(teacher)
    foreign = await stranger.request(method, f"{READERS}/{theirs['id']}{path}", json=body)
    nobodys = await stranger.request(method, f"{READERS}/{uuid4()}{path}", json=body)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "reader_not_found")
    assert alike(foreign, nobodys)
    assert await fetch(teacher, theirs["id"]) == theirs


@pytest.mark.parametrize(
    ("method", "path", "body"), [change for change in CHANGES if change[1] in ("", "/reveal")][::3]
)
async def test_another_districts_reader_does_not_exist(
    teacher: httpx.AsyncClient, other_district: httpx.AsyncClient, method: str, path: str, body: Any
) -> None:
    theirs = await create(teacher)
    foreign = await other_district.request(method, f"{READERS}/{theirs['id']}{path}", json=body)
    assert foreign.status_code == 404
    assert alike(foreign, await other_district.request(method, f"{READERS}/{uuid4()}{path}", json=body))


async def test_another_schools_ids_cannot_be_approved(teacher: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    theirs, own = await create(teacher), await create(stranger, 2)
    for more in ([], [own["id"]]):
        foreign = await stranger.post(APPROVALS, json={"reader_ids": [*more, theirs["id"]]})
        nobodys = await stranger.post(APPROVALS, json={"reader_ids": [*more, str(uuid4())]})
        assert foreign.status_code == 404
        assert alike(foreign, nobodys)
    by_school = await stranger.post(APPROVALS, json={"filter": {"school_id": theirs["school_id"]}})
    assert by_school.json()["code"] == "nothing_to_approve"
    assert (await fetch(teacher, theirs["id"]))["status"] == "pending"


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/confirm"), ("DELETE", "")])
async def test_another_schools_batch_does_not_exist(
    teacher: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    district: httpx.AsyncClient,
    other_district: httpx.AsyncClient,
    method: str,
    path: str,
) -> None:
    await create(teacher)
    batch = (await teacher.post(APPROVALS, json={"filter": {}})).json()
    for client in (stranger, *([other_district] if method == "GET" else [])):
        foreign = await client.request(method, f"{APPROVALS}/{batch['batch_no']}{path}")
        nobodys = await client.request(method, f"{APPROVALS}/1788225723000000001{path}")
        assert (foreign.status_code, foreign.json()["code"]) == (404, "batch_not_found")
        assert alike(foreign, nobodys)
    assert (await district.get(f"{APPROVALS}/{batch['batch_no']}")).json() == batch


async def test_another_schools_class_is_as_unknown_as_none(
    teacher: httpx.AsyncClient, stranger: httpx.AsyncClient, params: ParamsOf
) -> None:
    grade_id = await params.grade()
    theirs = await params.school_class(grade_id)
    own = await create(stranger, 2)
    answers = [
        (
            await stranger.post(READERS, json=pupil(1, class_id=str(class_id))),
            await stranger.patch(f"{READERS}/{own['id']}", json={"class_id": str(class_id)}),
        )
        for class_id in (theirs, uuid4())
    ]
    for foreign, nobodys in zip(*answers, strict=True):
        assert foreign.status_code == 422
        assert alike(foreign, nobodys)
    for condition in ({"class_id": str(theirs)}, {"grade_id": str(grade_id)}):
        assert (await stranger.get(READERS, params=condition)).json() == {"items": [], "total": 0}


async def test_lists_counts_and_checks_are_of_ones_own(
    teacher: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    other_district: httpx.AsyncClient,
    params: ParamsOf,
) -> None:
    class_id = await params.school_class(await params.grade())
    theirs = await create(teacher, 1, class_id=str(class_id), card_no="500103260000011")
    for client in (stranger, other_district):
        for condition in (
            {},
            {"school_id": theirs["school_id"]},
            {"school_id": theirs["school_id"], "district": theirs["district"]},
            {"id_number": id_number(1)},
            {"id_number": id_number(1)[-4:]},
            {"name": theirs["name"]},
        ):
            assert (await client.get(READERS, params=condition)).json() == {"items": [], "total": 0}
        assert (await client.get(f"{READERS}/counts", params={"school_id": theirs["school_id"]})).json() == []
        assert (await client.get(f"{READERS}/overview")).json() == []
    checked = await stranger.post(f"{READERS}/check", json={"id_number": id_number(1)})
    assert (checked.json()["exists"], checked.json()["reader_id"]) == (False, None)


async def test_a_scope_in_headers_is_not_believed(teacher: httpx.AsyncClient, readers: RunningService) -> None:
    theirs = await create(teacher)
    headers = {
        "X-Tenant-ID": theirs["school_id"],
        "X-School-ID": theirs["school_id"],
        "X-District": "500103",
        "X-User-ID": str(uuid4()),
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Host": "schoolcard",
    }
    async with readers.client(a_school("500106")) as client:
        answer = await client.get(f"{READERS}/{theirs['id']}", headers=headers)
        assert answer.status_code == 404
        assert (await client.get(READERS, headers=headers)).json()["total"] == 0


async def test_a_repeated_key_is_each_actors_own(teacher: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "same"}
    one = await teacher.post(READERS, json=pupil(), headers=key)
    other = await stranger.post(READERS, json=pupil(), headers=key)
    assert (one.status_code, other.status_code) == (201, 201)
    assert one.json()["id"] != other.json()["id"]
    assert other.json()["school_id"] != one.json()["school_id"]


async def test_every_route_of_teachers_needs_a_token(readers: RunningService) -> None:
    document: Any = openapi("readers")
    tried = 0
    async with readers.stranger() as client:
        for template, methods in document["paths"].items():
            if not template.startswith(OF_TEACHERS) and template != READERS:
                continue
            path = re.sub(r"\{\w+\}", str(uuid4()), template)
            for method in set(methods) & {"get", "post", "patch", "put", "delete"}:
                answer = await client.request(method.upper(), path)
                assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), (method, path)
                tried += 1
    assert tried >= 24


async def test_a_reader_is_shown_in_its_scopes_alone_and_no_scope_stays(
    teacher: httpx.AsyncClient, school: Scope, settings: Settings, secrets: Secrets
) -> None:
    """On one connection: the function takes the scope for as long as itself runs."""
    reader_id = UUID((await create(teacher))["id"])
    shows = {
        school: True,
        a_school(): False,
        Scope("district", "500103"): True,
        Scope("district", "500106"): False,
        CITY: True,
    }
    narrow = msgspec.structs.replace(settings, pool_size=1)
    database = await Database.open("readers", narrow, secrets)
    try:
        for scope in (*shows, *reversed(shows)):
            shown = await show_reader(database, Caller(scope, system_actor("readers")), reader_id)
            assert (shown is not None) is shows[scope], scope
    finally:
        await database.close()
    connection = await asyncpg.connect(
        service_url("readers", settings, secrets), server_settings=session_settings("readers")
    )
    try:
        statement = "select id from one_reader($1, $2, $3, $4)"
        taken = "sc_readers_school", str(school.school_id), "500103", reader_id
        assert await connection.fetchval(statement, *taken) == reader_id
        assert await connection.fetchval("select current_user") == "sc_readers"
        assert not await connection.fetchval("select current_setting('sc.school_id', true)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select id from reader_rows")
        for role in ("sc_readers_school", "sc_readers_district"):
            assert await connection.fetch(statement, role, "", "", reader_id) == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(statement, "sc_readers", "", "", reader_id)
    finally:
        await connection.close()
