"""Wiring of identity."""

from collections.abc import Sequence

from litestar import Litestar
from litestar.di import Provide

from services.identity.api import HANDLERS
from services.identity.logging_in import FrontDoor
from services.identity.passwords import Passwords
from services.identity.sweeping import SessionSweep
from shared.kernel import Kernel
from shared.lifecycle import Loop
from shared.settings import Settings
from shared.stream_watch import StreamWatch
from shared.visitor_address import TrustedProxies
from shared.web import service_app


def create_app(settings: Settings) -> Litestar:
    # Made when the app starts, so that a process without the private key says so at once.
    front_door: FrontDoor
    passwords, proxies = Passwords(), TrustedProxies(settings.trusted_proxies)

    def loops(kernel: Kernel) -> Sequence[Loop]:
        nonlocal front_door
        front_door = FrontDoor(kernel, passwords)
        return [SessionSweep(kernel.database), StreamWatch(settings, kernel.secrets)]

    return service_app(
        "identity",
        settings,
        HANDLERS,
        loops=loops,
        dependencies={
            "passwords": Provide(lambda: passwords, sync_to_thread=False),
            "proxies": Provide(lambda: proxies, sync_to_thread=False),
            "front_door": Provide(lambda: front_door, sync_to_thread=False),
        },
    )
