"""The floor: the least that has to be done for the rows of a workbook, with raw parts and nothing around them.

Parse with calamine, check every value, COPY the rows into a plain table, publish an event for each, pipelined, and
wait for all acknowledgements. No tenant, no encryption, no outbox, no log, no progress.
"""

import asyncio
import time
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import msgspec
from nats.aio.msg import Msg
from nats.js.api import StorageType, StreamConfig
from python_calamine import CalamineWorkbook

from bench.city import City
from shared import district, person_name, phone, resident_id
from shared.broker import connect

_PIPELINE = 1000
_STREAM = "BENCH"


class RowWrong(Exception):
    """A row of the benchmark's own workbook is not right."""


class Floor(msgspec.Struct, frozen=True):
    """Seconds."""

    parse: float
    validate: float
    copy: float
    publish: float

    @property
    def total(self) -> float:
        return self.parse + self.validate + self.copy + self.publish


def parse(path: Path) -> list[list[str]]:
    """The rows below the header, as calamine gives them."""
    sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    return [[str(cell) for cell in row] for row in sheet.to_python()[1:]]


def validate(rows: list[list[str]]) -> None:
    """Raises RowWrong."""
    today = date.today()  # noqa: DTZ011 - no row is near its limit
    for id_number, name, number, guardian, guardian_number, _, home in rows:
        wrong = (
            resident_id.check(id_number, today)
            or not person_name.check(name)
            or not phone.check(number)
            or not person_name.check(guardian)
            or not phone.check(guardian_number)
            or district.resolve(home, today) is None
        )
        if wrong:
            raise RowWrong(RowWrong.__doc__)


async def measure(city: City, path: Path) -> Floor:
    started = time.perf_counter()
    rows = await asyncio.to_thread(parse, path)
    parsed = time.perf_counter()
    await asyncio.to_thread(validate, rows)
    validated = time.perf_counter()
    await _copy(city, rows)
    copied = time.perf_counter()
    publish = await _publish(city, rows)
    return Floor(parsed - started, validated - parsed, copied - validated, publish)


async def _copy(city: City, rows: list[list[str]]) -> None:
    connection = await asyncpg.connect(city.settings.database_url)
    try:
        await connection.execute(
            "create schema if not exists bench; create table if not exists bench.readers (school_id uuid, id uuid,"
            " id_number text, name text, phone text, guardian_name text, guardian_phone text, class text,"
            " home_district text, primary key (school_id, id), unique (school_id, id_number))"
        )
        school = uuid4()
        records = [(school, uuid4(), *row) for row in rows]
        await connection.copy_records_to_table("readers", schema_name="bench", records=records)
    finally:
        await connection.close()


async def _publish(city: City, rows: list[list[str]]) -> float:
    client = await connect(city.settings.nats_url, "admin", city.secrets.password("nats-admin"), "_INBOX_admin")
    try:
        await client.jetstream().add_stream(StreamConfig(name=_STREAM, subjects=["bench.>"], storage=StorageType.FILE))
        acknowledged = 0
        done = asyncio.Event()
        expected = 0

        async def count(_: Msg) -> None:
            nonlocal acknowledged
            acknowledged += 1
            if acknowledged >= expected:
                done.set()

        inbox = client.new_inbox()
        await client.subscribe(inbox, cb=count)
        started = time.perf_counter()
        for start in range(0, len(rows), _PIPELINE):
            part = rows[start : start + _PIPELINE]
            expected += len(part)
            done.clear()
            for row in part:
                body = msgspec.json.encode(_fact(row))
                await client.publish("bench.reader.created", body, reply=inbox, headers={"Nats-Msg-Id": str(uuid4())})
            await asyncio.wait_for(done.wait(), 60)
        seconds = time.perf_counter() - started
        await client.jetstream().delete_stream(_STREAM)
        return seconds
    finally:
        await client.close()


def _fact(row: list[str]) -> dict[str, object]:
    """As large as our own event of a row."""
    masked = {"masked_name": person_name.mask(row[1]), "masked_id_number": resident_id.mask(row[0])}
    actor = {"id": UUID(int=0), "name": "teacher-a", "kind": "user"}
    marks = {"reader_id": uuid4(), "class_id": uuid4(), "batch_no": "1" * 19, "item_no": 1, "version": 1}
    return {"actor": actor, **masked, **marks}
