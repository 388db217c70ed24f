"""Guardians on a phone: from the link to the receipt, corrected, withdrawn, without a network, in English."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from services.console.build import PAGES
from tests.browser.desk import Desks
from tests.browser.phone import Phone, child
from tests.browser.school import OpenedSchool, SchoolOffice, client, post
from tests.pupils import id_number

FIRST = 35_000
"""Index of this module's first pupil: everybody has one card in the city."""

LINKS = "/api/readers/registration-links"
_ACORN = PAGES / "node_modules" / "acorn" / "dist" / "acorn.js"


@pytest.fixture
async def school(office: SchoolOffice) -> OpenedSchool:
    """Each test's own: one that counts what was sent meets no other test's."""
    return await office.open_school(stage="primary", classes=2)


@pytest.fixture
async def http(system: str, school: OpenedSchool) -> AsyncIterator[httpx.AsyncClient]:
    async with client(system, school.username) as http:
        yield http


@pytest.fixture
async def path(http: httpx.AsyncClient) -> str:
    """A link's page."""
    link = await post(http, LINKS, {})
    return str(link["path"])


async def test_registering_on_a_phone(desks: Desks, path: str, school: OpenedSchool, http: httpx.AsyncClient) -> None:
    phone = await Phone.open(desks, path)
    await expect(phone.page.locator("h1")).to_have_text(school.name)
    await phone.desk.check_access()
    await phone.show("welcome")
    await phone.button("继续访问").click()
    await expect(phone.page.locator("body")).to_contain_text("对不文明借阅行为承担责任")
    await phone.desk.check_access()
    await phone.show("authorization")
    await phone.button("注册").click()
    await expect(phone.page.get_by_text("请先阅读并同意授权书")).to_be_visible()
    await phone.page.get_by_role("checkbox").check()
    await phone.button("注册").click()
    number = id_number(FIRST + 1)
    field = phone.page.get_by_label("孩子的身份证号")
    await field.fill(number[:-1] + ("1" if number[-1] != "1" else "2"))
    await expect(phone.page.get_by_text("身份证号有误，请核对是否有数字写错")).to_be_visible()
    await phone.button("提交").click()
    await expect(phone.page.get_by_text("请填写联系电话")).to_be_visible()
    await expect(phone.page.get_by_text("请在签名框内签名")).to_be_visible()
    await phone.desk.check_access()
    await phone.show("faults")
    await phone.fill(child(FIRST + 1))
    await expect(phone.page.get_by_text(f"出生日期：{number[6:10]}-{number[10:12]}-{number[12:14]}")).to_be_visible()
    await phone.sign()
    await phone.settle()
    await phone.desk.check_access()
    await phone.show("signed")
    await phone.button("提交").click()
    await phone.receipt()
    await phone.settle()
    await expect(phone.page.locator("[data-test=progress]")).to_have_text("已提交，等待老师核对")
    await expect(phone.page.locator("dl")).to_contain_text("赵*安")
    await phone.show("receipt")
    assert number not in await phone.page.content()
    await phone.desk.check_access()
    found = (await http.get("/api/readers/registrations", params={"status": "submitted"})).json()
    assert [item["name"] for item in found["items"]] == ["赵一安"]


async def test_reading_again_and_the_other_language_lose_nothing(desks: Desks, path: str) -> None:
    """What was filled in and signed is there again, and is sent."""
    phone = await Phone.open(desks, path)
    await phone.to_form()
    filled = child(FIRST + 8)
    await phone.fill(filled)
    await phone.sign()
    picture = "document.querySelector('canvas').toDataURL()"
    signed = await phone.page.evaluate(picture)
    await phone.button("返回").click()
    await phone.button("返回").click()
    await phone.to_form()
    for language in ("English", "中文"):
        await expect(phone.page.locator("[name=id_number]")).to_have_value(filled["孩子的身份证号"])
        await expect(phone.page.locator("[name=class_id] option:checked")).to_have_text(filled["班级"])
        assert await phone.page.evaluate(picture) == signed
        await phone.button(language).click()
    await phone.button("提交").click()
    await phone.receipt()


async def test_correcting_and_withdrawing(desks: Desks, path: str, http: httpx.AsyncClient) -> None:
    phone = await Phone.open(desks, path)
    await phone.to_form()
    await phone.fill(child(FIRST + 2))
    await phone.sign()
    await phone.button("提交").click()
    receipt = await phone.receipt()
    await phone.button("修改登记").click()
    await expect(phone.page.get_by_label("联系电话")).to_have_attribute("placeholder", "139****5002")
    await phone.desk.check_access()
    await phone.fill({"联系电话": "13911112222", "班级": "三年级2班"})
    await phone.button("提交修改").click()
    await expect(phone.page.get_by_text("已修改", exact=True)).to_be_visible()
    await expect(phone.page.locator("dl")).to_contain_text("139****2222")
    await expect(phone.page.locator("dl")).to_contain_text("三年级2班")
    await phone.button("修改登记").click()
    await phone.fill({"孩子的姓名": "赵改名"})
    await phone.button("提交修改").click()
    # The authorization names the child: another is signed for anew.
    await expect(phone.page.get_by_role("alert")).to_contain_text("请重新签名")
    await expect(phone.page.locator("body")).to_contain_text("对不文明借阅行为承担责任")
    await phone.sign()
    await phone.settle()
    await phone.desk.check_access()
    await phone.show("correction")
    await phone.button("提交修改").click()
    await expect(phone.page.locator("dl")).to_contain_text("赵*名")
    other = await Phone.open(desks, receipt)
    await other.button("撤回授权").click()
    await other.button("确定").click()
    await expect(other.page.locator("[data-test=progress]")).to_have_text("授权已撤回")
    await phone.button("刷新进度").click()
    await expect(phone.page.locator("[data-test=progress]")).to_have_text("授权已撤回")


async def test_without_a_network_it_waits_and_is_sent_once(desks: Desks, path: str, http: httpx.AsyncClient) -> None:
    phone = await Phone.open(desks, path)
    await phone.to_form()
    await phone.fill(child(FIRST + 3) | {"孩子的姓名": "赵断网"})
    await phone.sign()
    await phone.desk.context.set_offline(True)
    await phone.button("提交").click()
    await expect(phone.page.locator("[data-test=unsent]")).to_be_visible()
    await phone.desk.check_access()
    await phone.show("unsent")
    await phone.button("立即提交").click()
    await expect(phone.button("立即提交")).to_be_enabled()
    await phone.desk.context.set_offline(False)
    await phone.receipt()
    found = (await http.get("/api/readers/registrations", params={"status": "submitted"})).json()
    assert [item["name"] for item in found["items"]].count("赵断网") == 1


async def test_an_answer_that_is_lost_is_sent_again_by_a_page_opened_anew(
    desks: Desks, path: str, http: httpx.AsyncClient
) -> None:
    """The service has taken it, the phone does not know: the same key brings the same receipt."""
    phone = await Phone.open(desks, path)
    await phone.to_form()
    await phone.fill(child(FIRST + 4) | {"孩子的姓名": "赵丢包"})
    await phone.sign()

    async def lose(route: Any) -> None:
        await route.fetch()
        await route.abort()

    await phone.page.route("**/submissions", lose)
    await phone.button("提交").click()
    await expect(phone.page.locator("[data-test=unsent]")).to_be_visible()
    await phone.page.reload()
    await expect(phone.page.locator("[data-test=unsent]")).to_be_visible()
    await phone.page.unroute("**/submissions")
    # As the page has promised: opened again, it sends by itself and at once.
    await phone.page.reload()
    await phone.receipt()
    assert await phone.page.evaluate("Object.keys(localStorage).filter((key) => key.includes('unsent'))") == []
    found = (await http.get("/api/readers/registrations", params={"status": "submitted"})).json()
    assert [item["name"] for item in found["items"]].count("赵丢包") == 1


async def test_what_the_service_finds_wrong_is_shown_at_its_field(desks: Desks, path: str) -> None:
    phone = await Phone.open(desks, path)
    await phone.to_form()
    # Full-width letters the page lets pass and the service does not.
    await phone.fill(child(FIRST + 5) | {"孩子的姓名": "赵\u202e安"})
    await phone.sign()
    await phone.button("提交").click()
    await expect(phone.page.get_by_role("alert")).to_contain_text("姓名应为1至50个汉字或字母")
    await expect(phone.page.get_by_label("孩子的姓名")).to_have_attribute("aria-invalid", "true")
    await expect(phone.page.get_by_label("监护人姓名")).to_have_value("赵大海")
    await phone.sign()
    await phone.button("English").click()
    await phone.button("Submit").click()
    await expect(phone.page.get_by_role("alert")).to_contain_text("A name has no digits and no symbols")


async def test_in_english(desks: Desks, path: str) -> None:
    phone = await Phone.open(desks, path)
    await phone.button("English").click()
    await expect(phone.page.get_by_role("button", name="Continue")).to_be_visible()
    await expect(phone.page.locator("html")).to_have_attribute("lang", "en")
    await phone.button("Continue").click()
    await expect(phone.page.get_by_text("the Chinese text")).to_be_visible()
    await phone.desk.check_access()
    await phone.button("中文").click()
    await expect(phone.button("注册")).to_be_visible()


@pytest.mark.parametrize("address", ["/g/nobodys-token", "/g/receipt/nobodys-receipt", "/g/"])
async def test_what_is_nobodys(desks: Desks, address: str) -> None:
    phone = await Phone.open(desks, address)
    await expect(phone.page.locator("h1")).to_contain_text("已失效" if "receipt" not in address else "没有找到该登记")
    await phone.desk.check_access()


async def test_the_script_is_for_old_phones(desks: Desks, path: str) -> None:
    """No syntax, and no regular expression, that a web view of 2017 does not know; and not much to load."""
    phone = await Phone.open(desks, path)
    (script,) = await phone.page.locator("script").evaluate_all("scripts => scripts.map((one) => one.src)")
    assert await phone.page.locator("script[type=module]").count() == 0
    text = await phone.page.evaluate("async (url) => (await fetch(url)).text()", script)
    assert len(gzip.compress(text.encode())) < 16_000
    await phone.page.evaluate(_ACORN.read_text(encoding="utf-8"))
    await phone.page.evaluate("text => { acorn.parse(text, { ecmaVersion: 2017, sourceType: 'script' }) }", text)
