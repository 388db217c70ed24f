"""Approving many readers: a draft with its number and count, confirmed or cancelled, then carried out in chunks.

Confirming writes the chunks and appends them to the outbox. Each runs in one transaction: it locks itself and its
readers, makes the pending ones approved, tells what became of every item and flips `done`. A chunk that comes again
finds itself done. An item has succeeded when cards reports the card; here it is only sent on its way, or skipped.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET

from services.readers import approving_queries as queries
from services.readers import consent_rules
from services.readers.batch_number import new_batch_no
from services.readers.chunking import cut
from services.readers.consenting_queries import fetch_consent_mode
from services.readers.errors import (
    BatchNotDraft,
    BatchNotFound,
    ChoiceUnclear,
    ConsentMissing,
    ConsentWithdrawn,
    NothingToApprove,
    ReaderNotFound,
)
from services.readers.schemas import Approval, ApprovalRequest, ReaderFilter
from services.readers.sealing import Sealer
from services.readers.searching import find
from services.readers.service import masked, together
from services.readers.slicing import in_slices
from shared import outbox
from shared.contracts.batch import BatchCancelled, BatchConfirmed, BatchItemFailed, BatchItemSkipped, BatchOpened
from shared.contracts.fact import Fact
from shared.contracts.reader import ReaderApproved
from shared.database import Transaction
from shared.envelope import Event, event_of
from shared.tenancy import Actor

WORK_KIND = "approving"
CHUNK = 1000

_DRAFT_LIVES = timedelta(days=1)
# Longer than a chunk can lie on the WORK stream and come again.
_ITEMS_LIVE = timedelta(days=8)

_SKIPPED: Final = {
    "approved": ("already_approved", "该读者已审核，正在办证。"),
    "carded": ("already_carded", "该读者已办证。"),
    "returned": ("reader_returned", "该读者已退回，修改后才能审核。"),
    None: ("reader_deleted", "该读者已被删除。"),
}


class ApprovalChunk(msgspec.Struct, frozen=True):
    """Items `first` to `last` of a batch; `actor` confirmed it."""

    batch_no: str
    first: int
    last: int
    actor: Actor


async def open_approval(tx: Transaction, sealer: Sealer, request: ApprovalRequest) -> Approval:
    """Raises ChoiceUnclear, ReaderNotFound (an id that is not one of the school's), NothingToApprove."""
    if (request.reader_ids is UNSET) == (request.filter is UNSET):
        raise ChoiceUnclear
    if request.reader_ids is not UNSET:
        readers = await _chosen(tx, request.reader_ids)
    else:
        readers = await _matching(tx, sealer, request.filter if request.filter is not UNSET else ReaderFilter())
    batch_no = new_batch_no(tx.now)
    lacking = sum(reader["status"] == "pending" and reader["consent"] in ("none", "withdrawn") for reader in readers)
    await queries.insert_approval(tx.connection, tx.scope, batch_no, readers, lacking, tx.actor.name, tx.now)
    fact = BatchOpened(
        actor=tx.actor, version=1, batch_no=batch_no, kind="approval", total=len(readers), opened_at=tx.now
    )
    await outbox.publish(tx, [(batch_no, fact)])
    mode = await fetch_consent_mode(tx.connection, tx.scope.row_district)
    return Approval(batch_no, "draft", len(readers), tx.actor.name, tx.now, lacking, mode)


async def fetch_approval(tx: Transaction, batch_no: str) -> Approval:
    """Raises BatchNotFound."""
    row = await queries.fetch_approval(tx.connection, batch_no)
    if row is None:
        raise BatchNotFound
    return await _approval(tx, row)


async def confirm_approval(tx: Transaction, batch_no: str) -> Approval:
    """Draft → running. Raises BatchNotFound, BatchNotDraft."""
    row = await _lock_draft(tx, batch_no)
    await queries.confirm_approval(tx.connection, batch_no, tx.now)
    fact = BatchConfirmed(
        actor=tx.actor,
        version=2,
        batch_no=batch_no,
        kind="approval",
        total=row["total"],
        opened_at=row["opened_at"],
        opened_by=row["opened_by"],
    )
    await outbox.publish(tx, [(batch_no, fact)])
    parts = cut(row["total"], CHUNK)
    await queries.insert_chunks(tx.connection, tx.scope, batch_no, parts)
    await outbox.enqueue(tx, WORK_KIND, [ApprovalChunk(batch_no, first, last, tx.actor) for first, last in parts])
    return msgspec.structs.replace(await _approval(tx, row), status="running")


async def cancel_approval(tx: Transaction, batch_no: str) -> None:
    """Draft → cancelled. Raises BatchNotFound, BatchNotDraft."""
    await _lock_draft(tx, batch_no)
    await queries.cancel_approval(tx.connection, batch_no)
    fact = BatchCancelled(actor=tx.actor, version=2, batch_no=batch_no, kind="approval")
    await outbox.publish(tx, [(batch_no, fact)])


def chunk_handler(sealer: Sealer) -> Callable[[Transaction, ApprovalChunk], Awaitable[None]]:
    """What the worker runs for each chunk, under the school's scope."""

    async def approve(tx: Transaction, chunk: ApprovalChunk) -> None:
        await approve_chunk(tx, sealer, chunk)

    return approve


async def approve_chunk(tx: Transaction, sealer: Sealer, chunk: ApprovalChunk) -> None:
    if await queries.lock_chunk(tx.connection, chunk.batch_no, chunk.first) is None:
        return
    items = await queries.fetch_items(tx.connection, chunk.batch_no, chunk.first, chunk.last)
    readers = await queries.lock_readers(tx.connection, [item["reader_id"] for item in items])
    mode = await fetch_consent_mode(tx.connection, tx.scope.row_district)
    pending = {reader_id: reader for reader_id, reader in readers.items() if reader["status"] == "pending"}
    refusals = {reader_id: consent_rules.objection(reader["consent"], mode) for reader_id, reader in pending.items()}
    approved = [reader_id for reader_id in pending if refusals[reader_id] is None]

    def tell(item: asyncpg.Record) -> tuple[UUID | str, Fact]:
        refusal = refusals.get(item["reader_id"])
        if refusal is not None:
            return _refusal(chunk, item, refusal())
        return _fact(chunk, item, readers.get(item["reader_id"]), sealer)

    told = await in_slices(tell, items)
    approvals = [fact for _, fact in told if isinstance(fact, ReaderApproved)]
    await outbox.publish(tx, [*told, *([(chunk.batch_no, together(approvals))] if approvals else [])])
    await queries.finish_chunk(tx.connection, chunk.batch_no, chunk.first)
    # Last of all: it locks the school's counts, for which other chunks and arriving cards wait.
    await queries.approve_readers(tx.connection, approved, tx.now)


async def expire_drafts(tx: Transaction) -> int:
    """Cancel drafts, of all schools, that were not confirmed within a day; returns how many."""
    expired = await queries.expire_drafts(tx.connection, tx.now - _DRAFT_LIVES)
    await outbox.append(tx, [_expired(tx, row) for row in expired])
    return len(expired)


async def erase_items(tx: Transaction) -> int:
    """Erase what batches carried out no longer need; returns of how many."""
    return await queries.erase_items(tx.connection, tx.now - _ITEMS_LIVE)


async def _chosen(tx: Transaction, wanted: Sequence[UUID]) -> list[asyncpg.Record]:
    """Those who are not pending stay in: the batch says of each why it was skipped."""
    distinct = list(dict.fromkeys(wanted))
    rows = await queries.fetch_chosen(tx.connection, distinct)
    if len(rows) < len(distinct):
        raise ReaderNotFound
    if all(row["status"] != "pending" for row in rows):
        raise NothingToApprove
    return rows


async def _matching(tx: Transaction, sealer: Sealer, search: ReaderFilter) -> list[asyncpg.Record]:
    if search.status not in (None, "pending"):
        raise NothingToApprove
    found = await find(tx, sealer, msgspec.structs.replace(search, status="pending"))
    readers = [] if found is None else await queries.fetch_matching(tx.connection, found)
    if not readers:
        raise NothingToApprove
    return readers


async def _approval(tx: Transaction, row: asyncpg.Record) -> Approval:
    """The setting is the one that holds now: it decides when the work is done, not when the draft was made."""
    kept = dict(row)
    mode = await fetch_consent_mode(tx.connection, kept.pop("district"))
    return Approval(**kept, consent_mode=mode)


async def _lock_draft(tx: Transaction, batch_no: str) -> asyncpg.Record:
    row = await queries.lock_approval(tx.connection, batch_no)
    if row is None:
        raise BatchNotFound
    if row["status"] != "draft":
        raise BatchNotDraft
    return row


def _refusal(
    chunk: ApprovalChunk, item: asyncpg.Record, refusal: ConsentMissing | ConsentWithdrawn
) -> tuple[UUID | str, Fact]:
    return chunk.batch_no, BatchItemFailed(
        actor=chunk.actor,
        version=2,
        batch_no=chunk.batch_no,
        item_no=item["item_no"],
        reader_id=item["reader_id"],
        code=refusal.code,
        detail=refusal.title,
    )


def _fact(
    chunk: ApprovalChunk, item: asyncpg.Record, reader: asyncpg.Record | None, sealer: Sealer
) -> tuple[UUID | str, Fact]:
    if reader is not None and reader["status"] == "pending":
        return reader["id"], ReaderApproved(
            actor=chunk.actor,
            version=reader["version"] + 1,
            batch_no=chunk.batch_no,
            item_no=item["item_no"],
            id_digest=reader["id_digest"].hex(),
            wanted_card_no=reader["wanted_card_no"],
            **masked(reader, sealer.open(reader["id"], reader["sealed"])),
        )
    code, detail = _SKIPPED[None if reader is None else reader["status"]]
    return chunk.batch_no, BatchItemSkipped(
        actor=chunk.actor,
        version=2,
        batch_no=chunk.batch_no,
        item_no=item["item_no"],
        reader_id=item["reader_id"],
        code=code,
        detail=detail,
    )


def _expired(tx: Transaction, row: asyncpg.Record) -> Event:
    return event_of(
        BatchCancelled(actor=tx.actor, version=2, batch_no=row["batch_no"], kind="approval", reason="expired"),
        source=tx.service,
        subject_id=row["batch_no"],
        time=tx.now,
        district=row["district"],
        school_id=row["school_id"],
    )
