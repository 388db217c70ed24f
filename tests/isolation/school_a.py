"""A school with something of everything, so that there is something to be seen, or not to be seen."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec

from shared.topology import DURABLES, SERVICES
from tests.isolation.operations import Filler
from tests.kernel.notes import nats_admin
from tests.readers import families, rosters
from tests.readers.people import pupil
from tests.waiting import eventually

_PUPILS = 5


class SchoolA(msgspec.Struct, frozen=True):
    """`marks`: texts that stand for the school and must show up nowhere else."""

    school_id: UUID
    filler: Filler
    marks: frozenset[str]


async def _json(answer: Awaitable[httpx.Response], *statuses: int) -> Any:
    response = await answer
    assert response.status_code in (statuses or (200, 201, 202)), (response.request.url, response.text)
    return response.json() if response.content else None


async def until(check: Callable[[], Awaitable[Any]]) -> Any:
    """The first answer that is true."""
    return await eventually(check, within=40)


async def fill(
    teacher: httpx.AsyncClient,
    library: httpx.AsyncClient,
    city: httpx.AsyncClient,
    guardian: httpx.AsyncClient,
    school: UUID,
) -> SchoolA:
    """Everything a school can have, made over HTTP."""
    await _json(teacher.post("/api/params/setup", json={"stage": "primary", "classes_per_grade": 2}))
    grades = (await _json(teacher.get("/api/params/grades")))["items"]
    classes = (await _json(teacher.get("/api/params/classes")))["items"]
    school_class = next(c for c in classes if c["grade_id"] == grades[0]["id"])
    written = f"{grades[0]['name']}{school_class['name']}"

    completed = await _import(teacher, range(_PUPILS), written)
    await _json(teacher.post(f"/api/readers/imports/{completed}/confirm"))
    await until(lambda: _is_completed(teacher, completed))
    approval = await _json(teacher.post("/api/readers/approvals", json={"filter": {"status": "pending"}}))
    await _json(teacher.post(f"/api/readers/approvals/{approval['batch_no']}/confirm"))
    await until(lambda: _is_completed(teacher, approval["batch_no"]))
    cards = await until(lambda: _all(teacher, "/api/cards", _PUPILS))

    waiting = await _json(teacher.post("/api/readers", json=pupil(90, class_id=school_class["id"])))
    draft = await _import(teacher, range(50, 53), written, rosters.pupil(54, school_class=written, phone="1"))
    draft_approval = await _json(teacher.post("/api/readers/approvals", json={"reader_ids": [waiting["id"]]}))
    await _json(teacher.post("/api/readers/consents/paper", json={"reader_ids": [waiting["id"]]}))
    consent = (await _json(teacher.get(f"/api/readers/{waiting['id']}/consents")))["items"][0]
    link = await families.open_link(teacher)
    receipt = await families.register(guardian, families.token_of(link), 91, class_id=school_class["id"])
    registration = (await families.registrations(teacher))[0]
    exchange = {"former_card_no": "BN-00123", "deposit_fen": 10000}
    former = await _json(library.post(f"/api/cards/{cards[0]['card_no']}/former-cards", json=exchange))
    users = await until(lambda: _users(city, school))
    readers = (await _json(teacher.get("/api/readers", params={"page_size": 200})))["items"]
    entries = await until(lambda: _log(teacher, approval["batch_no"]))

    today = datetime.now(UTC).date()
    values: dict[tuple[str, str], str] = {
        ("/api", "school_id"): str(school),
        ("/api", "district"): "500103",
        ("/api/identity", "code"): "500103",
        ("/api/identity", "user_id"): users[0]["id"],
        ("/api", "grade_id"): grades[0]["id"],
        ("/api", "class_id"): school_class["id"],
        ("/api", "reader_id"): waiting["id"],
        ("/api", "reader"): readers[0]["id"],
        ("/api/readers/imports", "batch_no"): draft,
        ("/api/readers/imports/{batch_no}/undo", "batch_no"): completed,
        ("/api/readers/approvals", "batch_no"): draft_approval["batch_no"],
        ("/api/batches", "batch_no"): completed,
        ("/api/audit", "batch_no"): completed,
        ("/api/readers", "consent_id"): consent["id"],
        ("/api/readers", "link_id"): link["id"],
        ("/api/readers", "registration_id"): registration["id"],
        ("/api/readers", "token"): families.token_of(link),
        ("/api/readers", "receipt"): receipt,
        ("/api", "card_no"): cards[0]["card_no"],
        ("/api/cards", "refund_id"): former["refund"]["id"],
        ("/api/cards", "social_security"): "A12345678",
        ("/api/cards", "credential"): cards[0]["card_no"],
        ("/api/audit", "event_id"): entries[0]["event_id"],
        ("/api", "from"): str(today - timedelta(days=1)),
        ("/api", "to"): str(today + timedelta(days=1)),
        ("/api", "home_district"): "渝中",
        ("/api/audit", "operator"): "teacher-a",
    }
    ids = {thing["id"] for things in (grades, classes, readers) for thing in things}
    ids |= {str(school), waiting["id"], draft, completed, approval["batch_no"], draft_approval["batch_no"]}
    ids |= {former["refund"]["id"]}
    ids |= {consent["id"], link["id"], registration["id"], receipt, users[0]["id"], entries[0]["event_id"]}
    ids |= {card["card_no"] for card in cards} | {reader["name"] for reader in readers if len(reader["name"]) > 2}
    return SchoolA(school, Filler(values, _bodies(values, grades, school_class, waiting, registration)), frozenset(ids))


def _bodies(
    values: Mapping[tuple[str, str], str],
    grades: list[Any],
    school_class: Any,
    waiting: Any,
    registration: Any,
) -> dict[str, Any]:
    """Where a schema alone does not say what passes."""
    card_no = values["/api", "card_no"]
    return {
        "POST /api/readers/imports": {"files": {"file": ("a.xlsx", rosters.workbook([rosters.pupil(0)]))}},
        "PUT /api/params/grades/order": {"json": {"ids": [grade["id"] for grade in grades]}},
        "PUT /api/params/classes/order": {"json": {"ids": [school_class["id"]]}},
        "POST /api/params/setup": {"json": {"stage": "junior", "classes_per_grade": 1}},
        "POST /api/readers": {"json": pupil(95, class_id=school_class["id"])},
        "POST /api/readers/approvals": {"json": {"reader_ids": [waiting["id"]]}},
        "POST /api/readers/registrations/merge": {"json": {"ids": [registration["id"]]}},
        "POST /api/readers/registrations/reject": {"json": {"ids": [registration["id"]], "reason": "重复"}},
        "POST /api/cards/steps": {"json": {"card_nos": [card_no], "step": "print"}},
    }


async def _import(teacher: httpx.AsyncClient, numbers: range, written: str, *wrong: list[str]) -> str:
    """A preview in which these pupils are new: readers has heard of the classes by then."""
    book = rosters.workbook([*(rosters.pupil(n, school_class=written) for n in numbers), *wrong])

    async def preview() -> str | None:
        found = await _json(teacher.post("/api/readers/imports", files={"file": ("名单.xlsx", book)}))
        if found["counts"]["new"] == len(numbers):
            return str(found["batch_no"])
        await teacher.delete(f"/api/readers/imports/{found['batch_no']}")
        return None

    return str(await until(preview))


async def _is_completed(teacher: httpx.AsyncClient, batch_no: str) -> bool:
    answer = await teacher.get(f"/api/batches/{batch_no}")
    return answer.status_code == 200 and answer.json()["status"] == "completed"


async def _all(client: httpx.AsyncClient, path: str, count: int) -> list[Any] | None:
    found = await _json(client.get(path))
    return found["items"] if found["total"] >= count else None


async def _users(city: httpx.AsyncClient, school: UUID) -> list[Any]:
    items: list[Any] = (await _json(city.get("/api/identity/users", params={"school_id": str(school)})))["items"]
    return items


async def _log(teacher: httpx.AsyncClient, batch_no: str) -> list[Any]:
    query = {"batch_no": batch_no, "entity": "batch", "fact": "completed"}
    items: list[Any] = (await _json(teacher.get("/api/audit/logs", params=query)))["items"]
    return items


async def rest(administrator: "asyncpg.Connection[asyncpg.Record]", settings: Any, secrets: Any) -> None:
    """Until every event was sent and applied."""

    async def is_at_rest() -> bool:
        for service in SERVICES:
            if await administrator.fetchval(f"select exists (select from {service}.outbox where sent_at is null)"):
                return False
        async with nats_admin(settings, secrets) as client:
            infos = [await client.jetstream().consumer_info(d.stream, d.name) for d in DURABLES]
            return all((info.num_pending, info.num_ack_pending) == (0, 0) for info in infos)

    await until(is_at_rest)


async def digest(administrator: "asyncpg.Connection[asyncpg.Record]", school: UUID) -> dict[str, str]:
    """Of every row the school has, by table."""
    tables = await administrator.fetch(
        "select n.nspname::text as schema, c.relname::text as name from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid"
        " where n.nspname = any($1) and c.relkind in ('r', 'p') and not c.relispartition and a.attname = 'school_id'",
        list(SERVICES),
    )
    found = {}
    for table in tables:
        name = f"{table['schema']}.{table['name']}"
        found[name] = await administrator.fetchval(
            f"select count(*)::text || md5(coalesce(string_agg(t::text, '' order by t::text), '')) from {name} t"
            " where school_id = $1",
            school,
        )
    assert len(found) > 30
    return found
