"""What a guardian has typed outlives a reload and a text that changes; not the signature, and not the sending."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import expect

from tests.browser.desk import Desks
from tests.browser.phone import HEIGHT, WIDTH, Phone, child
from tests.browser.school import OpenedSchool, SchoolOffice, client, post

FIRST = 35_300
"""Index of this module's first pupil: everybody has one card in the city."""
DISTRICT = "500113"
ADMIN = "half-filled-library"

LINKS = "/api/readers/registration-links"

_REFUSE_STORAGE = """for (const name of ['localStorage', 'sessionStorage']) {
  Object.defineProperty(window, name, { get() { throw new DOMException('refused', 'SecurityError') } })
}"""


@pytest.fixture(scope="module")
async def school(office: SchoolOffice) -> OpenedSchool:
    """A school in a district of this module's own, whose library may publish texts."""
    await office.open_library(DISTRICT, ADMIN)
    return await office.open_school(stage="primary", classes=1, district=DISTRICT)


@pytest.fixture
async def http(system: str, school: OpenedSchool) -> AsyncIterator[httpx.AsyncClient]:
    async with client(system, school.username) as http:
        yield http


@pytest.fixture
async def phone(desks: Desks, http: httpx.AsyncClient) -> Phone:
    """On a link's page."""
    link = await post(http, LINKS, {})
    return await Phone.open(desks, str(link["path"]))


async def kept(phone: Phone) -> dict[str, str]:
    """What this tab keeps."""
    return dict(await phone.page.evaluate("Object.fromEntries(Object.entries(sessionStorage))"))


async def expect_filled(phone: Phone, child: dict[str, str]) -> None:
    for label, value in child.items():
        field = phone.page.get_by_label(label)
        if await field.evaluate("node => node.tagName") == "SELECT":
            await expect(field.locator("option:checked")).to_have_text(value)
        else:
            await expect(field).to_have_value(value)


async def test_a_reload_keeps_what_was_typed_until_it_is_sent(phone: Phone) -> None:
    await expect(phone.page.locator("[data-test=begun]")).to_have_count(0)
    await phone.to_form()
    filled = child(FIRST + 1)
    await phone.fill(filled)
    await phone.sign()
    (value,) = (await kept(phone)).values()
    assert filled["孩子的身份证号"] in value
    assert "signature" not in json.loads(value)
    await phone.page.reload()
    await expect(phone.page.locator("[data-test=begun]")).to_be_visible()
    await phone.desk.check_access()
    await phone.show("begun")
    await phone.to_form()
    await expect_filled(phone, filled)
    await phone.button("提交").click()
    await expect(phone.page.get_by_text("请在签名框内签名")).to_be_visible()
    await phone.sign()
    await phone.button("提交").click()
    await phone.receipt()
    assert await kept(phone) == {}
    await phone.button("再登记一个孩子").click()
    await expect(phone.button("继续访问")).to_be_visible()
    await expect(phone.page.locator("[data-test=begun]")).to_have_count(0)
    await phone.to_form()
    await expect(phone.page.get_by_label("孩子的身份证号")).to_have_value("")


async def test_what_was_typed_is_thrown_away_when_asked(phone: Phone) -> None:
    await phone.to_form()
    await phone.fill(child(FIRST + 2))
    await phone.page.reload()
    await phone.button("放弃这份登记").click()
    await phone.button("确定").click()
    await expect(phone.page.locator("[data-test=begun]")).to_have_count(0)
    assert await kept(phone) == {}
    await phone.to_form()
    await expect(phone.page.get_by_label("孩子的姓名")).to_have_value("")


async def test_an_unsent_one_that_is_given_up_is_not_kept_either(phone: Phone) -> None:
    await phone.to_form()
    await phone.fill(child(FIRST + 3))
    await phone.sign()
    await phone.desk.context.set_offline(True)
    await phone.button("提交").click()
    await phone.button("放弃这份登记").click()
    await phone.button("确定").click()
    await expect(phone.button("重试")).to_be_visible()
    await phone.desk.context.set_offline(False)
    await phone.button("重试").click()
    await expect(phone.button("继续访问")).to_be_visible()
    await expect(phone.page.locator("[data-test=begun]")).to_have_count(0)
    assert await kept(phone) == {}


async def test_a_revoked_link_keeps_nothing(phone: Phone, http: httpx.AsyncClient) -> None:
    await phone.to_form()
    await phone.fill(child(FIRST + 4))
    assert await kept(phone) != {}
    for link in (await http.get(LINKS)).json()["items"]:
        if link["status"] == "open":
            await post(http, f"{LINKS}/{link['id']}/revoke", {}, status=200)
    await phone.page.reload()
    await expect(phone.page.locator("h1")).to_contain_text("已失效")
    assert await kept(phone) == {}


async def test_a_phone_that_refuses_storage_registers_all_the_same(desks: Desks, http: httpx.AsyncClient) -> None:
    link = await post(http, LINKS, {})
    phone = Phone(await desks.stranger(WIDTH, HEIGHT))
    await phone.desk.context.add_init_script(_REFUSE_STORAGE)
    await phone.page.goto(str(link["path"]))
    await phone.to_form()
    filled = child(FIRST + 5)
    await phone.fill(filled)
    await phone.button("返回").click()
    await phone.page.get_by_role("checkbox").check()
    await phone.button("注册").click()
    await expect_filled(phone, filled)
    await phone.sign()
    await phone.button("提交").click()
    await phone.receipt()


async def test_a_correction_outlives_a_text_that_changes(phone: Phone, system: str) -> None:
    await phone.to_form()
    await phone.fill(child(FIRST + 6))
    await phone.sign()
    await phone.button("提交").click()
    await phone.receipt()
    await phone.button("修改登记").click()
    changed = {"孩子的姓名": "赵改名", "联系电话": "13911112222"}
    await phone.fill(changed)
    await phone.sign()
    async with client(system, ADMIN) as library:
        await post(
            library, "/api/readers/consent-texts", {"title": "新授权书", "body": "本人为{child}监护人，读过新的文本。"}
        )
    await phone.button("提交修改").click()
    await expect(phone.page.get_by_role("alert")).to_contain_text("授权书文本已更新")
    await expect(phone.page.locator("body")).to_contain_text("读过新的文本")
    await expect(phone.page.get_by_text("已签名", exact=True)).to_have_count(0)
    await expect_filled(phone, changed)
    await phone.desk.check_access()
    await phone.show("text-changed")
    # Neither the text nor the pad is passed by: what was signed before was another text.
    await phone.button("提交修改").click()
    await expect(phone.page.get_by_role("alert")).to_contain_text("请重新签名")
    await phone.sign()
    await phone.button("提交修改").click()
    await expect(phone.page.get_by_text("已修改", exact=True)).to_be_visible()
    await expect(phone.page.locator("dl")).to_contain_text("赵*名")
    await expect(phone.page.locator("dl")).to_contain_text("139****2222")
