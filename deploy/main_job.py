"""The main job, over HTTP, as a teacher does it: a workbook becomes readers, approved readers become cards.

Where an earlier run was ended in the middle, this one goes on from what the services know.
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from deploy.api_client import ApiClient, Batch, Import
from deploy.screen import Screen

ROSTER = Path(__file__).with_name("data") / "roster-1000.xlsx"
CLASSES = 8
"""In each grade: those that the roster names."""

_POLL = 0.2
_PATIENCE = 600.0
_CLASSES_PATIENCE = 30.0
_SHOWN = 30


class JobStuck(Exception):
    """The work does not get on"""

    def __init__(self, what: str) -> None:
        super().__init__(f"{JobStuck.__doc__}: {what}. What runs already is not lost; look at the services' logs")


class BatchGone(Exception):
    """The batch was cancelled before it was done"""

    def __init__(self, batch: Batch) -> None:
        super().__init__(f"{BatchGone.__doc__}: {batch.kind} {batch.batch_no}, at {batch.final} of {batch.total}")


class Figures(msgspec.Struct, frozen=True):
    """What the services say at the end."""

    imported: Batch
    approved: Batch
    carded: int
    cards: int
    log_entries: int
    log_intact: bool


async def is_done(client: ApiClient) -> bool:
    """True when the school has a completed approval already."""
    return any(batch.status == "completed" for batch in await client.batches("approval"))


async def open_classes(client: ApiClient, stage: str) -> None:
    """Open the usual grades of a stage ("primary", …) with their classes; those that are there stay."""
    await client.post("/api/params/setup", {"stage": stage, "classes_per_grade": CLASSES})


async def run(client: ApiClient, screen: Screen, roster: Path) -> Figures:
    """Import, show what was wrong, approve all others, wait for cards and log.

    Raises RequestRefused, BatchGone, JobStuck.
    """
    begun = await _latest(client, "import")
    if begun is None:
        batch_no = (await preview_roster(client, screen, roster, patience=_CLASSES_PATIENCE)).batch_no
        await client.confirm_import(batch_no)
    else:
        batch_no = begun.batch_no
    imported = await follow(client, screen, batch_no, "readers")
    approved = await approve_all(client, screen)
    screen.step("waiting for the log to have everything")
    await _wait_for_log(client, approved.batch_no)
    await _wait_for_numbers(client)
    return await _figures(client, imported, approved)


async def preview_roster(client: ApiClient, screen: Screen, roster: Path, patience: float = 0.0) -> Import:
    """Upload and show the preview with its wrong rows. `patience`: seconds to wait for classes opened just now."""
    screen.step(f"importing {roster.name}")
    preview = await _preview(client, roster, patience)
    counts = preview.counts
    screen.say(
        f"  preview {preview.batch_no}: {preview.total} rows, {counts.new} new, {counts.changed} changed,"
        f" {counts.unchanged} unchanged, {counts.rejected} rejected"
    )
    await show_rejected(client, screen, preview)
    return preview


async def approve_all(client: ApiClient, screen: Screen) -> Batch:
    """Approve all who wait for it as one batch, or go on with the batch that an earlier run has begun."""
    screen.step("approving all pupils who wait for it, as one batch")
    begun = [batch for batch in await client.batches("approval") if batch.status in ("draft", "running")]
    batch_no = begun[0].batch_no if begun else await client.open_approval({"status": "pending"})
    if not begun or begun[0].status == "draft":
        await client.confirm_approval(batch_no)
    return await follow(client, screen, batch_no, "cards")


async def show_rejected(client: ApiClient, screen: Screen, preview: Import) -> None:
    if not preview.counts.rejected:
        return
    rows = await client.rejected_rows(preview.batch_no)
    reasons = [(row.row, error.field or "", error.code, error.detail) for row in rows[:_SHOWN] for error in row.errors]
    screen.table(("row", "field", "code", "reason"), reasons)
    if len(rows) > _SHOWN:
        screen.say(f"  and {len(rows) - _SHOWN} more rows")


async def follow(client: ApiClient, screen: Screen, batch_no: str, title: str) -> Batch:
    """Move a bar until the batch is completed. Raises BatchGone, and JobStuck when nothing moves for ten minutes."""
    deadline = time.monotonic() + _PATIENCE
    done = -1
    with screen.progress(title) as advance:
        while True:
            batch = await client.batch(batch_no)
            advance(batch.final, batch.total)
            if batch.status == "completed":
                return batch
            if batch.status == "cancelled":
                raise BatchGone(batch)
            if batch.final > done:
                done, deadline = batch.final, time.monotonic() + _PATIENCE
            if time.monotonic() > deadline:
                raise JobStuck(f"batch {batch_no} stands at {batch.final} of {batch.total}")
            await asyncio.sleep(_POLL)


def show_figures(screen: Screen, figures: Figures) -> None:
    rows: Sequence[tuple[str, str]] = (
        ("import batch", _describe(figures.imported)),
        ("approval batch", _describe(figures.approved)),
        ("readers with a card", str(figures.carded)),
        ("cards", str(figures.cards)),
        ("log", f"{figures.log_entries} entries, hash chain {'intact' if figures.log_intact else 'BROKEN'}"),
    )
    screen.table(("", ""), rows)


async def _preview(client: ApiClient, roster: Path, patience: float) -> Import:
    """The readers service learns of new classes by events: until it knows them all, previews are thrown away."""
    deadline = time.monotonic() + patience
    while True:
        preview = await client.upload(roster)
        rows = await client.rejected_rows(preview.batch_no) if preview.counts.rejected else []
        unknown = any(error.code == "class_unknown" for row in rows for error in row.errors)
        if not unknown or time.monotonic() > deadline:
            return preview
        await client.cancel_import(preview.batch_no)
        await asyncio.sleep(_POLL)


async def _latest(client: ApiClient, kind: Literal["import", "approval"]) -> Batch | None:
    """The newest batch that was confirmed. A preview that was not is made anew."""
    begun = [batch for batch in await client.batches(kind) if batch.status in ("running", "completed")]
    return max(begun, key=lambda batch: batch.batch_no, default=None)


async def _wait_for_log(client: ApiClient, batch_no: str) -> None:
    """The log takes events in the stream's order, so whoever sees the batch completed there sees all before it."""
    deadline = time.monotonic() + _PATIENCE
    while not (await client.get("/api/audit/logs", batch_no=batch_no, entity="batch", fact="completed"))["items"]:
        if time.monotonic() > deadline:
            raise JobStuck(f"the log does not know that batch {batch_no} is completed")
        await asyncio.sleep(_POLL)


async def _wait_for_numbers(client: ApiClient) -> None:
    """Batches and readers hear of a card each by itself: a completed batch may be ahead of its readers."""
    deadline = time.monotonic() + _PATIENCE
    while (await client.get("/api/readers", status="approved", page_size=1))["total"]:
        if time.monotonic() > deadline:
            raise JobStuck("readers do not know their cards' numbers")
        await asyncio.sleep(_POLL)


async def _figures(client: ApiClient, imported: Batch, approved: Batch) -> Figures:
    readers = await client.get("/api/readers", status="carded", page_size=1)
    cards = await client.get("/api/cards", page_size=1)
    log = await client.verify_log()
    return Figures(imported, approved, readers["total"], cards["total"], log.entries, log.intact)


def _describe(batch: Batch) -> str:
    return (
        f"{batch.batch_no} {batch.status}: {batch.total} items, {batch.succeeded} succeeded,"
        f" {batch.failed} failed, {batch.skipped} skipped"
    )
