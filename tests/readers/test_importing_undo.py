"""Undoing an import as a whole, and what it is refused for."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.tenancy import Scope
from tests.readers.importing import IMPORTS, Administrator, carry_out, facts, items, preview, reader_rows
from tests.readers.people import CardsOf
from tests.readers.rosters import id_number, pupil, workbook


async def undo(client: httpx.AsyncClient, batch_no: str) -> httpx.Response:
    return await client.post(f"{IMPORTS}/{batch_no}/undo")


async def shown(client: httpx.AsyncClient, batch_no: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.get(f"{IMPORTS}/{batch_no}")).json()
    return answer


async def private_values(client: httpx.AsyncClient) -> list[tuple[Any, ...]]:
    """Everything a school knows of its readers, but versions and times."""
    readers = (await client.get("/api/readers", params={"sort": "name"})).json()["items"]
    found = []
    for reader in readers:
        revealed = (await client.post(f"/api/readers/{reader['id']}/reveal")).json()
        kept = ("id", "name", "class_id", "guardian_name", "home_district", "status", "reason", "reason_code")
        found.append((*(reader[key] for key in kept), *sorted(revealed.items())))
    return found


async def test_created_readers_go(
    teacher: httpx.AsyncClient, school: Scope, classes: dict[str, UUID], administrator: Administrator
) -> None:
    answer = await carry_out(teacher, administrator, workbook([pupil(1), pupil(2), pupil(3, phone="12")]))
    assert (await shown(teacher, answer["batch_no"]))["undoable"] is True
    before = await items(administrator, answer["batch_no"])
    response = await undo(teacher, answer["batch_no"])
    assert (response.status_code, response.json()["status"]) == (200, "undone"), response.text
    assert await reader_rows(administrator, school.school_id) == []
    now = await shown(teacher, answer["batch_no"])
    assert (now["status"], now["undoable"], now["undone_at"]) == ("undone", False, response.json()["undone_at"])
    told = await facts(administrator, answer["batch_no"])
    deleted = [body for fact, body in told if fact == "reader.deleted"]
    assert [body["version"] for body in deleted] == [2, 2]
    assert all(body["previous_class_id"] == str(classes["三年级1班"]) for body in deleted)
    assert not any("item_no" in body for body in deleted), "the batch must not count them"
    assert await items(administrator, answer["batch_no"]) == before
    fact, body = told[-1]
    assert (fact, body["deleted"], body["restored"]) == ("batch.undone", 2, 0)
    assert await administrator.fetchval("select count(*) from readers.import_effects") == 0
    counts = await administrator.fetchval("select coalesce(sum(readers), 0) from readers.reader_counts")
    assert counts == 0


async def test_changed_readers_get_their_former_values_back(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator
) -> None:
    rows = [pupil(1), pupil(2), pupil(3)]
    rows[0][3:5] = ["赵父", "13700000000"]
    await carry_out(teacher, administrator, workbook(rows))
    first = (await teacher.get("/api/readers", params={"id_number": id_number(2)})).json()["items"][0]
    returned = await teacher.post(f"/api/readers/{first['id']}/return", json={"reason": "姓名有误"})
    assert returned.status_code in (200, 201), returned.text
    before = await private_values(teacher)
    changed = [pupil(1, phone="13900000001", name="赵明"), pupil(2, school_class="四年级1班"), pupil(3), pupil(4)]
    answer = await carry_out(teacher, administrator, workbook(changed))
    assert answer["counts"] == {"new": 1, "changed": 2, "unchanged": 1, "rejected": 0}
    assert await private_values(teacher) != before
    response = await undo(teacher, answer["batch_no"])
    assert response.status_code == 200, response.text
    assert await private_values(teacher) == before
    told = await facts(administrator, answer["batch_no"])
    restored = [body for fact, body in told if fact == "reader.changed" and "item_no" not in body]
    assert sorted(body["fields"] for body in restored) == [["class_id"], ["name", "phone"]]
    assert (told[-1][1]["deleted"], told[-1][1]["restored"]) == (1, 2)


async def test_imports_are_undone_one_after_the_other(
    teacher: httpx.AsyncClient, school: Scope, classes: dict[str, UUID], administrator: Administrator
) -> None:
    first = await carry_out(teacher, administrator, workbook([pupil(1)]))
    second = await carry_out(teacher, administrator, workbook([pupil(1, phone="13900000001")]))
    refused = await undo(teacher, first["batch_no"])
    assert (refused.status_code, refused.json()["code"]) == (409, "imported_changed")
    assert (await undo(teacher, second["batch_no"])).status_code == 200
    assert (await undo(teacher, first["batch_no"])).status_code == 200
    assert await reader_rows(administrator, school.school_id) == []


async def test_undoing_twice_is_undoing_once(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator
) -> None:
    answer = await carry_out(teacher, administrator, workbook([pupil(1)]))
    first = await undo(teacher, answer["batch_no"])
    told = await facts(administrator, answer["batch_no"])
    assert (await undo(teacher, answer["batch_no"])).json() == first.json()
    assert await facts(administrator, answer["batch_no"]) == told


async def test_returned_readers_may_still_be_undone(
    teacher: httpx.AsyncClient, school: Scope, classes: dict[str, UUID], administrator: Administrator
) -> None:
    answer = await carry_out(teacher, administrator, workbook([pupil(1)]))
    [row] = await reader_rows(administrator, school.school_id)
    await teacher.post(f"/api/readers/{row['id']}/return", json={"reason": "姓名有误"})
    assert (await undo(teacher, answer["batch_no"])).status_code == 200
    assert await reader_rows(administrator, school.school_id) == []


async def test_readers_deleted_since_do_not_stand_in_the_way(
    teacher: httpx.AsyncClient, school: Scope, classes: dict[str, UUID], administrator: Administrator
) -> None:
    answer = await carry_out(teacher, administrator, workbook([pupil(1), pupil(2)]))
    rows = await reader_rows(administrator, school.school_id)
    assert (await teacher.delete(f"/api/readers/{rows[0]['id']}")).status_code == 204
    assert (await undo(teacher, answer["batch_no"])).status_code == 200
    assert (await facts(administrator, answer["batch_no"]))[-1][1]["deleted"] == 1


@pytest.mark.parametrize(
    ("happening", "code"),
    [
        ("approved", "imported_approved"),
        ("carded", "imported_approved"),
        ("closed", "imported_approved"),
        ("changed", "imported_changed"),
    ],
)
async def test_refused_when_something_has_happened(
    teacher: httpx.AsyncClient,
    school: Scope,
    classes: dict[str, UUID],
    administrator: Administrator,
    cards: CardsOf,
    happening: str,
    code: str,
) -> None:
    answer = await carry_out(teacher, administrator, workbook([pupil(1), pupil(2)]))
    rows = await reader_rows(administrator, school.school_id)
    path = f"/api/readers/{rows[0]['id']}"
    match happening:
        case "changed":
            await teacher.patch(path, json={"phone": "13911112222"})
        case "approved":
            await administrator.execute("update readers.readers set status = 'approved' where id = $1", rows[0]["id"])
        case "closed":
            reader_id = str(rows[0]["id"])
            assert (await teacher.post(f"{path}/approve")).status_code == 200
            await cards.say(cards.issued(reader_id), cards.closed(reader_id, "500103260000011"))
            assert (await teacher.get(path)).json()["status"] == "returned"
        case "carded":
            await administrator.execute(
                "update readers.readers set status = 'carded', card_no = '500103260000011' where id = $1", rows[0]["id"]
            )
    assert (await shown(teacher, answer["batch_no"]))["undoable"] is False
    refused = await undo(teacher, answer["batch_no"])
    assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert len(await reader_rows(administrator, school.school_id)) == 2
    assert not any(fact == "batch.undone" for fact, _ in await facts(administrator, answer["batch_no"]))


async def test_refused_when_there_is_nothing_to_undo(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator
) -> None:
    draft = await preview(teacher, workbook([pupil(1)]))
    refused = await undo(teacher, draft["batch_no"])
    assert (refused.status_code, refused.json()["code"]) == (409, "batch_not_confirmed")
    failed = await carry_out(teacher, administrator, workbook([pupil(1, phone="12")]))
    refused = await undo(teacher, failed["batch_no"])
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_undo")
    assert (await shown(teacher, failed["batch_no"]))["undoable"] is False
