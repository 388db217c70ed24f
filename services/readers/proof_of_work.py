"""A small proof of work (hashcash with SHA-256), asked of phones only when more is sent than usual.

Nothing is stored for a challenge that was given out: it carries its end and our keyed digest of both, and any process
takes its answer. One that was used is remembered until its end, so that it is good once with each process.
"""

import hashlib
import secrets
from typing import Final

import msgspec

from shared.secrets import Digester

BITS: Final = 15
"""33,000 digests on average: well below a second in an old phone's script."""

_LIVES: Final = 300
_LONGEST_NONCE: Final = 20


class Challenge(msgspec.Struct, frozen=True):
    """Find a text (digits) so that SHA-256 of `challenge:text` begins with `bits` zero bits."""

    challenge: str
    bits: int


class Proofs:
    """Gives out challenges and checks their answers. One per process."""

    def __init__(self, digester: Digester, bits: int = BITS) -> None:
        self._digester = digester
        self._bits = bits
        self._used: dict[str, int] = {}

    def challenge(self, now: float) -> Challenge:
        text = f"{int(now) + _LIVES}.{secrets.token_urlsafe(12)}"
        return Challenge(f"{text}.{self._mark(text)}", self._bits)

    def accept(self, proof: str | None, now: float) -> bool:
        """Whether `challenge:text` answers one of ours, in time, for the first time. It is then used up."""
        challenge, _, nonce = (proof or "").rpartition(":")
        text, _, mark = challenge.rpartition(".")
        end = text.partition(".")[0]
        if not (end.isascii() and end.isdigit() and len(end) < 12 and int(end) >= now):
            return False
        if not (1 <= len(nonce) <= _LONGEST_NONCE and nonce.isascii() and nonce.isdigit()):
            return False
        if not secrets.compare_digest(mark.encode(), self._mark(text).encode()) or challenge in self._used:
            return False
        if not is_solved(challenge, nonce, self._bits):
            return False
        self._used = {kept: until for kept, until in self._used.items() if until >= now}
        self._used[challenge] = int(end)
        return True

    def _mark(self, text: str) -> str:
        return self._digester.digest(text, b"proof-of-work").hex()[:32]


def is_solved(challenge: str, nonce: str, bits: int) -> bool:
    digest = hashlib.sha256(f"{challenge}:{nonce}".encode()).digest()
    return int.from_bytes(digest) >> (256 - bits) == 0


def solve(challenge: str, bits: int) -> str:
    """What a phone does, for programs and tests: the answer to a challenge."""
    nonce = 0
    while not is_solved(challenge, str(nonce), bits):
        nonce += 1
    return str(nonce)
