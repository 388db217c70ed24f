"""Password hashing: argon2id in threads, a few at a time.

One hash takes some 30 ms of one core and 19 MiB by design. A storm of logins must not take the machine from the other
routes: a few workers, a small queue before them, and whoever finds it full is refused at once (LoginBusy, 429).

Nor may one address take it from all others. Whoever has as many places as are still free gets no further one: a flood
from one address ends at half of all places, from two at two thirds, and there is always one for somebody new.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.identity.errors import LoginBusy

T = TypeVar("T")

# OWASP's minimum for argon2id: 19 MiB, two passes, one lane.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)

# Of a random password nobody has: what an unknown username is checked against, so that it takes the same time.
NOBODYS_HASH: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$LSrrew3rgp3kmYKb5UXxTw$TTlLoe3k/C+jvdhv6to9b26dZMBOhiKFU7ntIaowF5A"
)


class Passwords:
    """Hashes and checks. Everything that hashes first takes a place with `admitted`."""

    def __init__(self, workers: int | None = None, queue: int = 24) -> None:
        # One core is left to the event loop.
        workers = workers or max(1, min(4, (os.cpu_count() or 2) - 1))
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="argon2")
        self._free = workers + queue
        self._held: Counter[str] = Counter()

    @contextmanager
    def admitted(self, who: str) -> Iterator[None]:
        """A place among those who are hashing or wait for it. `who` is an address, or the id of who is logged in.

        Raises LoginBusy when there is none, or `who` has a share already.
        """
        if self._held[who] >= self._free:
            raise LoginBusy
        self._free -= 1
        self._held[who] += 1
        try:
            yield
        finally:
            self._free += 1
            self._held[who] -= 1
            if not self._held[who]:
                del self._held[who]

    async def hash(self, password: str) -> str:
        return await self._run(lambda: _HASHER.hash(password))

    async def matches(self, password: str, password_hash: str) -> bool:
        return await self._run(lambda: _matches(password, password_hash))

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)


def _matches(password: str, password_hash: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
