"""Approvals as readers reports them, given to cards; and what cards told."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec

from services.cards.consumer import follow_approvals
from shared.contracts.card import CardsIssued
from shared.contracts.reader import ApprovedReader, ReadersApproved
from shared.contracts.registry import published
from shared.database import Database
from shared.envelope import Event, event_of
from shared.tenancy import WORKER, Actor, Caller, Scope, system_actor

TEACHER = Actor(uuid4(), "teacher-a")
BATCH_NO = "1788225723000000001"


def digest(person: str) -> str:
    return hashlib.sha256(person.encode()).hexdigest()


def approval(school: Scope, person: str, reader_id: UUID | None = None, **more: Any) -> Event:
    """`person` stands for an ID number."""
    reader_id = reader_id or uuid4()
    fields: dict[str, Any] = {"version": 2, "masked_name": "王*明", "id_digest": digest(person)}
    batch_no = more.pop("batch_no", None)
    reader = ApprovedReader(reader_id=reader_id, **(fields | more))
    fact = ReadersApproved(actor=TEACHER, version=1, batch_no=batch_no, readers=(reader,))
    return event_of(
        fact,
        source="readers",
        subject_id=reader_id,
        time=datetime.now(UTC),
        district=school.district,
        school_id=school.school_id,
    )


def approved(event: Event) -> ApprovedReader:
    """Whom an approval is about."""
    [reader] = event.decode(ReadersApproved).readers
    return reader


def batch(school: Scope, count: int, batch_no: str = BATCH_NO, prefix: str = "") -> list[Event]:
    return [
        approval(school, f"{prefix}{school.school_id}-{number}", batch_no=batch_no, item_no=number)
        for number in range(1, count + 1)
    ]


async def follow(database: Database, events: Sequence[Event]) -> None:
    """As the consumer would, in one transaction."""
    await database.run(Caller(WORKER, system_actor("cards")), follow_approvals, events)


async def told(administrator: "asyncpg.Connection[asyncpg.Record]", school: Scope | None = None) -> list[Any]:
    """The single facts about cards that cards has put into its outbox, in order."""
    return [fact for fact in await _facts(administrator, school) if not fact.REPEATS]


async def told_together(administrator: "asyncpg.Connection[asyncpg.Record]", school: Scope) -> list[CardsIssued]:
    """A school's cards as cards told them by the thousand."""
    return [fact for fact in await _facts(administrator, school) if isinstance(fact, CardsIssued)]


async def _facts(administrator: "asyncpg.Connection[asyncpg.Record]", school: Scope | None) -> list[Any]:
    rows = await administrator.fetch(
        "select headers->>'ce-type' as type, body from cards.outbox "
        "where ($1::uuid is null or school_id = $1) and headers->>'ce-type' like 'card%.%' order by seq",
        school.school_id if school else None,
    )
    kinds = published()
    return [msgspec.json.decode(row["body"], type=kinds[row["type"]]) for row in rows]
