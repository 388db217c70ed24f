"""How full the streams are. A full one refuses: no event is lost, and none is told until there is room.

Protocol. One process of the city, identity's, asks NATS twice a minute, as a user who may ask nothing else; others have
no way to know. Readiness and figures show the share that is taken; from `ALARM` on each look is a warning in the log,
early enough for the stream to be made larger before it is full.

Failures. While the broker is away the last figures stay, and the loop shows as failing.
"""

import structlog

from shared.broker import Broker
from shared.lifecycle import Ticker
from shared.secrets import Secrets
from shared.settings import Settings
from shared.topology import STREAMS, WATCH

ALARM = 0.7
"""Share of a stream's bytes."""

_log = structlog.get_logger(__name__)


class StreamWatch(Ticker):
    """`filled` maps each stream to the share of its bytes that is taken, 0 to 1; empty until the first look."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        super().__init__("stream-watch", every=30.0)
        self._broker = Broker(WATCH, settings, secrets)
        self.filled: dict[str, float] = {}

    async def tick(self) -> None:
        jetstream = await self._broker.jetstream()
        for stream in STREAMS:
            info = await jetstream.stream_info(stream.name)
            share = info.state.bytes / (info.config.max_bytes or stream.max_bytes)
            self.filled[stream.name] = round(share, 4)
            if share >= ALARM:
                _log.warning("stream_filling", stream=stream.name, filled=self.filled[stream.name])

    async def release(self) -> None:
        await self._broker.close()
