"""学校 and 用户: what district and city admins do."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.browser.desk import Desk, Desks

FIRST_PASSWORD = "shan-hu-xin-yi-2026"
OWN_PASSWORD = "yun-duan-bai-he-2026"


@pytest.fixture
async def district(desks: Desks) -> Desk:
    return await desks.log_in("district-500103", path="/schools")


async def test_from_opening_a_school_to_disabling_it(desks: Desks, district: Desk) -> None:
    mark = uuid4().hex[:8]
    name, username = f"新建学校{mark}", f"op{mark}"
    await district.button("开通学校").click()
    dialog = district.dialog("开通学校")
    await expect(district.button("确定", dialog)).to_be_disabled()
    await dialog.get_by_label("学校名称").fill(name)
    await district.choose("学段", "幼儿园", dialog)
    await dialog.get_by_label("用户名").fill(username)
    await dialog.get_by_label("姓名").fill("李老师")
    await dialog.get_by_label("初始密码").last.fill(FIRST_PASSWORD)
    await district.button("确定", dialog).dblclick()
    await district.told(f"已开通“{name}”")

    # The operator chooses a password of her own before anything else.
    operator = await desks.log_in(username, FIRST_PASSWORD)
    forced = operator.dialog("修改密码")
    await forced.get_by_label("当前密码").fill(FIRST_PASSWORD)
    await forced.get_by_label("新密码", exact=True).fill(OWN_PASSWORD)
    await forced.get_by_label("再次输入新密码").fill(OWN_PASSWORD)
    await operator.button("确定", forced).click()
    await operator.told("密码已修改")
    await expect(operator.page.locator("[data-test=place]")).to_have_text(name)

    # She has forgotten it.
    await district.go(f"/users?q={username}")
    row = district.page.get_by_role("row", name=re.compile(username))
    await district.button("重置密码", row).click()
    dialog = district.dialog(f"重置“{username}”的密码")
    await district.button("生成", dialog).click()
    field = dialog.get_by_label("初始密码").last
    await expect(field).to_have_value(re.compile(r"^.{14,}$"))
    given = await field.input_value()
    await district.button("确定", dialog).click()
    await district.told(f"已重置“{username}”的密码")
    await expect(row).to_contain_text("待改密码")

    # Whoever is disabled is out at once.
    again = await desks.log_in(username, given)
    await district.button("停用", row).click()
    await district.button("停用", district.dialog(f"停用“{username}”")).click()
    await district.told(f"已停用“{username}”")
    await again.page.goto("/grades")
    await again.fill_log_in(username, given)
    await expect(again.page.get_by_role("alert")).to_contain_text("停用")

    await district.go(f"/schools?q={name}")
    row = district.page.get_by_role("row", name=re.compile(name))
    await district.button("停用", row).click()
    await district.button("停用", district.dialog(f"停用“{name}”")).click()
    await district.told(f"已停用“{name}”")
    await expect(row).to_contain_text("已停用")


async def test_a_taken_username_is_said_at_its_field(district: Desk) -> None:
    await district.go("/users")
    await district.button("新增用户").click()
    dialog = district.dialog("新增用户")
    await district.choose_school("重庆市渝中区书香路小学校", dialog)
    await dialog.get_by_label("用户名").fill("teacher-a")
    await dialog.get_by_label("姓名").fill("又一位")
    await dialog.get_by_label("初始密码").last.fill(FIRST_PASSWORD)
    await district.button("确定", dialog).click()
    await expect(dialog.locator(".el-form-item__error")).to_contain_text("用户名")


async def test_the_city_makes_a_district_admin(desks: Desks) -> None:
    city = await desks.log_in("city", path="/users")
    username = f"lib{uuid4().hex[:8]}"
    await city.button("新增用户").click()
    dialog = city.dialog("新增用户")
    await city.choose("类型", "区县图书馆管理员", dialog)
    await city.choose("所属", "南岸区", dialog)
    await dialog.get_by_label("用户名").fill(username)
    await dialog.get_by_label("姓名").fill("南岸馆员")
    await dialog.get_by_label("初始密码").last.fill(FIRST_PASSWORD)
    await city.button("确定", dialog).click()
    await city.told(f"已新增用户“{username}”")
    admin = await desks.stranger()
    await admin.page.goto("/")
    await admin.fill_log_in(username, FIRST_PASSWORD)
    await expect(admin.page.locator("[data-test=place]")).to_have_text("南岸区")


@pytest.mark.parametrize("path", ["/schools", "/users"])
async def test_teachers_do_not_administrate(teacher: Desk, path: str) -> None:
    await teacher.page.goto(path)
    await expect(teacher.page.locator("[data-test=not-found]")).to_be_visible()
    await expect(teacher.page.get_by_role("link", name="学校", exact=True)).to_have_count(0)
