"""Logging in and out, passwords, languages, and a session that ends in the middle of work."""

import re

from playwright.async_api import expect

from tests.browser.desk import Desk, Desks
from tests.browser.school import DEMO_PASSWORD, PASSWORD, SchoolOffice, client


async def test_who_and_where_is_always_visible(teacher: Desk) -> None:
    for path in ("/", "/grades", "/logs"):
        await teacher.go(path)
        await expect(teacher.page.locator("[data-test=place]")).to_be_visible()
        await expect(teacher.page.locator("[data-test=district]")).to_have_text("渝中区")
        await expect(teacher.page.locator("[data-test=place]")).to_contain_text("小学")


async def test_a_wrong_password_is_said_with_the_request_number(desks: Desks) -> None:
    desk = await desks.stranger()
    await desk.page.goto("/login")
    await desk.fill_log_in("teacher-c", "falsch-falsch")
    alert = desk.page.get_by_role("alert")
    await expect(alert).to_contain_text("用户名或密码不正确")
    await expect(alert.locator("code")).to_have_text(re.compile(r"[0-9a-f]{32}"))


async def test_an_address_is_gone_to_after_logging_in(desks: Desks) -> None:
    desk = await desks.log_in("teacher-a", path="/logs?entity=user")
    await expect(desk.page).to_have_url(re.compile(r"/logs\?entity=user"))


async def test_only_our_own_addresses_are_gone_to(desks: Desks, system: str) -> None:
    desk = await desks.stranger()
    await desk.page.goto("/login?next=//example.org/")
    await desk.fill_log_in("teacher-a", "schoolcard-demo")
    await desk.settle()
    await expect(desk.page).to_have_url(f"{system}/")


async def test_logging_out(desks: Desks) -> None:
    desk = await desks.log_in("teacher-a")
    await desk.page.locator("[data-test=user-menu]").click()
    await desk.page.get_by_role("menuitem", name="退出登录").click()
    await expect(desk.page).to_have_url(re.compile("/login"))
    await desk.page.goto("/grades")
    await expect(desk.page.get_by_label("用户名", exact=True)).to_be_visible()


async def test_tokens_are_out_of_reach_of_scripts(teacher: Desk) -> None:
    assert await teacher.page.evaluate("document.cookie") == ""
    kept = await teacher.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "eyJ" not in kept
    cookies = {cookie["name"]: cookie for cookie in await teacher.context.cookies()}
    assert cookies and all(cookie["httpOnly"] and cookie["sameSite"] == "Strict" for cookie in cookies.values())


async def test_a_session_that_ends_in_the_middle_of_work(desks: Desks, office: SchoolOffice) -> None:
    """What was typed stays, the request is carried out after logging in again."""
    school = await office.open_school(stage="primary", classes=1)
    desk = await desks.log_in(school.username, PASSWORD, "/grades")
    await desk.button("新增").click()
    dialog = desk.dialog("新增年级")
    await dialog.get_by_label("年级名称").fill("学前班")
    await desk.context.clear_cookies()
    await desk.button("确定", dialog).click()
    again = desk.dialog("登录已失效，请重新登录")
    await expect(again).to_contain_text(school.username)
    # With the keyboard alone: one types on.
    await expect(again.get_by_label("密码", exact=True)).to_be_focused()
    await desk.page.keyboard.type(PASSWORD)
    await desk.page.keyboard.press("Enter")
    await desk.told("已保存“学前班”")
    await expect(desk.page.get_by_role("cell", name="学前班", exact=True)).to_be_visible()


async def test_a_password_that_is_set_anew_in_the_middle_of_work(
    desks: Desks, office: SchoolOffice, system: str
) -> None:
    """The page waits, hidden, until another has been chosen: what was typed stays and is carried out."""
    school = await office.open_school(stage="primary", classes=1)
    desk = await desks.log_in(school.username, PASSWORD, "/grades")
    await desk.button("新增").click()
    dialog = desk.dialog("新增年级")
    await dialog.get_by_label("年级名称").fill("学前班")
    async with client(system, "city", DEMO_PASSWORD) as http:
        (user,) = (await http.get("/api/identity/users", params={"q": school.username})).json()["items"]
        change = {"If-Match": f'"{user["version"]}"'}
        path = f"/api/identity/users/{user['id']}"
        assert (await http.patch(path, json={"password": "hong-deng-lu-jiu"}, headers=change)).is_success
    await desk.button("确定", dialog).click()
    again = desk.dialog("登录已失效，请重新登录")
    await again.get_by_label("密码", exact=True).fill("hong-deng-lu-jiu")
    await desk.button("登录", again).click()
    forced = desk.dialog("修改密码")
    await expect(desk.button("退出登录", forced)).to_be_visible()
    await expect(dialog).to_be_hidden()
    await forced.get_by_label("当前密码").fill("hong-deng-lu-jiu")
    await forced.get_by_label("新密码", exact=True).fill("lu-deng-ying-shui")
    await forced.get_by_label("再次输入新密码").fill("lu-deng-ying-shui")
    await desk.button("确定", forced).click()
    await desk.told("已保存“学前班”")
    await expect(desk.page.get_by_role("cell", name="学前班", exact=True)).to_be_visible()


async def test_another_window_of_the_same_browser(desks: Desks, office: SchoolOffice) -> None:
    """Who logs in there is who works here too: no page of the first one stays to be worked on in the other's school."""
    first, second = await office.open_school(), await office.open_school()
    desk = await desks.log_in(first.username, PASSWORD, "/grades")
    await desk.button("新增").click()
    other = await desk.context.new_page()
    await other.goto("/login")
    await other.get_by_label("用户名", exact=True).fill(second.username)
    await other.get_by_label("密码", exact=True).fill(PASSWORD)
    await other.get_by_role("button", name="登录").click()
    await expect(desk.page.locator("[data-test=place]")).to_have_text(second.name)
    await expect(desk.dialog("新增年级")).to_have_count(0)
    await other.locator("[data-test=user-menu]").click()
    await other.get_by_role("menuitem", name="退出登录").click()
    await expect(desk.page.get_by_label("用户名", exact=True)).to_be_visible()


async def test_a_page_that_has_heard_nothing_of_another_user(desks: Desks, office: SchoolOffice) -> None:
    """The services refuse what it asks for, and it becomes the other's page."""
    first, second = await office.open_school(), await office.open_school()
    desk = await desks.log_in(first.username, PASSWORD, "/grades")
    await desk.button("新增").click()
    await desk.dialog("新增年级").get_by_label("年级名称").fill("学前班")
    other = await desks.log_in(second.username, PASSWORD, "/grades")
    await desk.context.add_cookies(await other.context.cookies())  # type: ignore[arg-type]
    async with desk.page.expect_response("**/api/params/grades") as refused:
        await desk.button("确定", desk.dialog("新增年级")).click()
    assert (await refused.value).status == 409
    await expect(desk.page.locator("[data-test=place]")).to_have_text(second.name)
    await other.page.reload()
    await other.settle()
    await expect(other.page.get_by_role("cell", name="学前班", exact=True)).to_have_count(0)


async def test_a_token_that_has_run_out_is_renewed_unseen(desks: Desks) -> None:
    desk = await desks.log_in("teacher-a")
    await desk.context.clear_cookies(name="sc_access")
    async with desk.page.expect_response("**/api/identity/refresh"):
        await desk.page.get_by_role("link", name="年级参数-校").click()
    await expect(desk.page.get_by_role("heading", name="年级参数-校")).to_be_visible()
    await expect(desk.page.get_by_role("alert")).to_have_count(0)
    names = {cookie["name"] for cookie in await desk.context.cookies()}
    assert {"sc_access", "sc_refresh"} <= names


async def test_changing_ones_password(desks: Desks, office: SchoolOffice) -> None:
    school = await office.open_school()
    desk = await desks.log_in(school.username, PASSWORD)
    await desk.page.locator("[data-test=user-menu]").click()
    await desk.page.get_by_role("menuitem", name="修改密码").click()
    dialog = desk.dialog("修改密码")
    await dialog.get_by_label("当前密码").fill("wrong-wrong-wrong")
    await dialog.get_by_label("新密码", exact=True).fill("lu-deng-ying-shui")
    await dialog.get_by_label("再次输入新密码").fill("lu-deng-ying-shui")
    await desk.button("确定", dialog).click()
    await expect(dialog).to_contain_text("当前密码不正确")
    await dialog.get_by_label("当前密码").fill(PASSWORD)
    await desk.button("确定", dialog).click()
    await desk.told("密码已修改")
    other = await desks.log_in(school.username, "lu-deng-ying-shui")
    await expect(other.page.locator("[data-test=place]")).to_have_text(school.name)


async def test_english_and_back(teacher: Desk) -> None:
    await teacher.button("English").click()
    await expect(teacher.page.get_by_role("link", name="Overview")).to_be_visible()
    await teacher.page.reload()
    await expect(teacher.page.get_by_role("link", name="Classes", exact=True)).to_be_visible()
    await expect(teacher.page.locator("html")).to_have_attribute("lang", "en")
    await teacher.button("中文").click()
    await expect(teacher.page.get_by_role("link", name="概览")).to_be_visible()
