"""日志查询-校: searched, read, exported, and seen to be intact."""

import re
from pathlib import Path

import openpyxl
import pytest
from playwright.async_api import expect

from tests.browser.desk import Desk, Desks
from tests.browser.school import PASSWORD, OpenedSchool, SchoolOffice, client, post


@pytest.fixture(scope="module")
async def school(office: SchoolOffice, system: str) -> OpenedSchool:
    """A school whose log has some sixty entries."""
    opened = await office.open_school(stage="primary", classes=8)
    async with client(system, opened.username) as http:
        await post(http, "/api/params/grades", {"name": "学前班", "sort_order": 9})
        await Desk.poll(http, "/api/audit/logs?entity=class&limit=50", lambda found: len(found["items"]) == 48)
        await Desk.poll(http, "/api/audit/logs?entity=grade&limit=50", lambda found: len(found["items"]) == 7)
    return opened


@pytest.fixture
async def desk(desks: Desks, school: OpenedSchool) -> Desk:
    return await desks.log_in(school.username, PASSWORD, "/logs")


async def test_entries_are_read_in_words(desk: Desk, school: OpenedSchool) -> None:
    row = desk.page.get_by_role("row", name=re.compile("新增了年级“学前班”"))
    await expect(row).to_contain_text(school.username)
    await expect(row).to_contain_text(re.compile(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d"))
    await desk.button("详情", row).click()
    detail = desk.page.locator("[data-test=log-detail]")
    await expect(detail).to_contain_text("学前班")
    await expect(detail).not_to_contain_text("sort_order")


async def test_searching_reading_on_and_exporting(desk: Desk, tmp_path: Path) -> None:
    await desk.choose("对象", "班级")
    await desk.choose("事项", "新增")
    await desk.button("检索").click()
    await expect(desk.page.locator("tbody tr")).to_have_count(48)
    await desk.page.reload()
    await desk.settle()
    await expect(desk.page.locator("tbody tr")).to_have_count(48)
    book = openpyxl.load_workbook(await desk.save(desk.button("导出"), tmp_path))
    lines = [[str(cell or "") for cell in line] for line in book.worksheets[0].iter_rows(values_only=True)]
    book.close()
    told = [cell for line in lines for cell in line if "新增了班级" in cell]
    assert len(told) == 48
    assert any("8班" in cell for cell in told)
    await desk.button("重置").click()
    await expect(desk.page.locator("tbody tr")).to_have_count(50)
    await desk.button("加载更多").click()
    await expect(desk.page.get_by_text(re.compile(r"已显示全部 \d+ 条"))).to_be_visible()
    await desk.page.get_by_role("search").get_by_label("操作人").fill("nobody-of-this-name")
    await desk.button("检索").click()
    await expect(desk.page.get_by_text("没有符合条件的日志")).to_be_visible()


async def test_the_log_is_seen_to_be_intact(desk: Desk) -> None:
    await desk.button("核验日志完整性").click()
    await expect(desk.page.locator("[data-test=log-intact]")).to_contain_text(re.compile(r"已核验 \d+ 条"))


async def test_no_two_columns_have_the_same_name(desk: Desk) -> None:
    headers = desk.page.locator("thead th")
    await expect(headers).to_have_text(["时间", "操作人", "对象", "事项", "经过", "批次号", "详情"])
    await desk.button("English").click()
    await expect(headers).to_have_text(["Time", "By", "Thing", "Action", "What happened", "Batch number", "Details"])
    await desk.show("log-english")
    await desk.button("中文").click()
    await expect(headers.last).to_have_text("详情")
    await desk.show("log")


async def test_in_english_too(desk: Desk) -> None:
    await desk.button("English").click()
    await expect(desk.page.get_by_text("created grade “学前班”")).to_be_visible()
    await desk.page.evaluate("localStorage.clear()")
