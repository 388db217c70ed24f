"""Wiring of readers."""

from collections.abc import Sequence

from litestar import Litestar
from litestar.di import NamedDependency, Provide

from services.readers import (
    api,
    approving,
    approving_api,
    consenting_api,
    importing,
    importing_api,
    registering_api,
)
from services.readers.approving import ApprovalChunk
from services.readers.consumer import follow_cards, follow_classes, follow_grades
from services.readers.door import Door
from services.readers.guardian_consumer import and_reminders, follow_schools
from services.readers.importing import ImportChunk
from services.readers.registration_sweeping import RegistrationSweep
from services.readers.sealing import Sealer
from services.readers.tidying import Tidying
from services.readers.uploading import Uploads
from shared.consume import TOGETHER, Consumer
from shared.kernel import Kernel
from shared.lifecycle import Loop
from shared.settings import Settings
from shared.turns import Turns
from shared.visitor_address import TrustedProxies
from shared.web import service_app
from shared.work import Worker


def create_app(settings: Settings) -> Litestar:
    turns, uploads = Turns(), Uploads()
    door: Door

    def loops(kernel: Kernel) -> Sequence[Loop]:
        nonlocal door
        door = Door(kernel.digester, TrustedProxies(settings.trusted_proxies))
        return _loops(kernel)

    return service_app(
        "readers",
        settings,
        [
            *api.HANDLERS,
            *approving_api.HANDLERS,
            *importing_api.HANDLERS,
            *consenting_api.HANDLERS,
            *registering_api.HANDLERS,
        ],
        loops=loops,
        dependencies={
            "sealer": Provide(provide_sealer, sync_to_thread=False),
            "search": Provide(api.provide_search, sync_to_thread=False),
            "turns": Provide(lambda: turns, sync_to_thread=False),
            "uploads": Provide(lambda: uploads, sync_to_thread=False),
            "door": Provide(lambda: door, sync_to_thread=False),
        },
    )


def provide_sealer(kernel: NamedDependency[Kernel]) -> Sealer:
    return Sealer(kernel.cipher, kernel.digester)


def _loops(kernel: Kernel) -> Sequence[Loop]:
    database, broker = kernel.database, kernel.broker
    sealer = Sealer(kernel.cipher, kernel.digester)
    return [
        Consumer("grade", database, broker, follow_grades),
        Consumer("class", database, broker, follow_classes),
        Consumer("card", database, broker, and_reminders(follow_cards, sealer), TOGETHER),
        Consumer("school", database, broker, follow_schools),
        Worker("importing", database, broker, ImportChunk, importing.chunk_handler(sealer)),
        Worker("approving", database, broker, ApprovalChunk, approving.chunk_handler(sealer)),
        Tidying(database),
        RegistrationSweep(database),
    ]
