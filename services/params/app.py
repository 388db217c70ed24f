"""Wiring of params."""

from collections.abc import Sequence

from litestar import Litestar

from services.params.api import HANDLERS
from services.params.consumer import follow_readers
from shared.consume import Consumer
from shared.kernel import Kernel
from shared.lifecycle import Loop
from shared.settings import Settings
from shared.web import service_app


def create_app(settings: Settings) -> Litestar:
    return service_app("params", settings, HANDLERS, loops=_loops)


def _loops(kernel: Kernel) -> Sequence[Loop]:
    return [Consumer("reader", kernel.database, kernel.broker, follow_readers)]
