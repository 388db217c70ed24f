"""Cards over HTTP: what schools, districts and the city see, filters, and strangers."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.database import Database
from shared.tenancy import CITY, Scope
from tests.cards.approvals import approval, batch, follow
from tests.running_service import RunningService, a_school

CARDS = "/api/cards"


async def found(client: httpx.AsyncClient, **search: Any) -> list[dict[str, Any]]:
    response = await client.get(CARDS, params=search)
    assert response.status_code == 200, response.text
    answer = response.json()
    items: list[dict[str, Any]] = answer["items"]
    assert answer["total"] == len(items)
    return items


async def test_a_card_can_be_looked_at(teacher: httpx.AsyncClient, school: Scope, database: Database) -> None:
    reader_id, class_id = uuid4(), uuid4()
    await follow(database, [approval(school, "a", reader_id, class_id=class_id)])
    (card,) = await found(teacher)
    assert card == {
        "card_no": card["card_no"],
        "card_id": card["card_id"],
        "reader_id": str(reader_id),
        "school_id": str(school.school_id),
        "district": school.district,
        "masked_name": "王*明",
        "class_id": str(class_id),
        "class_name": None,
        "grade_name": None,
        "status": "active",
        "kind": "online",
        "physical": None,
        "physical_made": 0,
        "fee_fen": 0,
        "reason_code": None,
        "reason": None,
        "suspended_until": None,
        "consent_withdrawn": False,
        "suspended_by_library": False,
        "handed_out_at": None,
        "handed_out_by": None,
        "previous_card_no": None,
        "version": 1,
        "issued_at": card["issued_at"],
        "updated_at": card["issued_at"],
        "privileges": {
            "items": 8,
            "foreign_items": 3,
            "loan_days": 30,
            "renewals": 1,
            "renewal_days": 30,
            "materials": ["open_shelf"],
            "rooms": ["children", "adults"],
            "one_card_circulation": True,
            "branches": [],
        },
    }
    response = await teacher.get(f"{CARDS}/{card['card_no']}")
    assert (response.json(), response.headers["etag"]) == (card, '"1"')


async def test_filters(teacher: httpx.AsyncClient, school: Scope, database: Database) -> None:
    reader_id, class_id = uuid4(), uuid4()
    await follow(database, [approval(school, "a", reader_id, class_id=class_id), *batch(school, 3)])
    (card,) = await found(teacher, reader_id=str(reader_id))
    for search in ({"class_id": str(class_id)}, {"card_no": card["card_no"]}):
        assert await found(teacher, **search) == [card]
    for search, count in (
        ({"status": "active"}, 4),
        ({"status": "closed"}, 0),
        ({"kind": "online"}, 4),
        ({"kind": "physical"}, 0),
        ({"physical": "wanted"}, 0),
        ({"school_id": str(school.school_id)}, 4),
        ({"school_id": str(uuid4())}, 0),
        ({"card_no": "1" * 15}, 0),
        ({"card_no": "\x00"}, 0),
        ({"status": "active", "kind": "online", "class_id": str(class_id)}, 1),
    ):
        assert len(await found(teacher, **search)) == count, search
    page = (await teacher.get(CARDS, params={"page": 2, "page_size": 3})).json()
    assert (page["total"], len(page["items"])) == (4, 1)
    assert (await teacher.get(CARDS, params={"status": "lost"})).status_code == 400


async def test_each_scope_sees_its_own(cards: RunningService, database: Database) -> None:
    one, two, three = a_school("500103"), a_school("500103"), a_school("500106")
    for school, count in ((one, 2), (two, 3), (three, 4)):
        await follow(database, batch(school, count))
    for scope, count in (
        (one, 2),
        (two, 3),
        (Scope("district", "500103"), 5),
        (Scope("district", "500106"), 4),
        (Scope("district", "500107"), 0),
        (CITY, 9),
    ):
        async with cards.client(scope) as client:
            assert len(await found(client)) == count


@pytest.mark.parametrize("odd", ["0" * 15, "1", "x" * 300, "%00", "１２３"])
async def test_a_stranger_learns_nothing(
    cards: RunningService, teacher: httpx.AsyncClient, database: Database, school: Scope, odd: str
) -> None:
    await follow(database, batch(school, 1))
    (card,) = await found(teacher)
    for scope in (a_school(), a_school("500106"), Scope("district", "500106")):
        async with cards.client(scope) as stranger:
            theirs = await stranger.get(f"{CARDS}/{card['card_no']}", headers={"X-Request-ID": "same"})
            unknown = await stranger.get(f"{CARDS}/{odd}", headers={"X-Request-ID": "same"})
            assert theirs.status_code == unknown.status_code == 404
            assert _without_request(theirs) == _without_request(unknown)
            assert theirs.json()["code"] == "card_not_found"


def _without_request(response: httpx.Response) -> dict[str, Any]:
    return {key: value for key, value in response.json().items() if key != "request_id"}
