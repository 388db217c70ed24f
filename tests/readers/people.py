"""Made-up pupils: the n-th always has the same valid ID number, which is nobody's (its sequence is of a future use)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

import httpx

from services.readers.consumer import follow_cards, follow_classes, follow_grades
from shared import resident_id
from shared.contracts.card import CardClosed, CardRefused, CardReplaced, CardsIssued, IssuedCard
from shared.contracts.fact import Fact
from shared.contracts.param import ClassChanged, ClassCreated, ClassDeleted, GradeCreated
from shared.database import Database
from shared.envelope import Event, event_of
from shared.tenancy import WORKER, Actor, Caller, Scope, system_actor

READERS = "/api/readers"
APPROVALS = f"{READERS}/approvals"

LIBRARY = Actor(uuid4(), "district-500103")
_FIRST_DAY = date(2014, 9, 1)
_SURNAMES = "赵钱孙李周吴郑王冯陈"
_GIVEN = ("子涵", "雨轩", "欣怡", "浩", "梓萱", "宇")


def id_number(n: int) -> str:
    """Another for each n below 2,000,000."""
    born = _FIRST_DAY + timedelta(days=n // 1000)
    start = f"500103{born:%Y%m%d}{n % 1000:03}"
    return start + resident_id.check_character(start)


def pupil(n: int = 1, **more: Any) -> dict[str, Any]:
    """What a form sends for the n-th pupil."""
    return {
        "id_number": id_number(n),
        "name": _SURNAMES[n % 10] + _GIVEN[n // 10 % 6],
        "phone": f"138{n:08}",
        "guardian_name": "王建国",
        "guardian_phone": "023-67012345",
        "home_district": "渝中",
        **more,
    }


async def create(client: httpx.AsyncClient, n: int = 1, **more: Any) -> dict[str, Any]:
    """A new reader as the service answers it."""
    response = await client.post(READERS, json=pupil(n, **more))
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def fetch(client: httpx.AsyncClient, reader_id: str) -> dict[str, Any]:
    response = await client.get(f"{READERS}/{reader_id}")
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def said(school: Scope, fact: Fact, subject_id: UUID | str | None = None) -> Event:
    """A fact as another service's relay sends it."""
    return event_of(
        fact,
        source="cards" if fact.ENTITY == "card" else "params",
        subject_id=subject_id or uuid4(),
        time=datetime.now(UTC),
        district=school.district,
        school_id=school.school_id,
    )


class ParamsOf:
    """A school's grades and classes as params tells of them."""

    def __init__(self, database: Database, school: Scope) -> None:
        self._database = database
        self._school = school

    async def grade(self, name: str = "三年级", *, disabled: bool = False, sort_order: int = 3) -> UUID:
        grade_id = uuid4()
        fact = GradeCreated(
            actor=LIBRARY, version=1, grade_id=grade_id, name=name, disabled=disabled, sort_order=sort_order
        )
        await self.hear(said(self._school, fact, grade_id))
        return grade_id

    async def school_class(self, grade_id: UUID, name: str = "1班", *, disabled: bool = False) -> UUID:
        class_id = uuid4()
        await self.hear(self.class_created(grade_id, class_id, name, disabled=disabled))
        return class_id

    def class_created(self, grade_id: UUID, class_id: UUID, name: str, *, disabled: bool = False) -> Event:
        fact = ClassCreated(
            actor=LIBRARY, version=1, class_id=class_id, grade_id=grade_id, name=name, disabled=disabled
        )
        return said(self._school, fact, class_id)

    async def change_class(self, grade_id: UUID, class_id: UUID, name: str, version: int, *, disabled: bool) -> None:
        fact = ClassChanged(
            actor=LIBRARY, version=version, class_id=class_id, grade_id=grade_id, name=name, disabled=disabled
        )
        await self.hear(said(self._school, fact, class_id))

    async def delete_class(self, grade_id: UUID, class_id: UUID, name: str, version: int) -> None:
        fact = ClassDeleted(actor=LIBRARY, version=version, class_id=class_id, grade_id=grade_id, name=name)
        await self.hear(said(self._school, fact, class_id))

    async def hear(self, event: Event) -> None:
        follow = follow_grades if event.entity == "grade" else follow_classes
        await self._database.run(Caller(WORKER, system_actor("readers")), follow, [event])


class CardsOf:
    """What cards tells of a school's readers. A reader has one card, of growing versions, unless another is named."""

    def __init__(self, database: Database, school: Scope) -> None:
        self._database = database
        self._school = school

    def issued(self, reader_id: str, card_no: str = "500103260000011", card_id: UUID | None = None) -> Event:
        card = IssuedCard(reader_id=UUID(reader_id), card_id=card_id or _card_id(reader_id), card_no=card_no, version=1)
        fact = CardsIssued(actor=system_actor("cards"), version=1, cards=(card,))
        return said(self._school, fact, reader_id)

    def refused(self, reader_id: str, code: str = "person_has_card", detail: str = "该身份证号已办证。") -> Event:
        fact = CardRefused(actor=system_actor("cards"), version=1, reader_id=UUID(reader_id), code=code, detail=detail)
        return said(self._school, fact, reader_id)

    def replaced(self, reader_id: str, previous: str, card_no: str, version: int = 2) -> Event:
        fact = CardReplaced(
            actor=LIBRARY, version=version, reader_id=UUID(reader_id), card_no=card_no, previous_card_no=previous
        )
        return said(self._school, fact, _card_id(reader_id))

    def closed(self, reader_id: str, card_no: str, version: int = 2, reason: str = "转学") -> Event:
        fact = CardClosed(actor=LIBRARY, version=version, reader_id=UUID(reader_id), card_no=card_no, reason=reason)
        return said(self._school, fact, _card_id(reader_id))

    async def say(self, *events: Event) -> None:
        """All in one fetched batch, in this order."""
        await self._database.run(Caller(WORKER, system_actor("readers")), follow_cards, events)


def _card_id(reader_id: str) -> UUID:
    return uuid5(NAMESPACE_OID, reader_id)
