"""Import from confirm to the last log entry, approval from confirm to the last card and the last log entry."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from bench import floor
from bench.city import TEACHERS, City
from bench.load import Connection
from bench.report import Measurement, Report
from deploy import main_job
from deploy.api_client import ApiClient, Batch

SIZES = (1_000, 10_000, 50_000)

_POLL = 0.05
_AIM = "≤ 4 at 10,000, flat per row"


async def measure(city: City, report: Report, sizes: Sequence[int]) -> None:
    """Each size in a school of its own, so that none meets another's pupils."""
    first = 0
    for size, teacher in zip(sizes, TEACHERS, strict=False):
        report.step(f"import and approval of {size:,} rows ({teacher})")
        roster = city.roster(first, size)
        first += size
        least = (await floor.measure(city, roster.path)).total
        async with city.client(teacher) as client:
            await main_job.open_classes(client, "primary")
            preview = await client.upload(roster.path)
            assert preview.counts.new == size, preview
            before = city.processor_seconds()
            imported, shown = await _carry_out(city, client, preview.batch_no, client.confirm_import)
            report.add(_measurement(f"import, {size:,} rows", imported, least))
            report.spent(before, city.processor_seconds())
            report.add(Measurement(name="first progress of it", unit="s", ours=shown, aim="≤ 1 s"))
            batch_no = await client.open_approval({"status": "pending"})
            before = city.processor_seconds()
            approved, shown = await _carry_out(city, client, batch_no, client.confirm_approval)
            report.add(_measurement(f"approval, {size:,} rows", approved, least))
            report.spent(before, city.processor_seconds())
            report.add(Measurement(name="first progress of it", unit="s", ours=shown, aim="≤ 1 s"))
    for name, peak in city.processes.peak_memory().items():
        report.add(Measurement(name=f"peak memory of {name}", unit="MB", ours=peak / 2**20, aim="≤ 400"))


async def _carry_out(
    city: City, client: ApiClient, batch_no: str, confirm: Callable[[str], Awaitable[None]]
) -> tuple[float, float]:
    """Seconds until the log has the batch's completion, its last entry, and until the first progress was seen.

    Whoever watches takes its part of the machine: so the services are asked at their own ports, in the cheapest way.
    """
    headers = {"Authorization": f"Bearer {client.token}"}
    progress = f"{city.processes.address_of('batches')}/api/batches/{batch_no}"
    entry = f"{city.processes.address_of('audit')}/api/audit/logs?batch_no={batch_no}&entity=batch&fact=completed"
    started = time.perf_counter()
    await confirm(batch_no)
    shown = 0.0
    async with Connection.open(progress, headers) as batches:
        while (batch := msgspec.json.decode(await batches.ask(), type=Batch)).status != "completed":
            if not shown and batch.final:
                shown = time.perf_counter() - started
            await asyncio.sleep(_POLL)
    assert batch.succeeded == batch.total, batch
    async with Connection.open(entry, headers) as audit:
        while not msgspec.json.decode(await audit.ask())["items"]:
            await asyncio.sleep(_POLL)
    took = time.perf_counter() - started
    return took, shown or took


def _measurement(name: str, ours: float, least: float) -> Measurement:
    return Measurement(name=name, unit="s", ours=ours, floor=least, aim=_AIM)
