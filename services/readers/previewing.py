"""Previews of imports: what a workbook would do, held under its batch number until it is confirmed or cancelled.

The file is parsed in a process of its own; its rows are planned as they come and stored in one transaction: a preview
is there whole or not at all. What only the school can tell about its classes is asked once and remembered.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from services.readers import importing_queries as stored
from services.readers import queries
from services.readers.batch_number import new_batch_no
from services.readers.errors import AnswerUnknown, BatchNotDraft, BatchNotFound
from services.readers.holding_rows import STEP, RowHolder, fetch_classes, fetch_existing
from services.readers.importing_queries import NewImport
from services.readers.planning import (
    NumberedRow,
    Planner,
    StoredRow,
    class_key,
    number_row,
    open_row,
    split_class_key,
)
from services.readers.schemas import (
    ClassAnswer,
    ClassQuestion,
    Import,
    ImportCounts,
    ImportRow,
    ImportStatus,
    RowOutcome,
    SkippedRow,
)
from services.readers.scratch import scratch
from services.readers.sealing import Sealer
from services.readers.slicing import in_groups, in_slices
from shared import outbox, phone, resident_id
from shared.china import local_day
from shared.contracts.batch import BatchCancelled, BatchOpened
from shared.database import Database, Transaction
from shared.errors import FieldError
from shared.pagination import Page, offset
from shared.school_class import is_telling
from shared.tenancy import Caller
from shared.workbook.reading import RosterStream, open_roster
from shared.workbook.roster import Limits, ReadingRules

_PATIENCE = 2.0
_POLL = 0.1
"""Seconds."""

_decode_skipped = msgspec.msgpack.Decoder(list[SkippedRow]).decode


class Upload(msgspec.Struct, frozen=True):
    """A file that is being read, as the teacher called it."""

    filename: str
    content: bytes
    roster: RosterStream


@asynccontextmanager
async def read(content: bytes, filename: str, now: datetime, most_bytes: int) -> AsyncIterator[Upload]:
    """Read an uploaded roster. Raises WorkbookRefused, here or while its rows are taken.

    The file is on disk, readable by this user alone, while another process parses it.
    """
    limits = Limits(file_bytes=most_bytes)
    with scratch() as folder:
        path = folder / "roster"
        await asyncio.to_thread(path.write_bytes, content)
        async with open_roster(path, filename, ReadingRules(today=local_day(now), limits=limits)) as roster:
            yield Upload(filename, content, roster)


async def open_preview(tx: Transaction, sealer: Sealer, upload: Upload) -> Import:
    """Hold every row against the school's classes and readers and store that as a draft; no reader changes.

    Raises WorkbookRefused.
    """
    batch_no, roster = new_batch_no(tx.now), upload.roster
    async with RowHolder(tx, sealer, batch_no, await fetch_classes(tx)) as holder:
        async for rows in roster.steps():
            await holder.take(rows)
        counts = await holder.finish()
    skipped = [SkippedRow(row.row, row.kind, row.text) for row in roster.skipped]
    new = NewImport(
        batch_no=batch_no,
        filename=upload.filename,
        format=roster.format,
        file=sealer.seal_file(batch_no, upload.content),
        skipped=sealer.seal_object(_skipped_purpose(batch_no), skipped),
        total=counts.total(),
        new=counts["new"],
        changed=counts["changed"],
        unchanged=counts["unchanged"],
        rejected=counts["rejected"],
    )
    await stored.insert_import(tx.connection, tx.scope, new, tx.actor.name, tx.now)
    fact = BatchOpened(
        actor=tx.actor,
        version=1,
        batch_no=new.batch_no,
        kind="import",
        total=new.total,
        opened_at=tx.now,
        filename=new.filename,
    )
    await outbox.publish(tx, [(new.batch_no, fact)])
    return await fetch_import(tx, sealer, new.batch_no)


async def fetch_import(tx: Transaction, sealer: Sealer, batch_no: str) -> Import:
    """Questions and skipped rows are for the school's own users, while it is a draft. Raises BatchNotFound."""
    row = await stored.fetch_import(tx.connection, batch_no)
    if row is None:
        raise BatchNotFound
    is_own = tx.scope.kind == "school"
    status: ImportStatus = row["status"] if row["undone_at"] is None else "undone"
    is_open = is_own and status == "draft"
    return Import(
        batch_no=batch_no,
        status=status,
        filename=row["filename"],
        format=row["format"],
        total=row["total"],
        counts=ImportCounts(row["new"], row["changed"], row["unchanged"], row["rejected"]),
        questions=await _questions(tx, batch_no) if is_open else [],
        skipped=await _skipped(tx, sealer, batch_no) if is_open else [],
        opened_by=row["opened_by"],
        opened_at=row["opened_at"],
        undoable=is_own and status == "running" and await _is_undoable(tx, batch_no),
        undone_at=row["undone_at"],
    )


async def list_rows(
    tx: Transaction, sealer: Sealer, batch_no: str, outcome: RowOutcome | None, page: int, page_size: int
) -> Page[ImportRow]:
    """Values in full while it is a draft, masked once it is confirmed, nothing once it is erased.

    Raises BatchNotFound.
    """
    header = await stored.fetch_import(tx.connection, batch_no)
    if header is None:
        raise BatchNotFound
    rows, total = await stored.fetch_rows(tx.connection, batch_no, outcome, page_size, offset(page, page_size))
    is_draft = header["status"] == "draft"

    def show(row: asyncpg.Record) -> ImportRow:
        return _row_of(row, open_row(sealer, batch_no, row["item_no"], row["sealed"]), is_draft)

    return Page(await in_slices(show, rows), total)


async def answer_classes(tx: Transaction, sealer: Sealer, batch_no: str, answers: Sequence[ClassAnswer]) -> Import:
    """Read these wordings as these classes, and plan the rows asking anew.

    In the school's later imports too, where a wording tells of itself which class it means: 1班 is asked again.
    Raises BatchNotFound, BatchNotDraft, AnswerUnknown.
    """
    await _lock_draft(tx, batch_no)
    aliases = {
        class_key(answer.text, answer.grade_text, is_rounded): answer.class_id
        for answer in answers
        for is_rounded in (False, True)
    }
    await _check_classes(tx, answers)
    asked = {row["class_key"] for row in await stored.fetch_questions(tx.connection, batch_no)}
    await stored.remember_aliases(tx.connection, tx.scope, _lasting(aliases, asked))
    asking = await stored.fetch_rows_asking(tx.connection, batch_no, list(aliases))

    def number(row: asyncpg.Record) -> NumberedRow:
        kept = open_row(sealer, batch_no, row["item_no"], row["sealed"])
        return number_row(sealer, row["item_no"], row["row"], kept)

    classes = await fetch_classes(tx, aliases)
    for start in range(0, len(asking), STEP):
        step = await in_slices(number, asking[start : start + STEP])
        planner = Planner(sealer, batch_no, classes, await fetch_existing(tx, step))
        await stored.update_rows(tx.connection, batch_no, await in_groups(planner.plan, step))
    await stored.recount_import(tx.connection, batch_no)
    return await fetch_import(tx, sealer, batch_no)


async def await_classes(database: Database, caller: Caller, class_ids: Collection[UUID]) -> None:
    """Give classes made a moment ago, which arrive here by event, a moment to become known."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _PATIENCE
    while not await database.run(caller, _are_known, class_ids) and loop.time() < deadline:
        await asyncio.sleep(_POLL)


async def cancel_import(tx: Transaction, batch_no: str) -> None:
    """Erase a draft. One that is cancelled already stays so. Raises BatchNotFound, BatchNotDraft."""
    row = await stored.lock_import(tx.connection, batch_no)
    if row is None:
        raise BatchNotFound
    if row["status"] == "cancelled":
        return
    if row["status"] != "draft":
        raise BatchNotDraft
    await stored.cancel_import(tx.connection, batch_no, tx.now)
    fact = BatchCancelled(actor=tx.actor, version=2, batch_no=batch_no, kind="import")
    await outbox.publish(tx, [(batch_no, fact)])


# --- pieces


async def _lock_draft(tx: Transaction, batch_no: str) -> asyncpg.Record:
    row = await stored.lock_import(tx.connection, batch_no)
    if row is None:
        raise BatchNotFound
    if row["status"] != "draft":
        raise BatchNotDraft
    return row


async def _is_undoable(tx: Transaction, batch_no: str) -> bool:
    return not any((await stored.find_obstacles(tx.connection, batch_no)).values())


async def _questions(tx: Transaction, batch_no: str) -> list[ClassQuestion]:
    asked = await stored.fetch_questions(tx.connection, batch_no)
    if not asked:
        return []
    classes = await fetch_classes(tx)

    def ask(row: asyncpg.Record) -> ClassQuestion:
        text, grade_text, is_rounded = split_class_key(row["class_key"])
        candidates = classes.candidates(text, grade_text, is_rounded)
        return ClassQuestion(text, grade_text, row["rows"], candidates)

    return _once(await in_slices(ask, asked))


def _lasting(aliases: Mapping[str, UUID], asked: Collection[str]) -> dict[str, UUID]:
    """What may be remembered; a number's answer says nothing of the same text, which was not asked for."""
    lasting = {}
    for key, class_id in aliases.items():
        text, grade_text, is_rounded = split_class_key(key)
        was_number = key not in asked and class_key(text, grade_text, True) in asked
        if not is_rounded and not was_number and is_telling(text, grade_text):
            lasting[key] = class_id
    return lasting


def _once(questions: Sequence[ClassQuestion]) -> list[ClassQuestion]:
    """A text and a number that looks the same are one question, as one answer is for both."""
    found: dict[tuple[str, str], ClassQuestion] = {}
    for question in questions:
        same = found.get((question.text, question.grade_text))
        if same is not None:
            candidates = list(dict.fromkeys([*same.candidates, *question.candidates]))
            question = ClassQuestion(question.text, question.grade_text, same.rows + question.rows, candidates)
        found[question.text, question.grade_text] = question
    return list(found.values())


async def _skipped(tx: Transaction, sealer: Sealer, batch_no: str) -> list[SkippedRow]:
    sealed = await stored.fetch_skipped(tx.connection, batch_no)
    return [] if sealed is None else _decode_skipped(sealer.open_object(_skipped_purpose(batch_no), sealed))


async def _are_known(tx: Transaction, class_ids: Collection[UUID]) -> bool:
    return {row["class_id"] for row in await queries.fetch_classes(tx.connection)}.issuperset(class_ids)


async def _check_classes(tx: Transaction, answers: Sequence[ClassAnswer]) -> None:
    usable = {row["class_id"] for row in await queries.fetch_classes(tx.connection) if not row["disabled"]}
    unknown = [answer for answer in answers if answer.class_id not in usable]
    if unknown:
        detail = "没有这个班级，或该班级、年级已禁用，请重新选择。"
        raise AnswerUnknown(errors=[FieldError("class_unknown", detail, "class_id") for _ in unknown])


def _row_of(row: asyncpg.Record, kept: StoredRow, is_draft: bool) -> ImportRow:
    values: dict[str, str] = msgspec.to_builtins(kept.values)
    return ImportRow(
        row=row["row"],
        item_no=row["item_no"],
        outcome=row["outcome"],
        values=values if is_draft else _masked(values),
        # What was typed, and what a reader was like before, is as private as the values.
        changes=[*kept.changes] if is_draft else [],
        errors=[*kept.errors],
        warnings=[*kept.warnings],
        reader_id=row["reader_id"],
    )


def _masked(values: Mapping[str, str]) -> dict[str, str]:
    return {
        **values,
        "id_number": resident_id.mask(values["id_number"]),
        "phone": phone.mask(values["phone"]),
        "guardian_phone": phone.mask(values["guardian_phone"]),
    }


def _skipped_purpose(batch_no: str) -> str:
    return f"import-skipped{batch_no}"
