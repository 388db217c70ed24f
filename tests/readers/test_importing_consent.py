"""The workbook's column of signed forms: consents on paper, recorded with the rows and taken back with them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.readers.planning import CONSENT_WITHDRAWN
from services.readers.sealing import Sealer
from shared.database import Database
from shared.tenancy import Scope
from tests.readers.conftest import Told
from tests.readers.consents import PAPER, consents, withdraw
from tests.readers.importing import IMPORTS, Administrator, carry_out, confirm, facts, finished, items, preview, rows_of
from tests.readers.people import READERS
from tests.readers.rosters import TITLES, id_number, pupil, workbook
from tests.readers.test_importing_chunks import chunks_of, work


def roster(*pupils: tuple[Sequence[str], str]) -> bytes:
    """Each pupil's cells and what stands in the column."""
    return workbook([[*cells, consent] for cells, consent in pupils], [*TITLES, "授权书(选填)"])


async def reader(client: httpx.AsyncClient, n: int) -> dict[str, Any]:
    found: list[dict[str, Any]] = (await client.get(READERS, params={"id_number": id_number(n)})).json()["items"]
    assert len(found) == 1
    return found[0]


async def undo(client: httpx.AsyncClient, batch_no: str) -> None:
    response = await client.post(f"{IMPORTS}/{batch_no}/undo")
    assert response.status_code == 200, response.text


async def test_new_readers_come_with_their_consent(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator, told: Told
) -> None:
    signed = pupil(1)
    signed[3] = "赵父"
    answer = await preview(teacher, roster((signed, "√"), (pupil(2), "未签"), (pupil(3), ""), (pupil(4), "待定")))
    assert answer["counts"] == {"new": 3, "changed": 0, "unchanged": 0, "rejected": 1}
    rows = await rows_of(teacher, answer["batch_no"])
    assert [row["values"]["consent"] for row in rows] == ["已签", "未签", "", "待定"]
    assert [(error["field"], error["code"]) for error in rows[3]["errors"]] == [("consent", "consent_format")]
    assert await told.facts("consent.recorded") == [], "a preview records nothing"
    await confirm(teacher, answer["batch_no"])
    await finished(administrator, answer["batch_no"])
    assert [(await reader(teacher, n))["consent"] for n in (1, 2, 3)] == ["paper", "none", "none"]
    one = await reader(teacher, 1)
    (consent,) = await consents(teacher, one["id"])
    assert (consent["how"], consent["relation"], consent["signer"]) == ("paper", "guardian", "赵父")
    assert (consent["recorded_by"], consent["text_version"]) == ("teacher", 1)
    (fact,) = await told.facts("consent.recorded")
    assert (fact["reader_id"], fact["batch_no"], fact["actor"]["name"]) == (one["id"], answer["batch_no"], "teacher")
    assert "item_no" not in fact, "the batch counts the reader, not the consent"
    assert sorted(code or fact for fact, code in (await items(administrator, answer["batch_no"])).values()) == [
        "consent_format",
        *["reader.created"] * 3,
    ]


async def test_a_row_that_adds_consent_alone_is_a_change(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator, told: Told
) -> None:
    await carry_out(teacher, administrator, workbook([pupil(1), pupil(2), pupil(3)]))
    await teacher.post(PAPER, json={"reader_ids": [(await reader(teacher, 2))["id"]]})
    answer = await preview(teacher, roster((pupil(1), "已签"), (pupil(2), "已签"), (pupil(3), "未签")))
    assert answer["counts"] == {"new": 0, "changed": 1, "unchanged": 2, "rejected": 0}
    rows = await rows_of(teacher, answer["batch_no"])
    assert [row["changes"] for row in rows] == [
        [{"field": "consent", "before": "无", "after": "已签", "why": "changed"}],
        [],
        [],
    ]
    await confirm(teacher, answer["batch_no"])
    await finished(administrator, answer["batch_no"])
    assert [(await reader(teacher, n))["consent"] for n in (1, 2, 3)] == ["paper", "paper", "none"]
    assert len(await told.facts("consent.recorded")) == 2
    assert await items(administrator, answer["batch_no"]) == {
        1: ("reader.changed", None),
        2: ("batch.item_unchanged", None),
        3: ("batch.item_unchanged", None),
    }
    (changed,) = await told.facts("reader.changed")
    assert (changed["fields"], changed["version"]) == (["consent"], 2)
    again = await preview(teacher, roster((pupil(1), "已签"), (pupil(2), "已签")))
    assert again["counts"] == {"new": 0, "changed": 0, "unchanged": 2, "rejected": 0}


async def test_a_form_is_taken_whatever_the_readers_state(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator
) -> None:
    """As on the page of consents; it corrects nothing of what a reader was returned for."""
    await carry_out(teacher, administrator, workbook([pupil(1), pupil(2)]))
    first, second = [(await reader(teacher, n))["id"] for n in (1, 2)]
    assert (await teacher.post(f"{READERS}/{first}/return", json={"reason": "姓名有误"})).status_code in (200, 201)
    assert (await teacher.post(f"{READERS}/{second}/approve")).status_code == 200
    await carry_out(teacher, administrator, roster((pupil(1), "已签"), (pupil(2), "已签")))
    returned, approved = [await reader(teacher, n) for n in (1, 2)]
    assert (returned["status"], returned["reason"], returned["consent"]) == ("returned", "姓名有误", "paper")
    assert (approved["status"], approved["consent"]) == ("approved", "paper")


async def test_a_workbook_does_not_undo_a_withdrawal(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator, told: Told
) -> None:
    await carry_out(teacher, administrator, roster((pupil(1), "已签"), (pupil(2), "已签")))
    first, second = [(await reader(teacher, n))["id"] for n in (1, 2)]
    assert (await withdraw(teacher, first)).status_code == 204
    answer = await preview(teacher, roster((pupil(1, phone="13900000001"), "已签"), (pupil(2), "已签")))
    assert answer["counts"] == {"new": 0, "changed": 0, "unchanged": 1, "rejected": 1}
    [row] = await rows_of(teacher, answer["batch_no"], outcome="rejected")
    assert row["errors"] == [{"field": "consent", "code": "consent_withdrawn", "detail": CONSENT_WITHDRAWN}]
    # Withdrawn after the preview.
    assert (await withdraw(teacher, second)).status_code == 204
    await confirm(teacher, answer["batch_no"])
    await finished(administrator, answer["batch_no"])
    assert await items(administrator, answer["batch_no"]) == {
        1: ("batch.item_failed", "consent_withdrawn"),
        2: ("batch.item_failed", "consent_withdrawn"),
    }
    assert [(await reader(teacher, n))["consent"] for n in (1, 2)] == ["withdrawn", "withdrawn"]
    assert len(await told.facts("consent.recorded")) == 2
    # Without the tick the row is taken.
    answer = await carry_out(teacher, administrator, roster((pupil(1, phone="13900000001"), "")))
    assert answer["counts"]["changed"] == 1


async def test_who_signed_meanwhile_keeps_the_first_consent(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator, told: Told
) -> None:
    await carry_out(teacher, administrator, workbook([pupil(1)]))
    answer = await preview(teacher, roster((pupil(1), "已签")))
    one = await reader(teacher, 1)
    await teacher.post(PAPER, json={"reader_ids": [one["id"]]})
    await confirm(teacher, answer["batch_no"])
    await finished(administrator, answer["batch_no"])
    assert await items(administrator, answer["batch_no"]) == {1: ("batch.item_unchanged", None)}
    assert len(await consents(teacher, one["id"])) == 1


async def test_a_chunk_that_comes_again_records_nothing(
    teacher: httpx.AsyncClient,
    school: Scope,
    classes: dict[str, UUID],
    administrator: Administrator,
    database: Database,
    sealer: Sealer,
    told: Told,
) -> None:
    content = roster(*((pupil(n), "已签" if n % 2 else "") for n in range(250)))
    answer = await carry_out(teacher, administrator, content)
    for chunk in await chunks_of(administrator, answer["batch_no"]):
        await work(database, school, sealer, chunk)
    recorded = await told.facts("consent.recorded")
    assert len(recorded) == len({fact["reader_id"] for fact in recorded}) == 125
    assert {fact["actor"]["name"] for fact in recorded} == {"teacher"}
    paper = (await teacher.get(READERS, params={"consent": "paper"})).json()
    assert paper["total"] == 125


async def test_undoing_takes_the_consents_back(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator, told: Told
) -> None:
    await carry_out(teacher, administrator, workbook([pupil(1), pupil(2)]))
    await teacher.post(PAPER, json={"reader_ids": [(await reader(teacher, 2))["id"]]})
    content = roster((pupil(1), "已签"), (pupil(2, phone="13900000001"), "已签"), (pupil(3), "已签"))
    answer = await carry_out(teacher, administrator, content)
    assert answer["counts"] == {"new": 1, "changed": 2, "unchanged": 0, "rejected": 0}
    one = await reader(teacher, 1)
    await undo(teacher, answer["batch_no"])
    assert [(await reader(teacher, n))["consent"] for n in (1, 2)] == ["none", "paper"]
    assert (await teacher.get(READERS, params={"id_number": id_number(3)})).json()["items"] == []
    (consent,) = await consents(teacher, one["id"])
    assert (consent["mistake"], consent["withdrawn_by"], consent["withdrawal_reason"]) == (True, "teacher", "撤销导入")
    (fact,) = await told.facts("consent.withdrawn")
    assert (fact["reader_id"], fact["mistake"], fact["batch_no"]) == (one["id"], True, answer["batch_no"])
    assert "item_no" not in fact
    restored = [body for kind, body in await facts(administrator, answer["batch_no"]) if kind == "reader.changed"]
    assert sorted(body["fields"] for body in restored if "item_no" not in body) == [["consent"], ["phone"]]
    # Nobody has said no: it can be recorded again.
    again = await carry_out(teacher, administrator, roster((pupil(1), "已签")))
    assert again["counts"]["changed"] == 1
    assert (await reader(teacher, 1))["consent"] == "paper"


@pytest.mark.parametrize("renewed", [False, True])
async def test_undoing_leaves_what_happened_since(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator, renewed: bool
) -> None:
    """A guardian's no stays a no, and a form handed in again is another form."""
    await carry_out(teacher, administrator, workbook([pupil(1)]))
    answer = await carry_out(teacher, administrator, roster((pupil(1), "已签")))
    one = await reader(teacher, 1)
    assert (await withdraw(teacher, one["id"])).status_code == 204
    if renewed:
        await teacher.post(PAPER, json={"reader_ids": [one["id"]]})
    await undo(teacher, answer["batch_no"])
    assert (await reader(teacher, 1))["consent"] == ("paper" if renewed else "withdrawn")


async def test_a_strangers_reader_of_the_same_person_keeps_its_own(
    teacher: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    school: Scope,
    classes: dict[str, UUID],
    administrator: Administrator,
    told: Told,
) -> None:
    elsewhere = [*pupil(1)[:5], "", "渝中"]
    await carry_out(stranger, administrator, workbook([elsewhere]))
    theirs = await reader(stranger, 1)
    answer = await carry_out(teacher, administrator, roster((pupil(1), "已签")))
    assert (await reader(stranger, 1)) == theirs
    assert theirs["consent"] == "none"
    assert (await stranger.get(f"{IMPORTS}/{answer['batch_no']}/rows")).status_code == 404
    assert (await stranger.post(f"{IMPORTS}/{answer['batch_no']}/undo")).status_code == 404
    mine = await reader(teacher, 1)
    assert (await stranger.get(f"{READERS}/{mine['id']}/consents")).status_code == 404
    assert {subject.split(".")[3] for subject in await told.subjects("consent.recorded")} == {str(school.school_id)}
