"""Health and figures of a service: `/health/live`, `/health/ready`, `/metrics`."""

import time
from typing import Literal

import asyncpg
import msgspec
from litestar import Response, get
from litestar.datastructures import State
from litestar.openapi import ResponseSpec
from msgspec import UNSET, UnsetType
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from shared.authentication import PUBLIC
from shared.consume import Consumer
from shared.kernel import Kernel
from shared.stream_watch import StreamWatch

_WORST_LAG = 60.0
_LONGEST_PING = 2.0


class Live(msgspec.Struct, frozen=True):
    status: Literal["live"] = "live"


class Ready(msgspec.Struct, frozen=True):
    """`ready` is true when all else is; `relay_lag` in seconds. `streams`: how full each is, 0 to 1; identity tells."""

    ready: bool
    database: bool
    broker: bool
    relay_lag: float
    streams: dict[str, float] | UnsetType = UNSET


@get("/health/live", opt=PUBLIC, sync_to_thread=False)
def live() -> Live:
    """The process answers."""
    return Live()


@get(
    "/health/ready",
    opt=PUBLIC,
    responses={503: ResponseSpec(Ready, generate_examples=False, description="Not ready; it says what is not.")},
)
async def ready(state: State) -> Response[Ready]:
    """200 when database and broker answer and the outbox is being sent; else 503 with what does not."""
    kernel: Kernel = state.kernel
    try:
        # Whoever asks has less patience than a query may need.
        await kernel.database.ping(_LONGEST_PING)
        database = True
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError):
        database = False
    lag = relay_lag(kernel)
    connected = kernel.broker.connected
    answer = Ready(database and connected and lag < _WORST_LAG, database, connected, lag, _streams(kernel))
    return Response(answer, status_code=200 if answer.ready else 503)


@get("/metrics", opt=PUBLIC, include_in_schema=False, media_type="text/plain; version=0.0.4", sync_to_thread=False)
def metrics(state: State) -> bytes:
    """Prometheus text format."""
    registry: CollectorRegistry = state.registry
    return generate_latest(registry)


def relay_lag(kernel: Kernel) -> float:
    """Seconds; a relay that fails to look counts as lagging since it last did."""
    relay = kernel.relay
    unseen = time.monotonic() - relay.looked_at
    return relay.lag + (unseen if relay.failing_since is not None else 0.0)


def _streams(kernel: Kernel) -> dict[str, float] | UnsetType:
    return next((loop.filled for loop in kernel.loops if isinstance(loop, StreamWatch)), UNSET)


class KernelFigures(Collector):
    """The loops' figures, read when Prometheus asks."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def collect(self) -> list[GaugeMetricFamily]:
        lag = GaugeMetricFamily("schoolcard_relay_lag_seconds", "Age of the oldest unsent event", labels=["service"])
        lag.add_metric([self._kernel.name], relay_lag(self._kernel))
        sent = GaugeMetricFamily("schoolcard_relay_sent", "Events sent since the start", labels=["service"])
        sent.add_metric([self._kernel.name], self._kernel.relay.sent)
        applied = GaugeMetricFamily(
            "schoolcard_consumer_applied", "Events applied since the start", labels=["consumer"]
        )
        parked = GaugeMetricFamily("schoolcard_consumer_parked", "Dead letters since the start", labels=["consumer"])
        failing = GaugeMetricFamily("schoolcard_loop_failing", "1 while a loop's turns fail", labels=["loop"])
        filled = GaugeMetricFamily("schoolcard_stream_filled", "Share of a stream that is taken", labels=["stream"])
        for loop in self._kernel.loops:
            failing.add_metric([loop.name], 0.0 if loop.failing_since is None else 1.0)
            if isinstance(loop, Consumer):
                applied.add_metric([loop.name], loop.applied)
                parked.add_metric([loop.name], loop.parked)
            if isinstance(loop, StreamWatch):
                for stream, share in loop.filled.items():
                    filled.add_metric([stream], share)
        return [lag, sent, applied, parked, failing, filled]
