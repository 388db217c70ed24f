"""One service, or several, served over HTTP on a free port, and clients with tokens of any scope."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import httpx

from deploy.serve import HttpServer, listen
from shared.broker import connect
from shared.envelope import Event
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import Actor, Scope
from shared.tokens import Signer


class RunningService:
    """`address` is `http://127.0.0.1:<port>`."""

    def __init__(self, address: str, secrets: Secrets) -> None:
        self.address = address
        self._signer = Signer(secrets, 600)

    def token(self, scope: Scope, actor: Actor | None = None, session_id: UUID | None = None) -> str:
        return self._signer.sign(actor or Actor(uuid4(), "teacher"), scope, session_id or uuid4())

    def client(self, scope: Scope, session_id: UUID | None = None) -> httpx.AsyncClient:
        """A client that sends a token of this scope; close it, or use it as a context."""
        return self.stranger({"Authorization": f"Bearer {self.token(scope, session_id=session_id)}"})

    def stranger(self, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.address, headers=headers, timeout=20, trust_env=False)


@asynccontextmanager
async def serving(settings: Settings, secrets: Secrets, *names: str) -> AsyncIterator[RunningService]:
    """Serve these services until the block ends."""
    listening = listen("127.0.0.1", 0)
    server = HttpServer(names, settings, listening)
    await server.start()
    try:
        yield RunningService(f"http://127.0.0.1:{listening.getsockname()[1]}", secrets)
    finally:
        await server.stop()


def a_school(district: str = "500103") -> Scope:
    return Scope("school", district, uuid4())


async def publish(settings: Settings, secrets: Secrets, events: Sequence[Event]) -> None:
    """Put events on the stream, in their order, as some service's relay would; an event may come twice."""
    client = await connect(settings.nats_url, "admin", secrets.password("nats-admin"), "_INBOX_admin")
    try:
        jetstream = client.jetstream(timeout=10)
        for start in range(0, len(events), 256):
            # A Msg-Id of its own for each sending: the stream must not drop what the inbox is to be tested with.
            await asyncio.gather(
                *(
                    jetstream.publish(
                        event.subject, event.body, headers=event.headers() | {"Nats-Msg-Id": str(uuid4())}
                    )
                    for event in events[start : start + 256]
                )
            )
    finally:
        await client.close()
