"""A school for each test, so that every test has figures of its own in one city."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Self
from uuid import uuid4

from deploy import demo, main_job
from deploy.api_client import ApiClient
from deploy.screen import Screen
from tests.pupils import Roster, write_roster

TOTAL = 2400
FAULTS = 12
PASSWORD = "mu-tong-yao-zhi-2026"

_screen = Screen()


class Desk:
    """A teacher at work."""

    def __init__(self, client: ApiClient, school_id: str, roster: Roster) -> None:
        self.client = client
        self.school_id = school_id
        self.roster = roster

    async def begin_import(self) -> str:
        """Upload and confirm; returns the batch's number."""
        preview = await main_job.preview_roster(self.client, _screen, self.roster.path)
        assert (preview.total, preview.counts.rejected) == (self.roster.total, len(self.roster.wrong))
        await self.client.confirm_import(preview.batch_no)
        return preview.batch_no

    async def begin_approval(self) -> str:
        batch_no = await self.client.open_approval({"status": "pending"})
        await self.client.confirm_approval(batch_no)
        return batch_no

    async def check_batch(self, batch_no: str) -> None:
        """Wait for its end; the figures are exact."""
        batch = await main_job.follow(self.client, _screen, batch_no, batch_no)
        failed = len(self.roster.wrong) if batch.kind == "import" else 0
        assert batch.status == "completed"
        assert batch.total == self.roster.good + failed
        assert (batch.succeeded, batch.failed, batch.skipped) == (self.roster.good, failed, 0)

    async def check_figures(self) -> None:
        """To be asked at rest."""
        readers = await self.client.get("/api/readers", status="carded", page_size=1)
        cards = await self.client.get("/api/cards", page_size=1)
        assert (readers["total"], cards["total"]) == (self.roster.good, self.roster.good)
        assert (await self.client.verify_log()).intact


class Office:
    """The city administrator, who opens schools."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._pupils = count(0, TOTAL)

    @classmethod
    @asynccontextmanager
    async def open(cls, address: str) -> AsyncIterator[Self]:
        async with ApiClient(address, "city", demo.PASSWORD) as client:
            yield cls(client)

    @asynccontextmanager
    async def open_school(self, folder: Path) -> AsyncIterator[Desk]:
        username = f"t{uuid4().hex[:10]}"
        school = await self._client.post(
            "/api/identity/schools",
            {
                "name": f"测试学校{username}",
                "stage": "primary",
                "district": "500103",
                "operator": {"username": username, "display_name": "王老师", "password": f"{PASSWORD}-first"},
            },
        )
        await self._choose_password(username)
        roster = write_roster(folder / "roster.xlsx", next(self._pupils), TOTAL, FAULTS)
        async with ApiClient(self._client.address, username, PASSWORD) as client:
            await main_job.open_classes(client, "primary")
            yield Desk(client, school["id"], roster)

    async def _choose_password(self, username: str) -> None:
        """What somebody else has set must be changed before anything else."""
        first = f"{PASSWORD}-first"
        async with ApiClient(self._client.address, username, first) as client:
            await client.post("/api/identity/me/password", {"current_password": first, "new_password": PASSWORD})
