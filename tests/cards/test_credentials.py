"""Social security cards by which cards are found: each leads to one card in the whole city."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeAlias
from uuid import uuid4

import asyncpg
import httpx
import pytest

from shared.contracts.card import CardCredentialAdded
from shared.database import Database
from shared.tenancy import CITY, Scope
from tests.cards.approvals import approval, follow, told
from tests.running_service import RunningService, a_school

CARDS = "/api/cards"
Administrator: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
OTHER_DISTRICT = "500106"


@pytest.fixture
async def other_library(cards: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    """The library admin of another district."""
    async with cards.client(Scope("district", OTHER_DISTRICT)) as client:
        yield client


@pytest.fixture
async def city(cards: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    async with cards.client(CITY) as client:
        yield client


async def issue(database: Database, administrator: Administrator, school: Scope) -> str:
    await follow(database, [approval(school, f"{uuid4()}")])
    number: str = (await told(administrator, school))[-1].card_no
    return number


async def add(client: httpx.AsyncClient, card_no: str, social_security: str) -> tuple[int, str | None]:
    body = {"social_security": social_security}
    answer = await client.post(f"{CARDS}/{card_no}/credentials", json=body)
    return answer.status_code, answer.json().get("code")


async def found(client: httpx.AsyncClient, credential: str) -> str | None:
    answer = await client.post(f"{CARDS}/lookup", json={"credential": credential})
    assert answer.status_code in (200, 404), answer.text
    number: str | None = answer.json()["card"]["card_no"] if answer.status_code == 200 else None
    return number


async def test_a_key_adds_one_social_security_card_and_no_other(
    library: httpx.AsyncClient, school: Scope, database: Database, administrator: Administrator
) -> None:
    card_no = await issue(database, administrator, school)
    key = {"Idempotency-Key": f"{uuid4()}"}
    first, again, other = [
        await library.post(f"{CARDS}/{card_no}/credentials", json={"social_security": number}, headers=key)
        for number in ("B12345678", "B12345678", "B12345679")
    ]
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await found(library, "B12345679") is None


async def test_a_social_security_card_is_one_persons(
    library: httpx.AsyncClient,
    other_library: httpx.AsyncClient,
    school: Scope,
    database: Database,
    administrator: Administrator,
) -> None:
    one, two = [await issue(database, administrator, school) for _ in range(2)]
    assert await add(library, one, "B12345678") == (201, None)
    assert await add(library, one, "B12345678") == (201, None)
    assert await add(library, two, "B12345678") == (409, "credential_taken")
    assert await add(other_library, two, "B12345678") == (404, "card_not_found")
    facts = [fact for fact in await told(administrator) if isinstance(fact, CardCredentialAdded)]
    assert [fact.card_no for fact in facts] == [one]
    # A lost card's successor is found by it too.
    new = (await library.post(f"{CARDS}/{one}/replace", json={})).json()["card_no"]
    assert await found(library, "B12345678") == new
    # A new one takes the old one's place, and the old one may be another's.
    assert await add(library, new, "C12345678") == (201, None)
    assert await found(library, "B12345678") is None
    assert await add(library, two, "B12345678") == (201, None)
    assert (await found(library, "B12345678"), await found(library, "C12345678")) == (two, new)


async def test_it_leads_to_one_card_in_all_districts(
    library: httpx.AsyncClient,
    other_library: httpx.AsyncClient,
    city: httpx.AsyncClient,
    school: Scope,
    database: Database,
    administrator: Administrator,
) -> None:
    ours = await issue(database, administrator, school)
    theirs = await issue(database, administrator, a_school(OTHER_DISTRICT))
    assert await add(library, ours, "B12345678") == (201, None)
    assert await add(other_library, theirs, "B12345678") == (409, "credential_taken")
    assert [await found(client, "B12345678") for client in (library, other_library, city)] == [ours, None, ours]
    # A card that is dead leaves it to whoever has it now.
    closed = await library.post(f"{CARDS}/{ours}/close", json={"reason_code": "other"})
    assert closed.status_code == 200
    assert await found(city, "B12345678") is None
    assert await add(library, ours, "D12345678") == (404, "card_not_found")
    assert await add(other_library, theirs, "B12345678") == (201, None)
    assert [await found(client, "B12345678") for client in (library, other_library, city)] == [None, theirs, theirs]
    kept = await administrator.fetch("select kind, digest, card_id from cards.card_credentials")
    claimed = await administrator.fetch("select kind, digest, card_id from cards.credential_claims")
    assert len(kept) == 1 and [tuple(row) for row in kept] == [tuple(row) for row in claimed]


async def test_of_two_districts_at_once_one_has_it(
    library: httpx.AsyncClient,
    other_library: httpx.AsyncClient,
    city: httpx.AsyncClient,
    school: Scope,
    database: Database,
    administrator: Administrator,
) -> None:
    ours = await issue(database, administrator, school)
    theirs = await issue(database, administrator, a_school(OTHER_DISTRICT))
    for number in range(10):
        credential = f"E{number:08}"
        answers = await asyncio.gather(add(library, ours, credential), add(other_library, theirs, credential))
        assert sorted(answers) == [(201, None), (409, "credential_taken")]
        assert await found(city, credential) == (ours if answers[0][0] == 201 else theirs)
