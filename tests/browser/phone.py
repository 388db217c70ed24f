"""A guardian's phone: a small window on the guardians' pages, and the gestures made there."""

from typing import Any

from playwright.async_api import Locator, expect

from tests.browser.desk import Desk, Desks
from tests.pupils import id_number

WIDTH, HEIGHT = 360, 800


class Phone:
    """One guardian's window at 360 by 800 pixels."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.page = desk.page

    @classmethod
    async def open(cls, desks: Desks, path: str) -> "Phone":
        phone = cls(await desks.stranger(WIDTH, HEIGHT))
        await phone.page.goto(path)
        await phone.settle()
        return phone

    async def settle(self) -> None:
        """Until what was asked for is shown; and it fits, nothing sticks out at the side."""
        await expect(self.page.locator("h1")).not_to_contain_text("正在打开")
        wide = await self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= WIDTH, f"{self.page.url} is {wide} pixels wide"

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    async def to_form(self) -> None:
        """继续访问 → 注册."""
        await self.button("继续访问").click()
        await self.page.get_by_role("checkbox").check()
        await self.button("注册").click()
        await expect(self.page.get_by_role("heading", name="填写基本信息")).to_be_visible()

    async def fill(self, child: dict[str, Any]) -> None:
        for label, value in child.items():
            field = self.page.get_by_label(label)
            if await field.evaluate("node => node.tagName") == "SELECT":
                await field.select_option(label=value)
            else:
                await field.fill(value)

    async def show(self, name: str) -> None:
        await self.desk.show(name)

    async def sign(self) -> None:
        """A few strokes with the finger."""
        pad = self.page.locator("canvas")
        await pad.scroll_into_view_if_needed()
        box = await pad.bounding_box()
        assert box is not None
        mouse = self.page.mouse
        for stroke in range(3):
            x, y = box["x"] + 40 + 70 * stroke, box["y"] + 40
            await mouse.move(x, y)
            await mouse.down()
            for step in range(1, 9):
                await mouse.move(x + 6 * step, y + (10 * step if stroke % 2 else 60 - 7 * step))
            await mouse.up()
        await expect(self.page.get_by_text("已签名", exact=True)).to_be_visible()

    async def receipt(self) -> str:
        """The receipt's address, once it is shown."""
        await expect(self.page.get_by_role("heading", name="提交成功", exact=True)).to_be_visible()
        return self.page.url


def child(at: int) -> dict[str, Any]:
    """What a guardian fills in for the pupil with this index."""
    return {
        "孩子的身份证号": id_number(at),
        "孩子的姓名": "赵一安",
        "班级": "三年级1班",
        "联系电话": f"13900{at % 1_000_000:06}",
        "监护人姓名": "赵大海",
        "与孩子的关系": "母亲",
    }
