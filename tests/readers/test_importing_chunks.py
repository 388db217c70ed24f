"""Chunks: carried out once however often they come, and decided by what is there when they come."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from services.readers.importing import ImportChunk, carry_out
from services.readers.sealing import Sealer
from services.readers.tidying import Tidying
from shared.broker import connect
from shared.database import Database, Transaction
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import Caller, Scope, system_actor
from shared.topology import WORK, durable
from tests.readers import importing
from tests.readers.classes import disable_class
from tests.readers.importing import IMPORTS, Administrator, confirm, facts, finished, items, preview, reader_rows
from tests.readers.rosters import pupil, workbook
from tests.running_service import RunningService, serving
from tests.waiting import eventually


@pytest.fixture
def sealer(secrets: Secrets) -> Sealer:
    return Sealer(secrets.cipher(), secrets.digester())


@pytest.fixture
async def entering(
    readers: RunningService, school: Scope, settings: Settings, secrets: Secrets
) -> AsyncIterator[httpx.AsyncClient]:
    """A teacher where no worker is given chunks: they are for the test to carry out."""
    client = await connect(settings.nats_url, "admin", secrets.password("nats-admin"), "_INBOX_admin")
    await client.jetstream().delete_consumer(WORK, durable("readers", "importing").name)
    await client.close()
    async with readers.client(school) as teacher:
        yield teacher


async def chunks_of(administrator: Administrator, batch_no: str) -> list[ImportChunk]:
    rows = await administrator.fetch(
        "select body from readers.outbox where subject like 'sc.work.readers.importing.%' order by seq"
    )
    chunks = [msgspec.json.decode(row["body"], type=ImportChunk) for row in rows]
    return [chunk for chunk in chunks if chunk.batch_no == batch_no]


async def work(database: Database, school: Scope, sealer: Sealer, chunk: ImportChunk) -> None:
    """What a worker does with a chunk."""

    async def handle(tx: Transaction) -> None:
        await carry_out(tx, sealer, chunk)

    await database.run(Caller(school, system_actor("readers")), handle)


async def confirmed(client: httpx.AsyncClient, administrator: Administrator, content: bytes) -> list[ImportChunk]:
    answer = await preview(client, content)
    await confirm(client, answer["batch_no"])
    return await chunks_of(administrator, answer["batch_no"])


async def test_large_imports_are_cut(
    entering: httpx.AsyncClient,
    school: Scope,
    classes: dict[str, UUID],
    administrator: Administrator,
    database: Database,
    sealer: Sealer,
) -> None:
    chunks = await confirmed(entering, administrator, workbook(pupil(n) for n in range(2500)))
    assert [(chunk.first, chunk.last) for chunk in chunks] == [(1, 100), (101, 1100), (1101, 2100), (2101, 2500)]
    assert {chunk.actor.name for chunk in chunks} == {"teacher"}
    # In any order, side by side, and each of them twice.
    await asyncio.gather(*(work(database, school, sealer, chunk) for chunk in [*reversed(chunks), *chunks]))
    told = await items(administrator, chunks[0].batch_no)
    assert sorted(told) == list(range(1, 2501))
    assert set(told.values()) == {("reader.created", None)}
    assert len(await reader_rows(administrator, school.school_id)) == 2500
    assert await administrator.fetchval("select sum(readers) from readers.reader_counts") == 2500
    assert await administrator.fetchval("select bool_and(done) from readers.import_chunks")


async def test_a_chunk_that_fails_has_done_nothing(
    entering: httpx.AsyncClient,
    school: Scope,
    classes: dict[str, UUID],
    administrator: Administrator,
    database: Database,
    sealer: Sealer,
) -> None:
    [chunk] = await confirmed(entering, administrator, workbook([pupil(1), pupil(2)]))

    async def killed(tx: Transaction) -> None:
        await carry_out(tx, sealer, chunk)
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        await database.run(Caller(school, system_actor("readers")), killed)
    assert await reader_rows(administrator, school.school_id) == []
    assert await items(administrator, chunk.batch_no) == {}
    await work(database, school, sealer, chunk)
    assert len(await items(administrator, chunk.batch_no)) == 2


async def test_another_schools_worker_finds_no_chunk(
    entering: httpx.AsyncClient,
    school: Scope,
    classes: dict[str, UUID],
    administrator: Administrator,
    database: Database,
    sealer: Sealer,
) -> None:
    [chunk] = await confirmed(entering, administrator, workbook([pupil(1)]))
    await work(database, Scope("school", "500103", uuid4()), sealer, chunk)
    assert await items(administrator, chunk.batch_no) == {}


async def test_two_teachers_with_the_same_pupils_make_one_reader_each(
    entering: httpx.AsyncClient,
    school: Scope,
    classes: dict[str, UUID],
    administrator: Administrator,
    database: Database,
    sealer: Sealer,
) -> None:
    one = workbook(pupil(n) for n in range(40))
    two = workbook(pupil(n, phone="13900000001" if n % 2 else "") for n in range(39, -1, -1))
    uploaded = await asyncio.gather(preview(entering, one), preview(entering, two))
    assert [answer["counts"]["new"] for answer in uploaded] == [40, 40]
    chunks = []
    for answer in uploaded:
        await confirm(entering, answer["batch_no"])
        chunks += await chunks_of(administrator, answer["batch_no"])
    await asyncio.gather(*(work(database, school, sealer, chunk) for chunk in chunks))
    assert len(await reader_rows(administrator, school.school_id)) == 40
    told = [sorted((await items(administrator, answer["batch_no"])).values(), key=str) for answer in uploaded]
    second = [("batch.item_failed", "changed_meanwhile")] * 20 + [("batch.item_unchanged", None)] * 20
    assert sorted(told, key=str) == sorted([second, [("reader.created", None)] * 40], key=str)


async def test_a_reader_entered_by_hand_meanwhile(
    entering: httpx.AsyncClient,
    school: Scope,
    classes: dict[str, UUID],
    administrator: Administrator,
    database: Database,
    sealer: Sealer,
) -> None:
    [chunk] = await confirmed(entering, administrator, workbook([pupil(1), pupil(2), pupil(3)]))
    for n, phone in ((1, "13800000001"), (2, "13911112222")):
        cells = pupil(n)
        body = {
            "id_number": cells[0],
            "name": cells[1],
            "phone": phone,
            "home_district": "渝中",
            "class_id": str(classes["三年级1班"]),
        }
        assert (await entering.post("/api/readers", json=body)).status_code == 201
    await work(database, school, sealer, chunk)
    assert await items(administrator, chunk.batch_no) == {
        1: ("batch.item_unchanged", None),
        2: ("batch.item_failed", "changed_meanwhile"),
        3: ("reader.created", None),
    }


async def test_a_reader_changed_since_the_preview_is_not_overwritten(
    entering: httpx.AsyncClient,
    school: Scope,
    classes: dict[str, UUID],
    administrator: Administrator,
    database: Database,
    sealer: Sealer,
) -> None:
    [first] = await confirmed(entering, administrator, workbook([pupil(1), pupil(2), pupil(3), pupil(4)]))
    await work(database, school, sealer, first)
    rows = [pupil(n, phone="13900000001") for n in (1, 2, 3)]
    [chunk] = await confirmed(entering, administrator, workbook([*rows, pupil(4)]))
    readers = (await entering.get("/api/readers", params={"sort": "created_at"})).json()["items"]
    by_tail = {reader["id_number"][-4:]: reader["id"] for reader in readers}
    ids = [by_tail[pupil(n)[0][-4:]] for n in (1, 2, 3, 4)]
    # Somebody has made the first what the file says, the second something else, deleted the third, touched the fourth.
    await entering.patch(f"/api/readers/{ids[0]}", json={"phone": "13900000001"})
    await entering.patch(f"/api/readers/{ids[1]}", json={"guardian_name": "赵父"})
    await entering.delete(f"/api/readers/{ids[2]}")
    await entering.patch(f"/api/readers/{ids[3]}", json={"phone": "13922223333"})
    await work(database, school, sealer, chunk)
    assert await items(administrator, chunk.batch_no) == {
        1: ("batch.item_unchanged", None),
        2: ("batch.item_failed", "changed_meanwhile"),
        3: ("batch.item_failed", "deleted_meanwhile"),
        4: ("batch.item_failed", "changed_meanwhile"),
    }
    assert not any(fact.startswith("reader.") for fact, _ in await facts(administrator, chunk.batch_no))
    failed = await administrator.fetch("select item_no, failed from readers.import_rows where failed is not null")
    assert {row["item_no"]: row["failed"] for row in failed} == {
        2: "changed_meanwhile",
        3: "deleted_meanwhile",
        4: "changed_meanwhile",
    }


async def test_a_class_closed_since_the_preview(
    entering: httpx.AsyncClient,
    school: Scope,
    classes: dict[str, UUID],
    administrator: Administrator,
    database: Database,
    sealer: Sealer,
) -> None:
    [chunk] = await confirmed(
        entering, administrator, workbook([pupil(1), pupil(2, school_class="四年级1班"), pupil(3, school_class="")])
    )
    grade_id = await administrator.fetchval(
        "select grade_id from readers.classes where class_id = $1", classes["四年级1班"]
    )
    await disable_class(database, school, classes["四年级1班"], grade_id, "1班")
    await work(database, school, sealer, chunk)
    assert await items(administrator, chunk.batch_no) == {
        1: ("reader.created", None),
        2: ("batch.item_failed", "class_closed"),
        3: ("reader.created", None),
    }


async def test_killed_while_importing(
    settings: Settings,
    secrets: Secrets,
    school: Scope,
    classes: dict[str, UUID],
    administrator: Administrator,
) -> None:
    async def some_done() -> bool:
        return bool(await administrator.fetchval("select bool_or(done) from readers.import_chunks"))

    async with serving(settings, secrets, "readers") as running, running.client(school) as client:
        answer = await preview(client, workbook(pupil(n) for n in range(3000)))
        await confirm(client, answer["batch_no"])
        await eventually(some_done)
    async with serving(settings, secrets, "readers"):
        await finished(administrator, answer["batch_no"])
    assert len(await items(administrator, answer["batch_no"])) == 3000
    assert len(await reader_rows(administrator, school.school_id)) == 3000


async def test_previews_expire_and_files_are_erased(
    teacher: httpx.AsyncClient,
    classes: dict[str, UUID],
    administrator: Administrator,
    database: Database,
) -> None:
    draft = await preview(teacher, workbook([pupil(1)]))
    fresh = await preview(teacher, workbook([pupil(2)]))
    done = await importing.carry_out(teacher, administrator, workbook([pupil(3)]))
    await Tidying(database).tick()
    assert await administrator.fetchval("select count(*) from readers.import_rows") == 3
    await administrator.execute(
        "update readers.imports set opened_at = opened_at - interval '25 hours', "
        "confirmed_at = confirmed_at - interval '25 hours' where batch_no <> $1",
        fresh["batch_no"],
    )
    await Tidying(database).tick()
    shown = {no: (await teacher.get(f"{IMPORTS}/{no}")).json() for no in (draft["batch_no"], done["batch_no"])}
    assert (shown[draft["batch_no"]]["status"], shown[done["batch_no"]]["status"]) == ("cancelled", "running")
    fact, body = (await facts(administrator, draft["batch_no"]))[-1]
    assert (fact, body["reason"], body["actor"]["kind"]) == ("batch.cancelled", "expired", "system")
    kept = await administrator.fetch("select batch_no from readers.imports where file is not null")
    assert [row["batch_no"] for row in kept] == [fresh["batch_no"]]
    assert [row["batch_no"] for row in await administrator.fetch("select batch_no from readers.import_rows")] == [
        fresh["batch_no"]
    ]
    # A month later it cannot be undone any more, and what readers were like before is forgotten.
    assert shown[done["batch_no"]]["undoable"] is True
    await administrator.execute("update readers.imports set confirmed_at = confirmed_at - interval '31 days'")
    await Tidying(database).tick()
    assert await administrator.fetchval("select count(*) from readers.import_effects") == 0
    erased = await administrator.fetch("select batch_no from readers.imports where effects_erased_at is not null")
    assert [row["batch_no"] for row in erased] == [done["batch_no"]]
    refused = await teacher.post(f"{IMPORTS}/{done['batch_no']}/undo")
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_undo")


async def test_effects_of_an_import_that_hung_for_a_month_are_erased_too(
    entering: httpx.AsyncClient,
    school: Scope,
    classes: dict[str, UUID],
    administrator: Administrator,
    database: Database,
    sealer: Sealer,
) -> None:
    first, second = await confirmed(entering, administrator, workbook(pupil(n) for n in range(110)))
    await administrator.execute("update readers.imports set confirmed_at = confirmed_at - interval '31 days'")
    for chunk in (first, second):
        await work(database, school, sealer, chunk)
        assert await administrator.fetchval("select count(*) from readers.import_effects") > 0
        await Tidying(database).tick()
        assert await administrator.fetchval("select count(*) from readers.import_effects") == 0
    # Now there is nothing more to come, and nobody looks again.
    assert await administrator.fetchval("select effects_erased_at is not null from readers.imports")
