"""A finished workbook as an answer: sent from its file, which goes when it has been sent."""

import asyncio
from pathlib import Path
from typing import Final

from litestar.background_tasks import BackgroundTask
from litestar.response import File

WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def sent_once(path: Path, filename: str, *, is_cut: bool | None = None) -> File:
    """`is_cut`, where a file has a limit, says in `X-Truncated` whether there was more."""
    headers = {} if is_cut is None else {"X-Truncated": "true" if is_cut else "false"}
    return File(path, filename=filename, media_type=WORKBOOK, headers=headers, background=BackgroundTask(_delete, path))


async def _delete(path: Path) -> None:
    await asyncio.to_thread(path.unlink, missing_ok=True)
