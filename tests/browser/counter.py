"""A library's counter: the gestures made at a card's own page."""

import re

from playwright.async_api import expect

from tests.browser.desk import Desk


async def step(desk: Desk, name: str, reason: str | None = None) -> None:
    """Take a step on a card's own page."""
    await desk.page.get_by_role("toolbar").get_by_role("button", name=name, exact=True).click()
    dialog = desk.dialog(name)
    if reason is not None:
        await desk.choose("原因", reason, dialog)
        # Enter in a field is as good as the button.
        await dialog.get_by_label("说明（可不填）").press("Enter")
    else:
        await dialog.locator("[data-test=confirm-step]").click()
    await desk.told(re.compile(f"{name}完成：1 张"))
    await expect(dialog).to_be_hidden()
