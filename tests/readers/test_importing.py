"""Imports over HTTP: preview, confirm, cancel, and what becomes of every row."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.settings import Settings
from shared.tenancy import Scope
from tests.readers.importing import (
    IMPORTS,
    Administrator,
    carry_out,
    confirm,
    facts,
    finished,
    items,
    preview,
    reader_rows,
    rows_of,
    upload,
)
from tests.readers.rosters import id_number, pupil, workbook

ROSTER = Path(__file__).parent.parent.parent / "deploy" / "data" / "roster-1000.xlsx"


async def test_preview_changes_nothing(
    teacher: httpx.AsyncClient, school: Scope, classes: dict[str, UUID], administrator: Administrator
) -> None:
    answer = await preview(teacher, workbook([pupil(1), pupil(2), pupil(3, phone="12")]))
    assert answer == {
        "batch_no": answer["batch_no"],
        "status": "draft",
        "filename": "名单.xlsx",
        "format": "xlsx",
        "total": 3,
        "counts": {"new": 2, "changed": 0, "unchanged": 0, "rejected": 1},
        "questions": [],
        "skipped": [],
        "opened_by": "teacher",
        "opened_at": answer["opened_at"],
        "undoable": False,
        "undone_at": None,
    }
    assert (await teacher.get(f"{IMPORTS}/{answer['batch_no']}")).json() == answer
    assert await reader_rows(administrator, school.school_id) == []
    [(fact, body)] = await facts(administrator, answer["batch_no"])
    assert (fact, body["total"], body["filename"]) == ("batch.opened", 3, "名单.xlsx")


async def test_rows_of_a_draft_in_full(teacher: httpx.AsyncClient, classes: dict[str, UUID]) -> None:
    answer = await preview(teacher, workbook([pupil(1), pupil(2, phone="12"), pupil(3, name="　王 明")]))
    new = await rows_of(teacher, answer["batch_no"], outcome="new")
    assert [row["row"] for row in new] == ["2", "4"]
    assert new[0]["values"]["id_number"] == id_number(1)
    assert [change["why"] for change in new[1]["changes"]] == ["cleaned"]
    [rejected] = await rows_of(teacher, answer["batch_no"], outcome="rejected")
    assert (rejected["row"], rejected["item_no"]) == ("3", 2)
    assert [(error["field"], error["code"]) for error in rejected["errors"]] == [("phone", "phone_format")]
    page = (await teacher.get(f"{IMPORTS}/{answer['batch_no']}/rows", params={"page": 2, "page_size": 2})).json()
    assert (page["total"], [row["item_no"] for row in page["items"]]) == (3, [3])


async def test_confirmed_rows_become_readers(
    teacher: httpx.AsyncClient, school: Scope, classes: dict[str, UUID], administrator: Administrator
) -> None:
    answer = await carry_out(teacher, administrator, workbook([pupil(1), pupil(2), pupil(3, phone="12")]))
    rows = await reader_rows(administrator, school.school_id)
    assert [(row["class_id"], row["status"], row["version"]) for row in rows] == [
        (classes["三年级1班"], "pending", 1)
    ] * 2
    assert await items(administrator, answer["batch_no"]) == {
        1: ("reader.created", None),
        2: ("reader.created", None),
        3: ("batch.item_failed", "phone_format"),
    }
    told = await facts(administrator, answer["batch_no"])
    assert [fact for fact, _ in told][:2] == ["batch.opened", "batch.confirmed"]
    assert all(body["actor"]["name"] == "teacher" for _, body in told)
    body = next(body for fact, body in told if fact == "batch.item_failed")
    assert (body["row"], body["batch_no"]) == ("4", answer["batch_no"])
    now = (await teacher.get(f"{IMPORTS}/{answer['batch_no']}")).json()
    assert (now["status"], now["counts"]) == ("running", answer["counts"])


async def test_a_real_roster(
    teacher: httpx.AsyncClient, school: Scope, administrator: Administrator, database: Any
) -> None:
    answer = await carry_out(teacher, administrator, ROSTER.read_bytes())
    assert answer["total"] == 1000
    # None of its classes is known here: every row that names one asks.
    assert answer["counts"]["rejected"] > 900
    assert sum(question["rows"] for question in answer["questions"]) > 900
    assert len(await items(administrator, answer["batch_no"])) == 1000


async def test_rows_of_many_statements_keep_their_places(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator
) -> None:
    """Known readers sit where one statement's rows end and the next one's begin."""
    unchanged, changed, rejected = {1, 500, 501, 1001}, {499, 1000, 1002, 1203}, {2, 502, 1200}
    await carry_out(teacher, administrator, workbook(pupil(n) for n in unchanged | changed))
    phones = {n: f"139{n:08}" for n in changed} | dict.fromkeys(rejected, "12")
    answer = await preview(teacher, workbook(pupil(n, phone=phones.get(n, "")) for n in range(1, 1204)))
    assert answer["counts"] == {"new": 1192, "changed": 4, "unchanged": 4, "rejected": 3}
    rows = [row for page in range(1, 8) for row in await rows_of(teacher, answer["batch_no"], page=page)]
    assert [(row["item_no"], row["row"]) for row in rows] == [(n, str(n + 1)) for n in range(1, 1204)]
    assert [row["values"]["id_number"] for row in rows] == [id_number(n) for n in range(1, 1204)]
    for outcome, places in (("unchanged", unchanged), ("changed", changed), ("rejected", rejected)):
        assert {row["item_no"] for row in rows if row["outcome"] == outcome} == places
        listed = await rows_of(teacher, answer["batch_no"], outcome=outcome)
        assert [row["item_no"] for row in listed] == sorted(places)
    assert {row["item_no"] for row in rows if row["reader_id"]} == unchanged | changed


async def test_confirming_twice_is_confirming_once(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator
) -> None:
    answer = await preview(teacher, workbook([pupil(1)]))
    await confirm(teacher, answer["batch_no"])
    await confirm(teacher, answer["batch_no"])
    await finished(administrator, answer["batch_no"])
    told = [fact for fact, _ in await facts(administrator, answer["batch_no"])]
    assert told == ["batch.opened", "batch.confirmed", "reader.created", "batch.items_imported"]


async def test_the_same_file_again_changes_nothing(
    teacher: httpx.AsyncClient, school: Scope, classes: dict[str, UUID], administrator: Administrator
) -> None:
    content = workbook([pupil(1), pupil(2)])
    await carry_out(teacher, administrator, content)
    before = await reader_rows(administrator, school.school_id)
    again = await carry_out(teacher, administrator, content)
    assert again["counts"] == {"new": 0, "changed": 0, "unchanged": 2, "rejected": 0}
    assert set((await items(administrator, again["batch_no"])).values()) == {("batch.item_unchanged", None)}
    assert await reader_rows(administrator, school.school_id) == before


async def test_changes_are_shown_and_carried_out(
    teacher: httpx.AsyncClient, school: Scope, classes: dict[str, UUID], administrator: Administrator
) -> None:
    await carry_out(teacher, administrator, workbook([pupil(1), pupil(2)]))
    again = await preview(
        teacher, workbook([pupil(1, phone="13900000001"), pupil(2, school_class="三年级2班"), pupil(3)])
    )
    assert again["counts"] == {"new": 1, "changed": 2, "unchanged": 0, "rejected": 0}
    rows = await rows_of(teacher, again["batch_no"], outcome="changed")
    assert [(change["field"], change["before"], change["after"]) for change in rows[0]["changes"]] == [
        ("phone", "13800000001", "13900000001")
    ]
    assert [change["field"] for change in rows[1]["changes"]] == ["class"]
    await confirm(teacher, again["batch_no"])
    await finished(administrator, again["batch_no"])
    changed = [body for fact, body in await facts(administrator, again["batch_no"]) if fact == "reader.changed"]
    assert [body["fields"] for body in changed] == [["phone"], ["class_id"]]
    assert [body["version"] for body in changed] == [2, 2]
    assert changed[1]["previous_class_id"] == str(classes["三年级1班"])
    assert changed[1]["class_id"] == str(classes["三年级2班"])


async def test_a_blank_optional_cell_leaves_what_is_known(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator
) -> None:
    known = pupil(1)
    known[3], known[4] = "赵父", "13700000000"
    await carry_out(teacher, administrator, workbook([known]))
    again = await preview(teacher, workbook([pupil(1, school_class="")]))
    assert again["counts"]["unchanged"] == 1


async def test_cancelled_previews_leave_nothing(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator
) -> None:
    answer = await preview(teacher, workbook([pupil(1)]))
    path = f"{IMPORTS}/{answer['batch_no']}"
    assert (await teacher.delete(path)).status_code == 204
    assert (await teacher.delete(path)).status_code == 204
    assert (await teacher.get(path)).json()["status"] == "cancelled"
    assert await rows_of(teacher, answer["batch_no"]) == []
    assert await administrator.fetchval("select count(*) from readers.import_rows") == 0
    assert await administrator.fetchval("select file is null and skipped is null from readers.imports")
    refused = await teacher.post(f"{path}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "batch_not_draft")
    assert [fact for fact, _ in await facts(administrator, answer["batch_no"])] == ["batch.opened", "batch.cancelled"]


async def test_a_confirmed_import_cannot_be_cancelled(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator
) -> None:
    answer = await carry_out(teacher, administrator, workbook([pupil(1)]))
    refused = await teacher.delete(f"{IMPORTS}/{answer['batch_no']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "batch_not_draft")
    masked = await rows_of(teacher, answer["batch_no"])
    assert masked[0]["values"]["id_number"] == f"5001{'*' * 10}{id_number(1)[-4:]}"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"%PDF-1.4 nothing", "not_a_spreadsheet"),
        (workbook([]), "no_data"),
        (workbook([["1", "2"]], ["a", "b"]), "header_not_found"),
    ],
)
async def test_files_refused_as_a_whole(
    teacher: httpx.AsyncClient, administrator: Administrator, content: bytes, code: str
) -> None:
    response = await upload(teacher, content)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, code), problem
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"urn:schoolcard:problem:{code}"
    assert len(problem["detail"]) > 10
    assert await administrator.fetchval("select count(*) from readers.imports") == 0


async def test_too_large_files(teacher: httpx.AsyncClient, settings: Settings) -> None:
    response = await upload(teacher, bytes(settings.upload_limit + 1))
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


async def test_uploads_without_a_file(teacher: httpx.AsyncClient) -> None:
    for options in ({"files": {"other": ("a.xlsx", b"x")}}, {"data": {"file": "text"}}, {"json": {"file": "x"}}, {}):
        response = await teacher.post(IMPORTS, **options)
        assert response.status_code == 400, (options, response.text)
        assert response.json()["code"] == "malformed_request"


async def test_idempotency_keys(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator
) -> None:
    key, content = uuid4().hex, workbook([pupil(1)])
    first = await upload(teacher, content, **{"Idempotency-Key": key})
    again = await upload(teacher, content, **{"Idempotency-Key": key})
    assert again.content == first.content
    other = await upload(teacher, workbook([pupil(2)]), **{"Idempotency-Key": key})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await administrator.fetchval("select count(*) from readers.imports") == 1


async def test_filenames_are_only_shown(teacher: httpx.AsyncClient, classes: dict[str, UUID]) -> None:
    response = await upload(teacher, workbook([pupil(1)]), name="../../C:\\a\\三年级.xlsx")
    assert response.json()["filename"] == "三年级.xlsx"
    response = await upload(teacher, workbook([pupil(2)]), name="王小明50010320160601123X.xlsx")
    assert response.json()["filename"] == "王小明5001**********123X.xlsx"


async def test_nothing_in_clear_text(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator
) -> None:
    shifted = pupil(3, school_class=f"三年级{id_number(1)}")
    await carry_out(teacher, administrator, workbook([pupil(1), pupil(1), pupil(2, phone="12"), shifted]))
    for table in ("imports", "import_rows", "import_effects", "readers", "outbox"):
        text = await administrator.fetchval(f"select string_agg(t::text, ' ') from readers.{table} t")
        bodies = await administrator.fetch("select body from readers.outbox")
        assert id_number(1) not in text and "13800000001" not in text
    assert not any(id_number(1).encode() in row["body"] or b"13800000001" in row["body"] for row in bodies)
