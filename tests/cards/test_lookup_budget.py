"""Guessing at the counter: whether a question is refused says nothing of what it would have found."""

from typing import TypeAlias

import asyncpg

from services.cards import lookup
from shared.database import Database
from shared.tenancy import Scope
from tests.cards.approvals import approval, follow, told
from tests.running_service import RunningService

Administrator: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
LOOKUP = "/api/cards/lookup"
NOBODYS = "000000000000000"


async def test_at_the_budgets_end_a_hit_is_refused_like_a_miss(
    cards: RunningService, school: Scope, database: Database, administrator: Administrator
) -> None:
    await follow(database, [approval(school, "p")])
    card_no = (await told(administrator, school))[-1].card_no
    async with cards.client(Scope("district", school.district)) as library:
        assert (await library.post(LOOKUP, json={"credential": card_no})).status_code == 200
        # Nearly all of this minute and the next, in which the questions below may fall.
        await administrator.execute(
            """
            with asker as (select actor_id from cards.lookups)
            insert into cards.lookups (actor_id, minute, spent)
            select actor_id, date_trunc('minute', now()) + n * interval '1 minute', $1
            from asker, generate_series(0, 1) n
            on conflict (actor_id, minute) do update set spent = excluded.spent
            """,
            lookup.BUDGET - 1,
        )
        miss = await library.post(LOOKUP, json={"credential": NOBODYS})
        hit = await library.post(LOOKUP, json={"credential": card_no})
    assert (hit.status_code, miss.status_code) == (429, 429)
    assert hit.json() | {"request_id": ""} == miss.json() | {"request_id": ""}


async def test_hits_cost_little(
    cards: RunningService, school: Scope, database: Database, administrator: Administrator
) -> None:
    await follow(database, [approval(school, "p")])
    card_no = (await told(administrator, school))[-1].card_no
    async with cards.client(Scope("district", school.district)) as library:
        codes = [(await library.post(LOOKUP, json={"credential": card_no})).status_code for _ in range(40)]
    assert codes == [200] * 40
    assert await administrator.fetchval("select sum(spent) from cards.lookups") == 40
