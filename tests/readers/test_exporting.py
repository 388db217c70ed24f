"""Workbooks that leave: masked unless asked otherwise, said whose and when, logged, deleted; the template."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import httpx
import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from services.readers import exporting
from shared.settings import Settings
from shared.tenancy import Scope
from tests.readers.conftest import Told
from tests.readers.people import READERS, CardsOf, ParamsOf, create, id_number
from tests.waiting import eventually

EXPORT = f"{READERS}/export.xlsx"
TITLES = [
    "年级",
    "班级",
    "姓名",
    "身份证号",
    "联系电话",
    "家长姓名",
    "家长联系电话",
    "所属区县",
    "读者证号",
    "状态",
    "授权书",
    "退回原因",
    "登记时间",
    "修改时间",
]


def sheets(answer: httpx.Response) -> tuple[Worksheet, dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    first, about = openpyxl.load_workbook(BytesIO(answer.content)).worksheets
    return first, {str(line[0].value): line[1].value for line in about.iter_rows()}


def rows(sheet: Worksheet) -> list[Sequence[Any]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]


async def nothing_left(settings: Settings) -> None:
    async def is_empty() -> bool:
        return not list((settings.var / "exports").iterdir())

    await eventually(is_empty)


async def test_an_export_has_what_the_search_finds(
    teacher: httpx.AsyncClient, params: ParamsOf, cards: CardsOf, settings: Settings, told: Told
) -> None:
    class_id = await params.school_class(await params.grade())
    made = await create(teacher, 1, name="王小明", class_id=str(class_id))
    await create(teacher, 2, name="李小明")
    await teacher.post(f"{READERS}/{made['id']}/approve")
    await cards.say(cards.issued(made["id"], "500103260000011"))
    answer = await teacher.get(EXPORT, params={"class_id": str(class_id), "name": "小明", "status": "carded"})
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-truncated"] == "false"
    sheet, about = sheets(answer)
    assert [cell.value for cell in sheet[1]] == TITLES
    ((*texts, created, _),) = rows(sheet)
    assert texts == [
        "三年级",
        "1班",
        "王小明",
        f"5001**********{id_number(1)[-4:]}",
        "138****0001",
        "王建国",
        "***-****2345",
        "渝中区",
        "500103260000011",
        "已办证",
        "未签",
        None,
    ]
    assert created.year >= 2026
    assert (about["导出人"], about["条件：班级"], about["条件：姓名"], about["条件：状态"]) == (
        "teacher",
        "三年级1班",
        "小明",
        "已办证",
    )
    (fact,) = await told.facts("reader.exported")
    assert (fact["count"], fact.get("unmasked", False), fact["conditions"]) == (
        1,
        False,
        "班级：三年级1班，状态：已办证，按姓名检索",
    )
    await nothing_left(settings)


async def test_full_numbers_are_for_the_schools_own_users_and_are_logged(
    teacher: httpx.AsyncClient, district: httpx.AsyncClient, city: httpx.AsyncClient, told: Told, school: Scope
) -> None:
    await create(teacher, 1)
    number = id_number(1)
    sheet, about = sheets(await teacher.get(EXPORT, params={"unmasked": "true", "id_number": number}))
    ((_, _, _, shown, phone, *_),) = rows(sheet)
    assert (shown, phone) == (number, "13800000001")
    assert about["条件：身份证号"] == f"5001**********{number[-4:]}"
    (fact,) = await told.facts("reader.exported")
    assert (fact["unmasked"], fact["conditions"]) == (True, "按身份证号检索")
    for client in (district, city):
        refused = await client.get(EXPORT, params={"unmasked": "true"})
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_forbidden")
        sheet, _ = sheets(await client.get(EXPORT))
        assert [cell.value for cell in sheet[1]] == ["学校编号", *TITLES]
        ((school_id, _, _, _, masked, *_),) = rows(sheet)
        assert (school_id, masked) == (str(school.school_id), f"5001**********{number[-4:]}")
    assert await told.subjects("reader.exported") == [
        f"sc.v1.500103.{school.school_id}.reader.exported",
        "sc.v1.500103._.reader.exported",
        "sc.v1._._.reader.exported",
    ]


async def test_all_pages_in_order_and_nobody_elses(
    teacher: httpx.AsyncClient, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_PAGE", 4)
    names = [(await create(teacher, n, name="王" + "一二三四五六七八九十甲"[n]))["name"] for n in range(11)]
    await create(stranger, 12)
    sheet, _ = sheets(await teacher.get(EXPORT))
    assert [row[2] for row in rows(sheet)] == names


@pytest.mark.parametrize(("most", "cut"), [(3, True), (4, False)])
async def test_a_cut_is_told(
    teacher: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, told: Told, most: int, cut: bool
) -> None:
    monkeypatch.setattr(exporting, "_PAGE", 2)
    monkeypatch.setattr(exporting, "MOST_READERS", most)
    for n in range(4):
        await create(teacher, n)
    answer = await teacher.get(EXPORT)
    sheet, _ = sheets(answer)
    assert answer.headers["x-truncated"] == ("true" if cut else "false")
    assert str(rows(sheet)[-1][0]).startswith("读者超过") == cut
    assert [fact["count"] for fact in await told.facts("reader.exported")] == [most]


@pytest.mark.parametrize("query", ["id_number=99", "status=carded", "id_number=999999999999999999"])
async def test_nothing_found_is_an_empty_sheet(teacher: httpx.AsyncClient, query: str) -> None:
    await create(teacher)
    sheet, _ = sheets(await teacher.get(f"{EXPORT}?{query}"))
    assert rows(sheet) == []


async def test_consents_are_looked_for_within_a_school(
    district: httpx.AsyncClient, city: httpx.AsyncClient, settings: Settings
) -> None:
    for client in (district, city):
        wide = await client.get(EXPORT, params={"consent": "withdrawn"})
        assert (wide.status_code, wide.json()["code"]) == (422, "consent_too_wide")
    await nothing_left(settings)


async def test_a_name_stays_a_text(teacher: httpx.AsyncClient) -> None:
    await teacher.post(f"{READERS}/{(await create(teacher))['id']}/return", json={"reason": '=HYPERLINK("http://x")'})
    sheet, _ = sheets(await teacher.get(EXPORT))
    cell = sheet["L2"]
    assert (cell.value, cell.data_type) == ('=HYPERLINK("http://x")', "s")


async def test_the_template_offers_the_schools_open_classes(
    teacher: httpx.AsyncClient,
    params: ParamsOf,
    settings: Settings,
    district: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
) -> None:
    grade_id = await params.grade()
    await params.school_class(grade_id, "1班")
    await params.school_class(grade_id, "2班", disabled=True)

    def offered(answer: httpx.Response) -> set[Any]:
        assert answer.status_code == 200
        book = openpyxl.load_workbook(BytesIO(answer.content))
        assert book.sheetnames == ["学生名单", "填写说明", "列表"]
        return {cell for row in book["列表"].iter_rows(values_only=True) for cell in row}

    mine = offered(await teacher.get(f"{READERS}/template.xlsx"))
    assert {"三年级1班", "三年级", "渝中"} <= mine and "三年级2班" not in mine
    assert "三年级" not in offered(await stranger.get(f"{READERS}/template.xlsx"))
    assert (await district.get(f"{READERS}/template.xlsx")).status_code == 403
    await nothing_left(settings)


async def test_an_export_that_cannot_be_logged_is_not_given_out(
    teacher: httpx.AsyncClient, settings: Settings, told: Told, administrator: Any
) -> None:
    await create(teacher)
    await administrator.execute(
        "alter table readers.outbox add constraint no_exports check (subject not like '%exported')"
    )
    answer = await teacher.get(EXPORT)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert await told.facts("reader.exported") == []
    await nothing_left(settings)
