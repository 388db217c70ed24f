"""Undoing an import as a whole: readers it made go, readers it changed get their former values back.

Consents it recorded go with the readers it made; those of others are taken back like a wrong tick, unless they have
been withdrawn or replaced since.

Who has ever had a card stands in the way, a closed one, too: the reader stays with the consent it was issued upon, and
what was known before the card is no longer true of them.

One transaction: readers are locked step by step, in the order of their ids, and all of them are taken back, or none.
The facts carry the batch number but no item: the batch's own counts say what the import did.
"""

from collections.abc import Collection
from functools import partial
from typing import TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from services.readers import attesting, rules
from services.readers import importing_queries as stored
from services.readers.errors import (
    BatchNotConfirmed,
    BatchNotFound,
    ImportedApproved,
    ImportedChanged,
    ImportUnfinished,
    NothingToUndo,
)
from services.readers.importing import Former, former_purpose
from services.readers.previewing import fetch_import
from services.readers.queries import NewReader
from services.readers.schemas import Import
from services.readers.sealing import Sealer
from services.readers.service import new_row, person_of
from services.readers.slicing import in_slices
from shared import outbox, person_name, resident_id
from shared.contracts.batch import BatchUndone
from shared.contracts.fact import Fact
from shared.contracts.reader import ReaderChanged, ReaderDeleted
from shared.database import Transaction

_STEP = 1_000
"""Rows a statement takes: what is encoded for it holds the event loop for a few milliseconds."""

_BEFORE_ALL = UUID(int=0)

_Affected: TypeAlias = tuple[asyncpg.Record, Former | None]
"""A reader with what it was before; None: the import has made it."""

_decode_former = msgspec.msgpack.Decoder(Former).decode


class Undone(msgspec.Struct, frozen=True):
    """What becomes of one reader: deleted, or `restored` to what it was."""

    reader_id: UUID
    fact: Fact
    restored: NewReader | None = None
    reason: tuple[str | None, str | None] = (None, None)


async def undo_import(tx: Transaction, sealer: Sealer, batch_no: str) -> Import:
    """Undoing again changes nothing.

    Raises BatchNotFound, BatchNotConfirmed, ImportUnfinished, NothingToUndo, ImportedApproved, ImportedChanged.
    """
    header = await stored.lock_import(tx.connection, batch_no)
    if header is None:
        raise BatchNotFound
    if header["status"] != "running":
        raise BatchNotConfirmed
    if header["undone_at"] is None:
        await stored.take_turn(tx.connection)
        await _refuse_obstacles(tx, batch_no)
        await _undo(tx, sealer, batch_no)
    return await fetch_import(tx, sealer, batch_no)


async def _refuse_obstacles(tx: Transaction, batch_no: str) -> None:
    found = await stored.find_obstacles(tx.connection, batch_no)
    if found["unfinished"]:
        raise ImportUnfinished
    if found["nothing"]:
        raise NothingToUndo
    if found["approved"]:
        raise ImportedApproved
    if found["changed"]:
        raise ImportedChanged


async def _undo(tx: Transaction, sealer: Sealer, batch_no: str) -> None:
    deleted = restored = 0
    affected = await stored.lock_affected(tx.connection, batch_no, _BEFORE_ALL, _STEP)
    while affected:
        opened = await in_slices(partial(_open, sealer, batch_no), affected)
        recorded = {row["id"]: former.consent_id for row, former in opened if former and former.consent_id}
        in_force = await attesting.find_in_force(tx, recorded)
        undone = await in_slices(partial(_undo_one, tx, sealer, batch_no, in_force), opened)
        gone = [one.reader_id for one in undone if one.restored is None]
        back = [one for one in undone if one.restored is not None]
        await stored.delete_readers(tx.connection, gone)
        await stored.restore_readers(
            tx.connection, [one.restored for one in back if one.restored], [one.reason for one in back], tx.now
        )
        await attesting.take_back(tx, sealer, in_force, batch_no)
        await outbox.publish(tx, [(one.reader_id, one.fact) for one in undone])
        deleted, restored = deleted + len(gone), restored + len(back)
        affected = await stored.lock_affected(tx.connection, batch_no, affected[-1]["id"], _STEP)
    await stored.finish_undo(tx.connection, batch_no, tx.now)
    fact = BatchUndone(
        actor=tx.actor,
        version=4,
        batch_no=batch_no,
        kind="import",
        undone_at=tx.now,
        deleted=deleted,
        restored=restored,
    )
    await outbox.publish(tx, [(batch_no, fact)])


def _open(sealer: Sealer, batch_no: str, row: asyncpg.Record) -> _Affected:
    if row["former"] is None:
        return row, None
    return row, _decode_former(sealer.open_object(former_purpose(batch_no, row["item_no"]), row["former"]))


def _undo_one(
    tx: Transaction,
    sealer: Sealer,
    batch_no: str,
    in_force: Collection[UUID],
    affected: _Affected,
) -> Undone:
    """`in_force`: readers whose consent goes, too.

    Raises ImportedApproved, ImportedChanged for what has happened since the obstacles were looked for.
    """
    row, former = affected
    if row["status"] not in ("pending", "returned") or row["card_id"] is not None:
        raise ImportedApproved
    if row["changed"]:
        raise ImportedChanged
    person = person_of(row, sealer)
    if former is None:
        fact = ReaderDeleted(
            actor=tx.actor,
            version=row["version"] + 1,
            batch_no=batch_no,
            reader_id=row["id"],
            masked_name=person_name.mask(person.name),
            masked_id_number=resident_id.mask(person.id_number),
            previous_class_id=row["class_id"],
        )
        return Undone(row["id"], fact)
    fields = list(rules.changed_fields(person, former.person))
    if former.class_id != row["class_id"]:
        fields.append("class_id")
    if row["id"] in in_force:
        fields.append("consent")
    changed = ReaderChanged(
        actor=tx.actor,
        version=row["version"] + 1,
        batch_no=batch_no,
        reader_id=row["id"],
        masked_name=person_name.mask(former.person.name),
        masked_id_number=resident_id.mask(former.person.id_number),
        class_id=former.class_id,
        previous_class_id=row["class_id"],
        fields=tuple(fields),
    )
    reader = new_row(sealer, row["id"], former.person, former.class_id, former.wanted_card_no)
    reader = msgspec.structs.replace(reader, status=former.status, sealed=former.sealed)
    return Undone(row["id"], changed, reader, (former.reason_code, former.reason))
