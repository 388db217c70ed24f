"""Wiring of cards."""

from collections.abc import Sequence

from litestar import Litestar
from litestar.di import Provide

from services.cards import api, figures_api, lending_api, lifecycle_api, lookup_api, privileges_api, refunds_api
from services.cards.consumer import (
    follow_approvals,
    follow_classes,
    follow_consents,
    follow_grades,
    follow_readers,
)
from services.cards.resuming import Resuming
from shared.consume import TOGETHER, Consumer
from shared.kernel import Kernel
from shared.lifecycle import Loop
from shared.settings import Settings
from shared.turns import Turns
from shared.web import service_app


def create_app(settings: Settings) -> Litestar:
    turns = Turns()
    return service_app(
        "cards",
        settings,
        [
            *api.HANDLERS,
            *lifecycle_api.HANDLERS,
            *privileges_api.HANDLERS,
            *lending_api.HANDLERS,
            *lookup_api.HANDLERS,
            *refunds_api.HANDLERS,
            *figures_api.HANDLERS,
        ],
        loops=_loops,
        dependencies={
            "search": Provide(api.provide_search, sync_to_thread=False),
            "turns": Provide(lambda: turns, sync_to_thread=False),
        },
    )


def _loops(kernel: Kernel) -> Sequence[Loop]:
    database, broker = kernel.database, kernel.broker
    return [
        Consumer("readers-approved", database, broker, follow_approvals, TOGETHER),
        Consumer("reader-changed", database, broker, follow_readers),
        Consumer("grade", database, broker, follow_grades),
        Consumer("class", database, broker, follow_classes),
        Consumer("consent-withdrawn", database, broker, follow_consents),
        Consumer("consent-recorded", database, broker, follow_consents),
        Resuming(database),
    ]
