"""What went over the wire, and what the stream has kept of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from nats.aio.msg import Msg

from shared.secrets import Secrets
from shared.settings import Settings
from shared.topology import EVENTS
from tests.kernel.notes import nats_admin


class Wire:
    """Everything that was published, as the wire saw it: repetitions too."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    async def hear(self, message: Msg) -> None:
        assert message.headers is not None
        self.sent.append((message.headers["Nats-Msg-Id"], msgspec.json.decode(message.data)["name"]))

    @property
    def names(self) -> list[str]:
        return [name for _, name in self.sent]


@asynccontextmanager
async def wire(settings: Settings, secrets: Secrets) -> AsyncIterator[Wire]:
    async with nats_admin(settings, secrets) as client:
        heard = Wire()
        await client.subscribe("sc.v1.>", cb=heard.hear)
        await client.flush()
        yield heard


async def stored(settings: Settings, secrets: Secrets) -> list[str]:
    """The names in the stream, in its order."""
    async with nats_admin(settings, secrets) as client:
        jetstream = client.jetstream()
        state = (await jetstream.stream_info(EVENTS)).state
        messages = [await jetstream.get_msg(EVENTS, seq) for seq in range(state.first_seq, state.last_seq + 1)]
        return [msgspec.json.decode(message.data or b"")["name"] for message in messages]
