"""One reader by its id, with token and row-level security, beside a bare route on the same row."""

import asyncio
import os
import sys

import httpx

from bench.city import City
from bench.load import load
from bench.report import Measurement, Report, median
from deploy.local.port import free_port
from deploy.local.process import ServerProcess
from tests.servers import PROJECT

_ROUNDS = 5
_REQUESTS = 1_600
_CONNECTIONS = 16


async def measure(city: City, report: Report) -> None:
    """Rounds of both by turns, so that a busy machine is busy for both."""
    report.step("a single GET of a reader")
    async with city.client("teacher-a") as client:
        reader = (await client.get("/api/readers", page_size=1))["items"][0]
        headers = {"Authorization": f"Bearer {client.token}"}
    port = free_port()
    bare = ServerProcess.spawn(
        [sys.executable, "-m", "bench.bare", str(port), reader["school_id"]],
        city.folder / "bare.log",
        environment={**os.environ, "SC_DATABASE_URL": city.settings.database_url},
        folder=PROJECT,
    )
    try:
        floor_url = f"http://127.0.0.1:{port}/readers/{reader['id']}"
        ours_url = f"{city.processes.address_of('readers')}/api/readers/{reader['id']}"
        await _wait(floor_url)
        ours, floor = [], []
        for _ in range(_ROUNDS):
            least = await load(floor_url, {}, connections=_CONNECTIONS, requests=_REQUESTS)
            found = await load(ours_url, headers, connections=_CONNECTIONS, requests=_REQUESTS)
            floor.append(least.rate)
            ours.append(found.rate)
    finally:
        await bare.end()
    report.add(Measurement(name="GET of a reader", unit="req/s", ours=median(ours), floor=median(floor), aim="≥ 0.5"))


async def _wait(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        while True:
            try:
                if (await http.get(url)).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)
