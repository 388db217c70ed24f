"""QR registration, the school's side: send back what is wrong, with a reason the guardian reads on the receipt."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from services.readers import comparing, sent
from services.readers import registering_queries as queries
from services.readers.errors import RegistrationDecided, RegistrationInvalid
from services.readers.registering_schemas import Registration, RejectedMany
from services.readers.sealing import Sealer
from services.readers.slicing import in_slices
from shared import outbox, resident_id
from shared.contracts.consent import RegistrationRejected
from shared.database import Transaction
from shared.errors import FieldError


async def reject(tx: Transaction, sealer: Sealer, registration_id: UUID, reason: str) -> Registration:
    """The guardian can correct. Raises RegistrationNotFound, RegistrationDecided, RegistrationInvalid."""
    reason = _clean(reason)
    rows = await comparing.lock(tx, [registration_id])
    if rows[0]["status"] != "submitted":
        raise RegistrationDecided
    await _send_back(tx, sealer, rows, reason)
    return (await comparing.fetch_registration(tx, sealer, registration_id)).registration


async def reject_many(tx: Transaction, sealer: Sealer, ids: Sequence[UUID], reason: str) -> RejectedMany:
    """All that wait, for one reason. Raises RegistrationNotFound when one is not the school's, RegistrationInvalid."""
    reason = _clean(reason)
    rows = await comparing.lock(tx, list(dict.fromkeys(ids)))
    waiting = [row for row in rows if row["status"] == "submitted"]
    await _send_back(tx, sealer, waiting, reason)
    decided = [comparing.left(sealer, row) for row in rows if row["status"] != "submitted"]
    return RejectedMany(len(waiting), decided)


def _clean(reason: str) -> str:
    reason = resident_id.hide(reason.strip())
    if not reason:
        raise RegistrationInvalid(errors=[FieldError("reason_missing", "请填写退回原因。", "reason")])
    return reason


async def _send_back(tx: Transaction, sealer: Sealer, rows: Sequence[asyncpg.Record], reason: str) -> None:
    await queries.reject_registrations(tx.connection, [row["id"] for row in rows], reason, tx.now, tx.actor.name)

    def tell(row: asyncpg.Record) -> tuple[UUID, RegistrationRejected]:
        return row["id"], RegistrationRejected(
            actor=tx.actor,
            version=row["version"] + 1,
            registration_id=row["id"],
            link_id=row["link_id"],
            class_id=row["class_id"],
            reason=reason,
            **sent.masked(sent.unseal(sealer, row["id"], row["sealed"])),
        )

    await outbox.publish(tx, await in_slices(tell, rows))
