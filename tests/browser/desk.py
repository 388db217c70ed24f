"""A user at a browser: the few gestures that all tests make."""

import asyncio
import os
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Dialog, Error, Locator, Page, Route, expect

from services.console.build import PAGES
from tests.browser.school import DEMO_PASSWORD
from tests.waiting import eventually

PATIENCE = 20_000
"""Milliseconds that a gesture waits for what it is made on, and an expectation for what it expects."""

_AXE = PAGES / "node_modules" / "axe-core" / "axe.min.js"
_RUN_AXE = """async () => {
  const found = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
  return found.violations
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .map((one) => one.id + ': ' + one.nodes.slice(0, 4).map((node) => node.html.slice(0, 200)).join(' | '))
}"""

_SETTLE_ANIMATIONS = """() => Promise.allSettled(
  document.getAnimations().filter((one) => one.effect.getTiming().iterations !== Infinity).map((one) => one.finished)
)"""


async def _late(route: Route) -> None:
    """Every answer later by up to SC_SLOW_API_MS: shows the tests that read what has not come yet."""
    await asyncio.sleep(random.uniform(0, float(os.environ["SC_SLOW_API_MS"])) / 1000)
    await route.fallback()


class Desk:
    """One window. `faults` are errors of its scripts and breaches of its Content-Security-Policy."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.context = context
        self.page = page
        self.faults: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", self._fail)
        page.on("dialog", self._refuse)

    def _hear(self, message: ConsoleMessage) -> None:
        # Refused requests are told by the browser too; they are the tests' own business.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.faults.append(message.text)

    def _fail(self, error: Error) -> None:
        self.faults.append(str(error))

    async def _refuse(self, dialog: Dialog) -> None:
        self.faults.append(f"browser dialog: {dialog.message}")
        await dialog.dismiss()

    async def go(self, path: str) -> None:
        await self.page.goto(path)
        await self.settle()

    async def settle(self) -> None:
        """Until the frame is there and nothing loads."""
        await expect(self.page.locator("#content h1, #content [data-test=not-found]").first).to_be_visible()
        await expect(self.page.locator("table[aria-busy=true]")).to_have_count(0)

    async def fill_log_in(self, username: str, password: str) -> None:
        await self.page.get_by_label("用户名", exact=True).fill(username)
        await self.page.get_by_label("密码", exact=True).fill(password)
        await self.page.get_by_role("button", name="登录").click()

    async def settle_animations(self) -> None:
        """Until what fades or slides in is there."""
        await self.page.evaluate(_SETTLE_ANIMATIONS)

    def button(self, name: str | re.Pattern[str], inside: Locator | None = None) -> Locator:
        return (inside or self.page).get_by_role("button", name=name, exact=isinstance(name, str))

    def row(self, text: str | re.Pattern[str]) -> Locator:
        """The rows of the page's table in which a text stands."""
        return self.page.locator("tbody tr").filter(has_text=text)

    def dialog(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("dialog", name=name)

    async def choose(self, label: str, option: str, inside: Locator | None = None) -> None:
        """An option of a select, opened with the keyboard."""
        await (inside or self.page).get_by_role("combobox", name=re.compile(rf"^\W*{label}\W*$")).press("Enter")
        await self.page.get_by_role("option", name=option, exact=True).locator("visible=true").click()

    async def choose_school(self, name: str, inside: Locator | None = None) -> None:
        """A school, found by its name."""
        field = (inside or self.page).get_by_role("combobox", name=re.compile(r"^\W*(学校|所属)\W*$"))
        await field.click()
        await field.press_sequentially(name)
        await self.page.get_by_role("option", name=name, exact=True).locator("visible=true").click()

    async def told(self, text: str | re.Pattern[str]) -> None:
        """The short word at the top of the page."""
        await expect(self.page.locator(".el-message").filter(has_text=text).first).to_be_visible()

    async def save(self, click: Locator, folder: Path) -> Path:
        """The file that a click downloads."""
        async with self.page.expect_download() as coming:
            await click.click()
        download = await coming.value
        path = folder / download.suggested_filename
        await download.save_as(path)
        return path

    @staticmethod
    async def poll(http: httpx.AsyncClient, path: str, is_there: Callable[[Any], bool]) -> Any:
        """What an address answers once it is so. For what follows by itself and no window shows."""

        async def ask() -> list[Any]:
            found = (await http.get(path)).json()
            return [found] if is_there(found) else []

        [found] = await eventually(ask, within=30)
        return found

    async def show(self, name: str) -> None:
        """Keep a picture of the whole page where SC_PICTURES says, for people to look at."""
        if "SC_PICTURES" in os.environ:
            await self.page.screenshot(path=Path(os.environ["SC_PICTURES"]) / f"{name}.png", full_page=True)

    async def check_access(self) -> None:
        """Nothing serious for axe (WCAG 2.2 AA) in what is shown now."""
        await self.page.evaluate(_AXE.read_text(encoding="utf-8"))
        # What is fading in has no contrast yet.
        await self.settle_animations()
        found = await self.page.evaluate(_RUN_AXE)
        assert found == [], f"{self.page.url}: {found}"


class Desks:
    """The windows of one test."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._address = address
        self._open: list[Desk] = []

    async def stranger(self, width: int = 1366, height: int = 768) -> Desk:
        context = await self._browser.new_context(
            base_url=self._address,
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            accept_downloads=True,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        if "SC_SLOW_API_MS" in os.environ:
            await context.route("**/api/**", _late)
        desk = Desk(context, await context.new_page())
        self._open.append(desk)
        return desk

    async def log_in(self, username: str, password: str = DEMO_PASSWORD, path: str = "/", **window: int) -> Desk:
        desk = await self.stranger(**window)
        await desk.page.goto(path)
        await desk.fill_log_in(username, password)
        await desk.settle()
        return desk

    def check(self) -> None:
        for desk in self._open:
            assert desk.faults == [], desk.faults

    async def close(self) -> None:
        for desk in self._open:
            await desk.context.close()
