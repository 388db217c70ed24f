"""The connection to NATS ends quietly, whatever has become of the server."""

import asyncio

import uvloop

from shared.broker import Broker
from shared.secrets import Secrets
from shared.settings import Settings
from tests.kernel.gate import Gate
from tests.kernel.notes import SERVICE
from tests.waiting import eventually


async def test_a_server_that_has_just_gone_keeps_no_process_from_ending(
    gated: Settings, nats_gate: Gate, secrets: Secrets
) -> None:
    """On uvloop, as processes run: it refuses to write to a connection that was closed."""
    here = asyncio.get_running_loop()

    async def close_after_the_server() -> None:
        broker = Broker(SERVICE, gated, secrets)
        client = await broker.client()
        asyncio.run_coroutine_threadsafe(nats_gate.shut(), here)

        async def is_cut_off() -> bool:
            return not client.is_connected

        await eventually(is_cut_off)
        await client.publish("sc.v1.500103._.grade.changed", b"waits in the client")
        await broker.close()
        assert not broker.connected

    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(close_after_the_server())

    await asyncio.to_thread(run)
