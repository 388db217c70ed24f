"""QR registration, the school's side: make readers of what guardians sent.

One that meets a reader of the school (the same ID number) is shown beside it, field by field, and the teacher chooses.
Merging creates or changes the reader and records the consent with its signature, in one transaction; approval then
goes its usual way.

What has been merged can be corrected until it is approved, the ID number too. The reader who was made of it then takes
the new number; one who was there before is somebody else, and the consent recorded for that one is taken back. So a
receipt never has two readers.
"""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
from msgspec import UNSET

from services.readers import comparing, consenting, consenting_queries, searching, sent, service
from services.readers import queries as reader_queries
from services.readers import registering_queries as queries
from services.readers.consenting import Signing
from services.readers.errors import (
    RegistrationDecided,
    RegistrationInvalid,
    RegistrationMeetsAnother,
    SignedBeforeWithdrawal,
)
from services.readers.registering_schemas import Merge, MergedMany
from services.readers.rules import Person
from services.readers.schemas import Reader, ReaderChange
from services.readers.sealing import Sealer
from services.readers.sent import Sent
from shared import outbox
from shared.contracts.consent import RegistrationMerged
from shared.contracts.reader import ReaderCreated
from shared.database import Transaction
from shared.errors import FieldError, Stale
from shared.ids import new_id

MOVED = "家长更正了身份证号，授权书改登记给另一名读者"


async def merge(tx: Transaction, sealer: Sealer, registration_id: UUID, choice: Merge) -> Reader:
    """The reader it became.

    Raises RegistrationNotFound, RegistrationDecided, Stale, RegistrationInvalid, RegistrationMeetsAnother,
    SignedBeforeWithdrawal, and what changing a reader raises (ReaderLocked, ReaderBeingCarded).
    """
    (row,) = await comparing.lock(tx, [registration_id])
    if row["status"] != "submitted":
        raise RegistrationDecided
    reader_id = comparing.met_by(row)
    if reader_id != choice.meets or choice.version not in (UNSET, row["version"]):
        raise Stale
    read = sent.unseal(sealer, row["id"], row["sealed"])
    class_id = row["class_id"] if choice.class_id is UNSET else choice.class_id
    if reader_id is None:
        await _refuse_class(tx, class_id)
        made = await _create(tx, sealer, [(row, read, class_id)])
        if row["id"] not in made:
            raise Stale
        reader_id = made[row["id"]]
    else:
        await _change(tx, sealer, row, read, reader_id, choice)
    return await searching.fetch_reader(tx, sealer, reader_id)


async def merge_many(tx: Transaction, sealer: Sealer, ids: Sequence[UUID]) -> MergedMany:
    """Those who meet nobody become readers, all at once; the others are named.

    Raises RegistrationNotFound when one is not the school's.
    """
    rows = await comparing.lock(tx, list(dict.fromkeys(ids)))
    known = {row["class_id"] for row in await reader_queries.fetch_classes(tx.connection) if not row["disabled"]}
    fresh: dict[bytes, asyncpg.Record] = {}
    for row in rows:
        # Sent twice by two people: the first becomes the reader, the other then meets it.
        if row["status"] == "submitted" and comparing.met_by(row) is None:
            fresh.setdefault(row["id_digest"], row)
    new = [
        (row, sent.unseal(sealer, row["id"], row["sealed"]), row["class_id"] if row["class_id"] in known else None)
        for row in fresh.values()
    ]
    merged = await _create(tx, sealer, new)
    return MergedMany(len(merged), [comparing.left(sealer, row) for row in rows if row["id"] not in merged])


# --- pieces


async def _change(
    tx: Transaction, sealer: Sealer, row: asyncpg.Record, read: Sent, reader_id: UUID, choice: Merge
) -> None:
    """The reader who was there takes over what was chosen; who was made of this registration its ID number, too."""
    if row["existing_id"] not in (None, reader_id):
        raise RegistrationMeetsAnother
    change = ReaderChange()
    taken: list[str] = list(choice.take)
    if row["existing_id"] is None:
        change.id_number = read.person.id_number
        taken.append("id_number")
    class_id = row["class_id"] if choice.class_id is UNSET else choice.class_id
    for field in choice.take:
        setattr(change, field, class_id if field == "class_id" else getattr(read.person, field))
    if choice.class_id is not UNSET:
        change.class_id = class_id
    await service.change_reader(tx, sealer, reader_id, change, None)
    found = await reader_queries.find_person(tx.connection, row["id_digest"])
    if found is None or found["id"] != reader_id:
        # Given another ID number between looking and locking: the signature is for somebody else.
        raise Stale
    is_own = row["made_reader"] and row["own_id"] == reader_id
    await _settle(tx, sealer, [(row, read, reader_id)], tuple(taken), is_new=False, made=is_own)


async def _refuse_class(tx: Transaction, class_id: UUID | None) -> None:
    if class_id is None:
        return
    row = await reader_queries.find_class(tx.connection, class_id)
    if row is None or row["disabled"]:
        raise RegistrationInvalid(
            errors=[FieldError("class_unknown", "没有这个班级或已禁用，请重新选择。", "class_id")]
        )


async def _create(
    tx: Transaction, sealer: Sealer, new: Sequence[tuple[asyncpg.Record, Sent, UUID | None]]
) -> dict[UUID, UUID]:
    """Registration → the reader it became; one whose person came to be a reader in this moment is left out."""
    rows = {row["id"]: service.new_row(sealer, new_id(), read.person, class_id, None) for row, read, class_id in new}
    made = await reader_queries.insert_readers(tx.connection, tx.scope, list(rows.values()), tx.now)
    kept = [(row, read, rows[row["id"]].id) for row, read, _ in new if rows[row["id"]].id in made]
    await outbox.publish(
        tx,
        [
            (
                reader_id,
                ReaderCreated(
                    actor=tx.actor,
                    version=1,
                    reader_id=reader_id,
                    class_id=rows[row["id"]].class_id,
                    **sent.masked(read),
                ),
            )
            for row, read, reader_id in kept
        ],
    )
    await _settle(tx, sealer, kept, Person.__struct_fields__, is_new=True, made=True)
    return {row["id"]: reader_id for row, _, reader_id in kept}


async def _settle(
    tx: Transaction,
    sealer: Sealer,
    merged: Sequence[tuple[asyncpg.Record, Sent, UUID]],
    taken: tuple[str, ...],
    *,
    is_new: bool,
    made: bool,
) -> None:
    """Record the consents, in place of any that are in force, and mark the registrations.

    `made`: these readers are there because of these registrations. Raises SignedBeforeWithdrawal.
    """
    others = await queries.fetch_signed_for_others(
        tx.connection, [row["receipt_digest"] for row, _, _ in merged], [reader_id for _, _, reader_id in merged]
    )
    await consenting.withdraw_in_force(tx, sealer, others, MOVED, mistake=True)
    locked = await consenting_queries.lock_readers(tx.connection, [reader_id for _, _, reader_id in merged])
    readers = {reader["id"]: reader for reader in locked}
    withdrawn = await consenting_queries.fetch_withdrawal_moments(tx.connection, list(readers))
    if any(reader_id in withdrawn and row["signed_at"] <= withdrawn[reader_id] for row, _, reader_id in merged):
        raise SignedBeforeWithdrawal
    await consenting.supersede(tx, list(readers))
    await consenting.record(
        tx,
        sealer,
        [
            Signing(
                reader=readers[reader_id],
                how="phone",
                relation=read.relation,
                signer=read.person.guardian_name,
                signed_at=row["signed_at"],
                text_version=row["text_version"],
                text_digest=row["text_digest"],
                signature=read.signature,
                receipt_digest=row["receipt_digest"],
            )
            for row, read, reader_id in merged
        ],
    )
    await queries.merge_registrations(
        tx.connection,
        [row["id"] for row, _, _ in merged],
        [reader_id for _, _, reader_id in merged],
        tx.now,
        tx.actor.name,
        made,
    )
    await outbox.publish(
        tx,
        [
            (
                row["id"],
                RegistrationMerged(
                    actor=tx.actor,
                    version=row["version"] + 1,
                    registration_id=row["id"],
                    link_id=row["link_id"],
                    class_id=readers[reader_id]["class_id"],
                    reader_id=reader_id,
                    is_new=is_new,
                    taken=taken,
                    **sent.masked(read),
                ),
            )
            for row, read, reader_id in merged
        ],
    )
