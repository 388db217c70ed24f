"""Somebody with a NATS password who tries what is not meant for them; the server itself must refuse."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self
from uuid import uuid4

from nats.aio.client import Client

from tests.waiting import eventually

# What an administrator of JetStream asks: each of it would open every school's events, or lose them.
ADMINISTRATION = (
    "$JS.API.INFO",
    "$JS.API.STREAM.NAMES",
    "$JS.API.STREAM.LIST",
    "$JS.API.STREAM.INFO.EVENTS",
    "$JS.API.STREAM.CREATE.MINE",
    "$JS.API.STREAM.UPDATE.EVENTS",
    "$JS.API.STREAM.DELETE.EVENTS",
    "$JS.API.STREAM.PURGE.EVENTS",
    "$JS.API.STREAM.MSG.GET.EVENTS",
    "$JS.API.STREAM.MSG.DELETE.EVENTS",
    "$JS.API.DIRECT.GET.EVENTS",
    "$JS.API.CONSUMER.NAMES.EVENTS",
    "$JS.API.CONSUMER.LIST.EVENTS",
    "$JS.API.CONSUMER.CREATE.EVENTS",
    "$JS.API.CONSUMER.CREATE.EVENTS.mine",
    "$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.mine",
    "$JS.API.CONSUMER.DELETE.EVENTS.audit-everything",
    "$SYS.REQ.SERVER.PING",
)


class Insider:
    """One user's own connection; `refused` holds what the server did not let it do."""

    def __init__(self, user: str, inbox: str) -> None:
        self.user = user
        self.inbox = inbox
        self.client = Client()
        self.refused: list[str] = []

    @classmethod
    @asynccontextmanager
    async def enter(cls, url: str, user: str, password: str, inbox: str) -> AsyncIterator[Self]:
        made = cls(user, inbox)
        await made.client.connect(
            url,
            user=user,
            password=password,
            inbox_prefix=inbox.encode(),
            error_cb=made._note,
            allow_reconnect=False,
        )
        try:
            yield made
        finally:
            await made.client.close()

    async def _note(self, error: Exception) -> None:
        self.refused.append(str(error).lower())

    async def asks_in_vain(self, subject: str, body: bytes = b"") -> bool:
        """Whether the server refuses to take this, by its own word."""
        await self.client.publish(subject, body, reply=f"{self.inbox}.{uuid4().hex}")
        return await self._was_refused(subject)

    async def listens_in_vain(self, subject: str) -> bool:
        subscription = await self.client.subscribe(subject)
        refused = await self._was_refused(subject)
        if not refused:
            await subscription.unsubscribe()
        return refused

    async def _was_refused(self, subject: str) -> bool:
        # The server's word may come after the next answer: something surely forbidden, sent later, is the end of it.
        last = f"forbidden.{uuid4().hex}"
        await self.client.publish(last, b"")

        async def is_refused() -> bool:
            return any(last in said for said in self.refused)

        await eventually(is_refused)
        return any(f'"{subject.lower()}"' in said for said in self.refused)
