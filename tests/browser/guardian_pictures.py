"""The pictures of the manual for guardians and of the chapter on consent: `python -m tests.browser.guardian_pictures`.

Made like `tests.browser.pictures`, on a system of their own with the demo city in it.
"""

import sys

import httpx
import pytest
from playwright.async_api import expect

from tests.browser.desk import Desks
from tests.browser.phone import Phone
from tests.browser.pictures import Album
from tests.browser.school import DEMO_PASSWORD, client, post
from tests.pupils import id_number

FIRST = 36_000


@pytest.mark.timeout(300)
async def test_pictures_of_guardians_and_consent(desks: Desks, system: str) -> None:
    async with client(system, "teacher-a", DEMO_PASSWORD) as http:
        await post(http, "/api/params/setup", {"stage": "primary", "classes_per_grade": 2})
        classes = (await http.get("/api/params/classes", params={"page_size": 200})).json()["items"]
        known = {"id_number": id_number(FIRST), "name": "王小雨", "phone": "13800000000", "home_district": "渝中"}
        await fill_class(http, classes[0]["id"], known)
    desk = await desks.log_in("teacher-a", path="/registration-links")
    album = Album(desk)
    await desk.button("开通链接").click()
    await desk.button("确定", desk.dialog("开通链接")).click()
    await desk.told("链接已开通")
    await album.take("links")
    await desk.page.get_by_role("link", name="海报").click()
    await expect(desk.page.get_by_alt_text("登记二维码")).to_be_visible()
    await album.take("poster")
    address = await desk.page.locator("article .sc-mono").inner_text()

    phone = await Phone.open(desks, address)
    pictures = Album(phone.desk)
    await pictures.take("guardian-welcome")
    await phone.button("继续访问").click()
    await phone.page.get_by_role("checkbox").check()
    await pictures.take("guardian-authorization")
    await phone.button("注册").click()
    await phone.fill(
        {
            "孩子的身份证号": id_number(FIRST),
            "孩子的姓名": "王小雨",
            "班级": "一年级1班",
            "联系电话": "13900001111",
            "监护人姓名": "王建国",
            "与孩子的关系": "父亲",
        }
    )
    await phone.page.evaluate("window.scrollTo(0, 0)")
    await pictures.take("guardian-form")
    await phone.sign()
    await pictures.take("guardian-signature")
    await phone.button("提交").click()
    await phone.receipt()
    await pictures.take("guardian-receipt")

    await desk.go("/registrations")
    await album.take("registrations")
    await desk.page.locator("tbody tr").first.get_by_role("button", name="核对").click()
    await expect(desk.dialog("核对登记").get_by_alt_text("监护人签名")).to_be_visible()
    await album.take("registration")
    await desk.dialog("核对登记").locator("[data-test=merge]").click()
    await desk.told("已合并“王小雨”")
    await desk.go(f"/consents?class_id={classes[0]['id']}")
    await expect(desk.page.locator("tbody tr").first).to_be_visible()
    await album.take("consents")
    await desk.go(f"/print/consents/{classes[0]['id']}")
    await expect(desk.page.locator("[data-test=form]").first).to_be_visible()
    await album.take("consent-forms")
    library = await desks.log_in("district-500103", path="/consent-text")
    await Album(library).take("consent-text")


async def fill_class(http: httpx.AsyncClient, class_id: str, reader: dict[str, str]) -> None:
    """The class has two pupils, one of whom registers too."""
    others = {"id_number": id_number(FIRST + 1), "name": "李思远", "phone": "13800000001", "home_district": "渝中"}
    for body in (reader, others):
        await post(http, "/api/readers", body | {"class_id": class_id, "guardian_name": "王建国"})


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-x", "-p", "no:cacheprovider", __file__]))
