"""Consent and registrations at the school's desk, and the library's: from the poster to the reader."""

import base64
import re
from collections.abc import AsyncIterator

import httpx
import pytest
import zxingcpp
from playwright.async_api import Locator, expect

from tests.browser.desk import Desk, Desks
from tests.browser.phone import Phone, child
from tests.browser.school import PASSWORD, OpenedSchool, SchoolOffice, client, post
from tests.pupils import id_number

FIRST = 35_500
"""Index of this module's first pupil: everybody has one card in the city."""

LINKS = "/api/readers/registration-links"


@pytest.fixture(scope="module")
async def school(office: SchoolOffice) -> OpenedSchool:
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


@pytest.fixture
async def desk(desks: Desks, school: OpenedSchool) -> Desk:
    return await desks.log_in(school.username, PASSWORD, "/registration-links")


async def read_code(image: Locator) -> str:
    """What a phone's camera reads of a picture as the browser shows it."""
    shown = await image.evaluate(_GREY)
    grey = memoryview(base64.b64decode(shown["grey"])).cast("B", (shown["height"], shown["width"]))
    (found,) = zxingcpp.read_barcodes(grey)
    return str(found.text)


_GREY = """async (image) => {
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = image.width
  canvas.height = image.height
  const pen = canvas.getContext('2d')
  pen.fillStyle = '#fff'
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.drawImage(image, 0, 0, canvas.width, canvas.height)
  const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data
  let grey = ''
  for (let at = 0; at < pixels.length; at += 4) grey += String.fromCharCode(pixels[at])
  return { width: canvas.width, height: canvas.height, grey: btoa(grey) }
}"""


async def drawn_width(image: Locator) -> int:
    """A picture's own width, in pixels, once the browser has it whole."""
    return int(await image.evaluate("image => image.decode().then(() => image.naturalWidth)"))


async def pages_on_paper(desk: Desk) -> int:
    """How many sheets of A4 the page is printed on, by the page's own rules."""
    pdf = await desk.page.pdf(prefer_css_page_size=True)
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


async def test_from_the_poster_to_the_reader(desks: Desks, desk: Desk, school: OpenedSchool) -> None:
    await desk.check_access()
    await desk.button("开通链接").click()
    dialog = desk.dialog("开通链接")
    await expect(dialog).to_contain_text("全校")
    await dialog.get_by_label("备注").fill("家长会")
    await desk.check_access()
    await desk.button("确定", dialog).click()
    await desk.told("链接已开通")
    await desk.show("links")
    await desk.row("家长会").get_by_role("link", name="海报").click()
    await expect(desk.page.get_by_alt_text("登记二维码")).to_be_visible()
    await expect(desk.page.locator("article")).to_contain_text(school.name)
    await desk.check_access()
    await desk.show("poster")
    url = await desk.page.locator("article .sc-mono").inner_text()
    assert await read_code(desk.page.get_by_alt_text("登记二维码")) == url
    assert await pages_on_paper(desk) == 1
    phone = await Phone.open(desks, url)
    await phone.to_form()
    await phone.fill(child(FIRST + 11) | {"孩子的姓名": "赵扫码"})
    await phone.sign()
    await phone.button("提交").click()
    await phone.receipt()
    await desk.go("/registrations")
    await desk.row("赵扫码").get_by_role("button", name="核对").click()
    dialog = desk.dialog("核对登记")
    assert await drawn_width(dialog.get_by_alt_text("监护人签名")) == 640
    number = id_number(FIRST + 11)
    await expect(dialog.locator("[data-test=pair-id_number]")).not_to_contain_text(number)
    await dialog.locator("[data-test=reveal]").click()
    await desk.button("显示").click()
    await expect(dialog.locator("[data-test=pair-id_number]")).to_contain_text(number)
    await expect(dialog.locator("[data-test=pair-phone]")).to_contain_text("13900035511")
    await desk.check_access()
    await desk.show("registration")
    await dialog.locator("[data-test=merge]").click()
    await desk.told("已合并“赵扫码”")
    await phone.button("刷新进度").click()
    await expect(phone.page.locator("[data-test=progress]")).to_have_text("学校已收下，等待审核")
    await desk.go("/readers?consent=phone")
    await desk.row("赵扫码").get_by_role("link", name="赵扫码").click()
    await desk.settle()
    picture = desk.page.locator("[data-test=consent]").get_by_alt_text("监护人签名")
    assert await drawn_width(picture) == 640
    await desk.check_access()
    await desk.show("reader")


async def test_one_who_is_known_is_merged_field_by_field(
    desks: Desks, desk: Desk, http: httpx.AsyncClient, path: str
) -> None:
    known = await post(
        http,
        "/api/readers",
        {"id_number": id_number(FIRST + 12), "name": "赵旧名", "phone": "13800000012", "home_district": "渝中"},
    )
    phone = await Phone.open(desks, path)
    await phone.to_form()
    await phone.fill(child(FIRST + 12) | {"孩子的姓名": "赵新名"})
    await phone.sign()
    await phone.button("提交").click()
    await phone.receipt()
    await desk.go("/registrations")
    row = desk.row("赵新名")
    await expect(row).to_contain_text("本校已有")
    await row.get_by_role("button", name="核对").click()
    dialog = desk.dialog("核对登记")
    await dialog.locator("[data-test=pair-name]").get_by_role("radio", name="赵旧名").check()
    await expect(dialog.locator("[data-test=pair-phone]").get_by_role("radio", name="139****5512")).to_be_checked()
    await desk.check_access()
    await desk.show("side-by-side")
    await dialog.locator("[data-test=merge]").click()
    await desk.told("已合并“赵旧名”")
    reader = (await http.get(f"/api/readers/{known['id']}")).json()
    assert (reader["name"], reader["phone"], reader["class_name"]) == ("赵旧名", "139****5512", "1班")
    assert (reader["guardian_name"], reader["consent"]) == ("赵大海", "phone")


async def test_new_ones_together_and_one_sent_back(
    desks: Desks, desk: Desk, http: httpx.AsyncClient, path: str
) -> None:
    for at, name in ((13, "赵同甲"), (14, "赵同乙"), (15, "赵退回")):
        phone = await Phone.open(desks, path)
        await phone.to_form()
        await phone.fill(child(at) | {"孩子的姓名": name})
        await phone.sign()
        await phone.button("提交").click()
        await phone.receipt()
    await desk.go("/registrations")
    await desk.row("赵退回").get_by_role("button", name="核对").click()
    dialog = desk.dialog("核对登记")
    await desk.button("退回", dialog).click()
    await dialog.get_by_label("退回原因").fill("不是本校学生")
    await desk.button("退回", dialog).click()
    await desk.told("已退回“赵退回”的登记")
    await phone.button("刷新进度").click()
    await expect(phone.page.locator("main")).to_contain_text("不是本校学生")
    await phone.show("rejected")
    for name in ("赵同甲", "赵同乙"):
        await desk.row(name).get_by_role("checkbox").check()
    await desk.page.locator("[data-test=merge-chosen]").click()
    await desk.told("已新增 2 名读者")
    await expect(desk.row("赵同甲")).to_have_count(0)


async def test_many_sent_back_together(desks: Desks, desk: Desk, path: str) -> None:
    for at, name in ((16, "赵空甲"), (17, "赵空乙")):
        phone = await Phone.open(desks, path)
        await phone.to_form()
        await phone.fill(child(at) | {"孩子的姓名": name})
        await phone.sign()
        await phone.button("提交").click()
        await phone.receipt()
    await desk.go("/registrations")
    for name in ("赵空甲", "赵空乙"):
        await desk.row(name).get_by_role("checkbox").check()
    await desk.page.locator("[data-test=reject-chosen]").click()
    dialog = desk.dialog("退回 2 份登记")
    await dialog.get_by_label("退回原因").fill("不是本校学生")
    await desk.check_access()
    await dialog.locator("[data-test=reject-many]").click()
    await desk.told("已退回 2 份登记")
    await expect(desk.row("赵空甲")).to_have_count(0)
    await phone.button("刷新进度").click()
    await expect(phone.page.locator("main")).to_contain_text("不是本校学生")


async def test_a_reader_who_came_while_the_teacher_looked_is_shown_before_merging(
    desks: Desks, desk: Desk, http: httpx.AsyncClient, path: str
) -> None:
    phone = await Phone.open(desks, path)
    await phone.to_form()
    await phone.fill(child(FIRST + 18) | {"孩子的姓名": "赵迟到"})
    await phone.sign()
    await phone.button("提交").click()
    await phone.receipt()
    await desk.go("/registrations")
    await desk.row("赵迟到").get_by_role("button", name="核对").click()
    dialog = desk.dialog("核对登记")
    await expect(dialog).to_contain_text("合并后新增为待审核读者")
    body = {"id_number": id_number(FIRST + 18), "name": "赵先到", "phone": "13800000018", "home_district": "渝中"}
    known = await post(http, "/api/readers", body)
    await dialog.locator("[data-test=merge]").click()
    await expect(dialog.locator("[data-test=changed]")).to_be_visible()
    await dialog.locator("[data-test=pair-name]").get_by_role("radio", name="赵先到").check()
    await desk.check_access()
    await dialog.locator("[data-test=merge]").click()
    await desk.told("已合并“赵先到”")
    assert (await http.get(f"/api/readers/{known['id']}")).json()["consent"] == "phone"


async def test_papers_of_a_class_are_printed_and_ticked(desk: Desk, http: httpx.AsyncClient) -> None:
    classes = (await http.get("/api/params/classes", params={"page_size": 200})).json()["items"]
    grades = {grade["id"]: grade["name"] for grade in (await http.get("/api/params/grades")).json()["items"]}
    one = next(item for item in classes if grades[item["grade_id"]] == "五年级" and item["name"] == "2班")
    for at, name in ((21, "赵纸甲"), (22, "赵纸乙")):
        body = {"id_number": id_number(FIRST + at), "name": name, "phone": "13800000021", "home_district": "渝中"}
        await post(http, "/api/readers", body | {"class_id": one["id"], "guardian_name": "赵大"})
    await desk.go(f"/consents?class_id={one['id']}")
    await expect(desk.row("赵纸甲")).to_contain_text("未收到")
    await desk.check_access()
    await desk.page.get_by_role("link", name="打印授权书").click()
    await expect(desk.page.locator("[data-test=form]")).to_have_count(2)
    await expect(desk.page.locator("[data-test=form]").first).to_contain_text("本人为赵纸甲监护人，授权同意")
    await desk.check_access()
    # Two forms on one sheet, to be cut.
    assert await pages_on_paper(desk) == 1
    await desk.show("forms")
    await desk.page.get_by_role("link", name="返回").click()
    await desk.settle()
    await desk.row("赵纸甲").get_by_role("checkbox").check()
    await desk.page.locator("[data-test=attest]").click()
    await desk.told("已登记 1 人的授权书")
    await expect(desk.row("赵纸甲")).to_contain_text("纸质")
    await desk.show("consents")
    await desk.row("赵纸甲").get_by_role("button", name="撤回授权").click()
    dialog = desk.dialog("撤回“赵纸甲”的授权")
    await dialog.get_by_label("原因").fill("家长要求")
    await desk.check_access()
    await desk.button("撤回授权", dialog).click()
    await desk.told("已撤回“赵纸甲”的授权")
    await expect(desk.row("赵纸甲")).to_contain_text("已撤回")
    # Whoever ticks the class does not bring the withdrawn consent back; a new form is recorded for that pupil alone.
    for name in ("赵纸甲", "赵纸乙"):
        await desk.row(name).get_by_role("checkbox").check()
    await expect(desk.page.locator("[data-test=left-out]")).to_contain_text("1 人的监护人已撤回授权")
    await desk.check_access()
    await desk.button("登记已交回（1 人）").click()
    await expect(desk.row("赵纸乙")).to_contain_text("纸质")
    await expect(desk.row("赵纸甲")).to_contain_text("已撤回")
    await desk.row("赵纸甲").get_by_role("checkbox").check()
    await desk.button("登记已交回（1 人）").click()
    await expect(desk.row("赵纸甲")).to_contain_text("纸质")
    await desk.page.get_by_role("link", name="打印授权书").click()
    await expect(desk.page.locator("main")).to_contain_text("该班没有缺授权书的读者")
    await expect(desk.button("打印")).to_be_disabled()


async def test_a_class_of_nobody_says_so(desk: Desk, http: httpx.AsyncClient) -> None:
    one = await post(http, "/api/params/grades", {"name": "毕业班"})
    nobody = await post(http, "/api/params/classes", {"name": "1班", "grade_id": one["id"]})
    await desk.go("/consents")
    await expect(desk.page.locator(".empty")).to_have_text("请选择班级")
    await desk.go(f"/consents?class_id={nobody['id']}")
    await expect(desk.page.locator(".empty")).to_have_text("该班还没有读者")


async def test_the_library_sets_text_and_rule(desks: Desks) -> None:
    desk = await desks.log_in("district-500106", path="/consent-text")
    await expect(desk.page.locator("article")).to_contain_text("第 1 版")
    await desk.check_access()
    await desk.page.get_by_role("radio", name="不能审核", exact=True).check()
    await desk.told("已保存审核要求")
    await desk.button("发布新版本").click()
    dialog = desk.dialog("发布授权书新版本")
    await dialog.get_by_label("正文").fill("本人为监护人。")
    await desk.button("发布新版本", dialog).click()
    await expect(dialog).to_contain_text("正文中应有填写学生姓名的位置")
    await dialog.get_by_label("正文").fill("本人为{child}监护人，同意办理借阅卡。")
    await desk.button("发布新版本", dialog).click()
    await desk.told("已发布第 2 版")
    await expect(desk.page.locator("article").first).to_contain_text("第 2 版")
    await desk.show("consent-text")
    await desk.page.get_by_role("radio", name="提醒后可以审核").check()
    await desk.told("已保存审核要求")


async def test_other_users_have_no_such_pages(desks: Desks) -> None:
    library = await desks.log_in("district-500103")
    for path in ("/registrations", "/registration-links", "/consents"):
        await library.go(path)
        await expect(library.page.locator("[data-test=not-found]")).to_be_visible()
