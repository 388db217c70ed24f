"""What others' facts bring about: classes and their names, moves, guardians' consent, in any order."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import asyncpg
import httpx

from services.cards.consumer import follow_classes, follow_consents, follow_grades, follow_readers
from services.cards.resuming import resume_overdue
from shared.consume import Handler
from shared.contracts.card import CardResumed, CardSuspended
from shared.contracts.consent import ConsentRecorded, ConsentWithdrawn
from shared.contracts.fact import Fact
from shared.contracts.param import ClassChanged, ClassCreated, GradeChanged, GradeCreated
from shared.contracts.reader import ReaderChanged
from shared.database import Database
from shared.envelope import Event, event_of
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import WORKER, Caller, Scope, system_actor
from tests.cards.approvals import TEACHER, approval, follow, told
from tests.running_service import RunningService, publish
from tests.waiting import eventually

Administrator: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
NOON = datetime(2026, 9, 1, 4, tzinfo=UTC)
PERSON: dict[str, Any] = {"masked_name": "王*明", "masked_id_number": "5001**********1234"}


def said(school: Scope, subject: UUID, fact: Fact, at: datetime = NOON) -> Event:
    return event_of(fact, source="x", subject_id=subject, time=at, district=school.district, school_id=school.school_id)


async def hear(database: Database, handler: Handler, *events: Event) -> None:
    await database.run(Caller(WORKER, system_actor("cards")), handler, list(events))


def withdrawn(school: Scope, reader_id: UUID, minute: int, **more: Any) -> Event:
    fact = ConsentWithdrawn(actor=TEACHER, version=2, reader_id=reader_id, **PERSON, **more)
    return said(school, uuid4(), fact, NOON + timedelta(minutes=minute))


def recorded(school: Scope, reader_id: UUID, minute: int, **more: Any) -> Event:
    fact = ConsentRecorded(
        actor=TEACHER, version=1, reader_id=reader_id, how="paper", relation="母亲", text_version=1, **PERSON, **more
    )
    return said(school, uuid4(), fact, NOON + timedelta(minutes=minute))


async def test_names_and_classes_follow(teacher: httpx.AsyncClient, school: Scope, database: Database) -> None:
    reader_id, grade_id, one, two = uuid4(), uuid4(), uuid4(), uuid4()
    await follow(database, [approval(school, "a", reader_id, class_id=one)])
    grades = [
        said(school, grade_id, GradeCreated(actor=TEACHER, version=1, grade_id=grade_id, name="1年级")),
        said(school, grade_id, GradeChanged(actor=TEACHER, version=2, grade_id=grade_id, name="一年级")),
    ]
    await hear(database, follow_grades, grades[1])
    await hear(database, follow_grades, *grades)
    classes = [
        said(school, one, ClassCreated(actor=TEACHER, version=1, class_id=one, grade_id=grade_id, name="1班")),
        said(school, one, ClassChanged(actor=TEACHER, version=2, class_id=one, grade_id=grade_id, name="一班")),
        said(school, two, ClassCreated(actor=TEACHER, version=1, class_id=two, grade_id=grade_id, name="二班")),
    ]
    await hear(database, follow_classes, *reversed(classes))

    async def card(**search: str) -> dict[str, Any]:
        (found,) = (await teacher.get("/api/cards", params=search)).json()["items"]
        answer: dict[str, Any] = found
        return answer

    assert ((await card())["grade_name"], (await card())["class_name"]) == ("一年级", "一班")
    moves = [
        said(
            school,
            reader_id,
            ReaderChanged(
                actor=TEACHER, version=version, reader_id=reader_id, class_id=to, fields=("class_id",), **PERSON
            ),
        )
        for version, to in ((5, two), (6, one), (7, two))
    ]
    for move in random.Random(3).sample(moves, 3):
        await hear(database, follow_readers, move)
    assert (await card(class_id=str(two)))["class_name"] == "二班"
    assert (await card(grade_id=str(grade_id)))["version"] == 1
    assert (await teacher.get("/api/cards", params={"class_id": str(one)})).json()["total"] == 0
    figures = (await teacher.get("/api/cards/figures")).json()
    assert figures["by_grade"] == [{"grade_name": "一年级", "cards": 1}]


async def test_withdrawn_consent_suspends_at_once_and_a_new_one_resumes(
    cards: RunningService, school: Scope, database: Database, administrator: Administrator
) -> None:
    reader_id = uuid4()
    await follow(database, [approval(school, "a", reader_id)])
    number = (await told(administrator, school))[0].card_no
    await hear(database, follow_consents, withdrawn(school, reader_id, 0, mistake=True))
    assert len(await told(administrator, school)) == 1
    await hear(database, follow_consents, withdrawn(school, reader_id, 1))
    await hear(database, follow_consents, withdrawn(school, reader_id, 1))
    (_, suspended) = await told(administrator, school)
    assert isinstance(suspended, CardSuspended)
    assert (suspended.card_no, suspended.reason_code, suspended.reason) == (
        number,
        "consent_withdrawn",
        "监护人撤回授权",
    )
    async with cards.client(Scope("district", school.district)) as library:
        refused = await library.post(f"/api/cards/{number}/resume", json={})
        assert refused.json()["errors"][0]["code"] == "consent_withdrawn"
    await hear(database, follow_consents, recorded(school, reader_id, 2))
    # Older words that come late change nothing.
    await hear(database, follow_consents, withdrawn(school, reader_id, 1))
    last = (await told(administrator, school))[-1]
    assert isinstance(last, CardResumed) and last.reason == "监护人重新授权"
    assert await administrator.fetchval("select status from cards.cards") == "active"


async def test_the_newest_word_is_told_by_its_version_not_by_clocks(
    school: Scope, database: Database, administrator: Administrator
) -> None:
    """What was said last was written by a process whose clock is ten minutes slow."""
    apart, together, old = uuid4(), uuid4(), uuid4()
    await follow(database, [approval(school, f"{reader}", reader) for reader in (apart, together, old)])

    async def status(reader_id: UUID) -> str:
        found: str = await administrator.fetchval("select status from cards.cards where reader_id = $1", reader_id)
        return found

    await hear(database, follow_consents, recorded(school, apart, 10, consent_version=1))
    await hear(database, follow_consents, withdrawn(school, apart, 0, consent_version=2))
    assert await status(apart) == "suspended"
    await hear(database, follow_consents, recorded(school, apart, -5, consent_version=3))
    await hear(database, follow_consents, withdrawn(school, apart, 0, consent_version=2))
    assert await status(apart) == "active"
    words = [recorded(school, together, 10, consent_version=1), withdrawn(school, together, 0, consent_version=2)]
    await hear(database, follow_consents, *words)
    assert await status(together) == "suspended"
    # Messages from before there were versions are older than any with one; among themselves time decides.
    await hear(database, follow_consents, recorded(school, old, 1), withdrawn(school, old, 2))
    assert await status(old) == "suspended"
    await hear(database, follow_consents, recorded(school, old, 0, consent_version=1))
    await hear(database, follow_consents, withdrawn(school, old, 3))
    assert await status(old) == "active"


async def test_a_wrong_tick_taken_back_brings_the_withdrawal_back(
    school: Scope, database: Database, administrator: Administrator
) -> None:
    reader_id = uuid4()
    await follow(database, [approval(school, "a", reader_id)])
    await hear(database, follow_consents, withdrawn(school, reader_id, 1, consent_version=2))
    await hear(database, follow_consents, recorded(school, reader_id, 2, consent_version=3))
    back = withdrawn(school, reader_id, 3, consent_version=4, mistake=True, earlier_withdrawal=True)
    await hear(database, follow_consents, back)
    (_, first, resumed, again) = await told(administrator, school)
    assert isinstance(first, CardSuspended) and isinstance(resumed, CardResumed) and isinstance(again, CardSuspended)
    assert again.reason_code == "consent_withdrawn"


async def test_an_earlier_suspension_outlives_a_withdrawal(
    cards: RunningService, school: Scope, database: Database, administrator: Administrator
) -> None:
    one, two, three = uuid4(), uuid4(), uuid4()
    await follow(database, [approval(school, f"{reader}", reader) for reader in (one, two, three)])
    numbers = [fact.card_no for fact in await told(administrator, school)]
    worker = Caller(WORKER, system_actor("cards"))

    async def reasons() -> list[tuple[str, str | None, str | None, str | None]]:
        answers = [(await library.get(f"/api/cards/{number}")).json() for number in numbers]
        return [(card["status"], card["reason_code"], card["reason"], card["suspended_until"]) for card in answers]

    async with cards.client(Scope("district", school.district)) as library:

        async def suspend(number: str, **more: str) -> None:
            body = {"reason_code": "overdue"} | more
            assert (await library.post(f"/api/cards/{number}/suspend", json=body)).status_code == 200

        async def by_library() -> list[bool]:
            answers = [(await library.get(f"/api/cards/{number}")).json() for number in numbers]
            return [card["suspended_by_library"] for card in answers]

        await suspend(numbers[0])
        await suspend(numbers[1], until="2099-01-01")
        await hear(database, follow_consents, *(withdrawn(school, reader, 1) for reader in (one, two, three)))
        assert await by_library() == [True, True, False]
        await suspend(numbers[2], until="2099-01-01")
        assert await by_library() == [True, True, True]
        both = "监护人撤回授权；图书逾期未还"
        assert await reasons() == [
            ("suspended", "consent_withdrawn", both, None),
            ("suspended", "consent_withdrawn", both, "2099-01-01"),
            ("suspended", "consent_withdrawn", both, "2099-01-01"),
        ]
        # What is told while consent is withdrawn ends on no day: whoever believes the day would be wrong.
        assert [(type(fact), fact.until is None) for fact in (await told(administrator, school))[3:]] == [
            (CardSuspended, until is None) for until in (None, "2099-01-01", None, None, None, None)
        ]
        for number in numbers:
            refused = await library.post(f"/api/cards/{number}/resume", json={})
            assert refused.json()["errors"][0]["code"] == "consent_withdrawn"
        # The library's suspension runs out meanwhile; the card waits for consent.
        await administrator.execute(
            "update cards.cards set suspended_until = '2026-01-01' where card_no = $1", numbers[1]
        )
        assert await database.run(worker, resume_overdue) == 1
        assert await database.run(worker, resume_overdue) == 0
        assert (await reasons())[1] == ("suspended", "consent_withdrawn", "监护人撤回授权", None)
        assert await by_library() == [True, False, True]
        await hear(database, follow_consents, *(recorded(school, reader, 2) for reader in (one, two, three)))
        assert await reasons() == [
            ("suspended", "overdue", "图书逾期未还", None),
            ("active", None, None, None),
            ("suspended", "overdue", "图书逾期未还", "2099-01-01"),
        ]
        resumed = [fact.card_no for fact in await told(administrator, school) if isinstance(fact, CardResumed)]
        assert resumed == [numbers[1]]
        replaced = (await library.post(f"/api/cards/{numbers[0]}/resume", json={})).json()
        assert (replaced["status"], replaced["version"]) == ("active", 5)
        history = (await library.get(f"/api/cards/{numbers[1]}/history")).json()
        assert [(entry["step"], entry["reason_code"]) for entry in history] == [
            ("issued", None),
            ("suspend", "overdue"),
            ("suspend", "consent_withdrawn"),
            ("resume", "until_over"),
            ("resume", "consent_given"),
        ]


async def test_a_successor_is_held_by_consent_too(
    cards: RunningService, school: Scope, database: Database, administrator: Administrator
) -> None:
    reader_id = uuid4()
    await follow(database, [approval(school, "a", reader_id)])
    (issued,) = await told(administrator, school)
    await hear(database, follow_consents, withdrawn(school, reader_id, 1))
    async with cards.client(Scope("district", school.district)) as library:
        new = (await library.post(f"/api/cards/{issued.card_no}/replace", json={})).json()
        assert (new["status"], new["consent_withdrawn"]) == ("suspended", True)
        await hear(database, follow_consents, recorded(school, reader_id, 2), withdrawn(school, reader_id, 0))
        assert (await library.get(f"/api/cards/{new['card_no']}")).json()["status"] == "active"


async def test_any_order_of_consents_ends_the_same(
    school: Scope, database: Database, administrator: Administrator
) -> None:
    readers = [uuid4() for _ in range(12)]
    await follow(database, [approval(school, f"{reader}", reader) for reader in readers])
    events = [
        event
        for place, reader in enumerate(readers)
        for event in (
            recorded(school, reader, 1, consent_version=1),
            withdrawn(school, reader, 2, consent_version=2),
            recorded(school, reader, 3, consent_version=4),
            withdrawn(school, reader, 4, consent_version=5 if place % 2 else 3),
        )
    ]
    shuffled = events + events[::3]
    random.Random(9).shuffle(shuffled)
    for start in range(0, len(shuffled), 7):
        await hear(database, follow_consents, *shuffled[start : start + 7])
    rows = await administrator.fetch("select reader_id, status from cards.cards")
    assert {row["reader_id"]: row["status"] for row in rows} == {
        reader: "suspended" if place % 2 else "active" for place, reader in enumerate(readers)
    }


async def test_through_the_broker(
    cards: RunningService,
    teacher: httpx.AsyncClient,
    school: Scope,
    settings: Settings,
    secrets: Secrets,
    administrator: Administrator,
) -> None:
    """Every consumer is wired to its durable."""
    reader_id, grade_id, class_id = uuid4(), uuid4(), uuid4()
    await publish(settings, secrets, [approval(school, "a", reader_id)])

    async def is_issued() -> bool:
        return bool(await administrator.fetchval("select count(*) from cards.cards"))

    await eventually(is_issued)
    changed = ReaderChanged(actor=TEACHER, version=9, reader_id=reader_id, class_id=class_id, **PERSON)
    await publish(
        settings,
        secrets,
        [
            said(school, grade_id, GradeCreated(actor=TEACHER, version=1, grade_id=grade_id, name="一年级")),
            said(
                school,
                class_id,
                ClassCreated(actor=TEACHER, version=1, class_id=class_id, grade_id=grade_id, name="一班"),
            ),
            said(school, reader_id, changed),
            withdrawn(school, reader_id, 1),
        ],
    )

    async def card() -> dict[str, Any]:
        (found,) = (await teacher.get("/api/cards")).json()["items"]
        answer: dict[str, Any] = found
        return answer

    async def has_followed() -> bool:
        now = await card()
        return (now["grade_name"], now["class_name"], now["status"]) == ("一年级", "一班", "suspended")

    async def is_active() -> bool:
        return bool((await card())["status"] == "active")

    await eventually(has_followed)
    await publish(settings, secrets, [recorded(school, reader_id, 2)])
    await eventually(is_active)
