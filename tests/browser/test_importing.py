"""导入: drafts, class questions, changed cells, files that are none, undoing. And a batch followed while it runs."""

import asyncio
import re
from pathlib import Path

import pytest
import xlsxwriter
from playwright.async_api import Locator, Route, expect

from tests.browser.desk import Desk, Desks
from tests.browser.school import PASSWORD, OpenedSchool, SchoolOffice, client, post
from tests.pupils import HEADS, pupil, write_roster

FIRST = 22_000
"""Index of this module's first pupil."""
BODY = ("id_number", "name", "phone", "guardian_name", "guardian_phone", "class", "home_district")
"""What a form calls the cells of a pupil."""


@pytest.fixture
async def school(office: SchoolOffice) -> OpenedSchool:
    """Of the test's own: no other's drafts and readers are in it."""
    return await office.open_school(stage="primary", classes=8)


@pytest.fixture
async def desk(desks: Desks, school: OpenedSchool) -> Desk:
    return await desks.log_in(school.username, PASSWORD, "/readers")


async def test_what_is_no_workbook_is_said(desk: Desk, tmp_path: Path) -> None:
    wrong = tmp_path / "名单.xlsx"
    wrong.write_bytes(b"no workbook at all")
    await upload(desk, wrong)
    alert = desk.dialog("导入读者").get_by_role("alert")
    await expect(alert).to_contain_text("没有找到表头")
    await expect(alert.locator("code")).to_have_text(re.compile(r"[0-9a-f]{32}"))


async def test_a_file_that_is_corrected_meanwhile_is_chosen_again(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "名单.xlsx"
    path.write_bytes(b"no workbook at all")
    dialog = desk.dialog("导入读者")
    await upload(desk, path)
    await expect(dialog.get_by_role("alert")).to_contain_text("没有找到表头")
    # Chromium tells nothing when the same name is chosen again, unless the field has forgotten it.
    await expect(desk.page.locator("input[type=file]")).to_have_js_property("value", "")
    write_roster(path, FIRST + 60, 3, 0)
    await desk.page.locator("[data-test=upload]").click()
    await expect(dialog.get_by_role("alert")).to_have_text("文件已改动，请重新选择")
    await desk.page.locator("input[type=file]").set_input_files(path)
    await desk.page.locator("[data-test=upload]").click()
    await expect(count(desk, "new")).to_have_text("3", timeout=30_000)
    await desk.page.locator("[data-test=cancel-import]").click()
    await desk.button("放弃", desk.dialog("取消导入")).click()
    await expect(dialog).to_be_hidden()


async def test_a_dropped_file_is_taken_and_a_left_preview_found_again(
    desk: Desk, school: OpenedSchool, system: str, tmp_path: Path
) -> None:
    roster = write_roster(tmp_path / "春季名单.xlsx", FIRST, 40, 4)
    await desk.button("导入").click()
    await drop(desk, roster.path)
    await expect(desk.page.locator("[data-test=chosen-file]")).to_contain_text("春季名单.xlsx")
    await desk.page.locator("[data-test=upload]").click()
    await expect(count(desk, "new")).to_have_text("36", timeout=30_000)
    # A reload goes on where it was, and so does coming back another way.
    await desk.page.reload()
    await expect(count(desk, "new")).to_have_text("36", timeout=30_000)
    await desk.button("稍后再说").click()
    await draft_is_known(system, school, roster.total)
    await desk.go("/")
    await expect(desk.page.get_by_role("link", name=re.compile("未确认的批次.*1"))).to_be_visible()
    await desk.go("/readers")
    await desk.button("导入").click()
    drafts = desk.page.locator("[data-test=drafts]")
    await expect(drafts).to_contain_text("春季名单.xlsx")
    await desk.button("继续", drafts).click()
    said = {"id_number": "校验位", "name": "没有填写姓名", "phone": "11 位手机号", "home_district": "火星"}
    for row, field in roster.wrong.items():
        told = desk.page.get_by_role("row", name=re.compile(rf"^{row}\b"))
        await expect(told).to_contain_text(said[field])
    await desk.page.locator("[data-test=cancel-import]").click()
    await desk.button("放弃", desk.dialog("取消导入")).click()
    await expect(desk.dialog("导入读者")).to_be_hidden()
    await expect(desk.page.get_by_text("还没有读者")).to_be_visible()


async def test_an_import_is_followed_live_and_undone(
    desks: Desks, desk: Desk, school: OpenedSchool, system: str, tmp_path: Path
) -> None:
    roster = write_roster(tmp_path / "全校.xlsx", FIRST + 100, 3000, 0)
    watcher = await desks.log_in(school.username, PASSWORD, "/batches")
    await upload(desk, roster.path)
    await expect(count(desk, "new")).to_have_text("3,000", timeout=60_000)
    await draft_is_known(system, school, roster.total)
    await watcher.button("检索").click()
    row = watcher.page.get_by_role("row", name=re.compile("导入 待确认"))
    await expect(row).to_be_visible()
    number = await row.get_by_role("link").first.inner_text()
    await watcher.page.goto(f"/batches/{number}")
    bar = watcher.page.get_by_role("progressbar")
    await expect(bar).to_have_attribute("aria-valuenow", "0")
    await desk.page.locator("[data-test=confirm-import]").click()
    # The other window, which nobody touches, follows.
    await expect(watcher.page.locator(".el-tag")).to_have_text("已完成", timeout=60_000)
    await expect(bar).to_have_attribute("aria-valuenow", "3000")
    await expect(desk.page.locator("[data-test=import-running]")).to_contain_text("导入完成", timeout=30_000)
    await watcher.page.locator("[data-test=undo]").click()
    await watcher.button("撤销导入", watcher.dialog("撤销导入")).click()
    await watcher.told(f"已撤销批次 {number}")
    await expect(watcher.page.locator("[data-test=undone]")).to_be_visible()
    await desk.go("/readers")
    await expect(desk.page.get_by_text("还没有读者")).to_be_visible()


async def test_unknown_classes_are_asked_for_and_can_be_made(desk: Desk, tmp_path: Path) -> None:
    path = write(
        tmp_path / "班级.xlsx",
        {FIRST: "一年级9班", FIRST + 1: "一年级9班", FIRST + 2: "向日葵", FIRST + 3: "学前班1班"},
    )
    await upload(desk, path)
    questions = desk.page.locator("[data-test=class-questions]")
    await expect(questions).to_be_visible(timeout=30_000)
    await expect(count(desk, "rejected")).not_to_have_text("0")
    await desk.choose("选择班级 向日葵", "二年级3班", questions)
    await desk.button("应用选择", questions).click()
    await expect(questions.get_by_text("向日葵")).to_have_count(0)
    release = asyncio.Event()

    async def hold(route: Route) -> None:
        await release.wait()
        await route.continue_()

    await desk.page.route("**/api/readers/imports/*/classes", hold)
    await questions.locator("[data-test=create-classes]").click()
    # What overtook the answers would leave their rows out.
    await expect(desk.page.locator("[data-test=confirm-import]")).to_be_disabled()
    await expect(desk.page.locator("[data-test=cancel-import]")).to_be_disabled()
    release.set()
    await expect(questions).to_be_hidden(timeout=30_000)
    await expect(count(desk, "new")).to_have_text("4")
    await desk.page.locator("[data-test=confirm-import]").click()
    await expect(desk.page.locator("[data-test=import-running]")).to_contain_text("导入完成", timeout=30_000)
    await desk.page.locator("[data-test=close-import]").click()
    await expect(desk.page.get_by_role("row", name=re.compile("一年级 9班"))).to_have_count(2)
    await expect(desk.page.get_by_role("row", name=re.compile("学前班 1班"))).to_have_count(1)


async def test_what_would_change_is_shown(desk: Desk, school: OpenedSchool, system: str, tmp_path: Path) -> None:
    """Pupils once more: one unchanged, one with another guardian, one with a blank in its number."""
    path = tmp_path / "更新.xlsx"
    lines = [pupil(FIRST + 80 + at) for at in range(3)]
    async with client(system, school.username) as http:
        found = (await http.get("/api/params/classes", params={"page_size": 200})).json()["items"]
        classes = {f"{item['grade_name']}{item['name']}": item["id"] for item in found}
        for line in lines:
            body = {**dict(zip(BODY, line, strict=True)), "class_id": classes[line[5]]}
            del body["class"]
            await post(http, "/api/readers", body)
    lines[1][3] = "王新家长"
    lines[2][0] = f" {lines[2][0][:6]} {lines[2][0][6:]}"
    write_lines(path, lines)
    await upload(desk, path)
    await expect(count(desk, "changed")).to_have_text("1", timeout=30_000)
    await expect(count(desk, "unchanged")).to_have_text("2")
    await desk.page.locator("[data-test=count-changed]").click()
    await expect(desk.page.get_by_text("家长姓名：王爱国 → 王新家长")).to_be_visible()
    await desk.page.locator("[data-test=count-unchanged]").click()
    await expect(desk.page.get_by_text("已整理")).to_be_visible()


async def test_what_the_confirmation_does_is_said_of_each_kind_of_row(desk: Desk, tmp_path: Path) -> None:
    await desk.button("导入").click()
    await desk.button("取消", desk.dialog("导入读者")).click()
    await expect(desk.dialog("导入读者")).to_be_hidden()
    roster = write_roster(tmp_path / "三人.xlsx", FIRST + 50, 4, 1)
    explained = desk.page.locator("[data-test=explained]")
    await upload(desk, roster.path)
    await expect(explained).to_contain_text("“新增”和“变更”的 3 行", timeout=30_000)
    await expect(explained).to_contain_text("有错误的 1 行不会导入")
    await expect(explained).not_to_contain_text("无变化")
    await desk.page.locator("[data-test=confirm-import]").click()
    await expect(desk.page.locator("[data-test=import-running]")).to_contain_text("导入完成", timeout=30_000)
    await desk.button("再导入一个文件").click()
    await desk.page.locator("input[type=file]").set_input_files(roster.path)
    await desk.page.locator("[data-test=upload]").click()
    await expect(explained).to_contain_text("没有“新增”和“变更”的行", timeout=30_000)
    await desk.page.locator("[data-test=cancel-import]").click()
    await desk.button("放弃", desk.dialog("取消导入")).click()


def write(path: Path, classes: dict[int, str]) -> Path:
    lines = []
    for index, name in classes.items():
        line = pupil(index)
        line[5] = name
        lines.append(line)
    return write_lines(path, lines)


def write_lines(path: Path, lines: list[list[str]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADS)
        for at, line in enumerate(lines, 1):
            sheet.write_row(at, 0, line)
    return path


async def draft_is_known(system: str, school: OpenedSchool, rows: int) -> None:
    """To batches, which hears of previews from readers in its own time."""
    async with client(system, school.username) as http:
        await Desk.poll(
            http, "/api/batches?status=draft", lambda found: [one["total"] for one in found["items"]] == [rows]
        )


async def upload(desk: Desk, path: Path) -> None:
    await desk.button("导入").click()
    await desk.page.locator("input[type=file]").set_input_files(path)
    await desk.page.locator("[data-test=upload]").click()


async def drop(desk: Desk, path: Path) -> None:
    """Drag a file from the desktop onto the dialog."""
    transfer = await desk.page.evaluate_handle(
        """([name, bytes]) => {
          const transfer = new DataTransfer()
          transfer.items.add(new File([new Uint8Array(bytes)], name))
          return transfer
        }""",
        [path.name, list(path.read_bytes())],
    )
    await desk.page.locator(".drop").dispatch_event("drop", {"dataTransfer": transfer})


def count(desk: Desk, outcome: str) -> Locator:
    return desk.page.locator(f"[data-test=count-{outcome}] strong")
