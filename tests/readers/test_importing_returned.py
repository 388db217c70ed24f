"""The returned workbook: the teacher's own file with the rows that are left to correct."""

import io
from uuid import UUID

import httpx
import openpyxl

from tests.readers.importing import IMPORTS, XLSX, Administrator, carry_out, confirm, finished, preview
from tests.readers.rosters import TITLES, pupil, workbook


async def returned(client: httpx.AsyncClient, batch_no: str) -> list[list[object]]:
    response = await client.get(f"{IMPORTS}/{batch_no}/rejected.xlsx")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == XLSX
    assert response.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E6%9C%AA")
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]


async def test_rejected_rows_with_their_reasons(teacher: httpx.AsyncClient, classes: dict[str, UUID]) -> None:
    rows = [pupil(1), pupil(2, phone="12"), pupil(3, school_class="火箭班"), pupil(4)]
    answer = await preview(teacher, workbook(rows))
    titles, *kept = await returned(teacher, answer["batch_no"])
    assert titles[1:] == list(TITLES)
    assert [row[1] for row in kept] == [rows[1][0], rows[2][0]]
    assert "联系电话" in str(kept[0][0]) and "火箭班" in str(kept[1][0])


async def test_it_can_be_corrected_and_uploaded_as_it_is(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator
) -> None:
    answer = await carry_out(teacher, administrator, workbook([pupil(1), pupil(2, phone="12")]))
    response = await teacher.get(f"{IMPORTS}/{answer['batch_no']}/rejected.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    sheet = book.worksheets[0]
    sheet.cell(2, 4).value = "13800000002"
    corrected = io.BytesIO()
    book.save(corrected)
    again = await preview(teacher, corrected.getvalue())
    assert again["counts"] == {"new": 1, "changed": 0, "unchanged": 0, "rejected": 0}


async def test_rows_that_could_not_be_carried_out_come_back_too(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator
) -> None:
    first = await preview(teacher, workbook([pupil(1), pupil(2)]))
    second = await preview(teacher, workbook([pupil(1, phone="13900000001"), pupil(2)]))
    for answer in (first, second):
        await confirm(teacher, answer["batch_no"])
        await finished(administrator, answer["batch_no"])
    _, *kept = await returned(teacher, second["batch_no"])
    assert [row[1] for row in kept] == [pupil(1)[0]]
    assert "预览之后" in str(kept[0][0])


async def test_nothing_to_return(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator
) -> None:
    clean = await preview(teacher, workbook([pupil(1)]))
    gone = await preview(teacher, workbook([pupil(2, phone="12")]))
    await teacher.delete(f"{IMPORTS}/{gone['batch_no']}")
    for answer in (clean, gone):
        response = await teacher.get(f"{IMPORTS}/{answer['batch_no']}/rejected.xlsx")
        assert (response.status_code, response.json()["code"]) == (404, "nothing_rejected")
