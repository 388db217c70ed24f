"""年级参数-校 and 班级参数-校."""

import re
from collections.abc import Sequence

import pytest
from playwright.async_api import expect

from tests.browser.desk import Desk, Desks
from tests.browser.school import PASSWORD, SchoolOffice


@pytest.fixture
async def desk(desks: Desks, office: SchoolOffice) -> Desk:
    """The desk of a school of the test's own: six grades with three classes each."""
    school = await office.open_school(stage="primary", classes=3)
    return await desks.log_in(school.username, PASSWORD, "/grades")


async def expect_names(desk: Desk, column: int, names: Sequence[str]) -> None:
    """What stands in a column of the whole table, once it does."""
    await expect(desk.page.locator(f"tbody tr td:nth-child({column})")).to_have_text(names)


async def test_a_usual_set_at_once(desks: Desks, office: SchoolOffice) -> None:
    school = await office.open_school()
    desk = await desks.log_in(school.username, PASSWORD, "/grades")
    await expect(desk.page.get_by_text("还没有年级")).to_be_visible()
    await desk.button("快速创建").click()
    dialog = desk.dialog("快速创建年级和班级")
    await dialog.get_by_text("小学", exact=True).click()
    await dialog.get_by_role("spinbutton").fill("3")
    await desk.button("确定", dialog).click()
    await desk.told("新建年级 6 个、班级 18 个")
    await desk.settle()
    await expect_names(desk, 2, ["一年级", "二年级", "三年级", "四年级", "五年级", "六年级"])


async def test_adding_changing_deleting(desk: Desk) -> None:
    await desk.button("新增").click()
    dialog = desk.dialog("新增年级")
    await expect(desk.button("确定", dialog)).to_be_disabled()
    await dialog.get_by_label("年级名称").fill("七年级")
    await dialog.get_by_label("备注").fill("试办")
    await desk.button("确定", dialog).dblclick()
    await desk.told("已保存“七年级”")
    await desk.settle()
    await expect(desk.page.get_by_role("cell", name="七年级", exact=True)).to_have_count(1)
    await desk.page.get_by_label("选择 七年级").check()
    await desk.button("修改").click()
    dialog = desk.dialog("修改年级")
    await expect(dialog.get_by_label("备注")).to_have_value("试办")
    await dialog.get_by_label("年级名称").fill("一年级")
    await desk.button("确定", dialog).click()
    await expect(dialog).to_contain_text("同名")
    await dialog.get_by_label("年级名称").fill("初一")
    await desk.button("确定", dialog).click()
    await desk.told("已保存“初一”")
    await desk.page.get_by_label("选择 初一").check()
    await desk.button("删除").click()
    await desk.button("删除", desk.dialog("删除“初一”")).click()
    await desk.told("已删除“初一”")
    await expect(desk.page.get_by_role("cell", name="初一", exact=True)).to_have_count(0)


async def test_what_has_classes_is_not_deleted_but_can_be_disabled(desk: Desk) -> None:
    await desk.page.get_by_label("选择 六年级").check()
    await desk.button("删除").click()
    await desk.button("删除", desk.dialog("删除“六年级”")).click()
    offer = desk.dialog("“六年级”正在使用，不能删除")
    await expect(offer).to_contain_text("3 个班级")
    await desk.button("改为禁用", offer).click()
    await desk.told("已禁用“六年级”")
    await expect(desk.page.get_by_role("row", name="六年级").get_by_text("已禁用")).to_be_visible()


async def test_order_by_buttons_and_by_dragging(desk: Desk) -> None:
    await desk.page.get_by_label("下移 一年级").click()
    await desk.told("顺序已保存")
    await expect(desk.page.locator("tbody tr").first).to_contain_text("二年级")
    handle = desk.page.get_by_role("row", name="一年级").locator("[draggable]")
    await handle.drag_to(desk.page.get_by_role("row", name="二年级").locator("td").nth(1))
    await expect(desk.page.locator("tbody tr").first).to_contain_text("一年级")
    await desk.page.reload()
    await desk.settle()
    await expect(desk.page.locator("tbody tr").nth(0)).to_contain_text("一年级")
    await expect(desk.page.locator("tbody tr").nth(1)).to_contain_text("二年级")


async def test_classes_follow_their_grade(desk: Desk) -> None:
    await desk.go("/classes")
    await desk.button("二年级 3").click()
    await expect_names(desk, 3, ["1班", "2班", "3班"])
    await desk.button("新增").click()
    dialog = desk.dialog("新增班级")
    await dialog.get_by_label("班级名称").fill("4班")
    await desk.button("确定", dialog).click()
    await desk.told("已保存“4班”")
    await desk.settle()
    await expect_names(desk, 3, ["1班", "2班", "3班", "4班"])
    await desk.page.get_by_label("选择 4班").check()
    await desk.button("删除").click()
    await desk.button("删除", desk.dialog("删除“4班”")).click()
    await desk.told("已删除“4班”")
    await desk.settle()
    await expect_names(desk, 3, ["1班", "2班", "3班"])


async def test_the_chosen_grade_stands_in_the_address(desk: Desk) -> None:
    third = desk.button("三年级 3")
    await desk.go("/classes")
    await third.click()
    await expect(desk.page).to_have_url(re.compile(r"/classes\?grade_id=[\w-]{36}$"))
    address = desk.page.url
    await desk.page.reload()
    await desk.settle()
    await expect(third).to_have_attribute("aria-pressed", "true")
    await expect_names(desk, 2, ["三年级"] * 3)
    await desk.show("classes-of-a-grade")
    # The menu shows all of them, the way back the grade again.
    await desk.page.get_by_role("link", name="班级参数-校").click()
    await expect(desk.page.locator("tbody tr")).to_have_count(18)
    await expect(desk.button("全部年级 18")).to_have_attribute("aria-pressed", "true")
    await desk.page.get_by_label("选择 1班").first.check()
    await desk.page.go_back()
    await expect(desk.page).to_have_url(address)
    await expect(third).to_have_attribute("aria-pressed", "true")
    await expect(desk.page.locator("tbody input:checked")).to_have_count(0)
    await desk.page.go_forward()
    await expect(desk.page.locator("tbody tr")).to_have_count(18)
    # A grade that is no more, or never was the school's.
    await desk.go("/classes?grade_id=018f0000-0000-7000-8000-000000000001")
    await expect(desk.page.locator("tbody tr")).to_have_count(18)
