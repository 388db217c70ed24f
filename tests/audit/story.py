"""Events as the other services would send them, and the log's consumer without a broker."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from services.audit.consumer import append_to_log
from shared.contracts.batch import BatchOpened
from shared.contracts.card import CardIssued, Privileges
from shared.contracts.fact import Fact
from shared.contracts.identity import DistrictOpened
from shared.contracts.reader import ReaderCreated
from shared.database import Database
from shared.envelope import Event, event_of
from shared.tenancy import WORKER, Actor, Caller, Scope, system_actor

TEACHER = Actor(UUID("0192d3a0-0000-7000-8000-000000000001"), "teacher-a")
LIBRARY = Actor(UUID("0192d3a0-0000-7000-8000-000000000002"), "district-500103")


def an_event(scope: Scope, fact: Fact, *, at: datetime | None = None, subject_id: UUID | None = None) -> Event:
    return event_of(
        fact,
        source="readers",
        subject_id=subject_id or getattr(fact, "reader_id", None) or uuid4(),
        time=at or datetime.now(UTC),
        district=scope.district,
        school_id=scope.school_id,
    )


def reader_created(
    school: Scope,
    *,
    at: datetime | None = None,
    batch_no: str | None = None,
    actor: Actor = TEACHER,
    masked_name: str = "王*明",
) -> Event:
    fact = ReaderCreated(
        actor=actor,
        version=1,
        batch_no=batch_no,
        reader_id=uuid4(),
        masked_name=masked_name,
        masked_id_number="5001**********1234",
    )
    return an_event(school, fact, at=at)


def card_issued(school: Scope, *, at: datetime | None = None) -> Event:
    fact = CardIssued(
        actor=system_actor("cards"),
        version=1,
        reader_id=uuid4(),
        card_no="500103260000011",
        masked_name="王*明",
        issued_at=at or datetime.now(UTC),
        privileges=Privileges(),
    )
    return an_event(school, fact, at=at)


def batch_opened(school: Scope, batch_no: str, *, at: datetime | None = None) -> Event:
    opened_at = at or datetime.now(UTC)
    fact = BatchOpened(
        actor=TEACHER, version=1, batch_no=batch_no, kind="import", total=3, opened_at=opened_at, filename="名单.xlsx"
    )
    return an_event(school, fact, at=at)


def district_opened(district: str | None) -> Event:
    """A fact of a district, or (None) of the city."""
    scope = Scope("city") if district is None else Scope("district", district)
    return an_event(scope, DistrictOpened(actor=LIBRARY, version=1, code=district or "500000", name="渝中区"))


def many_readers(school: Scope, count: int, *, start: datetime | None = None) -> list[Event]:
    """One a second, oldest first, the last of them just now."""
    start = start or datetime.now(UTC) - timedelta(seconds=count)
    return [reader_created(school, at=start + timedelta(seconds=number)) for number in range(count)]


def without_actor(event: Event) -> Event:
    body = msgspec.json.decode(event.body, type=dict[str, object])
    del body["actor"]
    return msgspec.structs.replace(event, body=msgspec.json.encode(body))


async def log(database: Database, events: Sequence[Event]) -> None:
    """Log one fetched batch of events."""
    await database.run(Caller(WORKER, system_actor("audit")), append_to_log, events)
