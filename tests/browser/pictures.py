"""The pictures of the user manual: `python -m tests.browser.pictures` makes them anew in docs/manual.

It starts the whole system with the demo city in it, does a school's work from its empty beginning to its cards, and
takes a picture at each step, at the size of a school's screen. No test of every day: the pictures change by themselves
with every hour that stands in them.
"""

import re
import sys
from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from deploy.main_job import ROSTER
from tests.browser.desk import Desk, Desks
from tests.pupils import id_number

FOLDER = Path(__file__).parents[2] / "docs" / "manual"


class Album:
    """Takes pictures of one window."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def take(self, name: str) -> None:
        page = self._desk.page
        for message in await page.locator(".el-message__closeBtn").all():
            await message.click()
        await expect(page.locator(".el-message")).to_have_count(0)
        await page.evaluate("document.activeElement?.blur()")
        await page.mouse.move(0, 0)
        await self._desk.settle_animations()
        await page.screenshot(path=FOLDER / f"{name}.png", animations="disabled", caret="hide")


@pytest.mark.timeout(400)
async def test_pictures_of_a_teachers_work(desks: Desks) -> None:
    stranger = await desks.stranger()
    await stranger.page.goto("/login")
    await stranger.page.get_by_label("用户名", exact=True).fill("teacher-a")
    await Album(stranger).take("login")

    desk = await desks.log_in("teacher-a")
    album = Album(desk)
    await album.take("first-steps")

    await desk.go("/grades")
    await desk.button("快速创建").click()
    dialog = desk.dialog("快速创建年级和班级")
    await dialog.get_by_text("小学", exact=True).click()
    await dialog.get_by_role("spinbutton").fill("8")
    await album.take("setup")
    await desk.button("确定", dialog).click()
    await desk.told("新建年级 6 个、班级 48 个")
    await album.take("grades")
    await desk.go("/classes")
    await desk.page.get_by_role("button", name=re.compile("^三年级")).click()
    await album.take("classes")

    await desk.go("/readers")
    await desk.button("导入").click()
    await album.take("import-upload")
    await desk.page.locator("input[type=file]").set_input_files(ROSTER)
    await desk.page.locator("[data-test=upload]").click()
    await expect(count(desk, "rejected")).to_have_text("10", timeout=30_000)
    await desk.settle()
    await album.take("import-preview")
    await desk.page.locator("[data-test=confirm-import]").click()
    await expect(desk.page.locator("[data-test=import-running]")).to_contain_text("导入完成", timeout=60_000)
    await album.take("import-done")
    await desk.page.locator("[data-test=close-import]").click()
    await expect(desk.page.get_by_text("共 990 条")).to_be_visible()

    await desk.button("新增").click()
    dialog = desk.dialog("新增读者")
    await desk.choose("年级", "一年级", dialog)
    await desk.choose("班级", "1班", dialog)
    number = id_number(26_900)
    await dialog.get_by_label("身份证号码").fill(number[:-1] + ("1" if number[-1] != "1" else "2"))
    await dialog.get_by_label("读者名称").fill("王小雨")
    await dialog.get_by_label("联系电话", exact=True).fill("13800138000")
    await album.take("reader-add")
    await dialog.get_by_label("身份证号码").fill(number)
    await desk.button("确定", dialog).click()
    await desk.told("已保存“王小雨”")

    for name in await desk.page.locator("tbody tr input[type=checkbox]").all():
        await name.check()
        if await desk.page.get_by_text("已选 3 位").count():
            break
    await album.take("readers")
    await desk.button("清除选择").click()
    await desk.page.get_by_role("search").get_by_label("读者名称").fill("王小雨")
    await desk.button("检索").click()
    await desk.settle()
    await desk.page.get_by_label("显示 王小雨 的完整号码").click()
    await album.take("reveal")
    await desk.button("取消", desk.dialog("显示完整号码")).click()
    await desk.page.get_by_label("选择 王小雨").check()
    await desk.button("退回").click()
    await desk.dialog("退回“王小雨”").get_by_role("textbox").fill("姓名与户口簿不符，请核对")
    await album.take("return")
    await desk.button("退回", desk.dialog("退回“王小雨”")).click()
    await desk.told("已退回“王小雨”")
    await desk.button("重置").click()
    await desk.settle()

    await desk.page.locator("[data-test=approve-many]").click()
    await desk.page.get_by_role("menuitem", name="符合检索条件的全部待审核读者").click()
    dialog = desk.dialog("批审核")
    await expect(dialog.locator("[data-test=batch-total]")).to_have_text("990 条")
    await album.take("approval-draft")
    await dialog.locator("[data-test=confirm-approval]").click()
    await expect(dialog).to_contain_text("批审核完成", timeout=60_000)
    await album.take("approval-done")
    await desk.button("关闭", dialog).last.click()
    await desk.settle()

    await desk.go("/batches")
    await album.take("batches")
    await desk.page.get_by_role("row", name=re.compile("导入")).get_by_role("link", name="详情").click()
    await desk.button("失败").click()
    await expect(desk.page.locator("tbody tr")).to_have_count(10)
    await album.take("batch")

    await desk.go("/")
    await expect(desk.page.get_by_role("row", name=re.compile("^六年级"))).to_be_visible()
    await album.take("overview")
    await desk.go("/readers?status=carded")
    await desk.page.locator("tbody").get_by_role("link").first.click()
    await expect(desk.page.locator("main ol")).to_contain_text("办理了读者证", timeout=30_000)
    await expect(desk.page.get_by_text("可借 8 册")).to_be_visible()
    await album.take("reader")

    await desk.go("/logs")
    await desk.button("核验日志完整性").click()
    await expect(desk.page.locator("[data-test=log-intact]")).to_be_visible(timeout=30_000)
    await album.take("logs")
    await desk.button("详情").first.click()
    await album.take("log-detail")

    await desk.go("/grades")
    await desk.page.get_by_label("选择 三年级").check()
    await desk.button("删除").click()
    await desk.button("删除", desk.dialog("删除“三年级”")).click()
    await expect(desk.dialog(re.compile("正在使用"))).to_be_visible()
    await album.take("in-use")
    await desk.button("取消", desk.dialog(re.compile("正在使用"))).click()
    await desk.context.clear_cookies()
    await desk.button("新增").click()
    await desk.dialog("新增年级").get_by_label("年级名称").fill("学前班")
    await desk.button("确定", desk.dialog("新增年级")).click()
    await expect(desk.dialog("登录已失效，请重新登录")).to_be_visible()
    await album.take("relogin")

    phone = await desks.log_in("teacher-a", path="/readers?status=carded", width=390, height=780)
    await Album(phone).take("phone")


@pytest.mark.timeout(200)
async def test_pictures_of_the_admins_work(desks: Desks) -> None:
    district = await desks.log_in("district-500103")
    album = Album(district)
    await expect(district.page.get_by_role("row", name=re.compile("书香路"))).to_be_visible()
    await album.take("district")
    await district.page.get_by_role("link", name="重庆市渝中区书香路小学校").click()
    await expect(district.page.get_by_role("row", name=re.compile("^六年级"))).to_be_visible()
    await album.take("school")
    await district.go("/schools")
    await district.button("开通学校").click()
    dialog = district.dialog("开通学校")
    await dialog.get_by_label("学校名称").fill("重庆市渝中区新苗小学校")
    await dialog.get_by_label("用户名").fill("xinmiao-01")
    await dialog.get_by_label("姓名").fill("张老师")
    await district.button("生成", dialog).click()
    await album.take("school-open")
    await district.button("取消", dialog).click()
    await album.take("schools")
    await district.go("/users")
    await album.take("users")
    await district.page.get_by_role("row", name=re.compile("teacher-c")).get_by_text("重置密码").click()
    await expect(district.dialog(re.compile("重置"))).to_be_visible()
    await album.take("reset")
    await district.go("/cards")
    await district.page.locator("tbody").get_by_role("link").first.wait_for()
    await album.take("cards")
    await district.page.locator("tbody").get_by_role("link").first.click()
    await district.page.locator("[data-test=step-make_physical]").click()
    await district.page.locator("[data-test=confirm-step]").click()
    await district.told(re.compile("转实体证完成"))
    await expect(district.page.locator("[data-test=history] li")).to_have_count(2)
    await album.take("card")
    await district.page.locator("[data-test=step-suspend]").click()
    await album.take("card-suspend")

    city = await desks.log_in("city")
    await expect(city.page.get_by_role("row", name=re.compile("渝中区"))).to_be_visible()
    await Album(city).take("city")


def count(desk: Desk, outcome: str) -> Locator:
    return desk.page.locator(f"[data-test=count-{outcome}] strong")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    sys.exit(pytest.main(["-q", "-x", "-p", "no:cacheprovider", __file__]))
