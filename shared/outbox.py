"""The transactional outbox: what a transaction has to tell is kept with what it changed, or not at all.

The relay sends the rows later (`shared.relay`). A row is either an event for EVENTS or a chunk of work for WORK.

Of work that is cut into many chunks only the first `AHEAD` are sent at once. The others wait in `waiting_work`, and
each chunk that is done sends the next, in its own transaction (`shared.work`). WORK is worked off in its order: so it
holds a few chunks of everybody's, and who comes later waits for those few, not for all that somebody else has begun.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from shared.contracts.fact import Fact
from shared.database import Transaction
from shared.envelope import Event, event_of
from shared.ids import new_id
from shared.tenancy import NO_DISTRICT, Scope

AHEAD: Final = 8
"""Chunks of one work that are under way together: enough to keep two processes at it, also while the next ones wait
behind the events of those that are done."""

QUEUE: Final = "Work-Queue"
"""The header that names the queue of a chunk, where more of it wait."""

_APPEND = """
insert into outbox (id, school_id, district, subject, headers, body)
select id, school_id, district, subject, headers, body
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::json[], $6::bytea[])
    with ordinality as n (id, school_id, district, subject, headers, body, place)
order by place
"""
_WAIT = """
insert into waiting_work (school_id, district, queue, place, subject, headers, body)
select $1, $2, $3, n.place, $4, n.headers, n.body
from unnest($5::json[], $6::bytea[]) with ordinality as n (headers, body, place)
"""
# One that another chunk is about to send is passed over: should that fail, it comes again and sends it.
_SEND_NEXT = """
with next as (
    delete from waiting_work where school_id = $1 and queue = $2 and place = (
        select place from waiting_work where school_id = $1 and queue = $2
        order by place limit 1 for update skip locked
    )
    returning school_id, district, subject, headers, body
)
insert into outbox (id, school_id, district, subject, headers, body)
select (headers ->> 'Nats-Msg-Id')::uuid, school_id, district, subject, headers, body from next
"""


async def append(tx: Transaction, events: Sequence[Event]) -> None:
    """Keep events for sending, in their order. The scope's policy refuses another school's."""
    if not events:
        return
    await tx.connection.execute(
        _APPEND,
        [event.id for event in events],
        [event.row_school_id for event in events],
        [event.district or NO_DISTRICT for event in events],
        [event.subject for event in events],
        [_dump(event.headers()) for event in events],
        [event.body for event in events],
    )


async def publish(tx: Transaction, facts: Iterable[tuple[UUID | str, Fact]], scope: Scope | None = None) -> None:
    """Append facts, each with its aggregate's id, in the transaction's own scope (or `scope`, for workers)."""
    where = scope or tx.scope
    await append(
        tx,
        [
            event_of(
                fact,
                source=tx.service,
                subject_id=subject_id,
                time=tx.now,
                district=where.district,
                school_id=where.school_id,
                traceparent=tx.caller.traceparent,
            )
            for subject_id, fact in facts
        ],
    )


async def enqueue(tx: Transaction, kind: str, chunks: Sequence[msgspec.Struct]) -> None:
    """Append chunks of work for this service's own workers (`sc.work.<service>.<kind>.<district>.<school_id>`).

    They are sent as those before them are done; see above.
    """
    scope, queue = tx.scope, new_id()
    subject = f"sc.work.{tx.service}.{kind}.{scope.row_district}.{scope.row_school_id}"
    common = {"traceparent": tx.caller.traceparent} if tx.caller.traceparent else {}
    if len(chunks) > AHEAD:
        common[QUEUE] = str(queue)
    ids = [new_id() for _ in chunks]
    headers = [_dump({"Nats-Msg-Id": str(id_), **common}) for id_ in ids]
    bodies = [msgspec.json.encode(chunk) for chunk in chunks]
    first = ids[:AHEAD]
    await tx.connection.execute(
        _APPEND,
        first,
        [scope.row_school_id] * len(first),
        [scope.row_district] * len(first),
        [subject] * len(first),
        headers[:AHEAD],
        bodies[:AHEAD],
    )
    if len(chunks) > AHEAD:
        await tx.connection.execute(
            _WAIT, scope.row_school_id, scope.row_district, queue, subject, headers[AHEAD:], bodies[AHEAD:]
        )


async def send_next(tx: Transaction, queue: UUID) -> None:
    """A chunk of this queue of the scope's school is done: the next one may go."""
    await tx.connection.execute(_SEND_NEXT, tx.scope.row_school_id, queue)


def channel(service: str) -> str:
    """The NOTIFY channel on which the service's relay is woken."""
    return f"sc_outbox_{service}"


def _dump(headers: dict[str, str]) -> str:
    return msgspec.json.encode(headers).decode()
