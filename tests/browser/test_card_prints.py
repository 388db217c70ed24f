"""Cards on paper and on screens: sheets to cut, lists to hand out by, a phone's card; and the library's figures."""

import csv
import re
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import expect

from tests.browser.desk import Desk, Desks
from tests.browser.phone import Phone
from tests.browser.scanner import A4, Scanner, as_printed, sheets
from tests.browser.school import PASSWORD, OpenedSchool, SchoolOffice, client, post
from tests.pupils import id_number

FIRST = 26_000
"""Index of this module's first pupil."""
DISTRICT = "500108"
ADMIN = "prints-library"
RARE = "𬭚𫄷𠅤"
LONG = "阿卜杜热合曼·买买提艾力"
LONGEST = "阿依古丽帕提古丽·木合塔尔江古丽艾孜孜·阿卜杜拉"
NAMES = ("王一", "欧阳诗涵", RARE, LONG, LONGEST, *(f"印{letter}" for letter in "甲乙丙丁戊己庚"))


class Place(msgspec.Struct, frozen=True):
    """A school, and the cards of one class by name."""

    school: OpenedSchool
    class_id: str
    grade: str
    cards: dict[str, str]


@pytest.fixture(scope="module")
async def place(office: SchoolOffice, system: str) -> Place:
    """A class of twelve in a district of this module's own, and the library's admin.

    No test adds to it: who needs another reader opens a school for them.
    """
    school = await office.open_school(stage="primary", classes=1, district=DISTRICT)
    async with client(system, school.username) as http:
        found = (await http.get("/api/params/classes")).json()["items"]
        for at, name in enumerate(NAMES):
            body = {"id_number": id_number(FIRST + at), "name": name, "phone": f"1380000{at:04}"}
            await post(http, "/api/readers", {**body, "home_district": DISTRICT, "class_id": found[0]["id"]})
        batch = await post(http, "/api/readers/approvals", {"filter": {"status": "pending"}})
        await post(http, f"/api/readers/approvals/{batch['batch_no']}/confirm", {})
        carded = await Desk.poll(http, "/api/readers?status=carded", lambda page: page["total"] == len(NAMES))
    await office.open_library(DISTRICT, ADMIN)
    cards = {reader["name"]: reader["card_no"] for reader in carded["items"]}
    return Place(school, found[0]["id"], carded["items"][0]["grade_name"], cards)


@pytest.fixture
async def desk(desks: Desks, place: Place) -> Desk:
    return await desks.log_in(ADMIN, PASSWORD, "/cards")


@pytest.fixture
async def school(office: SchoolOffice) -> OpenedSchool:
    """One test's own, of the same library."""
    return await office.open_school(stage="primary", classes=1, district=DISTRICT)


async def test_sheets_to_cut(desk: Desk, place: Place) -> None:
    """Ten on a sheet, each the size of a card, nothing cut off, and both codes read."""
    await desk.choose_school(place.school.name)
    await desk.button("检索").click()
    await desk.settle()
    await desk.button("全部转实体证").click()
    await desk.page.locator("[data-test=confirm-step]").click()
    await desk.told(f"{len(NAMES)} 张")
    await desk.page.locator("[data-test=print]").click()
    await desk.page.get_by_role("menuitem", name="打印证卡：符合检索条件的全部").click()
    await expect(desk.page.get_by_text("共 12 张，2 页")).to_be_visible()
    await desk.check_access()
    await desk.show("card-sheet")
    faces = desk.page.locator("[data-test=card-face]")
    await expect(faces).to_have_count(len(NAMES))
    for name in NAMES:
        await expect(faces.filter(has_text=name)).to_have_count(1)
    box = await faces.first.bounding_box()
    assert box is not None
    assert (round(box["width"] * 25.4 / 96, 1), round(box["height"] * 25.4 / 96, 1)) == (85.6, 54.0)
    cut_off = await faces.evaluate_all(
        """faces => faces.flatMap(face => [...face.querySelectorAll('p'), face])
          .filter(one => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 2)
          .map(one => one.textContent)"""
    )
    assert cut_off == []
    assert await sheets(desk) == [A4, A4]
    await desk.page.locator("[data-test=mark-printed]").click()
    await desk.page.locator("[data-test=confirm-step]").click()
    await desk.told(f"制卡完成：{len(NAMES)} 张")
    await expect(desk.page.locator("[data-test=mark-printed]")).to_have_count(0)
    scanner = await Scanner.at(desk)
    await as_printed(desk)
    for name in (NAMES[0], RARE, LONGEST, NAMES[-1]):
        number = place.cards[name]
        assert await scanner.read(faces.filter(has_text=name)) == {"Code128": number, "QRCode": number}


async def test_a_list_to_hand_out_by_and_all_handed_out(desk: Desk, place: Place) -> None:
    await desk.go(f"/cards?class_id={place.class_id}&school_id={place.school.id}")
    await desk.page.get_by_label("选择本页全部").check()
    await desk.page.locator("[data-test=print]").click()
    await desk.page.get_by_role("menuitem", name=f"打印发放清单：选中的 {len(NAMES)} 张").click()
    listed = desk.page.locator("[data-test=hand-out]")
    await expect(listed.locator("tbody tr")).to_have_count(len(NAMES))
    await expect(listed).to_contain_text(place.school.name)
    await expect(listed.get_by_role("row", name=re.compile(LONGEST))).to_contain_text(place.cards[LONGEST])
    await desk.check_access()
    await desk.show("hand-out")
    assert await sheets(desk) == [A4]
    await desk.page.reload()
    await expect(listed.locator("tbody tr")).to_have_count(len(NAMES))


async def test_a_school_reads_prints_and_shows(desks: Desks, place: Place) -> None:
    desk = await desks.log_in(place.school.username, PASSWORD, "/cards")
    await expect(desk.page.locator("tbody tr")).to_have_count(len(NAMES))
    await expect(desk.page.locator("[data-test=steps]")).to_have_count(0)
    await expect(desk.button("查证")).to_have_count(0)
    await desk.check_access()
    await desk.page.locator("tbody").get_by_role("link", name=place.cards["王一"]).click()
    await expect(desk.page.get_by_role("heading", name=place.cards["王一"])).to_be_visible()
    await expect(desk.page.get_by_role("toolbar")).to_have_count(0)
    await desk.page.get_by_role("link", name="查看读者").click()
    await desk.page.locator("[data-test=show-card]").click()
    face = desk.dialog("出示读者证").locator("[data-test=card-face]")
    await expect(face).to_contain_text("王一")
    await expect(face).to_contain_text(place.school.name)
    await desk.check_access()
    await desk.show("card-shown")
    scanner = await Scanner.at(desk)
    number = place.cards["王一"]
    assert await scanner.read(face) == {"Code128": number, "QRCode": number}


async def test_a_guardians_phone_shows_the_card(desks: Desks, school: OpenedSchool, system: str) -> None:
    async with client(system, school.username) as http:
        link = await post(http, "/api/readers/registration-links", {})
        phone = await Phone.open(desks, link["path"])
        await phone.to_form()
        child = {"孩子的身份证号": id_number(FIRST + 50), "孩子的姓名": "赵手机", "联系电话": "13900000050"}
        await phone.fill({**child, "监护人姓名": "赵大海", "与孩子的关系": "父亲"})
        await phone.sign()
        await phone.button("提交").click()
        await phone.receipt()
        await expect(phone.page.locator("[data-test=card]")).to_have_count(0)
        (sent,) = (await http.get("/api/readers/registrations?status=submitted")).json()["items"]
        merged = await post(http, f"/api/readers/registrations/{sent['id']}/merge", {"meets": None})
        await post(http, f"/api/readers/{merged['id']}/approve", {})
        reader = await Desk.poll(http, f"/api/readers/{merged['id']}", lambda found: found["status"] == "carded")
    await phone.button("刷新进度").click()
    await expect(phone.page.locator("[data-test=card-no]")).to_have_text(reader["card_no"])
    await phone.settle()
    await phone.desk.check_access()
    await phone.show("card-on-a-phone")
    scanner = await Scanner.at(phone.desk)
    read = await scanner.read(phone.page.locator("[data-test=card]"))
    assert read == {"Code128": reader["card_no"], "QRCode": reader["card_no"]}
    await phone.button("撤回授权").click()
    await phone.button("确定").click()
    await expect(phone.page.locator("[data-test=progress]")).to_have_text("授权已撤回")
    await expect(phone.page.locator("[data-test=card]")).to_have_count(0)


async def test_figures_with_charts_and_export(desk: Desk, place: Place, tmp_path: Path) -> None:
    await desk.go(f"/card-figures?school_id={place.school.id}")
    await expect(desk.page.locator("[data-test=issued]")).to_contain_text("共办证 12 张")
    await expect(desk.page.get_by_role("row", name=re.compile(place.school.name))).to_have_count(1)
    await expect(desk.page.get_by_role("row", name=re.compile(f"^{place.grade} 12$"))).to_be_visible()
    await desk.check_access()
    await desk.show("card-figures")
    path = await desk.save(desk.button("导出"), tmp_path)
    rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0] == ["分类", "项目", "数量"]
    counted = next(row[2] for row in rows if row[:2] == ["各年级办证", place.grade])
    assert counted == "12"
    await desk.page.get_by_label("结束日期").fill("2020-01-31")
    await desk.page.get_by_label("开始日期").fill("2020-01-01")
    await desk.button("检索").click()
    await expect(desk.page.get_by_text("这段时间没有办证").first).to_be_visible()


async def test_a_later_card_says_what_it_costs(desk: Desk, school: OpenedSchool, system: str) -> None:
    number = await issue(system, school, "印旧", 55)
    async with client(system, ADMIN) as http:
        await post(http, "/api/cards/privileges", {"physical_fee_fen": 1250})
        for step in ("make-physical", "print"):
            await post(http, f"/api/cards/{number}/{step}", {}, status=200)
    await desk.go(f"/cards/{number}")
    await desk.button("补办换号").click()
    dialog = desk.dialog("补办换号")
    await expect(dialog.locator("[data-test=fee]")).to_contain_text("已制过 1 张实体证，这次工本费 12.50 元")
    await desk.check_access()
    await desk.choose("原因", "损坏", dialog)
    await dialog.locator("[data-test=confirm-step]").click()
    await desk.told("工本费 12.50 元")


async def test_a_school_asks_for_a_physical_card(desks: Desks, school: OpenedSchool, system: str) -> None:
    number = await issue(system, school, "印新", 60)
    desk = await desks.log_in(school.username, PASSWORD, f"/cards/{number}")
    await desk.page.locator("[data-test=ask-physical]").click()
    await desk.button("申请实体证", desk.dialog("申请实体证")).click()
    await desk.told("已向图书馆申请实体证")
    await expect(desk.page.get_by_role("definition").filter(has_text="待制卡")).to_be_visible()
    await expect(desk.page.locator("[data-test=ask-physical]")).to_have_count(0)


@pytest.mark.parametrize("path", ["/print/cards", "/print/hand-out"])
async def test_what_the_city_has_no_names_for(desks: Desks, path: str) -> None:
    desk = await desks.log_in("city")
    await desk.page.goto(path)
    await expect(desk.page.locator("[data-test=not-found]")).to_be_visible()


async def issue(system: str, school: OpenedSchool, name: str, at: int) -> str:
    """The number of the card of a reader approved here, who has nothing on paper yet."""
    async with client(system, school.username) as http:
        found = (await http.get("/api/params/classes")).json()["items"]
        body = {"id_number": id_number(FIRST + at), "name": name, "phone": f"138000000{at}", "home_district": DISTRICT}
        reader = await post(http, "/api/readers", {**body, "class_id": found[0]["id"]})
        await post(http, f"/api/readers/{reader['id']}/approve", {})
        carded = await Desk.poll(http, f"/api/readers/{reader['id']}", lambda found: found["status"] == "carded")
    return str(carded["card_no"])
