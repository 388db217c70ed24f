"""The pictures of the manual's chapter on cards: `python -m tests.browser.card_pictures`.

Made like `tests.browser.pictures`, on a system of their own with the demo city in it.
"""

import sys

import httpx
import pytest
from playwright.async_api import expect

from tests.browser.desk import Desk, Desks
from tests.browser.pictures import Album
from tests.browser.school import DEMO_PASSWORD, client, post
from tests.pupils import pupil

FIRST = 37_000
PUPILS = 12


@pytest.mark.timeout(300)
async def test_pictures_of_cards(desks: Desks, system: str) -> None:
    async with client(system, "teacher-a", DEMO_PASSWORD) as http:
        await fill_class(http)
    async with client(system, "district-500103", DEMO_PASSWORD) as http:
        await post(http, "/api/cards/privileges", {"physical_fee_fen": 1000})
        cards = (await http.get("/api/cards")).json()["items"]
        steps = {"card_nos": [card["card_no"] for card in cards]}
        for step in ("make_physical", "print"):
            await post(http, "/api/cards/steps", {"step": step, **steps}, status=200)
    desk = await desks.log_in("district-500103", path="/cards")
    album = Album(desk)
    number = cards[0]["card_no"]

    await desk.page.locator("[data-test=print]").click()
    await desk.page.get_by_role("menuitem", name="打印证卡：符合检索条件的全部").click()
    await expect(desk.page.locator("[data-test=card-face]")).to_have_count(PUPILS)
    await album.take("card-sheet")
    await desk.go("/print/hand-out")
    await expect(desk.page.locator("[data-test=hand-out] tbody tr")).to_have_count(PUPILS)
    await album.take("card-hand-out")

    await desk.go(f"/cards/{number}")
    await desk.page.locator("[data-test=step-hand_out]").click()
    await desk.page.locator("[data-test=confirm-step]").click()
    await desk.told("发放完成")
    await desk.page.locator("[data-test=step-replace]").click()
    await expect(desk.page.locator("[data-test=fee]")).to_contain_text("10.00 元")
    await desk.choose("原因", "遗失", desk.dialog("补办换号"))
    await album.take("card-replace")
    await desk.button("取消", desk.dialog("补办换号")).click()
    await desk.page.locator("[data-test=exchange]").click()
    dialog = desk.dialog("原读者证换证")
    await dialog.get_by_label("原读者证号").fill("YZ-2019-0815")
    await dialog.get_by_label("押金（元）").fill("100")
    await desk.button("确定", dialog).click()
    await desk.told("登记退押金")
    await desk.go("/refunds")
    await desk.button("核对证件").click()
    dialog = desk.dialog("核对证件")
    await dialog.get_by_text("代领人", exact=True).click()
    await dialog.get_by_label("代领人姓名").fill("王建国")
    for name in ("原借阅卡", "读者有效证件", "代领人有效证件"):
        await dialog.get_by_text(name, exact=True).click()
    await album.take("refund-check")

    await desk.go("/cards")
    await desk.button("查证").click()
    dialog = desk.dialog("查证")
    await dialog.get_by_role("textbox").fill(number)
    await desk.button("检索", dialog).click()
    await expect(dialog.locator("[data-test=found]")).to_contain_text("证件有效")
    await album.take("card-look-up")
    await desk.go("/privileges")
    await expect(desk.page.locator("[data-test=in-force]")).to_be_visible()
    await album.take("privileges")
    await desk.button("修改权限").click()
    await expect(desk.dialog("修改权限")).to_be_visible()
    await album.take("privileges-change")
    await desk.go("/card-figures")
    await expect(desk.page.locator("[data-test=issued]")).to_be_visible()
    await album.take("card-figures")

    teacher = await desks.log_in("teacher-a", path="/readers?status=carded")
    await teacher.page.locator("tbody").get_by_role("link").first.click()
    await teacher.page.locator("[data-test=show-card]").click()
    await expect(teacher.dialog("出示读者证").locator("[data-test=card-face]")).to_be_visible()
    await Album(teacher).take("card-shown")


async def fill_class(http: httpx.AsyncClient) -> None:
    """A class with cards."""
    await post(http, "/api/params/setup", {"stage": "primary", "classes_per_grade": 1})
    found = (await http.get("/api/params/classes")).json()["items"]
    grades = (await http.get("/api/params/grades")).json()["items"]
    third = next(grade["id"] for grade in grades if grade["name"] == "三年级")
    class_id = next(one["id"] for one in found if one["grade_id"] == third)
    for at in range(PUPILS):
        number, name, phone, *_ = pupil(FIRST + at)
        body = {"id_number": number, "name": name, "phone": phone, "home_district": "500103", "class_id": class_id}
        await post(http, "/api/readers", body)
    batch = await post(http, "/api/readers/approvals", {"filter": {"status": "pending"}})
    await post(http, f"/api/readers/approvals/{batch['batch_no']}/confirm", {})
    await Desk.poll(http, "/api/readers?status=carded", lambda page: page["total"] == PUPILS)


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-x", "-p", "no:cacheprovider", __file__]))
