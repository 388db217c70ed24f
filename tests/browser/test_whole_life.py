"""One card from the poster to its end: the school's desk, a guardian's phone and the library's counter side by side."""

import re
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from tests.browser.counter import step
from tests.browser.desk import Desk, Desks
from tests.browser.phone import Phone, child
from tests.browser.scanner import A4, Scanner, sheets
from tests.browser.school import PASSWORD, OpenedSchool, SchoolOffice, client
from tests.pupils import id_number

PUPIL = 35_700
"""Index of this story's pupil: everybody has one card in the city."""
NAME = "赵小满"
DISTRICT = "500110"


@pytest.fixture(scope="module")
async def school(office: SchoolOffice) -> OpenedSchool:
    return await office.open_school(stage="primary", classes=1, district=DISTRICT)


@pytest.fixture(scope="module")
async def librarian(office: SchoolOffice) -> str:
    username = "whole-life-library"
    await office.open_library(DISTRICT, username)
    return username


async def test_from_the_poster_to_the_end_of_the_card(
    desks: Desks, system: str, school: OpenedSchool, librarian: str
) -> None:
    teacher = await desks.log_in(school.username, PASSWORD, "/registration-links")
    phone = await Phone.open(desks, await _put_up_a_poster(teacher, school))
    await _register(phone)
    await _merge_and_approve(teacher, phone)
    number = await _card_on_the_phone(phone)
    # 1366 by 768 pixels.
    library = await desks.log_in(librarian, PASSWORD, "/cards")
    await library.page.locator("tbody").get_by_role("link", name=number).click()
    await expect(library.page.get_by_role("heading", name=number)).to_be_visible()
    await step(library, "转实体证")
    await _print_and_hand_out(library, number)
    await _exchange_and_refund_to_a_proxy(library, number)
    new = await _lose_and_replace(library, number)
    async with client(system, school.username) as http:
        # Readers hears of the new card from cards, in its own time.
        await Desk.poll(http, f"/api/readers?card_no={new}", lambda found: found["total"] == 1)
    await phone.button("刷新进度").click()
    await expect(phone.page.locator("[data-test=card-no]")).to_have_text(new)
    await phone.button("撤回授权").click()
    await phone.button("确定").click()
    await expect(phone.page.locator("[data-test=progress]")).to_have_text("授权已撤回")
    await expect(phone.page.locator("[data-test=card]")).to_have_count(0)
    async with client(system, librarian) as http:
        await _is_suspended(library, http, new)
    async with client(system, school.username) as http:
        await _all_of_it_is_in_the_log(teacher, http, number, new)


async def _put_up_a_poster(teacher: Desk, school: OpenedSchool) -> str:
    """The address that a phone's camera reads from it."""
    await teacher.button("开通链接").click()
    dialog = teacher.dialog("开通链接")
    await dialog.get_by_label("备注").fill("开学第一天")
    await teacher.button("确定", dialog).click()
    await teacher.told("链接已开通")
    await teacher.row("开学第一天").get_by_role("link", name="海报").click()
    await expect(teacher.page.locator("article")).to_contain_text(school.name)
    assert await sheets(teacher) == [A4]
    return await teacher.page.locator("article .sc-mono").inner_text()


async def _register(phone: Phone) -> None:
    await phone.to_form()
    await phone.fill(child(PUPIL) | {"孩子的姓名": NAME, "班级": "三年级1班"})
    await phone.sign()
    await phone.button("提交").click()
    await phone.receipt()


async def _merge_and_approve(teacher: Desk, phone: Phone) -> None:
    await teacher.go("/registrations")
    await teacher.row(NAME).get_by_role("button", name="核对").click()
    await teacher.dialog("核对登记").locator("[data-test=merge]").click()
    await teacher.told(f"已合并“{NAME}”")
    await phone.button("刷新进度").click()
    await expect(phone.page.locator("[data-test=progress]")).to_have_text("学校已收下，等待审核")
    await teacher.go("/readers?consent=phone")
    await teacher.row(NAME).get_by_role("link", name=NAME).click()
    await expect(teacher.page.locator("[data-test=consent]")).to_contain_text("母亲")
    await teacher.button("审核").click()
    # The card comes by way of the library.
    await expect(teacher.page.locator("[data-test=show-card]")).to_be_visible(timeout=15_000)


async def _card_on_the_phone(phone: Phone) -> str:
    await phone.button("刷新进度").click()
    await expect(phone.page.locator("[data-test=progress]")).to_have_text("已办证，可以凭身份证或社保卡借书")
    await phone.settle()
    number = await phone.page.locator("[data-test=card-no]").inner_text()
    scanner = await Scanner.at(phone.desk)
    assert await scanner.read(phone.page.locator("[data-test=card]")) == {"Code128": number, "QRCode": number}
    return number


async def _print_and_hand_out(library: Desk, number: str) -> None:
    await library.go(f"/print/cards?card_no={number}")
    await expect(library.page.locator("[data-test=card-face]")).to_contain_text(NAME)
    assert await sheets(library) == [A4]
    await library.page.locator("[data-test=mark-printed]").click()
    await library.page.locator("[data-test=confirm-step]").click()
    await library.told("制卡完成：1 张")
    await library.go(f"/cards/{number}")
    await step(library, "发放")
    await expect(library.page.locator("[data-test=history]")).to_contain_text("发放")


async def _exchange_and_refund_to_a_proxy(library: Desk, number: str) -> None:
    await library.page.locator("[data-test=exchange]").click()
    dialog = library.dialog("原读者证换证")
    await dialog.get_by_label("原读者证号").fill("C-2018-0420")
    await dialog.get_by_label("押金（元）").fill("100")
    await library.button("确定", dialog).click()
    await library.told("登记退押金")
    await library.go("/refunds")
    row = library.row("C-2018-0420")
    await library.button("核对证件", row).click()
    dialog = library.dialog("核对证件")
    await dialog.get_by_text("代领人", exact=True).click()
    await dialog.get_by_label("代领人姓名").fill("周代领")
    for document in ("原借阅卡", "读者有效证件", "代领人有效证件"):
        await dialog.get_by_text(document, exact=True).click()
    await dialog.locator("[data-test=confirm-check]").click()
    await library.told("证件已核对")
    await library.button("退款", row).click()
    await library.button("退款", library.dialog("退款")).click()
    await library.told("已退押金 100.00 元")
    await library.go(f"/cards/{number}")


async def _lose_and_replace(library: Desk, number: str) -> str:
    """The new card's number; the old one is dead at once."""
    await step(library, "挂失")
    await step(library, "补办换号", "遗失")
    await expect(library.page.locator(".el-tag").first).to_have_text("已换号")
    await library.go("/cards?status=active")
    link = library.row("赵*满").get_by_role("link")
    new = await link.inner_text()
    assert new != number
    await link.click()
    await expect(library.page.get_by_role("heading", name=new)).to_be_visible()
    await expect(library.page.get_by_role("definition").filter(has_text=number)).to_be_visible()
    return new


async def _is_suspended(library: Desk, http: httpx.AsyncClient, number: str) -> None:
    await Desk.poll(http, f"/api/cards/{number}", lambda card: card["status"] == "suspended")
    await library.go(f"/cards/{number}")
    await expect(library.page.locator(".el-tag").first).to_have_text("已停用")
    await expect(library.page.locator("[data-test=history]")).to_contain_text("授权")
    # What no guardian wants no clerk resumes.
    await expect(library.page.get_by_role("toolbar").get_by_role("button", name="恢复", exact=True)).to_have_count(0)
    await library.check_access()


async def _all_of_it_is_in_the_log(teacher: Desk, http: httpx.AsyncClient, number: str, new: str) -> None:
    sentences = (
        f"办理了读者证{number}",
        f"制作了实体证{number}",
        f"发放了实体证{number}",
        f"登记了读者证{number}挂失",
        f"{number}换成{new}",
        "监护人赵*海",
    )

    def tells_all(found: Any) -> bool:
        told = "".join(entry["summary"] for entry in found["items"])
        return all(sentence in told for sentence in sentences)

    await Desk.poll(http, "/api/audit/logs?limit=200", tells_all)
    await teacher.go("/logs")
    listed = teacher.page.locator("tbody")
    for sentence in sentences:
        await expect(listed).to_contain_text(sentence)
    assert re.fullmatch(r"5001\d{11}", new)
    assert id_number(PUPIL) not in await listed.inner_text()
