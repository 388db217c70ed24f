"""The preview of a large workbook, beside calamine and plain checks of the same file; and what others feel of it.

Measured twice: as alone as its floor is, and beside others' requests, which leave it the rest of the machine: theirs
come first, and these clients never pause.
"""

import asyncio
import time

from bench import floor
from bench.city import City
from bench.load import load
from bench.report import Measurement, Report, percentile

_ROWS = 50_000
_CONNECTIONS = 4
_REQUESTS = 400


async def measure(city: City, report: Report) -> None:
    """By teacher-b, whose school need not have the classes; teacher-a's requests are those that must not notice."""
    report.step(f"preview of {_ROWS:,} rows")
    roster = city.roster(0, _ROWS)
    started = time.perf_counter()
    rows = await asyncio.to_thread(floor.parse, roster.path)
    await asyncio.to_thread(floor.validate, rows)
    least = time.perf_counter() - started
    async with city.client("teacher-a") as other, city.client("teacher-b") as teacher:
        url = f"{city.processes.address_of('readers')}/api/readers?page_size=1"
        headers = {"Authorization": f"Bearer {other.token}"}
        before = city.processor_seconds()
        started = time.perf_counter()
        alone = await teacher.upload(roster.path)
        ours = time.perf_counter() - started
        report.add(Measurement(name=f"preview, {_ROWS:,} rows", unit="s", ours=ours, floor=least, aim="≤ 3"))
        report.spent(before, city.processor_seconds())
        await teacher.cancel_import(alone.batch_no)
        idle = await load(url, headers, connections=_CONNECTIONS, requests=_REQUESTS)
        started = time.perf_counter()
        upload = asyncio.create_task(teacher.upload(roster.path))
        meanwhile: list[float] = []
        while not upload.done():
            meanwhile += (await load(url, headers, connections=_CONNECTIONS, requests=40)).seconds
        preview = await upload
        beside = time.perf_counter() - started
        await teacher.cancel_import(preview.batch_no)
    report.add(Measurement(name="preview beside busy others", unit="s", ours=beside, floor=least))
    report.add(
        Measurement(
            name="others' p99 while it runs, beside idle",
            unit="ms",
            ours=percentile(meanwhile, 0.99) * 1000,
            floor=percentile(idle.seconds, 0.99) * 1000,
            aim="≤ 2",
        )
    )
