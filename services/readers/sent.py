"""What a guardian sent, sealed as one value, and checked by the same rules as what a teacher enters."""

import hashlib
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET

from services.readers import rules, signature
from services.readers.consenting_schemas import Relation
from services.readers.registering_queries import Entered
from services.readers.registering_schemas import Correction, Submission
from services.readers.rules import Person
from services.readers.sealing import Sealer
from services.readers.signature import NoSignature
from shared import person_name, resident_id
from shared.errors import FieldError


class Sent(msgspec.Struct, frozen=True, array_like=True):
    """Cleaned. Empty throughout once it has been erased."""

    person: Person
    relation: Relation
    signature: bytes


SIGNED_FOR: Final = frozenset({"id_number", "name", "guardian_name", "relation"})
"""What a signature stands for: whose child, and who says so."""

ERASED = Sent(Person("", "", "", "", "", ""), "guardian", b"")


def read(submission: Submission, today: date) -> tuple[Sent, list[FieldError]]:
    """Cleaned, and everything that is wrong with it."""
    person, errors = check(
        Person(
            submission.id_number,
            submission.name,
            submission.phone,
            submission.guardian_name,
            submission.guardian_phone,
            submission.home_district,
        ),
        today,
    )
    picture, picture_errors = read_signature(submission.signature)
    return Sent(person, submission.relation, picture), errors + picture_errors


def correct(sent: Sent, change: Correction, today: date) -> tuple[Sent, tuple[str, ...], list[FieldError]]:
    """As corrected, the fields that are different now, what is wrong."""
    wanted = {
        field: getattr(change, field) for field in Person.__struct_fields__ if getattr(change, field) is not UNSET
    }
    person, errors = check(msgspec.structs.replace(sent.person, **wanted), today)
    after = Sent(person, sent.relation if change.relation is UNSET else change.relation, sent.signature)
    if change.signature is not UNSET:
        picture, picture_errors = read_signature(change.signature)
        after = msgspec.structs.replace(after, signature=picture)
        errors += picture_errors
    fields = [*rules.changed_fields(sent.person, person)]
    fields += ["relation"] if after.relation != sent.relation else []
    fields += ["signature"] if after.signature != sent.signature else []
    if change.signature is UNSET and not SIGNED_FOR.isdisjoint(fields):
        errors.append(
            FieldError("signature_needed", "孩子的姓名、身份证号、监护人姓名或关系有改动，请重新签名。", "signature")
        )
    return after, tuple(fields), errors


def check(entered: Person, today: date) -> tuple[Person, list[FieldError]]:
    """The rules of a reader, and a guardian's name: somebody signs."""
    person, errors = rules.check_person(entered, today)
    if not person.guardian_name:
        errors.append(FieldError("guardian_missing", "请填写监护人姓名。", "guardian_name"))
    return person, errors


def read_signature(text: str) -> tuple[bytes, list[FieldError]]:
    try:
        return signature.read(text), []
    except NoSignature:
        return b"", [FieldError("signature_missing", "请用手指在签名框内签名。", "signature")]


def seal(sealer: Sealer, registration_id: UUID, sent: Sent) -> bytes:
    return sealer.seal_object(_purpose(registration_id), sent)


def unseal(sealer: Sealer, registration_id: UUID, sealed: bytes) -> Sent:
    return (
        msgspec.msgpack.decode(sealer.open_object(_purpose(registration_id), sealed), type=Sent) if sealed else ERASED
    )


def entered(
    sealer: Sealer,
    registration_id: UUID,
    sent: Sent,
    class_id: UUID | None,
    text: tuple[int, bytes],
    signed_at: datetime,
) -> Entered:
    """As it is stored; `text` is the version and digest of what was signed."""
    return Entered(
        id_digest=sealer.digest(sent.person.id_number),
        class_id=class_id,
        sealed=seal(sealer, registration_id, sent),
        text_version=text[0],
        text_digest=text[1],
        signature_digest=hashlib.sha256(sent.signature).digest(),
        signed_at=signed_at,
    )


def masked(sent: Sent) -> dict[str, Any]:
    """What facts say of the child."""
    return {
        "masked_name": person_name.mask(sent.person.name),
        "masked_id_number": resident_id.mask(sent.person.id_number),
    }


def _purpose(registration_id: UUID) -> str:
    return f"registration-{registration_id}"
