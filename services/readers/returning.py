"""The returned workbook: a teacher's own file reduced to the rows that were not imported, each with why."""

import asyncio
from collections.abc import Mapping
from pathlib import PurePath
from typing import cast

import asyncpg
import msgspec

from services.readers import importing_queries as stored
from services.readers.errors import BatchNotFound, NothingRejected
from services.readers.importing import FAILURES
from services.readers.planning import open_row
from services.readers.scratch import scratch
from services.readers.sealing import Sealer
from services.readers.slicing import in_slices
from shared.database import Database, Transaction
from shared.tenancy import Caller
from shared.workbook.returned import write_returned
from shared.workbook.roster import Field, RowCode, RowError


class Returned(msgspec.Struct, frozen=True):
    filename: str
    content: bytes


class _Kept(msgspec.Struct, frozen=True):
    """What is left of an import: the file as uploaded, and why which row is out."""

    filename: str
    content: bytes
    reasons: Mapping[str, tuple[RowError, ...]]


async def make_returned(database: Database, caller: Caller, sealer: Sealer, batch_no: str) -> Returned:
    """Raises BatchNotFound, NothingRejected (also when the file has been erased)."""
    kept = await database.run(caller, _fetch, sealer, batch_no)
    with scratch() as folder:
        source, target = folder / "uploaded", folder / "returned.xlsx"
        await asyncio.to_thread(source.write_bytes, kept.content)
        await write_returned(source, target, kept.reasons, filename=kept.filename)
        return Returned(f"未导入-{PurePath(kept.filename).stem}.xlsx", await asyncio.to_thread(target.read_bytes))


async def _fetch(tx: Transaction, sealer: Sealer, batch_no: str) -> _Kept:
    file = await stored.fetch_file(tx.connection, batch_no)
    if file is None:
        raise BatchNotFound
    rows = await stored.fetch_rejected(tx.connection, batch_no)
    if file["file"] is None or not rows:
        raise NothingRejected

    def reasons(row: asyncpg.Record) -> tuple[str, tuple[RowError, ...]]:
        if row["failed"] is not None:
            return row["row"], (_error("id_number", row["failed"], FAILURES[row["failed"]]),)
        errors = open_row(sealer, batch_no, row["item_no"], row["sealed"]).errors
        return row["row"], tuple(_error(error.field, error.code, error.detail) for error in errors)

    return _Kept(file["filename"], sealer.open_file(batch_no, file["file"]), dict(await in_slices(reasons, rows)))


def _error(field: str, code: str, detail: str) -> RowError:
    # The school's own reasons (reader_locked, …) are not among a file's codes; only the sentence is written.
    return RowError(cast(Field, field), cast(RowCode, code), detail)
