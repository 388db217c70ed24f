"""读者管理-校: single readers, the table, and what a stranger's address shows."""

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from playwright.async_api import Locator, expect

from tests.browser.desk import Desk, Desks
from tests.browser.school import PASSWORD, OpenedSchool, SchoolOffice, client, post
from tests.pupils import GRADES, id_number

FIRST = 21_000
"""Index of this module's first pupil: everybody has one card in the city."""


@pytest.fixture(scope="module")
async def school(office: SchoolOffice, system: str) -> OpenedSchool:
    """A school with thirty readers: 学生00 to 学生29."""
    opened = await office.open_school(stage="primary", classes=2)
    async with client(system, opened.username) as http:
        found = (await http.get("/api/params/classes", params={"page_size": 200})).json()["items"]
        classes = {f"{item['grade_name']}{item['name']}": item["id"] for item in found}
        for at in range(30):
            # Two in the first class of each grade, two in its second, and so on round.
            await post(http, "/api/readers", pupil(at, classes[f"{GRADES[at // 2 % 6]}{at % 2 + 1}班"]))
    return opened


@pytest.fixture
async def desk(desks: Desks, school: OpenedSchool) -> Desk:
    return await desks.log_in(school.username, PASSWORD, "/readers")


def pupil(at: int, class_id: str) -> dict[str, Any]:
    signs = "一二三四五六七八九十"
    return {
        "id_number": id_number(FIRST + at),
        "name": f"赵{signs[at // 10]}{signs[at % 10]}",
        "phone": f"1380000{at:04}",
        "guardian_name": "赵大",
        "home_district": "500103",
        "class_id": class_id,
    }


async def test_adding_with_checks_while_typing(desk: Desk) -> None:
    await desk.button("新增").click()
    dialog = desk.dialog("新增读者")
    field = dialog.get_by_label("身份证号码")
    number = id_number(FIRST + 100)
    await field.fill(number[:-1] + ("1" if number[-1] != "1" else "2"))
    await expect(dialog).to_contain_text("校验位不符")
    await field.fill(id_number(FIRST + 1))
    await expect(dialog).to_contain_text("本校已有该身份证号码的读者：赵一二（一年级2班）")
    await field.fill(number.lower())
    await expect(dialog).not_to_contain_text("本校已有")
    await expect(dialog.locator("[data-test=born]")).to_contain_text(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
    await desk.button("确定", dialog).click()
    # Whoever chooses no grade cannot choose a class: each is told where it is missing, and the first is gone to.
    missing = ["请选择年级", "请选择班级", "请填写读者名称", "请填写联系电话"]
    await expect(dialog.locator(".el-form-item__error")).to_have_text(missing)
    await expect(dialog.get_by_role("combobox", name="年级")).to_be_focused()
    await desk.choose("年级", "二年级", dialog)
    await desk.choose("班级", "1班", dialog)
    await dialog.get_by_label("读者名称").fill("钱新来")
    await dialog.get_by_label("联系电话", exact=True).fill("13900001111")
    # Twice, as impatient people do: one reader comes of it.
    await desk.button("确定", dialog).dblclick()
    await desk.told("已保存“钱新来”")
    await search(desk, "读者名称", "钱新来")
    await expect(rows(desk)).to_have_count(1)
    await expect(rows(desk).first).to_contain_text("待审核")


async def test_searching_and_resetting(desk: Desk) -> None:
    total = desk.page.locator(".el-pagination__total")
    await expect(total).to_have_text(re.compile(r"共 [23]\d 条"))
    everybody = await total.inner_text()
    await desk.choose("年级", "三年级")
    await desk.choose("班级", "2班")
    await desk.button("检索").click()
    await expect(total).to_have_text("共 3 条")
    await expect(rows(desk).locator("td:nth-child(4)")).to_have_text(["2班"] * 3)
    await desk.page.reload()
    await expect(total).to_have_text("共 3 条")
    await desk.button("重置").click()
    await expect(total).to_have_text(everybody)
    await search(desk, "身份证号码", id_number(FIRST + 7))
    await expect(rows(desk)).to_have_count(1)
    # An ID number does not stay in the address, which is kept in histories and logs.
    assert id_number(FIRST + 7) not in desk.page.url
    await search(desk, "身份证号码", "123")
    await expect(desk.page.get_by_text("没有符合条件的读者")).to_be_visible()
    await expect(desk.page.get_by_text("后 4 位及以上")).to_be_visible()


async def test_a_choice_is_kept_across_pages(desk: Desk) -> None:
    await desk.page.get_by_label("选择本页全部").check()
    await desk.page.get_by_role("button", name="下一页").click()
    await expect(desk.page.locator(".el-pager .is-active")).to_have_text("2")
    await desk.settle()
    await rows(desk).first.get_by_role("checkbox").check()
    await expect(desk.page.get_by_text("已选 21 位")).to_be_visible()
    await expect(desk.button("修改")).to_be_disabled()
    await expect(desk.button("审核")).to_be_disabled()
    await expect(desk.button("删除")).to_be_enabled()
    await desk.page.get_by_role("button", name="上一页").click()
    await expect(rows(desk)).to_have_count(20)
    await expect(desk.page.get_by_label("选择本页全部")).to_be_checked()
    await desk.button("清除选择").click()
    await expect(desk.button("删除")).to_be_disabled()


async def test_a_choice_ends_with_its_search(desk: Desk) -> None:
    await choose(desk, "赵二一")
    await search(desk, "读者名称", "赵二二")
    await expect(rows(desk)).to_have_count(1)
    await expect(desk.button("审核")).to_be_disabled()
    await desk.page.get_by_label("选择 赵二二").check()
    await desk.button("重置").click()
    await expect(desk.button("审核")).to_be_disabled()


async def test_who_is_approved_from_another_page_is_named_first(desk: Desk) -> None:
    await rows(desk).first.get_by_role("checkbox").check()
    name = await rows(desk).first.get_by_role("link").inner_text()
    await desk.page.get_by_role("button", name="下一页").click()
    await expect(desk.page.locator(".el-pager .is-active")).to_have_text("2")
    await desk.settle()
    await desk.button("审核").click()
    question = desk.dialog("审核不在本页的读者")
    await expect(question).to_contain_text(f"“{name}”")
    await desk.button("取消", question).click()
    await expect(desk.page.get_by_text("已选 1 位")).to_be_visible()


async def test_a_cancelled_approval_leaves_the_choice(desk: Desk) -> None:
    await rows(desk).first.get_by_role("checkbox").check()
    await desk.page.locator("[data-test=approve-many]").click()
    await desk.page.get_by_role("menuitem", name="选中的 1 位读者").click()
    await expect(desk.page.locator("[data-test=batch-total]")).to_have_text("1 条")
    await desk.button("取消", desk.dialog("批审核")).click()
    await expect(desk.dialog("批审核")).to_have_count(0)
    await expect(desk.page.get_by_text("已选 1 位")).to_be_visible()


async def test_columns_and_order(desk: Desk) -> None:
    await desk.button("显示列").click()
    await desk.page.get_by_role("checkbox", name="家长姓名").check()
    await desk.page.get_by_role("checkbox", name="联系电话", exact=True).uncheck()
    await desk.page.keyboard.press("Escape")
    heads = desk.page.locator("thead th")
    await expect(heads.filter(has_text="家长姓名")).to_have_count(1)
    await desk.page.reload()
    await desk.settle()
    await expect(heads.filter(has_text="家长姓名")).to_have_count(1)
    await expect(heads.filter(has_text="联系电话")).to_have_count(0)
    await desk.page.get_by_role("button", name="读者名称").click()
    await expect(desk.page.locator("th[aria-sort=ascending]")).to_contain_text("读者名称")
    await desk.settle()
    smallest = await rows(desk).first.get_by_role("link").inner_text()
    await desk.page.get_by_role("button", name="读者名称").click()
    await expect(desk.page.locator("th[aria-sort=descending]")).to_contain_text("读者名称")
    await desk.settle()
    largest = await rows(desk).first.get_by_role("link").inner_text()
    assert smallest < largest


async def test_full_numbers_are_shown_after_a_question_and_logged(
    desk: Desk, school: OpenedSchool, system: str
) -> None:
    await search(desk, "读者名称", "赵一三")
    row = rows(desk).first
    number = id_number(FIRST + 2)
    await expect(row).to_contain_text(f"{number[:4]}**********{number[-4:]}")
    await row.get_by_label("显示 赵一三 的完整号码").click()
    question = desk.dialog("显示完整号码")
    await expect(question).to_contain_text("记入日志")
    await desk.button("显示", question).click()
    await expect(row).to_contain_text(number)
    await expect(row).to_contain_text("13800000002")
    async with client(system, school.username) as http:
        await desk.poll(http, "/api/audit/logs?entity=reader&fact=revealed", lambda found: found["items"])
    await desk.go("/logs?entity=reader&fact=revealed")
    await expect(desk.page.get_by_text(re.compile("查看了读者.*完整身份证号"))).to_be_visible()


async def test_changing_one(desk: Desk) -> None:
    await choose(desk, "赵一四")
    await desk.button("修改").click()
    dialog = desk.dialog("修改读者")
    await expect(desk.button("确定", dialog)).to_be_disabled()
    await dialog.get_by_label("家长姓名").fill("赵二")
    await dialog.get_by_label("联系电话", exact=True).fill("137")
    await desk.button("确定", dialog).click()
    await expect(dialog).to_contain_text("应为 11 位手机号")
    await dialog.get_by_label("联系电话", exact=True).fill("")
    await desk.button("确定", dialog).click()
    await desk.told("已保存“赵一四”")
    await desk.page.get_by_role("link", name="赵一四").click()
    await expect(desk.page.get_by_role("definition").filter(has_text="赵二")).to_be_visible()
    await expect(desk.page.get_by_role("definition").filter(has_text="138****0003")).to_be_visible()


async def test_two_who_change_the_same(desks: Desks, desk: Desk, school: OpenedSchool) -> None:
    await choose(desk, "赵一五")
    await desk.button("修改").click()
    other = await desks.log_in(school.username, PASSWORD, "/readers")
    for one, name in ((other, "孙甲"), (desk, "孙乙")):
        if one is other:
            await choose(other, "赵一五")
            await other.button("修改").click()
        dialog = one.dialog("修改读者")
        await dialog.get_by_label("家长姓名").fill(name)
        await one.button("确定", dialog).click()
        if one is other:
            await other.told("已保存")
    alert = desk.dialog("修改读者").get_by_role("alert")
    await expect(alert).to_contain_text("请关闭后刷新列表")
    await expect(alert.locator("code")).to_have_text(re.compile(r"[0-9a-f]{32}"))


async def test_returning_with_a_reason(desk: Desk) -> None:
    await choose(desk, "赵一六")
    await desk.button("退回").click()
    question = desk.dialog("退回“赵一六”")
    await question.get_by_role("textbox").fill("姓名与户口簿不符")
    await desk.button("退回", question).click()
    await desk.told("已退回“赵一六”")
    await expect(rows(desk).first).to_contain_text("已退回")
    await expect(rows(desk).first).to_contain_text("姓名与户口簿不符")
    await rows(desk).first.get_by_role("checkbox").check()
    await expect(desk.button("审核")).to_be_disabled()


async def test_deleting(desk: Desk) -> None:
    await choose(desk, "赵一七")
    await desk.button("删除").click()
    question = desk.dialog("删除读者")
    await expect(question).to_contain_text("赵一七")
    await desk.button("取消", question).click()
    await expect(question).to_be_hidden()
    await expect(rows(desk)).to_have_count(1)
    await desk.button("删除").click()
    await desk.button("删除", question).click()
    await desk.told("已删除 1 位读者")
    await expect(desk.page.get_by_text("没有符合条件的读者")).to_be_visible()


async def test_exporting_what_was_searched(desk: Desk, tmp_path: Path) -> None:
    await desk.choose("年级", "一年级")
    await desk.button("检索").click()
    shown = 6
    await expect(rows(desk)).to_have_count(shown)
    book = openpyxl.load_workbook(await desk.save(desk.button("导出"), tmp_path))
    cells = [[str(cell or "") for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]
    book.close()
    listed = [row for row in cells if any("一年级" in cell for cell in row)]
    assert len(listed) == shown
    assert not any(re.fullmatch(r"\d{17}[\dX]", cell) for row in cells for cell in row)


async def test_full_numbers_are_exported_after_a_question(desk: Desk, tmp_path: Path) -> None:
    await search(desk, "读者名称", "赵二三")
    await desk.button("切换下拉选项").click()
    await desk.page.get_by_role("menuitem", name="导出（含完整号码）").click()
    question = desk.dialog("导出（含完整号码）")
    await expect(question).to_contain_text("1 位读者")
    await expect(question).to_contain_text("会记入日志")
    book = openpyxl.load_workbook(await desk.save(desk.button("导出", question), tmp_path))
    cells = [str(cell or "") for row in book.worksheets[0].iter_rows(values_only=True) for cell in row]
    book.close()
    assert id_number(FIRST + 12) in cells


async def test_one_approved_gets_a_card(desk: Desk) -> None:
    await choose(desk, "赵一八")
    await desk.button("审核").click()
    # Nobody has signed yet: by the district's rule that is the school's to decide.
    question = desk.dialog("没有授权书")
    await expect(question).to_contain_text("还没有收到“赵一八”的监护人授权书")
    await desk.check_access()
    await desk.page.keyboard.press("Escape")
    await expect(question).to_be_hidden()
    await expect(rows(desk).first).to_contain_text("待审核")
    await desk.button("审核").click()
    await expect(desk.button("审核", question)).to_be_focused()
    await desk.page.keyboard.press("Enter")
    await desk.told(re.compile("审核成功：赵一八.*还没有收到监护人授权书"))
    await desk.told(re.compile(r"赵一八 已办证，读者证号 \d{15}"))
    await expect(rows(desk).first).to_contain_text("已办证")
    await rows(desk).first.get_by_role("checkbox").check()
    await expect(desk.button("删除")).to_be_disabled()
    await desk.button("修改").click()
    await expect(desk.dialog("修改读者").get_by_label("身份证号码")).to_be_disabled()


async def test_who_has_a_card_elsewhere_is_refused_with_the_reason(
    desk: Desk, office: SchoolOffice, system: str
) -> None:
    elsewhere = await office.open_school(stage="primary", classes=1, district="500106")
    async with client(system, elsewhere.username) as http:
        classes = (await http.get("/api/params/classes")).json()["items"]
        reader = await post(http, "/api/readers", pupil(8, classes[0]["id"]))
        await post(http, f"/api/readers/{reader['id']}/approve", {})
        await desk.poll(http, f"/api/readers/{reader['id']}", lambda found: found["status"] == "carded")
    await choose(desk, "赵一九")
    await desk.button("审核").click()
    await desk.button("审核", desk.dialog("没有授权书")).click()
    await desk.told(re.compile("赵一九 未能办证"))


async def test_a_strangers_address_is_not_found(desks: Desks, desk: Desk, office: SchoolOffice) -> None:
    """The page of another school's reader looks as one that never was."""
    await desk.page.get_by_role("link", name="赵三").first.click()
    await desk.page.wait_for_url("**/readers/*")
    own = desk.page.url
    stranger = await office.open_school()
    other = await desks.log_in(stranger.username, PASSWORD)
    said = []
    for address in (own, f"/readers/{uuid4()}", "/readers/nonsense"):
        await other.page.goto(address)
        found = other.page.locator("[data-test=not-found]")
        await expect(found).to_contain_text("没有找到该读者")
        said.append(await found.inner_text())
    assert len(set(said)) == 1


def rows(desk: Desk) -> Locator:
    return desk.page.locator("tbody tr")


async def search(desk: Desk, label: str, text: str) -> None:
    await desk.page.get_by_role("search").get_by_label(label).fill(text)
    await desk.button("检索").click()
    await desk.settle()


async def choose(desk: Desk, name: str) -> None:
    await search(desk, "读者名称", name)
    await desk.page.get_by_label(f"选择 {name}").check()
