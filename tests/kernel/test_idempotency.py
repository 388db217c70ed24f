"""Idempotency keys: the same answer for the same request, whatever happened to the first one's answer."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from shared.database import Database, Transaction
from shared.idempotency import KeyInUse, KeyReused, Once
from shared.secrets import Secrets
from shared.tenancy import Actor, Caller, Scope
from tests.kernel.notes import TEACHER, A, Administrator, B, bodies, caller, insert


class Answer(msgspec.Struct, frozen=True):
    id: UUID
    name: str


async def write(tx: Transaction, name: str) -> Answer:
    answer = Answer(uuid4(), name)
    await insert(tx, name, answer.id)
    return answer


@pytest.fixture
def once(database: Database, secrets: Secrets) -> Once:
    return Once(database, secrets.cipher())


def keyed(key: str | None, scope: Scope = A, actor: Actor = TEACHER, fingerprint: bytes = b"f") -> Caller:
    return Caller(scope, actor, idempotency_key=key, fingerprint=fingerprint)


async def test_the_second_gets_the_firsts_answer(once: Once, database: Database) -> None:
    first = await once.run(keyed("k"), Answer, write, "王小明")
    assert await once.run(keyed("k"), Answer, write, "王小明") == first
    assert await database.run(caller(A), bodies) == ["王小明"]


async def test_without_a_key_each_is_a_request_of_its_own(once: Once, database: Database) -> None:
    await once.run(keyed(None), Answer, write, "x")
    await once.run(keyed(None), Answer, write, "x")
    assert await database.run(caller(A), bodies) == ["x", "x"]


async def test_a_key_belongs_to_its_actor(once: Once, database: Database) -> None:
    await once.run(keyed("k"), Answer, write, "one")
    await once.run(keyed("k", actor=Actor(uuid4(), "teacher-d")), Answer, write, "two")
    await once.run(keyed("k", scope=B, actor=Actor(uuid4(), "teacher-b")), Answer, write, "three")
    assert await database.run(caller(A), bodies) == ["one", "two"]


async def test_a_key_for_something_else_is_refused(once: Once, database: Database) -> None:
    await once.run(keyed("k"), Answer, write, "one")
    with pytest.raises(KeyReused):
        await once.run(keyed("k", fingerprint=b"g"), Answer, write, "two")
    assert await database.run(caller(A), bodies) == ["one"]


async def test_what_failed_may_be_tried_again(once: Once, database: Database) -> None:
    async def fail(tx: Transaction, name: str) -> Answer:
        await write(tx, name)
        raise KeyError

    with pytest.raises(KeyError):
        await once.run(keyed("k"), Answer, fail, "one")
    await once.run(keyed("k"), Answer, write, "one")
    assert await database.run(caller(A), bodies) == ["one"]


async def test_while_the_first_runs_the_second_is_sent_away(once: Once, database: Database) -> None:
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def slow(tx: Transaction, name: str) -> Answer:
        inside.set()
        await go_on.wait()
        return await write(tx, name)

    first = asyncio.create_task(once.run(keyed("k"), Answer, slow, "one"))
    await inside.wait()
    with pytest.raises(KeyInUse):
        await once.run(keyed("k"), Answer, write, "one")
    await once.run(keyed("another key"), Answer, write, "other")
    go_on.set()
    answer = await first
    assert await once.run(keyed("k"), Answer, write, "one") == answer
    assert await database.run(caller(A), bodies) == ["one", "other"]


async def test_kept_answers_cannot_be_read(once: Once, administrator: Administrator) -> None:
    await once.run(keyed("k"), Answer, write, "王小明")
    kept = await administrator.fetchval("select answer from answers")
    assert "王小明".encode() not in kept


async def test_over_http_a_repeated_post_is_the_same_answer(teacher: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "once"}
    first = await teacher.post("/api/params/grades", json={"name": "三年级"}, headers=key)
    again = await teacher.post("/api/params/grades", json={"name": "三年级"}, headers=key)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert first.headers["etag"] == again.headers["etag"]
    other = await teacher.post("/api/params/grades", json={"name": "四年级"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    elsewhere = await teacher.post(
        "/api/params/classes", json={"name": "三年级", "grade_id": str(uuid4())}, headers=key
    )
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "idempotency_key_reused")
    assert (await teacher.get("/api/params/grades")).json()["total"] == 1


async def test_of_many_at_once_one_is_done(teacher: httpx.AsyncClient) -> None:
    async def post() -> httpx.Response:
        return await teacher.post("/api/params/grades", json={"name": "三年级"}, headers={"Idempotency-Key": "k"})

    answers = await asyncio.gather(*(post() for _ in range(8)))
    done: list[Any] = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    assert len(set(done)) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"idempotency_key_in_use"}
    assert (await teacher.get("/api/params/grades")).json()["total"] == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "tab\tin it"])
async def test_a_key_that_is_none_is_refused(teacher: httpx.AsyncClient, key: str) -> None:
    answer = await teacher.post(
        "/api/params/grades", json={"name": "x"}, headers=[(b"Idempotency-Key", key.encode("latin-1"))]
    )
    assert answer.status_code == 400
    assert answer.json()["code"] in ("idempotency_key_malformed", "malformed_request")
