"""Use cases of single readers: create, check, change, delete, approve, return, reveal (appendix 3 §2.1)."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET

from services.readers import consent_rules, queries, rules
from services.readers.consenting_queries import fetch_consent_mode
from services.readers.errors import (
    NotApprovable,
    NotReturnable,
    ReaderBeingCarded,
    ReaderExists,
    ReaderHadCard,
    ReaderHasCard,
    ReaderInvalid,
    ReaderLocked,
    ReaderNotFound,
)
from services.readers.queries import NewReader
from services.readers.rules import Person
from services.readers.schemas import Approved, IdCheck, IdVerdict, Reader, ReaderChange, ReaderCreate, Revealed
from services.readers.sealing import Private, Sealer
from services.readers.searching import fetch_reader
from shared import outbox, person_name, resident_id
from shared.china import local_day
from shared.contracts.reader import (
    ApprovedReader,
    ReaderApproved,
    ReaderChanged,
    ReaderCreated,
    ReaderDeleted,
    ReaderReturned,
    ReaderRevealed,
    ReadersApproved,
)
from shared.database import Database, Transaction
from shared.errors import FieldError, Invalid, Stale
from shared.ids import new_id
from shared.tenancy import Caller, Scope

T = TypeVar("T")

_PATIENCE = 2.0
_POLL = 0.1
_TAKEN = (FieldError("reader_exists", "本校已有使用该身份证号的读者。", "id_number"),)


async def reveal_reader(tx: Transaction, sealer: Sealer, reader_id: UUID) -> Revealed:
    """The full numbers; the school's log says who looked, be it somebody of the district. Raises ReaderNotFound."""
    row = await queries.fetch_reader(tx.connection, reader_id)
    if row is None:
        raise ReaderNotFound
    private = sealer.open(reader_id, row["sealed"])
    fact = ReaderRevealed(actor=tx.actor, version=row["version"], **masked(row, private))
    await outbox.publish(tx, [(reader_id, fact)], Scope("school", row["district"], row["school_id"]))
    return Revealed(reader_id, private.id_number, private.phone, private.guardian_phone)


async def check_id_number(tx: Transaction, sealer: Sealer, asked: IdCheck) -> IdVerdict:
    """What a form says while it is filled in: is the number one, and does this school have its person already."""
    number = rules.clean_id_number(asked.id_number)
    errors = rules.id_errors(number, local_day(tx.now))
    if errors:
        return IdVerdict(exists=False, errors=errors)
    row = await queries.find_person(tx.connection, sealer.digest(number))
    born = resident_id.birth_date(number).isoformat()
    if row is None:
        return IdVerdict(exists=False, birth_date=born)
    return IdVerdict(exists=True, birth_date=born, reader_id=row["id"])


# --- changing


async def create_reader(tx: Transaction, sealer: Sealer, new: ReaderCreate) -> Reader:
    """Raises ReaderInvalid with every field at fault, ReaderExists."""
    entered = Person(new.id_number, new.name, new.phone, new.guardian_name, new.guardian_phone, new.home_district)
    person, errors = rules.check_person(entered, local_day(tx.now))
    card_no, card_errors = rules.check_card_no(new.card_no, tx.scope.row_district)
    errors += card_errors + await _class_errors(tx, new.class_id)
    if errors:
        raise ReaderInvalid(errors=errors)
    row = new_row(sealer, new_id(), person, new.class_id, card_no)
    if not await queries.insert_readers(tx.connection, tx.scope, [row], tx.now):
        raise ReaderExists(errors=_TAKEN)
    fact = ReaderCreated(
        actor=tx.actor,
        version=1,
        reader_id=row.id,
        masked_name=person_name.mask(person.name),
        masked_id_number=resident_id.mask(person.id_number),
        class_id=new.class_id,
    )
    await outbox.publish(tx, [(row.id, fact)])
    return await fetch_reader(tx, sealer, row.id)


async def change_reader(
    tx: Transaction, sealer: Sealer, reader_id: UUID, change: ReaderChange, version: int | None
) -> Reader:
    """Raises ReaderNotFound, Stale, ReaderBeingCarded, ReaderLocked, ReaderInvalid, ReaderExists."""
    row = await _lock(tx, reader_id, version if change.version is UNSET else change.version)
    before = person_of(row, sealer)
    wanted = {
        field: getattr(change, field) for field in Person.__struct_fields__ if getattr(change, field) is not UNSET
    }
    after, errors = rules.check_person(msgspec.structs.replace(before, **wanted), local_day(tx.now))
    card_no: str | None = row["wanted_card_no"]
    card_errors: list[FieldError] = []
    if change.card_no is not UNSET:
        card_no, card_errors = rules.check_card_no(change.card_no, tx.scope.row_district)
    class_id = row["class_id"] if change.class_id is UNSET else change.class_id
    fields = [*rules.changed_fields(before, after)]
    fields += ["class_id"] if class_id != row["class_id"] else []
    fields += ["card_no"] if card_no != row["wanted_card_no"] else []
    if row["status"] == "approved":
        raise ReaderBeingCarded
    if not rules.may_change(row["status"], fields):
        raise ReaderLocked
    errors += card_errors + (await _class_errors(tx, class_id) if "class_id" in fields else [])
    if errors:
        raise ReaderInvalid(errors=errors)
    if fields or row["status"] == "returned":
        status = "pending" if row["status"] == "returned" else row["status"]
        changed = msgspec.structs.replace(new_row(sealer, reader_id, after, class_id, card_no), status=status)
        try:
            await queries.update_readers(tx.connection, [changed], tx.now)
        except asyncpg.UniqueViolationError as exc:
            raise ReaderExists(errors=_TAKEN) from exc
        fact = ReaderChanged(
            actor=tx.actor,
            version=row["version"] + 1,
            reader_id=reader_id,
            masked_name=person_name.mask(after.name),
            masked_id_number=resident_id.mask(after.id_number),
            class_id=class_id,
            previous_class_id=row["class_id"],
            fields=tuple(fields),
        )
        await outbox.publish(tx, [(reader_id, fact)])
    return await fetch_reader(tx, sealer, reader_id)


async def delete_reader(tx: Transaction, sealer: Sealer, reader_id: UUID, version: int | None) -> None:
    """Raises ReaderNotFound, Stale, ReaderBeingCarded, ReaderHasCard, ReaderHadCard.

    A closed card keeps its reader: with them would go the consent that it was issued upon.
    """
    row = await _lock(tx, reader_id, version)
    if row["status"] == "approved":
        raise ReaderBeingCarded
    if row["status"] == "carded":
        raise ReaderHasCard
    if row["card_id"] is not None:
        raise ReaderHadCard
    await queries.delete_reader(tx.connection, reader_id)
    told = masked(row, sealer.open(reader_id, row["sealed"])) | {"class_id": None}
    fact = ReaderDeleted(actor=tx.actor, version=row["version"] + 1, previous_class_id=row["class_id"], **told)
    await outbox.publish(tx, [(reader_id, fact)])


async def approve_reader(tx: Transaction, sealer: Sealer, reader_id: UUID, version: int | None) -> Approved:
    """Pending → approved; cards issues the card from the fact.

    Raises ReaderNotFound, Stale, NotApprovable, ConsentMissing, ConsentWithdrawn.
    """
    row = await _lock(tx, reader_id, version)
    if row["status"] != "pending":
        raise NotApprovable
    refusal = consent_rules.objection(row["consent"], await fetch_consent_mode(tx.connection, tx.scope.row_district))
    if refusal is not None:
        raise refusal
    await queries.set_status(tx.connection, reader_id, "approved", None, None, tx.now)
    private = sealer.open(reader_id, row["sealed"])
    fact = ReaderApproved(
        actor=tx.actor,
        version=row["version"] + 1,
        id_digest=row["id_digest"].hex(),
        wanted_card_no=row["wanted_card_no"],
        **masked(row, private),
    )
    await outbox.publish(tx, [(reader_id, fact), (reader_id, together([fact]))])
    return Approved(reader_id, "approved", row["version"] + 1, without_consent=row["consent"] == "none")


async def return_reader(tx: Transaction, sealer: Sealer, reader_id: UUID, reason: str, version: int | None) -> Reader:
    """Pending → returned, with a reason for whoever entered it.

    Raises ReaderInvalid for a blank reason, ReaderNotFound, Stale, NotReturnable.
    """
    reason = resident_id.hide(reason)
    if not reason:
        raise ReaderInvalid(errors=[FieldError("reason_missing", "请填写退回原因。", "reason")])
    row = await _lock(tx, reader_id, version)
    if row["status"] != "pending":
        raise NotReturnable
    await queries.set_status(tx.connection, reader_id, "returned", "returned_by_operator", reason, tx.now)
    fact = ReaderReturned(
        actor=tx.actor,
        version=row["version"] + 1,
        reason=reason,
        **masked(row, sealer.open(reader_id, row["sealed"])),
    )
    await outbox.publish(tx, [(reader_id, fact)])
    return await fetch_reader(tx, sealer, reader_id)


# --- pieces


def together(approvals: Sequence[ReaderApproved]) -> ReadersApproved:
    """These approvals of one school and batch, at least one, as cards takes them."""
    readers = tuple(
        ApprovedReader(
            reader_id=fact.reader_id,
            version=fact.version,
            masked_name=fact.masked_name,
            id_digest=fact.id_digest,
            class_id=fact.class_id,
            wanted_card_no=fact.wanted_card_no,
            item_no=fact.item_no,
        )
        for fact in approvals
    )
    return ReadersApproved(actor=approvals[0].actor, version=1, batch_no=approvals[0].batch_no, readers=readers)


def new_row(
    sealer: Sealer, reader_id: UUID, person: Person, class_id: UUID | None, wanted_card_no: str | None
) -> NewReader:
    return NewReader(
        id=reader_id,
        class_id=class_id,
        name=person.name,
        guardian_name=person.guardian_name,
        home_district=person.home_district,
        sealed=sealer.seal(reader_id, Private(person.id_number, person.phone, person.guardian_phone)),
        id_digest=sealer.digest(person.id_number),
        id_tail=sealer.tail(person.id_number),
        wanted_card_no=wanted_card_no,
    )


def person_of(row: asyncpg.Record, sealer: Sealer) -> Person:
    private = sealer.open(row["id"], row["sealed"])
    return Person(
        private.id_number,
        row["name"],
        private.phone,
        row["guardian_name"],
        private.guardian_phone,
        row["home_district"],
    )


async def once_known(
    database: Database, caller: Caller, class_ids: Collection[UUID], run: Callable[[], Awaitable[T]]
) -> T:
    """Run; when it complains of a `class_unknown`, wait a moment for the classes to become known and run once more.

    A class just created in params arrives by event some milliseconds later; whoever uses it at once need not notice.
    """
    try:
        return await run()
    except Invalid as exc:
        is_unknown = any(error.code == "class_unknown" for error in exc.errors)
        if not is_unknown or not await _become_known(database, caller, class_ids):
            raise
    return await run()


async def _become_known(database: Database, caller: Caller, class_ids: Collection[UUID]) -> bool:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _PATIENCE
    while loop.time() < deadline:
        if await database.run(caller, _are_known, class_ids):
            return True
        await asyncio.sleep(_POLL)
    return False


async def _are_known(tx: Transaction, class_ids: Collection[UUID]) -> bool:
    return await queries.count_classes(tx.connection, class_ids) == len(set(class_ids))


async def _class_errors(tx: Transaction, class_id: UUID | None) -> list[FieldError]:
    if class_id is None:
        return []
    row = await queries.find_class(tx.connection, class_id)
    if row is None:
        return [FieldError("class_unknown", "没有这个班级，请重新选择。", "class_id")]
    if row["disabled"]:
        return [FieldError("class_disabled", "该班级或年级已禁用，请选择其他班级。", "class_id")]
    return []


async def _lock(tx: Transaction, reader_id: UUID, version: int | None) -> asyncpg.Record:
    row = await queries.lock_reader(tx.connection, reader_id)
    if row is None:
        raise ReaderNotFound
    if version is not None and version != row["version"]:
        raise Stale
    return row


def masked(row: asyncpg.Record, private: Private) -> dict[str, Any]:
    """What facts say of a reader."""
    return {
        "reader_id": row["id"],
        "masked_name": person_name.mask(row["name"]),
        "masked_id_number": resident_id.mask(private.id_number),
        "class_id": row["class_id"],
    }
