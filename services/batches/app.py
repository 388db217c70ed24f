"""Wiring of batches."""

from collections.abc import Sequence

from litestar import Litestar
from litestar.di import NamedDependency, Provide

from services.batches.api import HANDLERS
from services.batches.consumer import follow_batches, follow_cards
from services.batches.progress import ProgressFeed
from shared.consume import TOGETHER, Consumer
from shared.kernel import Kernel
from shared.lifecycle import Loop
from shared.settings import Settings
from shared.web import service_app


def create_app(settings: Settings) -> Litestar:
    feed = Provide(provide_feed, sync_to_thread=False)
    return service_app("batches", settings, HANDLERS, loops=_loops, dependencies={"feed": feed})


def provide_feed(kernel: NamedDependency[Kernel]) -> ProgressFeed:
    return next(loop for loop in kernel.loops if isinstance(loop, ProgressFeed))


def _loops(kernel: Kernel) -> Sequence[Loop]:
    return [
        Consumer("batch", kernel.database, kernel.broker, follow_batches, TOGETHER),
        Consumer("card", kernel.database, kernel.broker, follow_cards, TOGETHER),
        ProgressFeed(kernel.database, kernel.ended_sessions),
    ]
