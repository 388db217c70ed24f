"""What every service process has: its database, its broker, its keys and its loops."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from shared.broker import Broker
from shared.consume import Consumer
from shared.database import Database
from shared.export_folder import folder_of
from shared.housekeeping import Housekeeping
from shared.idempotency import Once
from shared.lifecycle import Loop
from shared.relay import Relay
from shared.secrets import Secrets
from shared.sessions import CONSUMER, EndedSessions
from shared.settings import Settings
from shared.tokens import Verifier

_FIRST_LOOK = 3.0


class Kernel:
    """Opened when the service starts, closed when it stops."""

    def __init__(self, name: str, settings: Settings, secrets: Secrets, database: Database) -> None:
        self.name = name
        self.settings = settings
        self.secrets = secrets
        self.database = database
        self.broker = Broker(name, settings, secrets)
        self.cipher = secrets.cipher()
        self.digester = secrets.digester()
        self.once = Once(database, self.cipher)
        self.verifier = Verifier(secrets)
        self.ended_sessions = EndedSessions(database, self.broker)
        self.relay = Relay(name, settings, secrets, self.broker)
        self.loops: list[Loop] = [
            self.relay,
            self.ended_sessions,
            Consumer(CONSUMER, database, self.broker, self.ended_sessions.record),
            Housekeeping(database, self.relay, folder_of(settings.var)),
        ]

    @classmethod
    async def open(cls, name: str, settings: Settings, more: "Loops | None" = None) -> "Kernel":
        """Starts the loops; servers that are away are waited for by the loops, here for a moment at most."""
        secrets = Secrets(settings.secrets)
        kernel = cls(name, settings, secrets, await Database.open(name, settings, secrets))
        kernel.loops += more(kernel) if more is not None else []
        for loop in kernel.loops:
            loop.start()
        # Until then requests get 503: whoever is answered at once should not have to ask again.
        await kernel.ended_sessions.wait_until_known(_FIRST_LOOK)
        return kernel

    async def close(self) -> None:
        for loop in reversed(self.loops):
            await loop.stop()
        try:
            await self.broker.close()
        finally:
            await self.database.close()


Loops: TypeAlias = Callable[[Kernel], Sequence[Loop]]
