"""Pulling messages from durables: one request at a time stands with each, and what comes is kept until it is taken.

Protocol. A request asks for up to `size` messages, 4 MiB at most, and stands for a few seconds; the server sends what
there is and what comes meanwhile. When all have come, when it has ended by its time or the server says so, the next one
is made: with `ahead` as soon as something is taken, so that messages travel while those before them are applied;
without it only by whoever comes to take, so that no message waits here while another process could work on it.

Under way at once are thus at most `size` messages that were taken and as many that wait; `ack_wait` runs for both, and
`shared.holding` prolongs it for both.

Failures. The connection was away: its requests are lost, and what came by it comes again; the pull is over, and another
begins on the new connection. What waits here when the process dies comes again after `ack_wait`;
`close(hand_back=True)` gives it back at once. The client's own `fetch` does the same work with two tasks for each
message, which cost more than all that is done with it.
"""

import asyncio
import time
from collections.abc import Sequence

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg

_ENDED = ("404", "408")
_COMPLETED = ("Batch Completed", "Message Size Exceeds MaxBytes")
# A message has at most 1 MB: some always fit.
_MOST_BYTES = 4 << 20
_GRACE = 0.5
_GATHER = 0.02
_BUSY = 0.2
_LOOKS_EACH = 0.5


class PullRefused(Exception):
    """The server does not serve a durable."""


class _Request(msgspec.Struct):
    """The request that stands with one durable: how many messages it still brings, and until when."""

    number: int = 0
    left: int = 0
    until: float = 0.0


class Pull:
    """Messages of `durables` of one stream. Used by one task at a time."""

    def __init__(self, client: Client, stream: str, durables: Sequence[str], prefix: str, *, ahead: bool) -> None:
        self.client = client
        self._stream = stream
        self._inbox = f"{prefix}.pull.{client.new_inbox()[-22:]}"
        self._requests = {name: _Request() for name in durables}
        self._ahead = ahead
        self._messages: list[Msg] = []
        self._refusal: str | None = None
        self._connections = client.stats["reconnects"]
        self._arrived = asyncio.Event()
        self._taken_at = 0.0

    @property
    def is_over(self) -> bool:
        """Another connection has taken the place of the one it was opened on."""
        return self.client.stats["reconnects"] != self._connections

    @property
    def waiting(self) -> Sequence[Msg]:
        """What has come and was not taken yet."""
        return tuple(self._messages)

    async def open(self) -> None:
        self._subscription = await self.client.subscribe(f"{self._inbox}.*.*", cb=self._receive)

    async def close(self, *, hand_back: bool) -> None:
        if not self.client.is_connected:
            return
        await self._subscription.unsubscribe()
        if hand_back:
            for message in self._messages:
                await message.nak()

    async def take(self, size: int, wait: float) -> list[Msg]:
        """Up to `size` messages; none when none came within `wait` seconds or the pull is over. Raises PullRefused."""
        deadline = time.monotonic() + wait
        while not self._messages:
            await self._ask(size, wait)
            if self._messages:
                break
            lapses = min(request.until for request in self._requests.values())
            look = time.monotonic() + _LOOKS_EACH
            if not await self._more(min(deadline, lapses, look)) and (time.monotonic() >= deadline or self.is_over):
                return []
        if time.monotonic() < self._taken_at + _BUSY:
            # More is about to come: one transaction for all of it costs little more than one for the first.
            until = time.monotonic() + _GATHER
            while len(self._messages) < size and await self._more(until):
                pass
        taken, self._messages = self._messages[:size], self._messages[size:]
        self._taken_at = time.monotonic()
        if self._ahead and len(self._messages) < size:
            await self._ask(size, wait)
        return taken

    async def _ask(self, size: int, wait: float) -> None:
        now = time.monotonic()
        for place, (name, request) in enumerate(self._requests.items()):
            if request.left > 0 and now < request.until:
                continue
            request.number += 1
            request.left = size
            request.until = now + wait + _GRACE
            await self.client.publish(
                f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{name}",
                msgspec.json.encode({"batch": size, "max_bytes": _MOST_BYTES, "expires": int(wait * 1e9)}),
                reply=f"{self._inbox}.{place}.{request.number}",
            )

    async def _more(self, until: float) -> bool:
        """True when something new has come. Raises PullRefused."""
        self._arrived.clear()
        if self._refusal is None:
            try:
                await asyncio.wait_for(self._arrived.wait(), max(until - time.monotonic(), 0.0))
            except TimeoutError:
                return False
        if self._refusal is not None:
            refusal, self._refusal = self._refusal, None
            raise PullRefused(f"{PullRefused.__doc__} ({refusal})")
        return True

    async def _receive(self, message: Msg) -> None:
        if message.reply.startswith("$JS.ACK."):
            # $JS.ACK.<stream>.<consumer>.…, with a domain and an account in between on other servers.
            request = self._request_of(message.reply)
            request.left -= 1
            self._messages.append(message)
        else:
            self._end(message)
        self._arrived.set()

    def _request_of(self, reply: str) -> _Request:
        words = reply.split(".", 6)
        return self._requests.get(words[3]) or self._requests[words[5]]

    def _end(self, message: Msg) -> None:
        """The server says that a request is over."""
        place, number = message.subject.removeprefix(f"{self._inbox}.").split(".")
        name = list(self._requests)[int(place)]
        request = self._requests[name]
        if request.number == int(number):
            request.left = 0
        headers = message.headers or {}
        status, description = headers.get("Status"), headers.get("Description", "")
        # A request that brought all it asked for, or as many bytes as it takes, ends with a 409, which is no refusal.
        if status not in _ENDED and description not in _COMPLETED:
            self._refusal = f"{name}: {status} {description}".rstrip()
