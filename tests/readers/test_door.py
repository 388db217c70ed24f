"""Who may come in without an account, and how often: allowances, proof of work."""

import os
from typing import Any

import httpx
import pytest
from litestar import Request

from services.readers.door import PROOF_HEADER, Allowance, AnyRequest, Door, Limits, Purpose
from services.readers.errors import ProofNeeded, TooManyVisits
from services.readers.proof_of_work import BITS, Proofs, is_solved, solve
from shared.secrets import Digester
from shared.visitor_address import TrustedProxies
from tests.readers.families import REGISTRATION, open_link, register, token_of
from tests.running_service import RunningService

DIGESTER = Digester(b"k" * 32)
CODE = b"c" * 32


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def request(peer: str = "203.0.113.7", **headers: str) -> AnyRequest:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: Any = {"type": "http", "method": "GET", "path": "/", "headers": raw, "client": (peer, 40000), "state": {}}
    return Request(scope)


def door(clock: Clock, **limits: Allowance) -> Door:
    return Door(DIGESTER, TrustedProxies(), Limits(**limits), clock)


def proven(to: Door, peer: str = "203.0.113.7") -> AnyRequest:
    asked = to.challenge()
    return request(peer, **{PROOF_HEADER: f"{asked.challenge}:{solve(asked.challenge, asked.bits)}"})


def test_an_address_looks_so_often_and_then_slower() -> None:
    clock = Clock()
    narrow = door(clock, address_looks=Allowance(3, 0.5))
    for _ in range(3):
        narrow.admit(request(), CODE, "look")
    with pytest.raises(TooManyVisits):
        narrow.admit(request(), CODE, "look")
    narrow.admit(request("203.0.113.8"), CODE, "look")
    clock.now += 2
    narrow.admit(request(), CODE, "look")
    with pytest.raises(TooManyVisits):
        narrow.admit(request(), CODE, "look")


def test_a_link_is_guarded_against_many_addresses() -> None:
    narrow = door(Clock(), link_looks=Allowance(2, 0.1))
    for n in range(2):
        narrow.admit(request(f"203.0.113.{n}"), CODE, "look")
    with pytest.raises(TooManyVisits):
        narrow.admit(request("203.0.113.9"), CODE, "look")
    narrow.admit(request("203.0.113.9"), b"other", "look")


def test_beyond_half_a_proof_is_asked_for_and_beyond_all_nothing_helps() -> None:
    clock = Clock()
    narrow = door(clock, address_sends=Allowance(6, 0.01))
    for _ in range(3):
        narrow.admit(request(), CODE, "send")
    with pytest.raises(ProofNeeded):
        narrow.admit(request(), CODE, "send")
    asked = narrow.challenge()
    proof = f"{asked.challenge}:{solve(asked.challenge, asked.bits)}"
    narrow.admit(request(**{PROOF_HEADER: proof}), CODE, "send")
    with pytest.raises(ProofNeeded):
        narrow.admit(request(**{PROOF_HEADER: proof}), CODE, "send")
    for _ in range(2):
        narrow.admit(proven(narrow), CODE, "send")
    for refused in (request(), proven(narrow)):
        with pytest.raises(TooManyVisits):
            narrow.admit(refused, CODE, "send")


@pytest.mark.parametrize("purpose", ["look", "send"])
def test_an_address_that_has_used_up_its_own_takes_nothing_from_the_link(purpose: Purpose) -> None:
    few, many = Allowance(2, 0.0), Allowance(6, 0.0)
    narrow = door(Clock(), address_looks=few, address_sends=few, link_looks=many, link_sends=many)
    for _ in range(2):
        narrow.admit(proven(narrow), CODE, purpose)
    for _ in range(50):
        with pytest.raises(TooManyVisits):
            narrow.admit(proven(narrow), CODE, purpose)
    for n in range(4):
        narrow.admit(proven(narrow, f"198.51.100.{n}"), CODE, purpose)
    with pytest.raises(TooManyVisits):
        narrow.admit(proven(narrow, "198.51.100.9"), CODE, purpose)


def test_who_is_asked_for_a_proof_takes_nothing_until_it_is_there() -> None:
    narrow = door(Clock(), link_sends=Allowance(6, 0.0))
    for _ in range(3):
        narrow.admit(request(), CODE, "send")
    for n in range(50):
        with pytest.raises(ProofNeeded):
            narrow.admit(request(f"198.51.100.{n}"), CODE, "send")
    for _ in range(3):
        narrow.admit(proven(narrow), CODE, "send")


def test_guessing_is_slow() -> None:
    clock = Clock()
    narrow = door(clock, address_misses=Allowance(2, 0.1))
    for _ in range(2):
        narrow.admit(request(), os.urandom(32), "look")
        narrow.missed(request())
    with pytest.raises(TooManyVisits):
        narrow.admit(request(), os.urandom(32), "look")
    clock.now += 10
    narrow.admit(request(), os.urandom(32), "look")


def test_a_proof_is_good_once_in_time_and_for_our_challenge() -> None:
    now = 1_800_000_000.0
    proofs = Proofs(DIGESTER, 8)
    asked = proofs.challenge(now)
    nonce = solve(asked.challenge, 8)
    assert is_solved(asked.challenge, nonce, 8)
    wrong = next(str(n) for n in range(10_000) if not is_solved(asked.challenge, str(n), 8))
    late = now + 301
    for proof, when in (
        (None, now),
        ("", now),
        ("1:1", now),
        (f"{asked.challenge}:{wrong}", now),
        (f"{asked.challenge}:", now),
        (f"{asked.challenge}:٣", now),
        (f"{asked.challenge}:{nonce}", late),
        (f"{asked.challenge[:-1]}x:{nonce}", now),
        (f"9{asked.challenge}:{nonce}", now),
        (f"é{asked.challenge}:{nonce}", now),
    ):
        assert not proofs.accept(proof, when), proof
    assert not Proofs(Digester(b"o" * 32), 8).accept(f"{asked.challenge}:{nonce}", now)
    assert proofs.accept(f"{asked.challenge}:{nonce}", now)
    assert not proofs.accept(f"{asked.challenge}:{nonce}", now)


async def test_over_http(readers: RunningService, teacher: httpx.AsyncClient) -> None:
    """As served, with its usual allowances: sixty at once from one address, half of them for nothing."""
    token = token_of(await open_link(teacher))
    async with readers.stranger() as phone:
        path = f"{REGISTRATION}/receipts/{await register(phone, token)}"
        answers = [await phone.patch(path, json={}, headers={"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(50)]
        refused = answers[-1]
        assert (refused.status_code, refused.json()["code"]) == (429, "proof_needed")
        asked = (await phone.get("/api/readers/registration-challenge")).json()
        assert asked["bits"] == BITS
        proof = f"{asked['challenge']}:{solve(asked['challenge'], asked['bits'])}"
        admitted = await phone.patch(path, json={}, headers={PROOF_HEADER: proof})
        assert admitted.status_code == 200
