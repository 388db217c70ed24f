"""The main job over HTTP: a school's workbook becomes cards and a log, and nobody else's business."""

import contextlib
import re
from pathlib import Path

import pytest

from deploy import demo, main_job
from deploy.api_client import ApiClient
from deploy.screen import Screen
from tests.processes import Processes
from tests.pupils import write_roster

TOTAL = 1500
FAULTS = 15

pytestmark = pytest.mark.timeout(180)


def log_in(city: Processes, username: str) -> ApiClient:
    return ApiClient(city.address, username, demo.PASSWORD)


async def count(client: ApiClient, path: str, **conditions: str) -> int:
    return int((await client.get(path, page_size=1, **conditions))["total"])


async def test_a_roster_becomes_cards_that_others_do_not_see(
    city: Processes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roster = write_roster(tmp_path / "roster.xlsx", first=0, total=TOTAL, faults=FAULTS)
    await demo.open_classes(city.address, Screen())
    async with log_in(city, "teacher-a") as teacher:
        figures = await main_job.run(teacher, Screen(), roster.path)

        assert (figures.imported.status, figures.approved.status) == ("completed", "completed")
        assert (figures.imported.total, figures.imported.succeeded, figures.imported.failed) == (
            TOTAL,
            roster.good,
            FAULTS,
        )
        assert (figures.approved.total, figures.approved.succeeded) == (roster.good, roster.good)
        assert (figures.approved.failed, figures.approved.skipped) == (0, 0)
        assert (figures.carded, figures.cards) == (roster.good, roster.good)
        assert figures.log_intact
        await check_wrong_rows(teacher, figures.imported.batch_no, roster.wrong)
        await check_log(teacher, roster.good, figures)
        shown = capsys.readouterr().out
        assert all(f"    {row}  {field}" in shown for row, field in roster.wrong.items())
        batch_no = figures.approved.batch_no

    async with log_in(city, "district-500103") as library:
        assert await count(library, "/api/cards") == roster.good
        assert await count(library, "/api/readers", status="carded") == roster.good
        assert (await library.batch(batch_no)).succeeded == roster.good
    for stranger in ("teacher-b", "teacher-c", "district-500106"):
        async with log_in(city, stranger) as client:
            await check_sees_nothing(client, batch_no)
    check_no_number_is_in_the_clear(city.settings.var)


def check_no_number_is_in_the_clear(folder: Path) -> None:
    """I9: neither in the database's files nor in the streams' nor in a log. The pupils' numbers have this form."""
    number = re.compile(rb"5001\d\d20[12]\d{5}99[789][0-9X]")
    read = 0
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        with contextlib.suppress(FileNotFoundError):  # the servers still run
            content = path.read_bytes()
            read += len(content)
            assert (found := number.search(content)) is None, f"{path}: {found!r}"
    assert read > 10_000_000


async def check_wrong_rows(teacher: ApiClient, batch_no: str, wrong: dict[str, str]) -> None:
    """Each wrong row is an item of the batch with its reason in Chinese."""
    items = [item async for item in teacher.pages(f"/api/batches/{batch_no}/items", outcome="failed")]
    assert {item["row"] for item in items} == set(wrong)
    assert all(item["code"] and any("\u4e00" <= sign <= "\u9fff" for sign in item["detail"]) for item in items)


async def check_log(teacher: ApiClient, good: int, figures: main_job.Figures) -> None:
    """Created, approved and issued once for each pupil, and both batches completed once."""
    for entity, fact, expected in (
        ("reader", "created", good),
        ("reader", "approved", good),
        ("card", "issued", good),
        ("batch", "completed", 2),
    ):
        entries = await log_entries(teacher, entity, fact)
        assert len(entries) == len(set(entries)) == expected, f"{entity}.{fact}"
    assert figures.log_entries >= 3 * good


async def log_entries(client: ApiClient, entity: str, fact: str) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = await client.get("/api/audit/logs", entity=entity, fact=fact, limit=200, **more)
        found += [item["event_id"] for item in page["items"]]
        cursor = page.get("next_cursor")
        if not cursor:
            return found


async def check_sees_nothing(stranger: ApiClient, batch_no: str) -> None:
    assert await count(stranger, "/api/cards") == 0
    assert await count(stranger, "/api/readers") == 0
    assert await count(stranger, "/api/batches") == 0
    assert await log_entries(stranger, "reader", "created") == []
    assert (await stranger.get("/api/audit/logs", batch_no=batch_no))["items"] == []
