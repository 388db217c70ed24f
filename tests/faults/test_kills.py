"""Processes killed or stopped in the middle of an import and of an approval: figures are exact, nothing is doubled."""

import asyncio
import signal
from typing import Literal, TypeAlias

import pytest

from shared.settings import Settings
from shared.topology import durable
from tests.faults.invariants import admin, check, come_to_rest
from tests.faults.progress import in_the_middle
from tests.faults.school import Desk
from tests.processes import Processes, Servers
from tests.waiting import eventually

Kind: TypeAlias = Literal["import", "approval"]

pytestmark = pytest.mark.timeout(240)


@pytest.mark.parametrize("services", [("readers", "audit"), ("cards", "batches")], ids=" and ".join)
async def test_killed_services(services: tuple[str, ...], processes: Processes, servers: Servers, desk: Desk) -> None:
    """Two at a time: each waits for what the killed one had taken to be handed out again."""

    async def kill(service: str, kind: Kind) -> None:
        # Cards has nothing to do with an import: there it is killed while readers is at work.
        watched = "readers" if (service, kind) == ("cards", "import") else service
        await in_the_middle(servers.settings, watched, kind, desk)
        await processes.kill(service)
        await processes.start(service)

    importing = await desk.begin_import()
    await asyncio.gather(*(kill(service, "import") for service in services))
    await desk.check_batch(importing)
    approving = await desk.begin_approval()
    await asyncio.gather(*(kill(service, "approval") for service in services))
    await desk.check_batch(approving)
    await come_to_rest(servers.settings)
    await desk.check_figures()
    await check(servers.settings)


@pytest.mark.parametrize("server", ["postgres", "nats"])
async def test_a_killed_server(server: str, processes: Processes, servers: Servers, desk: Desk) -> None:
    victim = servers.postgres if server == "postgres" else servers.nats
    importing = await desk.begin_import()
    await in_the_middle(servers.settings, "readers", "import", desk)
    await victim.kill()
    await victim.start()
    await desk.check_batch(importing)
    approving = await desk.begin_approval()
    await in_the_middle(servers.settings, "cards", "approval", desk)
    await victim.kill()
    await victim.start()
    await desk.check_batch(approving)
    await come_to_rest(servers.settings)
    await desk.check_figures()
    await check(servers.settings)


async def test_a_worker_that_sleeps_past_its_time(processes: Processes, servers: Servers, desk: Desk) -> None:
    """Another is given its chunks; when it wakes up in the middle of its transaction, nothing happens twice."""
    importing = await desk.begin_import()
    await in_the_middle(servers.settings, "readers", "import", desk)
    processes.send("readers", signal.SIGSTOP)
    try:
        async with processes.another("readers"):
            await chunks_have_come_again(servers.settings)
            processes.send("readers", signal.SIGCONT)
            await desk.check_batch(importing)
            await desk.check_batch(await desk.begin_approval())
            await come_to_rest(servers.settings)
    finally:
        processes.send("readers", signal.SIGCONT)
    await desk.check_figures()
    await check(servers.settings)


async def chunks_have_come_again(settings: Settings) -> None:
    importing = durable("readers", "importing")
    async with admin(settings) as jetstream:

        async def were_redelivered() -> bool:
            return bool((await jetstream.consumer_info(importing.stream, importing.name)).num_redelivered)

        await eventually(were_redelivered, within=30)
