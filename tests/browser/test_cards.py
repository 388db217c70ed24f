"""读者证管理, 退押金, 借阅权限: a district library's counter, from a card's wish for plastic to its end."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from shared.china import local_day
from tests.browser.counter import step
from tests.browser.desk import Desk, Desks
from tests.browser.school import PASSWORD, OpenedSchool, SchoolOffice, client, post
from tests.pupils import pupil

FIRST = 24_000
"""Index of this module's first pupil."""
DISTRICT = "500107"
ADMIN = "cards-library"


@pytest.fixture(scope="module")
async def school(office: SchoolOffice) -> OpenedSchool:
    """A school in a district of this module's own, and its library's admin. Each test makes the cards it works on."""
    await office.open_library(DISTRICT, ADMIN)
    return await office.open_school(stage="primary", classes=1, district=DISTRICT)


@pytest.fixture
async def desk(desks: Desks, school: OpenedSchool) -> Desk:
    return await desks.log_in(ADMIN, PASSWORD, "/cards")


async def issue(system: str, school: OpenedSchool, *pupils: int) -> list[str]:
    """The numbers of new cards of the module's pupils with these indexes."""
    numbers = []
    async with client(system, school.username) as http:
        classes = (await http.get("/api/params/classes")).json()["items"]
        for at in pupils:
            number, name, phone, *_ = pupil(FIRST + at)
            place = {"home_district": DISTRICT, "class_id": classes[0]["id"]}
            reader = await post(http, "/api/readers", {"id_number": number, "name": name, "phone": phone, **place})
            await post(http, f"/api/readers/{reader['id']}/approve", {})
            made = await Desk.poll(http, f"/api/readers/{reader['id']}", lambda found: found["status"] == "carded")
            numbers.append(str(made["card_no"]))
    return numbers


async def open_card(desk: Desk, number: str) -> None:
    """From the list."""
    await desk.page.locator("tbody").get_by_role("link", name=number, exact=True).click()
    await expect(desk.page.get_by_role("heading", name=number)).to_be_visible()


async def hand_out(system: str, number: str) -> None:
    """Until somebody has the card in the hand."""
    async with client(system, ADMIN) as http:
        for step_name in ("make-physical", "print", "hand-out"):
            await post(http, f"/api/cards/{number}/{step_name}", {}, status=200)


async def test_plastic_for_many_at_once(desk: Desk, office: SchoolOffice, system: str) -> None:
    school = await office.open_school(stage="primary", classes=1, district=DISTRICT)
    numbers = await issue(system, school, 0, 1, 2, 3)
    await desk.go("/cards")
    for number in numbers:
        await expect(desk.page.locator("tbody tr").filter(has_text=number)).to_have_count(1)
    await expect(desk.button("全部制卡")).to_be_disabled()
    await desk.choose_school(school.name)
    await desk.button("检索").click()
    await desk.settle()
    await expect(desk.page.locator("tbody tr")).to_have_count(4)
    for name in ("全部转实体证", "全部制卡"):
        await desk.button(name).click()
        await desk.page.locator("[data-test=confirm-step]").click()
        await desk.told("4 张")
        await desk.settle()
    await expect(desk.page.get_by_role("cell", name="待发放")).to_have_count(4)
    await desk.page.locator("tbody input[type=checkbox]").first.check()
    await desk.page.locator("[data-test=steps]").click()
    await desk.page.get_by_role("menuitem", name="发放", exact=True).click()
    await desk.page.locator("[data-test=confirm-step]").click()
    await desk.told("发放完成：1 张")
    # The others are handed out, the one that has been is refused with the reason.
    await desk.button("全部发放").click()
    await desk.page.locator("[data-test=confirm-step]").click()
    await expect(desk.page.locator("[data-test=refusals] li")).to_have_count(1)
    await desk.button("关闭").last.click()
    await expect(desk.page.get_by_role("cell", name="已发放")).to_have_count(4)


async def test_lost_replaced_suspended_resumed_closed(desk: Desk, school: OpenedSchool, system: str) -> None:
    (old,) = await issue(system, school, 4)
    await hand_out(system, old)
    await desk.go(f"/cards/{old}")
    entry = desk.page.get_by_role("navigation").get_by_role("link", name="读者证管理", exact=True)
    await expect(entry).to_have_attribute("aria-current", "true")
    await expect(entry).to_have_class(re.compile("active"))
    await step(desk, "挂失")
    await step(desk, "补办换号", "遗失")
    await expect(desk.page.locator(".el-tag").first).to_have_text("已换号")
    await desk.go(f"/cards/{old}")
    await expect(desk.page.get_by_role("toolbar")).to_have_count(0)
    history = desk.page.locator("[data-test=history]")
    await expect(history).to_contain_text("补办换号")
    await expect(history).to_contain_text(ADMIN)
    # From the number that is dead to the one that came for it, and to whose card it is.
    await history.get_by_role("link").click()
    heading = desk.page.get_by_role("heading", level=1)
    await expect(heading).not_to_have_text(old)
    await expect(desk.page.locator(".el-tag").first).to_have_text("正常")
    await expect(desk.page.get_by_role("definition").filter(has_text=school.name)).to_be_visible()
    new = await heading.inner_text()
    await desk.page.get_by_role("link", name="查看读者").click()
    await expect(desk.page.get_by_role("definition").filter(has_text=school.name)).to_be_visible()
    await desk.go("/cards?status=active&physical=wanted")
    await open_card(desk, new)
    await expect(desk.page.get_by_role("definition").filter(has_text=old)).to_be_visible()
    await step(desk, "停用", "图书逾期未还")
    await expect(desk.page.locator(".el-tag").first).to_have_text("已停用")
    await step(desk, "恢复")
    await step(desk, "注销", "毕业、转学或离校")
    await expect(desk.page.locator(".el-tag").first).to_have_text("已注销")
    await desk.check_access()


async def test_a_former_card_with_a_deposit_is_refunded_to_a_proxy(
    desk: Desk, school: OpenedSchool, system: str
) -> None:
    (number,) = await issue(system, school, 5)
    await desk.go("/cards?status=active")
    await open_card(desk, number)
    masked = await desk.page.locator(".sc-head span").first.inner_text()
    assert "*" in masked
    await desk.page.locator("[data-test=exchange]").click()
    dialog = desk.dialog("原读者证换证")
    await dialog.get_by_label("原读者证号").fill("C-2019-0815")
    await dialog.get_by_label("押金（元）").fill("100.5")
    await desk.button("确定", dialog).click()
    await desk.told("登记退押金")
    await desk.go("/refunds")
    row = desk.page.get_by_role("row", name=re.compile("C-2019-0815"))
    await expect(row).to_contain_text("100.50")
    await desk.check_access()
    await desk.button("核对证件", row).click()
    dialog = desk.dialog("核对证件")
    # Whose papers these are to be, and for how much, stands where they are looked at.
    for said in (masked, number, "C-2019-0815", "100.50 元"):
        await expect(dialog.locator("[data-test=whose]")).to_contain_text(said)
    await desk.check_access()
    await desk.show("refund-check")
    await dialog.get_by_text("代领人", exact=True).click()
    await dialog.get_by_label("代领人姓名").fill("周代领")
    for name in ("原借阅卡", "读者有效证件"):
        await dialog.get_by_text(name, exact=True).click()
    await expect(dialog.locator("[data-test=confirm-check]")).to_be_disabled()
    await dialog.get_by_text("代领人有效证件", exact=True).click()
    await dialog.locator("[data-test=confirm-check]").click()
    await desk.told("证件已核对")
    await desk.button("退款", row).click()
    question = desk.dialog("退款")
    for said in (masked, number, "100.50 元", "代领人周代领"):
        await expect(question).to_contain_text(said)
    await desk.settle_animations()
    await desk.show("refund-pay")
    await desk.button("退款", question).click()
    await desk.told("已退押金 100.50 元")
    await expect(row).to_contain_text("已退款")


async def test_is_this_card_good(desk: Desk, school: OpenedSchool, system: str) -> None:
    await issue(system, school, 6)
    await desk.button("查证").click()
    dialog = desk.dialog("查证")
    await dialog.get_by_role("textbox").fill(pupil(FIRST + 6)[0])
    await desk.button("检索", dialog).click()
    await expect(dialog.locator("[data-test=found]")).to_contain_text("证件有效")
    await dialog.get_by_role("textbox").fill("999999999999999")
    await desk.button("检索", dialog).click()
    await expect(dialog.get_by_role("alert")).to_be_visible()


async def test_a_social_security_card_leads_to_one_card(desk: Desk, school: OpenedSchool, system: str) -> None:
    cards = await issue(system, school, 7, 8)
    for at, number in enumerate((" a2400 0001", "A24000001")):
        await desk.go("/cards?status=active")
        await open_card(desk, cards[at])
        await desk.page.locator("[data-test=social-security]").click()
        dialog = desk.dialog("登记社保卡")
        confirm = dialog.locator("[data-test=confirm-credential]")
        await dialog.get_by_label("社保卡号", exact=True).fill("A2400000")
        await expect(dialog).to_contain_text("社保卡号应为9位字母和数字")
        await dialog.get_by_label("社保卡号", exact=True).fill(number)
        await dialog.get_by_label("再输入一次社保卡号").fill("A24000002")
        await expect(dialog).to_contain_text("两次输入的社保卡号不一致")
        await expect(confirm).to_be_disabled()
        await desk.check_access()
        await dialog.get_by_label("再输入一次社保卡号").fill(number.lower())
        await confirm.click()
        if at == 0:
            await desk.told("社保卡已登记")
            await expect(dialog).to_be_hidden()
        else:
            await expect(dialog.locator(".problem")).to_contain_text("该社保卡已登记在另一张读者证上。")
    await desk.go("/cards")
    await desk.button("查证").click()
    await desk.dialog("查证").get_by_role("textbox").fill("A24000001")
    await desk.button("检索", desk.dialog("查证")).click()
    await expect(desk.dialog("查证").locator("[data-test=found]")).to_contain_text(cards[0])


async def test_may_it_borrow_may_it_renew(desk: Desk, school: OpenedSchool, system: str) -> None:
    (number,) = await issue(system, school, 9)
    await desk.go("/cards?status=active")
    await open_card(desk, number)
    await desk.page.locator("[data-test=lending]").click()
    dialog = desk.dialog("借阅/续借查询")
    today, ask = local_day(datetime.now(UTC)), dialog.locator("[data-test=ask-lending]")
    await expect(ask).to_be_disabled()
    loans = dialog.get_by_role("region", name="在借文献")
    for at in range(7):
        if at > 0:
            await desk.button("添加在借文献", loans).click()
        row = loans.get_by_role("row").nth(at + 1)
        await row.get_by_label("文献名或条码").fill(f"在借{at}")
        await row.get_by_label("外文").set_checked(at < 3)
        await row.get_by_label("借出或最近续借日期").fill(f"{today - timedelta(days=10 + at * 10)}")
        await expect(row).to_contain_text(f"{today - timedelta(days=10 + at * 10) + timedelta(days=30)}")
    await loans.get_by_role("row").nth(2).get_by_label("已续借次数").fill("1")
    await loans.get_by_role("row").nth(3).get_by_label("已被预约").check()
    wanted = dialog.get_by_role("region", name="要借的文献")
    await desk.button("添加要借的文献", wanted).click()
    for at, title in enumerate(("海底两万里", "Treasure Island")):
        await wanted.get_by_label("文献名或条码").nth(at).fill(title)
        await wanted.get_by_label("外文").nth(at).set_checked(at == 1)
    await ask.click()
    verdict = dialog.locator("[data-test=verdict]")
    await expect(verdict).to_contain_text("不能全部借阅")
    told = verdict.locator("[data-test=decisions] > li")
    await expect(told.nth(0)).to_contain_text(f"海底两万里可以借阅，应于 {today + timedelta(days=30)} 前")
    for reason in ("最多可借8册，已达到上限。", "外文书刊最多可借3册，已达到上限。"):
        await expect(told.nth(1)).to_contain_text(reason)
    await expect(verdict).to_contain_text("还可借 1 册，其中外文 0 册")
    await desk.check_access()
    await desk.show("lending")
    await dialog.get_by_text("续借", exact=True).first.click()
    await expect(verdict).to_be_hidden()
    await loans.get_by_label("续借", exact=True).nth(6).uncheck()
    await ask.click()
    await expect(told).to_have_count(6)
    await expect(told.nth(0)).to_contain_text(f"可以续借，应于 {today + timedelta(days=30)} 前")
    for at, reason in ((1, "借阅期间只可续借1次。"), (2, "文献已被其他读者预约，不可续借。"), (3, "已超期")):
        await expect(told.nth(at)).to_contain_text(reason)
    await expect(told.nth(2)).not_to_contain_text("已超期")
    await dialog.get_by_label("有违约或违规行为").check()
    await ask.click()
    await expect(told.nth(0)).to_contain_text("借阅卡有违约或违规行为，不可续借。")
    await desk.check_access()


async def test_a_school_may_ask_about_lending_and_adds_no_credential(
    desks: Desks, school: OpenedSchool, system: str
) -> None:
    (number,) = await issue(system, school, 10)
    teacher = await desks.log_in(school.username, PASSWORD, "/cards?status=active")
    await open_card(teacher, number)
    await expect(teacher.page.locator("[data-test=social-security]")).to_have_count(0)
    await teacher.page.locator("[data-test=lending]").click()
    await expect(teacher.dialog("借阅/续借查询")).to_be_visible()


async def test_privileges_from_a_day_on(desk: Desk, system: str) -> None:
    await desk.go("/privileges")
    await expect(desk.page.get_by_role("heading", name="借阅权限")).to_be_visible()
    await desk.check_access()
    await desk.button("修改权限").click()
    dialog = desk.dialog("修改权限")
    await desk.check_access()
    foreign = dialog.get_by_role("spinbutton").nth(1)
    await foreign.fill("9")
    await foreign.press("Tab")
    await expect(dialog).to_contain_text("不能超过可借册数")
    await expect(desk.button("确定", dialog)).to_be_disabled()
    await foreign.fill("3")
    await dialog.get_by_role("spinbutton").first.fill("10")
    await dialog.get_by_label("成人阅览室").uncheck()
    await dialog.get_by_label("只限以下馆点，每行一个；不填为全部").fill("总馆\n南坪分馆")
    await desk.show("privileges-change")
    await dialog.get_by_label("生效日期").last.fill(f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}")
    await desk.button("确定", dialog).click()
    await desk.told("权限已保存")
    row = desk.page.locator("tbody tr").first
    for text in ("10", "少儿阅览室 / 总馆、南坪分馆", "待生效", ADMIN):
        await expect(row).to_contain_text(text)
    # The whole table fits on a school's screen.
    frame = desk.page.locator("table").locator("..")
    assert await frame.evaluate("frame => frame.scrollWidth - frame.clientWidth") == 0
    in_force = desk.page.locator("[data-test=in-force]")
    for text in ("少儿阅览室、成人阅览室", "全部馆点", "开架借阅文献"):
        await expect(in_force).to_contain_text(text)
    await desk.check_access()
    await desk.show("privileges")


async def test_a_strangers_card_is_not_found(desks: Desks, desk: Desk, school: OpenedSchool, system: str) -> None:
    (number,) = await issue(system, school, 11)
    await desk.go("/cards")
    await expect(desk.page.locator("tbody tr").filter(has_text=number)).to_be_visible()
    other = await desks.log_in("district-500103")
    for address in (f"/cards/{number}", "/cards/500103260999999"):
        await other.page.goto(address)
        await expect(other.page.locator("[data-test=not-found]")).to_contain_text("没有找到该读者证")
    await other.go("/cards")
    await expect(other.page.get_by_text(number)).to_have_count(0)
