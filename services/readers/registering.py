"""QR registration, the guardian's side (appendix 4): look behind a link, send, look again by the receipt, correct.

Nobody is logged in. Protocol: what is presented (a link's token, a receipt's code) is made a digest; the database says
whose school it is; everything after runs in that school's guardian scope, in which row-level security shows what was
presented and the school's public names, and nothing else. Nothing here looks for the child among the readers: the
answer and its time are the same whether the school has it or not.

A phone sends with an Idempotency-Key. Its receipt is derived from link and key: however often the same is sent, even
days later, when the link has ended, there is one registration and one receipt.
"""

from typing import Final
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET

from services.readers import consenting, consenting_queries, sent
from services.readers import registering_queries as queries
from services.readers.codes import digest_of, receipt_of
from services.readers.errors import (
    LinkFull,
    LinkNotFound,
    NoConsentInForce,
    RegistrationClosed,
    RegistrationInvalid,
    RegistrationNotFound,
    SendingKeyReused,
)
from services.readers.registering_queries import Credential
from services.readers.registering_schemas import (
    ClassChoice,
    Correction,
    Progress,
    Receipt,
    RegistrationForm,
    Submission,
    Submitted,
)
from services.readers.sealing import Sealer
from services.readers.sent import Sent
from shared import outbox, person_name, phone, resident_id
from shared.china import local_day
from shared.contracts.consent import (
    ConsentWithdrawn,
    RegistrationCorrected,
    RegistrationSubmitted,
    RegistrationWithdrawn,
)
from shared.database import Transaction
from shared.district import by_code, living
from shared.errors import FieldError
from shared.ids import new_id
from shared.secrets import Digester
from shared.tenancy import NO_DISTRICT, NO_SCHOOL, Actor, Scope

NOBODYS = Scope("guardian", NO_DISTRICT, NO_SCHOOL)
"""Of who has presented nothing yet: no row of any table is this school's."""

_PROGRESS: Final[dict[str | None, Progress]] = {
    None: "removed",
    "pending": "accepted",
    "returned": "accepted",
    "approved": "approved",
    "carded": "carded",
}

WITHDRAWN_BY_GUARDIAN = "监护人凭回执撤回"

MOST_UNDECIDED: Final = 6000
"""Registrations of one link that wait for the school: more than any school has pupils."""

_TEXT_UNKNOWN: Final = FieldError("text_unknown", "授权书文本已更新，请重新打开页面。", "text_version")


async def find_scope(tx: Transaction, kind: Credential, digest: bytes) -> Scope | None:
    """The guardian scope that what was presented opens."""
    row = await queries.find_school(tx.connection, kind, digest)
    return None if row is None else Scope("guardian", row["district"], row["school_id"])


async def fetch_form(tx: Transaction, token: str) -> RegistrationForm:
    """Raises LinkNotFound for a link that is revoked, has ended, or is a disabled school's."""
    link = await _link(tx, token)
    if not link["is_open"]:
        raise LinkNotFound
    choices, own_class = await _choices(tx, link["class_id"])
    text = await consenting.fetch_current_text(tx)
    home = by_code(tx.scope.row_district)
    return RegistrationForm(
        school_name=link["school_name"] or "",
        classes=choices,
        one_class=own_class is not None,
        text=text,
        districts=[district.short_name for district in living(local_day(tx.now))],
        home_district=home.short_name if home is not None else "",
        expires_at=link["expires_at"],
    )


async def submit(
    tx: Transaction, sealer: Sealer, digester: Digester, token: str, key: str, submission: Submission
) -> Submitted:
    """Keep what was sent, once a key. What has been kept is answered whatever has become of its link since.

    Raises LinkNotFound, LinkFull, RegistrationInvalid, SendingKeyReused.
    """
    link = await _link(tx, token)
    is_full = await queries.is_full(tx.connection, MOST_UNDECIDED)
    receipt = receipt_of(digester, link["id"], key)
    digest = digest_of(receipt)
    # A plain digest of so few unknown digits could be guessed.
    first = digester.digest(msgspec.json.encode(submission).decode(), b"registration-first")
    await queries.present(tx.connection, digest)
    kept = await queries.fetch_own(tx.connection, digest)
    if kept is None:
        if not link["is_open"]:
            raise LinkNotFound
        if is_full:
            raise LinkFull
        await _keep(tx, sealer, link, digest, first, submission)
        # Sent twice at once: the other one's may be the row that is there.
        kept = await queries.fetch_own(tx.connection, digest)
    if kept is None or kept["first_digest"] != first:
        raise SendingKeyReused
    return Submitted(receipt)


async def fetch_receipt(tx: Transaction, sealer: Sealer, receipt: str) -> Receipt:
    """Raises RegistrationNotFound."""
    row = await _own(tx, receipt)
    return await _receipt(tx, row, sent.unseal(sealer, row["id"], row["sealed"]))


async def correct(tx: Transaction, sealer: Sealer, receipt: str, change: Correction) -> Receipt:
    """Until the school has approved; what had been merged or rejected waits for the school again.

    Raises RegistrationNotFound, RegistrationClosed, RegistrationInvalid.
    """
    row = await _own(tx, receipt, lock=True)
    before = sent.unseal(sealer, row["id"], row["sealed"])
    if not _may_correct(row):
        raise RegistrationClosed
    after, fields, errors = sent.correct(before, change, local_day(tx.now))
    text, signed_at = (row["text_version"], row["text_digest"]), row["signed_at"]
    if change.signature is not UNSET:
        current = await consenting.fetch_current_text(tx)
        text, signed_at = (current.version, bytes.fromhex(current.sha256)), tx.now
        if current.version != (row["text_version"] if change.text_version is UNSET else change.text_version):
            errors.append(_TEXT_UNKNOWN)
    class_id = row["class_id"] if change.class_id is UNSET else change.class_id
    if class_id != row["class_id"]:
        fields += ("class_id",)
        choices, _ = await _choices(tx, None)
        errors += _class_errors(class_id, choices)
    if errors:
        raise RegistrationInvalid(errors=errors)
    if fields or row["status"] == "rejected":
        await queries.correct(
            tx.connection, row["id"], sent.entered(sealer, row["id"], after, class_id, text, signed_at), tx.now
        )
        fact = RegistrationCorrected(
            actor=_actor(row["id"], after),
            version=row["version"] + 1,
            registration_id=row["id"],
            link_id=row["link_id"],
            class_id=class_id,
            fields=fields,
            **sent.masked(after),
        )
        await outbox.publish(tx, [(row["id"], fact)])
    return await fetch_receipt(tx, sealer, receipt)


async def withdraw(tx: Transaction, sealer: Sealer, receipt: str) -> Receipt:
    """The guardian takes back what was sent, and the consent if the school has recorded it: cards suspends the card.

    Raises RegistrationNotFound, NoConsentInForce when there is nothing left to take back.
    """
    row = await _own(tx, receipt, lock=True)
    read = sent.unseal(sealer, row["id"], row["sealed"])
    actor = _actor(row["id"], read)
    consent = await queries.withdraw_own_consent(
        tx.connection, digest_of(receipt), tx.now, actor.name, WITHDRAWN_BY_GUARDIAN
    )
    if consent is None and row["status"] == "withdrawn":
        # Asked again by a phone that did not hear the answer.
        return await _receipt(tx, row, read)
    if consent is None and row["status"] == "merged":
        raise NoConsentInForce
    await queries.withdraw_own(tx.connection, row["id"], tx.now)
    who = sent.masked(read)
    withdrawn = RegistrationWithdrawn(
        actor=actor,
        version=row["version"] + 1,
        registration_id=row["id"],
        link_id=row["link_id"],
        class_id=row["class_id"],
        **who,
    )
    await outbox.publish(tx, [(row["id"], withdrawn)])
    if consent is not None:
        fact = ConsentWithdrawn(
            actor=actor,
            version=2,
            consent_version=await queries.fetch_consent_version(tx.connection, consent["id"]),
            reader_id=consent["reader_id"],
            reason=WITHDRAWN_BY_GUARDIAN,
            **who,
        )
        await outbox.publish(tx, [(consent["id"], fact)])
    return await fetch_receipt(tx, sealer, receipt)


# --- pieces


async def _link(tx: Transaction, token: str) -> asyncpg.Record:
    """Be it open or not."""
    digest = digest_of(token)
    await queries.present(tx.connection, digest)
    link = await queries.find_link(tx.connection, digest, tx.now)
    if link is None:
        raise LinkNotFound
    return link


async def _keep(
    tx: Transaction, sealer: Sealer, link: asyncpg.Record, receipt_digest: bytes, first: bytes, submission: Submission
) -> None:
    """Checks and inserts; nothing happens when the receipt has been given in this moment."""
    read, errors = sent.read(submission, local_day(tx.now))
    text, text_errors = await _text(tx, submission.text_version)
    choices, own_class = await _choices(tx, link["class_id"])
    class_id = own_class or submission.class_id
    errors += text_errors + _class_errors(class_id, choices)
    if errors:
        raise RegistrationInvalid(errors=errors)
    registration_id = new_id()
    entered = sent.entered(sealer, registration_id, read, class_id, text, tx.now)
    is_new = await queries.insert_registration(
        tx.connection, tx.scope, registration_id, link["id"], receipt_digest, first, entered
    )
    if is_new:
        fact = RegistrationSubmitted(
            actor=_actor(registration_id, read),
            version=1,
            registration_id=registration_id,
            link_id=link["id"],
            class_id=class_id,
            **sent.masked(read),
        )
        await outbox.publish(tx, [(registration_id, fact)])


async def _own(tx: Transaction, receipt: str, *, lock: bool = False) -> asyncpg.Record:
    digest = digest_of(receipt)
    await queries.present(tx.connection, digest)
    row = await queries.fetch_own(tx.connection, digest, lock=lock)
    if row is None:
        raise RegistrationNotFound
    return row


async def _choices(tx: Transaction, only: UUID | None) -> tuple[list[ClassChoice], UUID | None]:
    """Classes to choose from, and the one a link is for; when that class is gone the link is the whole school's."""
    choices = [ClassChoice(**row) for row in await queries.fetch_classes(tx.connection)]
    own = [choice for choice in choices if choice.class_id == only]
    return (own, only) if own else (choices, None)


async def _text(tx: Transaction, version: int) -> tuple[tuple[int, bytes], list[FieldError]]:
    """Version and digest of the text that was signed: a phone that was offline may have had an older one."""
    row = await queries.fetch_text(tx.connection, tx.scope.row_district, version)
    if row is None:
        return (0, b""), [_TEXT_UNKNOWN]
    return (version, bytes.fromhex(consenting.text_of(row).sha256)), []


def _class_errors(class_id: UUID | None, choices: list[ClassChoice]) -> list[FieldError]:
    if class_id is None or any(choice.class_id == class_id for choice in choices):
        return []
    return [FieldError("class_unknown", "没有这个班级，请重新选择。", "class_id")]


async def _receipt(tx: Transaction, row: asyncpg.Record, read: Sent) -> Receipt:
    person, progress = read.person, _progress(row)
    choices, _ = await _choices(tx, None)
    home = by_code(person.home_district)
    return Receipt(
        progress=progress,
        card_no=row["card_no"] if progress == "carded" else None,
        school_name=await consenting_queries.fetch_school_name(tx.connection, tx.scope.row_school_id),
        name=person_name.mask(person.name),
        id_number=resident_id.mask(person.id_number),
        phone=phone.mask(person.phone),
        guardian_name=person_name.mask(person.guardian_name),
        guardian_phone=phone.mask(person.guardian_phone),
        relation=read.relation,
        class_id=row["class_id"],
        grade_name=row["grade_name"],
        class_name=row["class_name"],
        home_district=home.short_name if home is not None else "",
        reason=row["reason"],
        submitted_at=row["submitted_at"],
        updated_at=row["updated_at"],
        may_correct=_may_correct(row),
        may_withdraw=_may_withdraw(row),
        text_version=row["text_version"],
        text=await consenting.fetch_current_text(tx),
        classes=choices,
        districts=[district.short_name for district in living(local_day(tx.now))],
    )


def _progress(row: asyncpg.Record) -> Progress:
    if row["status"] != "merged":
        status: Progress = row["status"]
        return status
    if row["consent"] == "withdrawn":
        return "withdrawn"
    return _PROGRESS[row["reader_status"]]


def _may_correct(row: asyncpg.Record) -> bool:
    """Not what was taken back, not what was approved, not what has been erased."""
    if not row["sealed"] or _progress(row) == "withdrawn":
        return False
    return row["reader_status"] not in ("approved", "carded")


def _may_withdraw(row: asyncpg.Record) -> bool:
    """What the school has not taken yet, or a consent that is in force."""
    return row["status"] in ("submitted", "rejected") or row["consent"] == "in_force"


def _actor(registration_id: UUID, read: Sent) -> Actor:
    return Actor(registration_id, person_name.mask(read.person.guardian_name) or "*", "guardian")
