"""Guardians' consent (appendix 1): its text, whether it is asked for, who signed, who took it back.

Consent is evidence: each keeps who signed, how, when and which text, and is withdrawn, never changed. A reader's own
`consent` (none, paper, phone, withdrawn) follows by a trigger in the same transaction, so that approval sees it.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from services.readers import consent_rules
from services.readers import consenting_queries as queries
from services.readers import queries as reader_queries
from services.readers.consenting_queries import NewConsent
from services.readers.consenting_schemas import (
    Consent,
    ConsentForm,
    ConsentForms,
    Consents,
    ConsentSetting,
    ConsentSettingChange,
    ConsentText,
    ConsentTextCreate,
    ConsentTexts,
    WithdrawConsent,
)
from services.readers.errors import (
    ClassNotFound,
    ConsentNotFound,
    ConsentTextInvalid,
    NoConsentInForce,
    ReaderInvalid,
    ReaderNotFound,
)
from services.readers.sealing import Sealer
from services.readers.service import masked
from services.readers.slicing import in_slices
from shared import outbox, resident_id
from shared.china import CHINA
from shared.contracts.consent import (
    ConsentRecorded,
    ConsentSettingChanged,
    ConsentTextPublished,
    ConsentWithdrawn,
    How,
)
from shared.database import Transaction
from shared.errors import FieldError
from shared.ids import new_id
from shared.tenancy import Actor

SUPERSEDED = "由新的授权书代替"


class Signed(msgspec.Struct, frozen=True, array_like=True):
    """What of a consent is kept encrypted: the name that was signed, the picture of the signature."""

    signer: str
    signature: bytes = b""


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """A signature to be recorded for a reader, a row of `lock_readers`."""

    id: UUID = msgspec.field(default_factory=new_id)
    reader: asyncpg.Record
    how: How
    relation: str
    signer: str
    signed_at: datetime
    text_version: int
    text_digest: bytes
    signature: bytes = b""
    receipt_digest: bytes | None = None


# --- texts and settings


async def list_texts(tx: Transaction) -> ConsentTexts:
    """A district's and the city's first; for the city, all districts'."""
    rows = await queries.fetch_texts(tx.connection, tx.scope.district)
    return ConsentTexts([text_of(row) for row in rows])


async def fetch_current_text(tx: Transaction) -> ConsentText:
    return text_of(await queries.fetch_current_text(tx.connection, tx.scope.row_district))


async def fetch_text_of_day(tx: Transaction, day: date) -> ConsentText:
    """What was the newest when the day ended in China."""
    day_after = datetime.combine(day + timedelta(days=1), time(), CHINA)
    return text_of(await queries.fetch_text_of_day(tx.connection, tx.scope.row_district, day_after))


async def publish_text(tx: Transaction, new: ConsentTextCreate) -> ConsentText:
    """From now on guardians of the district sign this. Raises ConsentTextInvalid."""
    title, body, errors = consent_rules.check_text(new.title, new.body)
    if errors:
        raise ConsentTextInvalid(errors=errors)
    district = tx.scope.row_district
    kept = False
    while not kept:
        current = await queries.fetch_current_text(tx.connection, district)
        version = current["version"] + 1
        kept = await queries.insert_text(tx.connection, district, version, title, body, tx.actor.name, tx.now)
    await outbox.publish(tx, [(f"{district}-{version}", ConsentTextPublished(actor=tx.actor, version=version))])
    return await fetch_current_text(tx)


async def fetch_setting(tx: Transaction) -> ConsentSetting:
    row = await queries.fetch_setting(tx.connection, tx.scope.row_district)
    return ConsentSetting(mode="warn") if row is None else ConsentSetting(**row)


async def change_setting(tx: Transaction, change: ConsentSettingChange) -> ConsentSetting:
    district = tx.scope.row_district
    version = await queries.save_setting(tx.connection, district, change.mode, tx.actor.name, tx.now)
    if version is not None:
        fact = ConsentSettingChanged(actor=tx.actor, version=version, mode=change.mode)
        await outbox.publish(tx, [(district, fact)])
    return await fetch_setting(tx)


# --- signing and withdrawing


async def record(
    tx: Transaction,
    sealer: Sealer,
    signings: Sequence[Signing],
    *,
    by: Actor | None = None,
    batch_no: str | None = None,
) -> None:
    """Keep consents of readers who have none in force, and tell. `by`: who said so, when a worker writes it."""
    actor = by or tx.actor
    new = await in_slices(partial(_new_consent, sealer), signings)
    versions = await queries.insert_consents(tx.connection, tx.scope, new, actor.name, tx.now)

    def tell(signing: Signing) -> tuple[UUID, ConsentRecorded]:
        return signing.id, ConsentRecorded(
            actor=actor,
            version=1,
            consent_version=versions[signing.id],
            batch_no=batch_no,
            how=signing.how,
            relation=signing.relation,
            text_version=signing.text_version,
            **who_of(sealer, signing.reader),
        )

    await outbox.publish(tx, await in_slices(tell, signings))


async def withdraw_consent(tx: Transaction, sealer: Sealer, reader_id: UUID, data: WithdrawConsent) -> None:
    """At the guardian's request, by the school; cards suspends the card from the fact.

    Raises ReaderInvalid for a blank reason, ReaderNotFound, NoConsentInForce.
    """
    reason = resident_id.hide(data.reason.strip())
    if not reason:
        raise ReaderInvalid(errors=[FieldError("reason_missing", "请填写撤回原因。", "reason")])
    if await reader_queries.fetch_reader(tx.connection, reader_id) is None:
        raise ReaderNotFound
    if not await withdraw_in_force(tx, sealer, [reader_id], reason, mistake=data.mistake):
        raise NoConsentInForce


async def withdraw_in_force(
    tx: Transaction,
    sealer: Sealer,
    reader_ids: Sequence[UUID],
    reason: str,
    *,
    mistake: bool,
    batch_no: str | None = None,
) -> int:
    """Withdraw what these readers have in force, and tell; returns how many consents that were."""
    readers = {row["id"]: row for row in await queries.lock_readers(tx.connection, reader_ids)}
    in_force = await queries.lock_in_force(tx.connection, reader_ids)
    ids = [row["id"] for row in in_force]
    await queries.withdraw(tx.connection, ids, tx.now, tx.actor.name, reason, mistake=mistake)
    standings = await queries.fetch_standings(tx.connection, reader_ids)

    def tell(row: asyncpg.Record) -> tuple[UUID, ConsentWithdrawn]:
        standing = standings[row["reader_id"]]
        return row["id"], ConsentWithdrawn(
            actor=tx.actor,
            version=2,
            consent_version=standing.version,
            batch_no=batch_no,
            reason=reason,
            mistake=mistake,
            earlier_withdrawal=mistake and standing.consent == "withdrawn",
            **who_of(sealer, readers[row["reader_id"]]),
        )

    await outbox.publish(tx, await in_slices(tell, in_force))
    return len(ids)


async def supersede(tx: Transaction, reader_ids: Sequence[UUID]) -> None:
    """What is in force makes way for what is recorded next, in the same transaction: nothing is told of it, the new
    consent's fact says all."""
    in_force = await queries.lock_in_force(tx.connection, reader_ids)
    ids = [row["id"] for row in in_force]
    await queries.withdraw(tx.connection, ids, tx.now, tx.actor.name, SUPERSEDED, superseded=True)


# --- reading


async def list_consents(tx: Transaction, sealer: Sealer, reader_id: UUID) -> Consents:
    """All a reader ever had, newest first. Raises ReaderNotFound."""
    if await reader_queries.fetch_reader(tx.connection, reader_id) is None:
        raise ReaderNotFound
    rows = await queries.fetch_consents(tx.connection, reader_id)
    return Consents([_consent(row, sealer) for row in rows])


async def fetch_signature(tx: Transaction, sealer: Sealer, reader_id: UUID, consent_id: UUID) -> bytes:
    """The PNG. Raises ConsentNotFound."""
    sealed = await queries.fetch_sealed(tx.connection, reader_id, consent_id)
    if sealed is None:
        raise ConsentNotFound
    return _open(sealer, consent_id, sealed).signature


async def fetch_forms(tx: Transaction, class_id: UUID) -> ConsentForms:
    """A class's forms, to print. Raises ClassNotFound."""
    if await reader_queries.find_class(tx.connection, class_id) is None:
        raise ClassNotFound
    rows = await queries.fetch_forms(tx.connection, class_id)
    school_name = await queries.fetch_school_name(tx.connection, tx.scope.row_school_id)
    forms = [ConsentForm(**row) for row in rows]
    return ConsentForms(school_name=school_name, text=await fetch_current_text(tx), forms=forms)


def text_of(row: asyncpg.Record) -> ConsentText:
    return ConsentText(**row, sha256=consent_rules.text_digest(row["title"], row["body"]).hex())


# --- pieces


def _new_consent(sealer: Sealer, signing: Signing) -> NewConsent:
    return NewConsent(
        id=signing.id,
        reader_id=signing.reader["id"],
        how=signing.how,
        relation=signing.relation,
        signed_at=signing.signed_at,
        text_version=signing.text_version,
        text_digest=signing.text_digest,
        signature_digest=hashlib.sha256(signing.signature).digest() if signing.signature else None,
        sealed=sealer.seal_object(_purpose(signing.id), Signed(signing.signer, signing.signature)),
        receipt_digest=signing.receipt_digest,
    )


def _consent(row: asyncpg.Record, sealer: Sealer) -> Consent:
    signature_digest = row["signature_digest"]
    return Consent(
        id=row["id"],
        reader_id=row["reader_id"],
        how=row["how"],
        relation=row["relation"],
        signer=_open(sealer, row["id"], row["sealed"]).signer,
        signed_at=row["signed_at"],
        text_version=row["text_version"],
        text_sha256=row["text_digest"].hex(),
        signature_sha256=None if signature_digest is None else signature_digest.hex(),
        recorded_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
        withdrawn_at=row["withdrawn_at"],
        withdrawn_by=row["withdrawn_by"],
        withdrawal_reason=row["withdrawal_reason"],
        mistake=row["mistake"],
    )


def _open(sealer: Sealer, consent_id: UUID, sealed: bytes) -> Signed:
    return msgspec.msgpack.decode(sealer.open_object(_purpose(consent_id), sealed), type=Signed)


def _purpose(consent_id: UUID) -> str:
    return f"consent-{consent_id}"


def who_of(sealer: Sealer, reader: asyncpg.Record) -> dict[str, Any]:
    """What facts about consent say of the reader."""
    who = masked(reader, sealer.open(reader["id"], reader["sealed"]))
    del who["class_id"]
    return who
