"""For everybody: axe on every page and dialog, the keyboard alone, phones, a lost connection, a strict policy."""

import re

import pytest
from playwright.async_api import Route, expect

from tests.browser.desk import Desk, Desks
from tests.browser.school import PASSWORD, OpenedSchool, SchoolOffice, client, post
from tests.pupils import pupil
from tests.waiting import eventually

FIRST = 25_000
"""Index of this module's first pupil."""

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
async def school(office: SchoolOffice, system: str) -> OpenedSchool:
    """A school with two readers, one of them returned, and a draft of an approval."""
    opened = await office.open_school(stage="primary", classes=2)
    async with client(system, opened.username) as http:
        found = (await http.get("/api/params/classes")).json()["items"]
        ids = []
        for at in range(2):
            number, name, phone, *_ = pupil(FIRST + at)
            place = {"home_district": "500103", "class_id": found[at]["id"]}
            reader = await post(http, "/api/readers", {"id_number": number, "name": name, "phone": phone, **place})
            ids.append(reader["id"])
        await post(http, f"/api/readers/{ids[1]}/return", {"reason": "请核对姓名"})
        await post(http, "/api/readers/approvals", {"reader_ids": ids[:1]})
        await Desk.poll(http, "/api/batches", lambda found: found["total"] == 1)
    return opened


async def test_a_teachers_pages(desks: Desks, school: OpenedSchool) -> None:
    desk = await desks.log_in(school.username, PASSWORD)
    for path in ("/", "/readers", "/batches", "/logs", "/grades", "/classes", "/nowhere/at/all"):
        await desk.go(path)
        await desk.check_access()
    await desk.go("/readers")
    await desk.page.locator("tbody").get_by_role("link").first.click()
    await desk.settle()
    await desk.check_access()
    await desk.go("/batches")
    await desk.page.locator("tbody").get_by_role("link").first.click()
    await desk.settle()
    await desk.check_access()


async def test_a_teachers_dialogs(desks: Desks, school: OpenedSchool) -> None:
    desk = await desks.log_in(school.username, PASSWORD, "/readers")
    for button, title in (("新增", "新增读者"), ("导入", "导入读者")):
        await desk.button(button).click()
        await expect(desk.dialog(title)).to_be_visible()
        await desk.check_access()
        await desk.page.keyboard.press("Escape")
        await expect(desk.dialog(title)).to_be_hidden()
    await desk.go("/grades")
    for button, title in (("新增", "新增年级"), ("快速创建", "快速创建年级和班级")):
        await desk.button(button).click()
        await expect(desk.dialog(title)).to_be_visible()
        await desk.check_access()
        await desk.page.keyboard.press("Escape")
        await expect(desk.dialog(title)).to_be_hidden()


@pytest.mark.parametrize("username", ["district-500103", "city"])
async def test_an_admins_pages(desks: Desks, school: OpenedSchool, username: str) -> None:
    desk = await desks.log_in(username)
    for path in ("/", "/readers", "/batches", "/logs", "/schools", "/users", f"/schools/{school.id}"):
        await desk.go(path)
        await desk.check_access()
    await desk.go("/schools")
    await desk.button("开通学校").click()
    await expect(desk.dialog("开通学校")).to_be_visible()
    await desk.check_access()


async def test_the_log_in_page(desks: Desks) -> None:
    desk = await desks.stranger()
    await desk.page.goto("/login")
    await expect(desk.page.get_by_role("heading")).to_be_visible()
    await desk.check_access()


async def test_with_the_keyboard_alone(desks: Desks, school: OpenedSchool) -> None:
    """Log in, come to the list past the menu, search, choose, open a dialog, leave it, and be where one was."""
    desk = await desks.stranger()
    keys = desk.page.keyboard
    await desk.page.goto("/login?next=/readers")
    await desk.page.get_by_label("用户名", exact=True).focus()
    await keys.type(school.username)
    await keys.press("Tab")
    await keys.type(PASSWORD)
    await keys.press("Enter")
    await desk.settle()
    await keys.press("Tab")
    await expect(desk.page.get_by_role("link", name="跳到正文")).to_be_focused()
    await keys.press("Enter")
    await desk.page.get_by_role("search").get_by_label("读者名称").focus()
    await keys.type("王")
    # What is ticked before the answer is there is forgotten with the list it was ticked in.
    async with desk.page.expect_response("**/api/readers?**"):
        await keys.press("Enter")
    await desk.settle()
    await expect(desk.page).to_have_url(re.compile("/readers"))
    await expect(desk.page.locator("tbody tr")).to_have_count(2)
    await desk.page.locator("tbody input[type=checkbox]").first.focus()
    await keys.press("Space")
    await expect(desk.button("修改")).to_be_enabled()
    await desk.button("修改").focus()
    await keys.press("Enter")
    dialog = desk.dialog("修改读者")
    await expect(dialog).to_be_visible()
    inside = "document.activeElement.closest('[role=dialog]') !== null"
    for _ in range(30):
        await keys.press("Tab")
        assert await desk.page.evaluate(inside), "the focus left the dialog"
    await keys.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(desk.button("修改")).to_be_focused()


async def test_a_page_that_is_arrived_at_is_named(desks: Desks, school: OpenedSchool) -> None:
    """In the window's title, and by the focus on its heading: a screen reader reads it."""
    desk = await desks.log_in(school.username, PASSWORD, "/readers")
    await expect(desk.page).to_have_title(re.compile("^读者管理-校 · "))
    await desk.page.get_by_role("link", name="读者办证批次").focus()
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.get_by_role("heading", name="读者办证批次")).to_be_focused()
    await expect(desk.page).to_have_title(re.compile("^读者办证批次 · "))


@pytest.mark.parametrize("path", ["/", "/readers", "/batches", "/logs", "/grades", "/classes"])
async def test_on_a_phone(desks: Desks, school: OpenedSchool, path: str) -> None:
    """Nothing but tables is wider than the screen, and the menu is behind its button."""
    desk = await desks.log_in(school.username, PASSWORD, path, **PHONE)
    assert await desk.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await expect(desk.page.get_by_role("link", name="读者办证批次")).to_be_hidden()
    await desk.button("主菜单").click()
    await expect(desk.page.get_by_role("link", name="读者办证批次")).to_be_visible()


async def test_nothing_is_wider_than_a_school_pcs_screen(desks: Desks, school: OpenedSchool) -> None:
    desk = await desks.log_in(school.username, PASSWORD)
    for path in ("/", "/readers", "/batches", "/logs", "/grades", "/classes"):
        await desk.go(path)
        assert await desk.page.evaluate("document.documentElement.scrollWidth") <= 1366, path


async def test_a_lost_connection_is_said_and_overcome(desks: Desks, school: OpenedSchool) -> None:
    desk = await desks.log_in(school.username, PASSWORD, "/readers")
    lost: list[str] = []

    async def lose(route: Route) -> None:
        lost.append(route.request.url)
        await route.abort()

    await desk.page.route("**/api/readers?**", lose)
    await desk.button("检索").click()
    alert = desk.page.get_by_role("alert")
    await expect(alert).to_contain_text("无法连接到服务器")
    await expect(alert).to_contain_text("请检查网络后重试")
    await desk.page.unroute("**/api/readers?**")
    await desk.button("重试").click()
    await expect(alert).to_have_count(0)
    assert lost


async def test_a_page_that_cannot_begin_says_so_and_tries_again(desks: Desks, school: OpenedSchool) -> None:
    desk = await desks.log_in(school.username, PASSWORD)
    refused = {"code": "unavailable", "detail": "服务暂时不可用", "request_id": "0" * 32}
    await desk.page.route("**/api/identity/me", lambda route: route.fulfill(status=503, json=refused))
    await desk.page.goto("/readers?status=pending")
    alert = desk.page.get_by_role("alert")
    await expect(alert).to_contain_text("服务暂时不可用")
    await desk.check_access()
    await desk.page.unroute("**/api/identity/me")
    # As if its files had been missing once before: that is forgotten when the page comes.
    mark = "schoolcard.reloaded./readers"
    await desk.page.evaluate("mark => sessionStorage.setItem(mark, '1')", mark)
    await desk.button("重试").click()
    await desk.settle()
    assert await desk.page.evaluate("mark => sessionStorage.getItem(mark)", mark) is None
    await expect(desk.page).to_have_url(re.compile(r"/readers\?status=pending$"))
    await expect(alert).to_have_count(0)


async def test_a_list_shows_what_its_address_names(desks: Desks, school: OpenedSchool) -> None:
    """Whatever has changed the address: the menu, the back button. 批审核 approves what is shown, or nothing."""
    desk = await desks.log_in(school.username, PASSWORD, "/readers?status=returned")
    rows = desk.page.locator("tbody tr")
    await expect(rows).to_have_count(1)
    await desk.page.locator("[data-test=approve-many]").click()
    of_all = desk.page.get_by_role("menuitem", name="符合检索条件的全部待审核读者")
    await expect(of_all).to_have_attribute("aria-disabled", "true")
    await expect(of_all.locator("span")).to_have_attribute("title", re.compile("待审核"))
    await desk.page.keyboard.press("Escape")
    await desk.page.get_by_role("link", name="读者管理-校").click()
    await expect(rows).to_have_count(2)
    await desk.page.locator("[data-test=approve-many]").click()
    await expect(of_all).not_to_have_attribute("aria-disabled", "true")
    await desk.page.keyboard.press("Escape")
    await desk.page.go_back()
    await expect(rows).to_have_count(1)
    await expect(desk.page.get_by_role("search")).to_contain_text("已退回")


async def test_progress_goes_on_without_events(desks: Desks, school: OpenedSchool) -> None:
    """Where a proxy lets no event stream through, the page asks instead."""
    desk = await desks.log_in(school.username, PASSWORD, "/batches")
    await desk.page.route("**/progress", lambda route: route.abort())
    await desk.page.locator("tbody").get_by_role("link").first.click()
    await expect(desk.page.locator("[data-test=total]")).to_have_text("1")


async def test_a_foreign_script_does_not_run(desks: Desks) -> None:
    """What an attacker might get into the page is stopped by its policy; the browser says so."""
    desk = await desks.stranger()
    await desk.page.goto("/login")
    await desk.page.evaluate(
        """() => {
          const script = document.createElement('script')
          script.textContent = 'window.foreign = true'
          document.body.append(script)
        }"""
    )
    assert await desk.page.evaluate("window.foreign") is None

    async def is_said() -> bool:
        return any("Content Security Policy" in fault for fault in desk.faults)

    await eventually(is_said)
    desk.faults.clear()
