"""Former cards of the library: each is exchanged once, for a card that lives."""

import asyncio

import httpx

from shared.database import Database
from shared.secrets import Secrets
from shared.tenancy import Scope
from tests.cards.test_counter import CARDS, Administrator, issue
from tests.waiting import eventually


async def test_a_former_card_is_exchanged_once_however_it_is_written(
    library: httpx.AsyncClient, school: Scope, database: Database, administrator: Administrator, secrets: Secrets
) -> None:
    """A newline at the end is no other card, and no second deposit."""
    number = await issue(database, administrator, school, secrets)
    path, asked = f"{CARDS}/{number}/former-cards", {"former_card_no": "BN-1", "deposit_fen": 10000}
    assert (await library.post(path, json=asked)).status_code == 201
    assert (await library.post(path, json=asked | {"former_card_no": "bn-1"})).json()["code"] == "former_card_taken"
    for odd in ("BN-1\n", "BN-1 ", "\nBN-1"):
        assert (await library.post(path, json=asked | {"former_card_no": odd})).status_code == 400
    for reason in ("两行\n", "两\n行"):
        suspended = await library.post(f"{CARDS}/{number}/suspend", json={"reason_code": "other", "reason": reason})
        assert suspended.status_code == 400
    (refund,) = (await library.get(f"{CARDS}/refunds")).json()["items"]
    everything = {"collector": "proxy", "documents": ["former_card", "holder_id", "proxy_id"], "proxy_name": " \u3000"}
    blank = await library.post(f"{CARDS}/refunds/{refund['id']}/check-documents", json=everything)
    assert (blank.status_code, [error["code"] for error in blank.json()["errors"]]) == (422, ["proxy_name_missing"])


async def test_a_card_that_is_being_closed_takes_no_former_card(
    library: httpx.AsyncClient, school: Scope, database: Database, administrator: Administrator, secrets: Secrets
) -> None:
    number = await issue(database, administrator, school, secrets)

    async def somebody_waits() -> bool:
        return bool(await administrator.fetchval("select exists (select from pg_locks where not granted)"))

    closing = administrator.transaction()
    await closing.start()
    await administrator.execute(
        "update cards.cards set status = 'closed', reason_code = 'other', reason = 'x' where card_no = $1", number
    )
    asked = {"former_card_no": "BN-1", "deposit_fen": 10000}
    exchange = asyncio.create_task(library.post(f"{CARDS}/{number}/former-cards", json=asked))
    await eventually(somebody_waits)
    await closing.commit()
    answer = await exchange
    assert (answer.status_code, answer.json()["code"]) == (404, "card_not_found")
    assert (await library.get(f"{CARDS}/refunds")).json()["total"] == 0
