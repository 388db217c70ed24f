"""A throw-away tenant table in the schema of `params`, and the use cases of the kernel's tests on it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias
from uuid import UUID, uuid4

import asyncpg
from nats.aio.client import Client

from shared import outbox
from shared.broker import connect
from shared.contracts.reader import ReaderChanged
from shared.database import Transaction
from shared.envelope import Event
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import CITY, WORKER, Actor, Caller, Scope, system_actor

Administrator: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

SERVICE = "params"
TEACHER = Actor(uuid4(), "teacher-a")
A = Scope("school", "500103", uuid4())
B = Scope("school", "500103", uuid4())
C = Scope("school", "500106", uuid4())

_TABLE = """
set local role sc_owner;
set local search_path = {service};
create table notes (
    school_id uuid not null,
    district text not null,
    id uuid not null,
    body text not null,
    number int not null default 0,
    primary key (school_id, id),
    constraint body_is_decent check (body <> 'indecent')
);
select sc.protect('notes', school => 'select, insert, update, delete', district => 'select', city => 'select',
    worker => 'select, insert, update');
"""


async def create_table(administrator: Administrator, service: str = SERVICE) -> None:
    async with administrator.transaction():
        await administrator.execute(_TABLE.replace("{service}", service))


def caller(scope: Scope, actor: Actor = TEACHER) -> Caller:
    return Caller(scope, actor)


DISTRICT = Scope("district", "500103")
EVERYBODY = {"city": CITY, "worker": WORKER}
BACKGROUND = Caller(WORKER, system_actor(SERVICE))


async def insert(tx: Transaction, body: str, id_: UUID | None = None, scope: Scope | None = None) -> None:
    where = scope or tx.scope
    await tx.connection.execute(
        "insert into notes (school_id, district, id, body) values ($1, $2, $3, $4)",
        where.row_school_id,
        where.row_district,
        id_ or uuid4(),
        body,
    )


async def bodies(tx: Transaction) -> list[str]:
    return [row["body"] for row in await tx.connection.fetch("select body from notes order by body")]


def changed(text: str, version: int = 1) -> ReaderChanged:
    """A fact with a text of one's own in it, of a kind that the service follows."""
    return ReaderChanged(
        actor=TEACHER,
        version=version,
        reader_id=uuid4(),
        masked_name="王*明",
        masked_id_number="5001**********1234",
        fields=(text,),
    )


async def tell(tx: Transaction, *texts: str) -> None:
    """Append facts to the outbox. Their entity is one that params may not publish; see `tell_grades`."""
    await outbox.publish(tx, [(uuid4(), changed(text)) for text in texts])


async def note_down(tx: Transaction, events: Sequence[Event]) -> None:
    """A consumer's handler: one note an event; the text `poison` is more than it can take."""
    facts = [event.decode(ReaderChanged) for event in events]
    if any(fact.fields == ("poison",) for fact in facts):
        raise ValueError("王小明 500101201601011234 is poison")
    await tx.connection.execute(
        "insert into notes (school_id, district, id, body)"
        " select s, d, gen_random_uuid(), b from unnest($1::uuid[], $2::text[], $3::text[]) as n (s, d, b)",
        [event.school_id for event in events],
        [event.district for event in events],
        [fact.fields[0] for fact in facts],
    )


@asynccontextmanager
async def nats_admin(settings: Settings, secrets: Secrets) -> AsyncIterator[Client]:
    client = await connect(settings.nats_url, "admin", secrets.password("nats-admin"), "_INBOX_admin")
    try:
        yield client
    finally:
        await client.close()
