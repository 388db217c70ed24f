"""Issuing cards for approved readers, beside raw inserts of the same rows into the same tables without policies."""

import time
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import msgspec

from bench.city import City
from bench.report import Measurement, Report, median
from services.cards.issuing import issue_cards
from services.cards.rules import Application
from shared.consume import Consumer
from shared.contracts.card import CardIssued
from shared.database import Database, Transaction
from shared.envelope import Event
from shared.ids import new_id
from shared.tenancy import WORKER, Caller, system_actor
from shared.topology import SERVICES

_CARDS = 10_000
_BATCH = Consumer.batch_size
_ROUNDS = 3
_RAW = """
create schema bench_cards;
create table bench_cards.cards (like cards.cards including all);
create table bench_cards.card_numbers (like cards.card_numbers including all);
create table bench_cards.identity_claims (like cards.identity_claims including all);
create table bench_cards.outbox (like cards.outbox including all);
"""
_INSERT = """
with numbers as (insert into bench_cards.card_numbers select unnest($3::text[])),
    claims as (
        insert into bench_cards.identity_claims (id_digest, card_id) select * from unnest($6::bytea[], $4::uuid[])
    ),
    told as (
        insert into bench_cards.outbox (id, school_id, district, subject, headers, body)
        select * from unnest($5::uuid[], $1::uuid[], $2::text[], $8::text[], $9::json[], $10::bytea[])
    )
insert into bench_cards.cards (school_id, district, card_no, card_id, reader_id, id_digest, masked_name, class_version,
    reader_version, issued_at, updated_at)
select *, 0, 2, $11, $11
from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::bytea[], $7::text[])
"""
# As long as the body of a card that is issued.
_EVENT = b"x" * 500


async def measure(city: City, report: Report) -> None:
    report.step(f"issuing {_CARDS:,} cards")
    # What is issued here is told to nobody: the others' work on it would count as ours, and the floor's has none.
    for service in SERVICES:
        await city.processes.kill(service)
    database = await Database.open("cards", city.settings, city.secrets)
    raw = await asyncpg.connect(city.settings.database_url)
    ours: list[float] = []
    floor: list[float] = []
    try:
        await raw.execute(_RAW)
        caller = Caller(WORKER, system_actor("cards"))
        for _ in range(_ROUNDS):
            batches = [_applications(_BATCH) for _ in range(_CARDS // _BATCH)]
            told = [_told(batch) for batch in batches]
            started = time.perf_counter()
            for number, batch in enumerate(batches):
                await _insert(raw, batch, told[number], len(floor) * _CARDS + number * _BATCH)
            floor.append(_CARDS / (time.perf_counter() - started))
            started = time.perf_counter()
            for batch in batches:
                await database.run(caller, _issue, batch)
            ours.append(_CARDS / (time.perf_counter() - started))
        await raw.execute("drop schema bench_cards cascade")
    finally:
        await raw.close()
        await database.close()
    report.add(Measurement(name="cards issued", unit="cards/s", ours=median(ours), floor=median(floor), aim="≥ 0.5"))


async def _issue(tx: Transaction, batch: list[Application]) -> None:
    await issue_cards(tx, batch)


def _applications(count: int) -> list[Application]:
    school = uuid4()
    return [
        Application(
            school_id=school,
            district="500112",
            reader_id=uuid4(),
            version=2,
            id_digest=uuid4().bytes + uuid4().bytes,
            wanted_card_no=None,
            masked_name="王*明",
            class_id=None,
            batch_no="1" * 19,
            item_no=place,
        )
        for place in range(1, count + 1)
    ]


def _told(batch: list[Application]) -> tuple[list[str], list[str], list[bytes]]:
    """Subjects, headers and bodies of the events of so many cards, ready to be inserted."""
    events = [
        Event(
            new_id(),
            CardIssued.ce_type(),
            "cards",
            item.district,
            item.school_id,
            str(item.reader_id),
            datetime.now(UTC),
            None,
            _EVENT,
        )
        for item in batch
    ]
    headers = [msgspec.json.encode(event.headers()).decode() for event in events]
    return [event.subject for event in events], headers, [event.body for event in events]


async def _insert(
    raw: "asyncpg.Connection[asyncpg.Record]",
    batch: list[Application],
    told: tuple[list[str], list[str], list[bytes]],
    first: int,
) -> None:
    async with raw.transaction():
        await raw.execute(
            _INSERT,
            [item.school_id for item in batch],
            [item.district for item in batch],
            [f"{first + place:015}" for place in range(len(batch))],
            [UUID(int=item.reader_id.int ^ 1) for item in batch],
            [item.reader_id for item in batch],
            [item.id_digest for item in batch],
            [item.masked_name for item in batch],
            *told,
            datetime.now(UTC),
        )
