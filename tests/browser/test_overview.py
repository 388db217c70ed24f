"""The first page of the three kinds of users, and reading a school from above."""

import re
from datetime import UTC, datetime

import httpx
import pytest
from playwright.async_api import expect

from shared.china import local_day
from tests.browser.desk import Desk, Desks
from tests.browser.school import DEMO_PASSWORD, PASSWORD, OpenedSchool, SchoolOffice, client, post
from tests.pupils import GRADES, pupil

FIRST = 25_500
"""Index of this module's first pupil."""
DISTRICT = "500109"
DISTRICT_NAME = "北碚区"
ADMIN = "overview-library"


@pytest.fixture(scope="module")
async def idle(office: SchoolOffice, system: str) -> OpenedSchool:
    """A school that has not begun, and the library's admin: the district's first, whose figures are this module's."""
    async with client(system, "city", DEMO_PASSWORD) as http:
        found = (await http.get("/api/identity/schools", params={"district": DISTRICT})).json()
    assert found["total"] == 0, "another module opens schools in this one's district"
    await office.open_library(DISTRICT, ADMIN)
    return await office.open_school(district=DISTRICT)


@pytest.fixture(scope="module")
async def school(office: SchoolOffice, system: str, idle: OpenedSchool) -> OpenedSchool:
    """The district's other school with nine readers: three of them have cards."""
    opened = await office.open_school(stage="primary", classes=8, district=DISTRICT)
    async with client(system, opened.username) as http:
        found = (await http.get("/api/params/classes", params={"page_size": 200})).json()["items"]
        classes = {f"{item['grade_name']}{item['name']}": item["id"] for item in found}
        for at in range(9):
            number, name, phone, guardian, guardian_phone, _, _ = pupil(FIRST + at)
            body = {
                "id_number": number,
                "name": name,
                "phone": phone,
                "guardian_name": guardian,
                "guardian_phone": guardian_phone,
                "home_district": DISTRICT,
                "class_id": classes[f"{GRADES[at % 2]}1班"],
            }
            reader = await post(http, "/api/readers", body)
            if at < 3:
                await post(http, f"/api/readers/{reader['id']}/approve", {})
        await Desk.poll(http, "/api/readers?status=carded", lambda found: found["total"] == 3)
    return opened


async def test_a_teacher_sees_what_waits(desks: Desks, school: OpenedSchool) -> None:
    desk = await desks.log_in(school.username, PASSWORD)
    await expect(desk.page.get_by_role("link", name=re.compile("待审核读者.*6"))).to_be_visible()
    await expect(desk.page.get_by_role("link", name=re.compile("已办证.*3.*33%"))).to_be_visible()
    await expect(desk.page.get_by_role("row", name=re.compile("^一年级"))).to_contain_text("5")
    await expect(desk.page.get_by_text("共 3 张（按办证日期）")).to_be_visible()
    await expect(desk.page.locator("[data-test=trend] li")).to_have_text([f"{local_day(datetime.now(UTC))}：3 张"])
    await desk.show("overview-school")
    await desk.page.get_by_role("link", name=re.compile("待审核读者")).click()
    await expect(desk.page.locator("tbody tr")).to_have_count(6)


async def test_a_district_sees_its_schools_and_reads_one(
    desks: Desks, school: OpenedSchool, idle: OpenedSchool
) -> None:
    desk = await desks.log_in(ADMIN, PASSWORD)
    await expect(desk.page.get_by_text("尚未开始的学校", exact=True)).to_be_visible()
    row = desk.page.get_by_role("row", name=re.compile(school.name))
    await expect(row).to_contain_text("33%")
    await desk.page.get_by_text("只看尚未开始的").click()
    await expect(row).to_have_count(0)
    await expect(desk.page.get_by_role("row", name=re.compile(idle.name))).to_be_visible()
    await desk.page.get_by_text("只看尚未开始的").click()
    await row.get_by_role("link", name=school.name).click()
    await expect(desk.page.get_by_role("heading", name=school.name)).to_be_visible()
    await expect(desk.page.get_by_text("只读查看")).to_be_visible()
    await expect(desk.page.get_by_role("row", name=re.compile("^二年级"))).to_contain_text("4")
    await desk.page.get_by_role("link", name="查看读者").click()
    await expect(desk.page.locator("tbody tr")).to_have_count(9)
    for name in ("新增", "修改", "删除", "审核", "导入"):
        await expect(desk.button(name)).to_have_count(0)


async def test_a_district_does_not_see_another(desks: Desks, office: SchoolOffice, school: OpenedSchool) -> None:
    desk = await desks.log_in("district-500103")
    await expect(desk.page.get_by_text(school.name)).to_have_count(0)
    await desk.page.goto(f"/schools/{school.id}")
    await expect(desk.page.locator("[data-test=not-found]")).to_contain_text("没有找到该学校")


async def test_the_city_sees_districts_and_goes_down_to_a_school(desks: Desks, school: OpenedSchool) -> None:
    desk = await desks.log_in("city", DEMO_PASSWORD)
    row = desk.page.get_by_role("row", name=re.compile(DISTRICT_NAME))
    await expect(row).to_be_visible()
    await expect(desk.page.get_by_role("row", name=re.compile("渝中区"))).to_be_visible()
    await row.get_by_role("link", name=DISTRICT_NAME).click()
    await desk.page.get_by_role("link", name=school.name).click()
    await expect(desk.page.get_by_role("heading", name=school.name)).to_be_visible()
    await desk.page.get_by_role("link", name="查看日志").click()
    await expect(desk.page.get_by_text(re.compile("办理了读者证")).first).to_be_visible()
    await expect(desk.page.get_by_role("search").get_by_text(school.name, exact=True)).to_be_visible()


async def test_the_city_asks_for_its_districts_at_once(desks: Desks, school: OpenedSchool) -> None:
    desk = await desks.log_in("city", DEMO_PASSWORD, "/nowhere")
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    await desk.page.get_by_role("link", name="概览").click()
    row = desk.page.get_by_role("row", name=re.compile(DISTRICT_NAME))
    await expect(row).to_be_visible()
    schools = await row.get_by_role("cell").nth(1).inner_text()
    async with client(str(httpx.URL(desk.page.url).copy_with(path="/")), "city", DEMO_PASSWORD) as http:
        found = await http.get("/api/identity/schools", params={"district": DISTRICT, "page_size": 1})
    assert int(schools) == found.json()["total"] == 2
    assert len([url for url in asked if "/api/identity/schools" in url]) == 1
    await desk.show("overview-city")


@pytest.mark.parametrize("what", ["**/api/readers/overview*", "**/api/identity/districts"])
async def test_figures_that_did_not_come_are_not_none(desks: Desks, school: OpenedSchool, what: str) -> None:
    desk = await desks.log_in("city", DEMO_PASSWORD, "/nowhere")
    await desk.page.route(what, lambda route: route.abort())
    await desk.page.get_by_role("link", name="概览").click()
    await expect(desk.page.get_by_role("alert")).to_be_visible()
    await expect(desk.page.locator(".card strong")).to_have_text(["–", "–", "–"])
    await expect(desk.page.locator("tbody tr")).to_have_count(0)
    await expect(desk.page.get_by_text("没有符合条件的数据")).to_have_count(0)
    await desk.page.unroute(what)
    await desk.button("重试").click()
    await expect(desk.page.get_by_role("row", name=re.compile(DISTRICT_NAME))).to_be_visible()
    await expect(desk.page.locator(".card strong").filter(has_text="–")).to_have_count(0)


async def test_a_districts_figures_lead_to_what_is_the_districts(desks: Desks, school: OpenedSchool) -> None:
    desk = await desks.log_in("city", DEMO_PASSWORD, "/?district=" + DISTRICT)
    figures = desk.page.locator("a.card")
    await expect(figures).to_have_count(4)
    await expect(figures.filter(has_text="待审核")).to_contain_text("6")
    await expect(desk.page.get_by_text("共 3 张（按办证日期）")).to_be_visible()
    await desk.show("overview-district-of-city")
    await figures.filter(has_text="已办证").click()
    await expect(desk.page).to_have_url(re.compile(rf"/readers\?district={DISTRICT}&status=carded"))
    await expect(desk.page.locator("tbody tr")).to_have_count(3)
    await expect(desk.page.get_by_role("search").get_by_text(DISTRICT_NAME, exact=True)).to_be_visible()
    await desk.show("readers-of-a-district")
    # The readers of the whole city, then those of the other district: its schools alone are offered.
    await desk.button("重置").click()
    await expect(desk.page).to_have_url(re.compile("/readers$"))
    await desk.choose("区县", DISTRICT_NAME)
    await desk.choose_school(school.name)
    await desk.button("检索").click()
    await expect(desk.page.locator("tbody tr")).to_have_count(9)
    await desk.choose("区县", "渝中区")
    await desk.button("检索").click()
    await expect(desk.page).to_have_url(re.compile("/readers\\?district=500103$"))
    await desk.page.go_back()
    await desk.page.locator("a.card", has_text="学校").first.click()
    await expect(desk.page).to_have_url(re.compile(rf"/schools\?district={DISTRICT}"))


async def test_a_district_typed_by_hand_shows_nobody_of_it(desks: Desks, school: OpenedSchool) -> None:
    desk = await desks.log_in("district-500103", DEMO_PASSWORD, f"/readers?district={DISTRICT}")
    await expect(desk.page.get_by_text("没有符合条件的读者")).to_be_visible()
