"""Who may come in without an account, and how often. One per process, in its memory; no third party is asked, and
several processes let in as many times as much (docs/adr/0017).

Three allowances fill up again with time: looking, sending and missing (a token nobody gave out), each for the address
and the first two also for the link. A school's families often share one address, so allowances are wide. When half of
an allowance for sending is used up a small proof of work is asked for, when all is, the answer is 429. What is refused
takes nothing: one address uses up its own allowance, never a link's, which is everybody's.
"""

import time
from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias

import msgspec
from litestar import Request

from services.readers.errors import ProofNeeded, TooManyVisits
from services.readers.proof_of_work import Challenge, Proofs
from shared.secrets import Digester
from shared.visitor_address import TrustedProxies

AnyRequest: TypeAlias = Request[Any, Any, Any]
Purpose: TypeAlias = Literal["look", "send"]
PROOF_HEADER: Final = "proof-of-work"

_MOST_KEPT: Final = 20_000


class Allowance(msgspec.Struct, frozen=True):
    """So many at once, and so many more each second."""

    at_once: float
    a_second: float


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    address_looks: Allowance = Allowance(200, 3)
    address_sends: Allowance = Allowance(60, 1)
    address_misses: Allowance = Allowance(30, 0.2)
    link_looks: Allowance = Allowance(1000, 20)
    link_sends: Allowance = Allowance(400, 3)


class Buckets:
    """What is left of one allowance, by key; full ones are forgotten."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, key: str, now: float) -> None:
        """One, or what there is."""
        if len(self._left) >= _MOST_KEPT:
            self._forget(now)
        self._left[key] = (max(self.left(key, now) - 1, 0), now)

    def left_after_one(self, key: str, now: float) -> float:
        """The part (0 to 1) that would be left after taking one; negative when there is none to take."""
        return (self.left(key, now) - 1) / self._allowance.at_once

    def left(self, key: str, now: float) -> float:
        left, since = self._left.get(key, (self._allowance.at_once, now))
        return min(self._allowance.at_once, left + (now - since) * self._allowance.a_second)

    def _forget(self, now: float) -> None:
        self._left = {key: kept for key, kept in self._left.items() if self.left(key, now) < self._allowance.at_once}
        if len(self._left) >= _MOST_KEPT:
            # An attack from very many addresses: the links' allowances and the proof of work still hold.
            self._left.clear()


class Door:
    def __init__(
        self,
        digester: Digester,
        proxies: TrustedProxies,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        limits = limits or Limits()
        self._proxies = proxies
        self._proofs = Proofs(digester)
        self._clock = clock
        self._address = {"look": Buckets(limits.address_looks), "send": Buckets(limits.address_sends)}
        self._link = {"look": Buckets(limits.link_looks), "send": Buckets(limits.link_sends)}
        self._misses = Buckets(limits.address_misses)

    def admit(self, request: AnyRequest, credential: bytes, purpose: Purpose) -> None:
        """`credential` is the digest of the token or the receipt. Raises TooManyVisits, ProofNeeded."""
        now = self._clock()
        address = self._proxies.address_of(request)
        if self._misses.left(address, now) < 1:
            raise TooManyVisits
        taken = ((self._address[purpose], address), (self._link[purpose], credential.hex()))
        left = min(buckets.left_after_one(key, now) for buckets, key in taken)
        if left < 0:
            raise TooManyVisits
        if purpose == "send" and left < 0.5 and not self._proofs.accept(request.headers.get(PROOF_HEADER), now):
            raise ProofNeeded
        for buckets, key in taken:
            buckets.take(key, now)

    def missed(self, request: AnyRequest) -> None:
        """What was presented is nobody's: guessing is slow."""
        self._misses.take(self._proxies.address_of(request), self._clock())

    def challenge(self) -> Challenge:
        return self._proofs.challenge(self._clock())
