"""The log as a workbook: opened again, its texts are texts, a cut is told, nothing stays on disk."""

from datetime import UTC, datetime
from io import BytesIO

import httpx
import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from services.audit import exporting
from shared.database import Database
from shared.settings import Settings
from shared.tenancy import Actor, Scope
from tests.audit.story import TEACHER, log, many_readers, reader_created
from tests.running_service import a_school
from tests.waiting import eventually

EXPORT = "/api/audit/logs/export.xlsx"


def sheets(answer: httpx.Response) -> tuple[Worksheet, Worksheet]:
    assert answer.status_code == 200, answer.text
    book = openpyxl.load_workbook(BytesIO(answer.content))
    first, about = book.worksheets
    return first, about


async def test_an_export_has_what_the_search_finds(
    teacher: httpx.AsyncClient, school: Scope, database: Database, settings: Settings
) -> None:
    odd = Actor(TEACHER.id, '=HYPERLINK("x")')
    at = datetime(2026, 9, 1, 1, 2, 3, tzinfo=UTC)
    events = [
        reader_created(school, at=at, actor=odd, batch_no="1788225723000000001", masked_name="=1+1"),
        reader_created(school, at=datetime(2026, 9, 2, tzinfo=UTC)),
    ]
    await log(database, [*events, *many_readers(a_school(), 3)])
    answer = await teacher.get(EXPORT, params={"operator": odd.name, "to": "2026-09-01"})
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-truncated"] == "false"
    sheet, about = sheets(answer)
    assert [cell.value for cell in sheet[1]] == ["时间", "操作人", "对象", "经过", "批次号", "读者编号", "日志编号"]
    assert sheet.max_row == 2
    row = sheet[2]
    assert [cell.value for cell in row] == [
        datetime(2026, 9, 1, 9, 2, 3),
        '=HYPERLINK("x")',
        "读者",
        '=HYPERLINK("x") 新增了读者=1+1（5001**********1234）（批次1788225723000000001）',
        "1788225723000000001",
        events[0].subject_id,
        str(events[0].id),
    ]
    assert {cell.data_type for cell in row[1:]} == {"s"}
    told = {line[0].value: line[1].value for line in about.iter_rows()}
    assert told["条件：操作人"] == '=HYPERLINK("x")'
    assert told["条件：时间至"] == "2026-09-01 23:59:59"
    assert told["导出人"] == "teacher"

    async def nothing_is_left() -> bool:
        return not list((settings.var / "exports").iterdir())

    await eventually(nothing_is_left)


async def test_all_pages_in_order_and_nobody_elses(
    teacher: httpx.AsyncClient, school: Scope, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_PAGE", 10)
    events = many_readers(school, 37)
    await log(database, [*events, *many_readers(a_school(), 20)])
    sheet, _ = sheets(await teacher.get(EXPORT))
    assert [cell.value for cell in sheet["G"][1:]] == [str(event.id) for event in reversed(events)]


@pytest.mark.parametrize(("count", "cut"), [(30, False), (31, True)])
async def test_a_cut_is_told(
    teacher: httpx.AsyncClient,
    school: Scope,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    cut: bool,
) -> None:
    monkeypatch.setattr(exporting, "_PAGE", 10)
    monkeypatch.setattr(exporting, "MOST_ENTRIES", 30)
    await log(database, many_readers(school, count))
    answer = await teacher.get(EXPORT)
    sheet, _ = sheets(answer)
    assert answer.headers["x-truncated"] == ("true" if cut else "false")
    assert sheet.max_row == 1 + 30 + cut
    assert str(sheet.cell(sheet.max_row, 4).value).startswith("日志超过30条") == cut


async def test_an_empty_log_in_english(teacher: httpx.AsyncClient) -> None:
    search = {"operator": "nobody", "entity": "reader", "from": "2026-09-01", "to": "2026-09-02"}
    for conditions in ({}, search):
        sheet, about = sheets(await teacher.get(EXPORT, params={"lang": "en", **conditions}))
        assert sheet.title == "Log"
        assert sheet.max_row == 1
        words = [str(cell.value) for part in (sheet, about) for line in part.iter_rows() for cell in line]
        assert "By" in words and not any("\u3400" <= sign <= "\uff60" for word in words for sign in word)
