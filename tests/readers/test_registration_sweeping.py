"""Retention: a receipt stays as long as its consent is in force."""

from datetime import timedelta

import asyncpg
import httpx
import pytest

from services.readers import registration_sweeping
from shared.database import Database, Transaction
from shared.tenancy import WORKER, Caller, system_actor
from tests.readers.families import (
    REGISTRATION,
    REGISTRATIONS,
    correct,
    merge,
    open_link,
    receipt_of,
    register,
    registrations,
    token_of,
)
from tests.readers.people import READERS, create, fetch, id_number


async def sweep_after(database: Database, days: float) -> None:
    async def sweep(tx: Transaction) -> None:
        tx.now += timedelta(days=days)
        await registration_sweeping.sweep(tx)

    await database.run(Caller(WORKER, system_actor("readers")), sweep)


@pytest.mark.parametrize(("is_rejected", "days"), [(True, 31), (False, 181)])
async def test_a_correction_that_came_to_nothing_leaves_the_receipt(
    phone: httpx.AsyncClient,
    teacher: httpx.AsyncClient,
    database: Database,
    administrator: "asyncpg.Connection[asyncpg.Record]",
    is_rejected: bool,
    days: int,
) -> None:
    receipt = await register(phone, token_of(await open_link(teacher)), 1)
    (kept,) = await registrations(teacher)
    reader = (await merge(teacher, kept["id"])).json()
    assert (await correct(phone, receipt, phone="13911112222")).status_code == 200
    if is_rejected:
        await teacher.post(f"{REGISTRATIONS}/{kept['id']}/reject", json={"reason": "电话有误"})
    await sweep_after(database, days - 2)
    assert (await receipt_of(phone, receipt))["progress"] == ("rejected" if is_rejected else "submitted")
    await sweep_after(database, days)
    # What was merged before stands; what was filled in is gone.
    shown = await receipt_of(phone, receipt)
    assert (shown["progress"], shown["name"], shown["reason"]) == ("accepted", "", None)
    assert (shown["may_correct"], shown["may_withdraw"]) == (False, True)
    assert await administrator.fetchval("select sealed = '' from readers.registrations")
    withdrawn = await phone.post(f"{REGISTRATION}/receipts/{receipt}/withdraw")
    assert (withdrawn.status_code, withdrawn.json()["progress"]) == (200, "withdrawn")
    assert (await fetch(teacher, reader["id"]))["consent"] == "withdrawn"
    await sweep_after(database, 31)
    assert await administrator.fetchval("select count(*) from readers.registrations") == 0


async def test_what_was_merged_goes_with_the_reader_it_became(
    phone: httpx.AsyncClient,
    teacher: httpx.AsyncClient,
    database: Database,
    administrator: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """And stays when it has become another one since."""
    token = token_of(await open_link(teacher))
    receipts = [await register(phone, token, n) for n in (1, 2)]
    first, second = sorted(await registrations(teacher), key=lambda item: item["name"], reverse=True)
    gone, other = [(await merge(teacher, item["id"])).json() for item in (first, second)]
    await create(teacher, 3)
    # The second is corrected to somebody who was there: its consent moves on, the reader it had made is deleted.
    assert (await correct(phone, receipts[1], id_number=id_number(3))).status_code == 200
    for reader in (gone, other):
        assert (await teacher.delete(f"{READERS}/{reader['id']}")).status_code == 204
    assert (await merge(teacher, second["id"])).status_code == 200
    assert (await receipt_of(phone, receipts[0]))["progress"] == "removed"
    await sweep_after(database, 29)
    assert await administrator.fetchval("select count(*) from readers.registrations") == 2
    await sweep_after(database, 31)
    assert await administrator.fetchval("select array_agg(id::text) from readers.registrations") == [second["id"]]
    assert (await receipt_of(phone, receipts[1]))["may_withdraw"]
