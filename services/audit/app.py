"""Wiring of audit."""

from collections.abc import Sequence

from litestar import Litestar
from litestar.di import Provide

from services.audit.api import HANDLERS, provide_search
from services.audit.consumer import LogConsumer
from services.audit.months_ahead import MonthsAhead
from shared.kernel import Kernel
from shared.lifecycle import Loop
from shared.settings import Settings
from shared.turns import Turns
from shared.web import service_app


def create_app(settings: Settings) -> Litestar:
    turns = Turns()
    return service_app(
        "audit",
        settings,
        HANDLERS,
        loops=_loops,
        dependencies={
            "search": Provide(provide_search, sync_to_thread=False),
            "turns": Provide(lambda: turns, sync_to_thread=False),
        },
    )


def _loops(kernel: Kernel) -> Sequence[Loop]:
    return [MonthsAhead(kernel.database), LogConsumer(kernel.database, kernel.broker)]
