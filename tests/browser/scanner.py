"""A scanner: reads bar codes and QR codes back from pictures of what a window shows."""

import base64
import re

import zxingcpp
from playwright.async_api import Locator, Page

from tests.browser.desk import Desk

A4 = (595, 842)
"""Width and height in points."""

_GREY = """async (picture) => {
  const image = new Image()
  image.src = 'data:image/png;base64,' + picture
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = image.width
  canvas.height = image.height
  const pen = canvas.getContext('2d')
  pen.drawImage(image, 0, 0)
  const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data
  let grey = ''
  for (let at = 0; at < pixels.length; at += 4) grey += String.fromCharCode(pixels[at])
  return { width: canvas.width, height: canvas.height, grey: btoa(grey) }
}"""


class Scanner:
    """It needs a window of its own, without the pages' policies, to take pictures apart."""

    def __init__(self, page: Page) -> None:
        self._page = page

    @classmethod
    async def at(cls, desk: Desk) -> "Scanner":
        return cls(await desk.context.new_page())

    async def read(self, card: Locator) -> dict[str, str]:
        """Kind of code → text, of both codes of a card, each looked at by itself as a scanner is held over one."""
        found = [await self._read_one(card.locator(kind)) for kind in ("svg.bars", "svg.qr")]
        return dict(found)

    async def _read_one(self, code: Locator) -> tuple[str, str]:
        picture = await code.screenshot(animations="disabled")
        drawn = await self._page.evaluate(_GREY, base64.b64encode(picture).decode())
        grey = memoryview(base64.b64decode(drawn["grey"])).cast("B", (drawn["height"], drawn["width"]))
        (found,) = zxingcpp.read_barcodes(grey)
        return found.format.name, found.text


async def as_printed(desk: Desk) -> None:
    """Show the page as it is printed, at a printer's 288 dots an inch."""
    await desk.page.emulate_media(media="print")
    await desk.page.evaluate("document.documentElement.style.zoom = '3'")


async def sheets(desk: Desk) -> list[tuple[int, int]]:
    """Width and height in points of each sheet of paper that comes out."""
    pdf = await desk.page.pdf(prefer_css_page_size=True, print_background=True)
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
    return [(round(float(width)), round(float(height))) for width, height in boxes]
