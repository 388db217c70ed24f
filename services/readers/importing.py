"""Carrying out imports (appendix 3 §2.1.2): confirm, then chunks of about 1,000 rows.

Protocol. Confirming a draft writes its chunks and puts them on WORK in the same transaction. A chunk is one
transaction: it locks its own row in `import_chunks`, takes the school's turn, locks the readers it is about in one
order, decides every row again from what is there now, writes readers and events set-based, and flips `done`. A chunk
that comes twice finds itself done; one that was killed has done nothing.

The preview was somebody's decision about what they saw. A reader that has become different since is left alone and the
row fails (`changed_meanwhile`), unless the row would change nothing. Two files with the same pupil make one reader:
whichever chunk is second finds the first one's.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from services.readers import attesting, queries, rules
from services.readers import importing_queries as stored
from services.readers.chunking import cut
from services.readers.errors import BatchNotDraft, BatchNotFound
from services.readers.importing_queries import Effect
from services.readers.planning import CONSENT_WITHDRAWN, StoredRow, open_row
from services.readers.previewing import fetch_import
from services.readers.queries import NewReader
from services.readers.schemas import Import
from services.readers.sealing import Sealer
from services.readers.service import new_row, person_of
from services.readers.slicing import in_slices
from shared import outbox, person_name, resident_id
from shared.contracts.batch import BatchConfirmed, BatchItemFailed, BatchItemsImported, BatchItemUnchanged, DoneItem
from shared.contracts.fact import Fact
from shared.contracts.reader import ReaderChanged, ReaderCreated
from shared.database import Transaction
from shared.ids import new_id
from shared.tenancy import Actor

CHUNK = 1_000
WORK = "importing"

FAILURES = {
    "changed_meanwhile": "该读者在预览之后已被他人新建或修改，为免覆盖没有导入，请核对后重新上传。",
    "deleted_meanwhile": "该读者在预览之后已被删除，没有导入，请核对后重新上传。",
    "class_closed": "所在班级在预览之后已被禁用或删除，没有导入，请核对后重新上传。",
    "consent_withdrawn": CONSENT_WITHDRAWN,
}
"""Why an accepted row could not be carried out: code → the sentence for whoever imported."""

_LONGEST_DETAIL = 500


class ImportChunk(msgspec.Struct, frozen=True):
    """Items `first` to `last` of an import; `actor` confirmed it."""

    batch_no: str
    first: int
    last: int
    actor: Actor


class Former(msgspec.Struct, frozen=True):
    """A reader before an import, sealed in `import_effects` for undoing it.

    `sealed` comes back as it was, so that an earlier import finds its own mark again. `consent_id` is the consent that
    the import recorded, if it did.
    """

    person: rules.Person
    sealed: bytes
    class_id: UUID | None
    wanted_card_no: str | None
    status: str
    reason_code: str | None
    reason: str | None
    consent_id: UUID | None = None


class Writing(msgspec.Struct):
    """What a chunk is going to write. `signed`: reader → the id of the consent on paper to be recorded."""

    created: list[NewReader] = msgspec.field(default_factory=list)
    changed: list[NewReader] = msgspec.field(default_factory=list)
    effects: list[Effect] = msgspec.field(default_factory=list)
    signed: dict[UUID, UUID] = msgspec.field(default_factory=dict)
    failed: list[tuple[int, str]] = msgspec.field(default_factory=list)
    facts: list[tuple[UUID | str, Fact]] = msgspec.field(default_factory=list)


class Accepted(msgspec.Struct, frozen=True):
    """A row to carry out, opened; `new` is ready to be inserted if the preview called it new."""

    item_no: int
    row: str
    digest: bytes
    class_id: UUID | None
    reader_id: UUID | None
    reader_version: int | None
    kept: StoredRow
    new: NewReader | None


async def confirm_import(tx: Transaction, sealer: Sealer, batch_no: str) -> Import:
    """Begin; confirming again changes nothing. Raises BatchNotFound, BatchNotDraft (for a cancelled one)."""
    row = await stored.lock_import(tx.connection, batch_no)
    if row is None:
        raise BatchNotFound
    if row["status"] == "cancelled":
        raise BatchNotDraft
    if row["status"] == "draft":
        await stored.confirm_import(tx.connection, batch_no, tx.now)
        fact = BatchConfirmed(
            actor=tx.actor,
            version=2,
            batch_no=batch_no,
            kind="import",
            total=row["total"],
            opened_at=row["opened_at"],
            opened_by=row["opened_by"],
            filename=row["filename"],
        )
        await outbox.publish(tx, [(batch_no, fact)])
        parts = cut(row["total"], CHUNK)
        await stored.insert_chunks(tx.connection, tx.scope, batch_no, parts)
        await outbox.enqueue(tx, WORK, [ImportChunk(batch_no, first, last, tx.actor) for first, last in parts])
    return await fetch_import(tx, sealer, batch_no)


def chunk_handler(sealer: Sealer) -> Callable[[Transaction, ImportChunk], Awaitable[None]]:
    """What the worker runs."""

    async def handle(tx: Transaction, chunk: ImportChunk) -> None:
        await carry_out(tx, sealer, chunk)

    return handle


async def carry_out(tx: Transaction, sealer: Sealer, chunk: ImportChunk) -> None:
    """One chunk, once."""
    if await stored.lock_chunk(tx.connection, chunk.batch_no, chunk.first) is None:
        return
    rows = await stored.fetch_chunk_rows(tx.connection, chunk.batch_no, chunk.first, chunk.last)
    writing = Writing()
    # Opening and sealing come before the school's turn, so that chunks side by side overlap.
    opened = await in_slices(lambda row: _open(sealer, chunk, row, writing), rows)
    accepted = [row for row in opened if row is not None]
    await stored.take_turn(tx.connection)
    class_ids = {row.class_id for row in accepted if row.class_id is not None}
    chunker = Chunker(sealer, chunk, await stored.fetch_closed_classes(tx.connection, list(class_ids)), writing)
    while accepted:
        known = await stored.fetch_existing(tx.connection, [row.digest for row in accepted], lock=True)
        await in_slices(partial(chunker.decide, known), accepted)
        # Those entered by hand between the lock and the insert are decided again, as what they are now.
        late = await _insert(tx, writing)
        accepted = [row for row in accepted if row.digest in late]
    if writing.changed:
        await queries.update_readers(tx.connection, writing.changed, tx.now)
    if writing.effects:
        await stored.insert_effects(tx.connection, tx.scope, chunk.batch_no, writing.effects)
    if writing.failed:
        await stored.mark_failed(tx.connection, chunk.batch_no, writing.failed)
    await stored.finish_chunk(tx.connection, chunk.batch_no, chunk.first)
    await outbox.publish(tx, [*writing.facts, *_imported(chunk, writing.effects)])
    if writing.signed:
        await attesting.record_signed(tx, sealer, writing.signed, chunk.actor, chunk.batch_no)


class Chunker:
    """Decides the rows of one chunk against the readers as they are, and notes what to write."""

    def __init__(
        self,
        sealer: Sealer,
        chunk: ImportChunk,
        closed: set[UUID],
        writing: Writing,
    ) -> None:
        self._sealer = sealer
        self._chunk = chunk
        self._closed = closed
        self._writing = writing

    def decide(self, readers: Mapping[bytes, asyncpg.Record], row: Accepted) -> None:
        """`readers`: those there are, by digest, locked."""
        known = readers.get(row.digest)
        if known is None:
            self._create(row)
            return
        before = person_of(known, self._sealer)
        after = rules.merge(before, row.kept.person())
        fields = list(rules.changed_fields(before, after))
        if row.class_id is not None and row.class_id != known["class_id"]:
            fields.append("class_id")
        if row.kept.is_signed and known["consent"] == "none":
            fields.append("consent")
        if row.kept.is_signed and known["consent"] == "withdrawn":
            self._fail(row, "consent_withdrawn", known["id"])
        elif not fields:
            fact = BatchItemUnchanged(**_mark(self._chunk, row.item_no, 1), row=row.row, reader_id=known["id"])
            self._writing.facts.append((self._chunk.batch_no, fact))
        elif (known["id"], known["version"]) != (row.reader_id, row.reader_version):
            self._fail(row, "changed_meanwhile", known["id"])
        elif "class_id" in fields and row.class_id in self._closed:
            self._fail(row, "class_closed", known["id"])
        else:
            self._change(row, known, before, after, fields)

    def _create(self, row: Accepted) -> None:
        if row.new is None:
            self._fail(row, "deleted_meanwhile")
        elif row.class_id in self._closed:
            self._fail(row, "class_closed")
        else:
            self._writing.created.append(row.new)
            if row.kept.is_signed:
                self._writing.signed[row.new.id] = new_id()
            self._writing.effects.append(_effect(row.item_no, row.new, None))
            fact = ReaderCreated(
                **_mark(self._chunk, row.item_no, 1), **_masked(row.new.id, row.kept.person()), class_id=row.class_id
            )
            self._writing.facts.append((row.new.id, fact))

    def _change(
        self, row: Accepted, known: asyncpg.Record, before: rules.Person, after: rules.Person, fields: Sequence[str]
    ) -> None:
        # The version is the preview's, so is the status: the preview has found that it may change.
        class_id = row.class_id or known["class_id"]
        # A form that was handed in corrects nothing of what a reader was returned for.
        is_corrected = known["status"] == "returned" and [*fields] != ["consent"]
        status = "pending" if is_corrected else known["status"]
        consent_id = new_id() if "consent" in fields else None
        if consent_id is not None:
            self._writing.signed[known["id"]] = consent_id
        changed = new_row(self._sealer, known["id"], after, class_id, known["wanted_card_no"])
        changed = msgspec.structs.replace(changed, status=status)
        former = Former(
            before,
            known["sealed"],
            known["class_id"],
            known["wanted_card_no"],
            known["status"],
            known["reason_code"],
            known["reason"],
            consent_id,
        )
        sealed = self._sealer.seal_object(former_purpose(self._chunk.batch_no, row.item_no), former)
        self._writing.changed.append(changed)
        self._writing.effects.append(_effect(row.item_no, changed, sealed))
        fact = ReaderChanged(
            **_mark(self._chunk, row.item_no, known["version"] + 1),
            **_masked(known["id"], after),
            class_id=class_id,
            previous_class_id=known["class_id"],
            fields=tuple(fields),
        )
        self._writing.facts.append((known["id"], fact))

    def _fail(self, row: Accepted, code: str, reader_id: UUID | None = None) -> None:
        self._writing.failed.append((row.item_no, code))
        fact = BatchItemFailed(
            **_mark(self._chunk, row.item_no, 1), row=row.row, reader_id=reader_id, code=code, detail=FAILURES[code]
        )
        self._writing.facts.append((self._chunk.batch_no, fact))


def former_purpose(batch_no: str, item_no: int) -> str:
    return f"import-former{batch_no}/{item_no}"


def _open(sealer: Sealer, chunk: ImportChunk, row: asyncpg.Record, writing: Writing) -> Accepted | None:
    """None for a rejected row, whose failure is noted at once."""
    kept = open_row(sealer, chunk.batch_no, row["item_no"], row["sealed"])
    if row["outcome"] == "rejected":
        fact = BatchItemFailed(
            **_mark(chunk, row["item_no"], 1),
            row=row["row"],
            code=kept.errors[0].code,
            detail="".join(error.detail for error in kept.errors)[:_LONGEST_DETAIL],
        )
        writing.facts.append((chunk.batch_no, fact))
        return None
    is_new = row["outcome"] == "new"
    return Accepted(
        item_no=row["item_no"],
        row=row["row"],
        digest=row["id_digest"],
        class_id=row["class_id"],
        reader_id=row["reader_id"],
        reader_version=row["reader_version"],
        kept=kept,
        new=new_row(sealer, new_id(), kept.person(), row["class_id"], None) if is_new else None,
    )


async def _insert(tx: Transaction, writing: Writing) -> set[bytes]:
    """Insert in one order; returns the digests that were taken, whose notes are dropped."""
    if not writing.created:
        return set()
    in_order = sorted(writing.created, key=lambda reader: reader.id_digest)
    writing.created = []
    inserted = await queries.insert_readers(tx.connection, tx.scope, in_order, tx.now)
    late = [reader for reader in in_order if reader.id not in inserted]
    gone = {reader.id for reader in late}
    if gone:
        writing.effects = [effect for effect in writing.effects if effect.reader_id not in gone]
        writing.facts = [(subject, fact) for subject, fact in writing.facts if subject not in gone]
        writing.signed = {reader: consent for reader, consent in writing.signed.items() if reader not in gone}
    return {reader.id_digest for reader in late}


def _imported(chunk: ImportChunk, effects: Sequence[Effect]) -> list[tuple[str, Fact]]:
    if not effects:
        return []
    items = tuple(DoneItem(effect.item_no, effect.reader_id) for effect in effects)
    fact = BatchItemsImported(actor=chunk.actor, version=1, batch_no=chunk.batch_no, kind="import", items=items)
    return [(chunk.batch_no, fact)]


def _effect(item_no: int, reader: NewReader, former: bytes | None) -> Effect:
    return Effect(item_no, reader.id, reader.class_id, hashlib.sha256(reader.sealed).digest(), former)


def _mark(chunk: ImportChunk, item_no: int, version: int) -> dict[str, Any]:
    return {"actor": chunk.actor, "version": version, "batch_no": chunk.batch_no, "item_no": item_no}


def _masked(reader_id: UUID, person: rules.Person) -> dict[str, Any]:
    return {
        "reader_id": reader_id,
        "masked_name": person_name.mask(person.name),
        "masked_id_number": resident_id.mask(person.id_number),
    }
