"""Typed wrappers of `importing.sql`."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import asyncpg
import msgspec

from services.readers.queries import NewReader
from shared.database import Connection
from shared.sql import beside
from shared.tenancy import Scope

SQL = beside(__file__, "importing.sql")
T = TypeVar("T")


class PlannedRow(msgspec.Struct, frozen=True, gc=False):
    """A row of a preview as it is stored."""

    item_no: int
    row: str
    outcome: str
    id_digest: bytes | None
    class_id: UUID | None
    class_key: str | None
    reader_id: UUID | None
    reader_version: int | None
    sealed: bytes


class NewImport(msgspec.Struct, frozen=True, kw_only=True):
    batch_no: str
    filename: str
    format: str
    file: bytes
    skipped: bytes
    total: int
    new: int
    changed: int
    unchanged: int
    rejected: int


async def insert_import(connection: Connection, scope: Scope, new: NewImport, opened_by: str, now: datetime) -> None:
    await connection.execute(
        SQL["insert_import"],
        scope.school_id,
        scope.district,
        new.batch_no,
        new.filename,
        new.format,
        new.file,
        new.total,
        new.new,
        new.changed,
        new.unchanged,
        new.rejected,
        new.skipped,
        opened_by,
        now,
    )


async def insert_rows(connection: Connection, scope: Scope, batch_no: str, rows: Sequence[PlannedRow]) -> None:
    """`rows` are consecutive items."""
    await connection.execute(
        SQL["insert_rows"],
        scope.school_id,
        scope.district,
        batch_no,
        rows[0].item_no,
        [row.row for row in rows],
        [row.outcome for row in rows],
        _sparse([row.id_digest for row in rows]),
        _sparse([row.class_id for row in rows]),
        _sparse([row.class_key for row in rows]),
        _sparse([row.reader_id for row in rows]),
        _sparse([row.reader_version for row in rows]),
        [row.sealed for row in rows],
    )


async def update_rows(connection: Connection, batch_no: str, rows: Sequence[PlannedRow]) -> None:
    await connection.execute(
        SQL["update_rows"],
        batch_no,
        [row.item_no for row in rows],
        [row.outcome for row in rows],
        [row.id_digest for row in rows],
        [row.class_id for row in rows],
        [row.class_key for row in rows],
        [row.reader_id for row in rows],
        [row.reader_version for row in rows],
        [row.sealed for row in rows],
        min(row.item_no for row in rows),
        max(row.item_no for row in rows),
    )


async def recount_import(connection: Connection, batch_no: str) -> None:
    await connection.execute(SQL["recount_import"], batch_no)


async def fetch_existing(
    connection: Connection, digests: Sequence[bytes], *, lock: bool = False
) -> dict[bytes, asyncpg.Record]:
    """The school's readers among these persons, by digest."""
    rows = await connection.fetch(SQL["lock_existing" if lock else "fetch_existing"], digests)
    return {row["id_digest"]: row for row in rows}


async def fetch_aliases(connection: Connection) -> dict[str, UUID]:
    return {row["alias"]: row["class_id"] for row in await connection.fetch(SQL["fetch_aliases"])}


async def remember_aliases(connection: Connection, scope: Scope, aliases: dict[str, UUID]) -> None:
    await connection.execute(
        SQL["remember_aliases"], scope.school_id, scope.district, list(aliases), list(aliases.values())
    )


async def fetch_import(connection: Connection, batch_no: str) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["fetch_import"], batch_no)


async def lock_import(connection: Connection, batch_no: str) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["lock_import"], batch_no)


async def fetch_file(connection: Connection, batch_no: str) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["fetch_file"], batch_no)


async def confirm_import(connection: Connection, batch_no: str, now: datetime) -> None:
    await connection.execute(SQL["confirm_import"], batch_no, now)


async def cancel_import(connection: Connection, batch_no: str, now: datetime) -> None:
    await connection.execute(SQL["cancel_import"], batch_no, now)
    await connection.execute(SQL["delete_rows"], batch_no)


async def fetch_skipped(connection: Connection, batch_no: str) -> bytes | None:
    sealed: bytes | None = await connection.fetchval(SQL["fetch_skipped"], batch_no)
    return sealed


async def fetch_rows(
    connection: Connection, batch_no: str, outcome: str | None, limit: int, offset: int
) -> tuple[list[asyncpg.Record], int]:
    rows = await connection.fetch(SQL["fetch_rows"], batch_no, outcome, limit, offset)
    return rows, await connection.fetchval(SQL["count_rows"], batch_no, outcome)


async def fetch_rows_asking(connection: Connection, batch_no: str, class_keys: Sequence[str]) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["fetch_rows_asking"], batch_no, class_keys)


async def fetch_questions(connection: Connection, batch_no: str) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["fetch_questions"], batch_no)


async def fetch_rejected(connection: Connection, batch_no: str) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["fetch_rejected"], batch_no)


async def insert_chunks(connection: Connection, scope: Scope, batch_no: str, chunks: Sequence[tuple[int, int]]) -> None:
    """Each chunk as (first, last) item."""
    await connection.execute(
        SQL["insert_chunks"],
        scope.school_id,
        scope.district,
        batch_no,
        [first for first, _ in chunks],
        [last for _, last in chunks],
    )


async def lock_chunk(connection: Connection, batch_no: str, first: int) -> asyncpg.Record | None:
    """None when the chunk is done, or nobody's."""
    return await connection.fetchrow(SQL["lock_chunk"], batch_no, first)


async def finish_chunk(connection: Connection, batch_no: str, first: int) -> None:
    await connection.execute(SQL["finish_chunk"], batch_no, first)


async def fetch_chunk_rows(connection: Connection, batch_no: str, first: int, last: int) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["fetch_chunk_rows"], batch_no, first, last)


async def take_turn(connection: Connection) -> None:
    """One import of a school writes at a time; given back with the transaction."""
    await connection.execute(SQL["take_turn"])


async def fetch_closed_classes(connection: Connection, class_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the classes that cannot be chosen any more."""
    return {row["class_id"] for row in await connection.fetch(SQL["fetch_closed_classes"], class_ids)}


async def mark_failed(connection: Connection, batch_no: str, failed: Sequence[tuple[int, str]]) -> None:
    """Each as (item, code); at least one."""
    items = [item_no for item_no, _ in failed]
    await connection.execute(SQL["mark_failed"], batch_no, items, [code for _, code in failed], min(items), max(items))


class Effect(msgspec.Struct, frozen=True, gc=False):
    """What an item did to a reader: see `import_effects`."""

    item_no: int
    reader_id: UUID
    class_id: UUID | None
    mark: bytes
    former: bytes | None


async def insert_effects(connection: Connection, scope: Scope, batch_no: str, effects: Sequence[Effect]) -> None:
    await connection.execute(
        SQL["insert_effects"],
        scope.school_id,
        scope.district,
        batch_no,
        [effect.item_no for effect in effects],
        [effect.reader_id for effect in effects],
        [effect.class_id for effect in effects],
        [effect.mark for effect in effects],
        [effect.former for effect in effects],
    )


async def find_obstacles(connection: Connection, batch_no: str) -> asyncpg.Record:
    """What keeps an import from being undone: `unfinished`, `nothing`, `approved`, `changed`."""
    row = await connection.fetchrow(SQL["find_obstacles"], batch_no)
    assert row is not None  # an aggregate
    return row


async def lock_affected(connection: Connection, batch_no: str, after: UUID, limit: int) -> list[asyncpg.Record]:
    """The readers an import has made or changed, as far as there still are, with what they were before; by id."""
    return await connection.fetch(SQL["lock_affected"], batch_no, after, limit)


async def delete_readers(connection: Connection, reader_ids: Sequence[UUID]) -> None:
    await connection.execute(SQL["delete_readers"], reader_ids)


async def restore_readers(
    connection: Connection,
    readers: Sequence[NewReader],
    reasons: Sequence[tuple[str | None, str | None]],
    now: datetime,
) -> None:
    """`reasons`: code and sentence of each reader, for those who had been returned."""
    await connection.execute(
        SQL["restore_readers"],
        now,
        [reader.id for reader in readers],
        [reader.class_id for reader in readers],
        [reader.name for reader in readers],
        [reader.guardian_name for reader in readers],
        [reader.home_district for reader in readers],
        [reader.sealed for reader in readers],
        [reader.id_digest for reader in readers],
        [reader.id_tail for reader in readers],
        [reader.wanted_card_no for reader in readers],
        [reader.status for reader in readers],
        [code for code, _ in reasons],
        [reason for _, reason in reasons],
    )


async def finish_undo(connection: Connection, batch_no: str, now: datetime) -> None:
    await connection.execute(SQL["finish_undo"], batch_no, now)


async def expire_drafts(connection: Connection, before: datetime) -> list[asyncpg.Record]:
    """Up to 100 previews nobody has confirmed, cancelled now."""
    return await connection.fetch(SQL["expire_drafts"], before)


async def erase_imports(connection: Connection, before: datetime, now: datetime) -> int:
    """How many imports' files and rows are gone now; 20 at most."""
    status: str = await connection.execute(SQL["erase_imports"], before, now)
    return int(status.split()[-1])


async def erase_effects(connection: Connection, before: datetime, now: datetime) -> int:
    """Forget what imports confirmed before then have done; returns of how many imports, 20 at most."""
    status: str = await connection.execute(SQL["erase_effects"], before, now)
    return int(status.split()[-1])


def _sparse(column: list[T | None]) -> list[T | None]:
    """Nothing instead of nulls alone, which cost the driver more than values do."""
    return [] if column.count(None) == len(column) else column
