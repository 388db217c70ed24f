"""Guardians' consent and the cards that stand on it: no consent, no card that works."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from services.cards import lifecycle
from services.cards import lifecycle_queries as queries
from services.cards.lifecycle_rules import Order
from shared.database import Transaction

_WITHDRAWN = Order(step="suspend", reason_code="consent_withdrawn", cause="consent")
_GIVEN = Order(step="resume", reason_code="consent_given", cause="consent")


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """What was told about one reader's consent. The higher `version` is the newer word; where there is none (0), time
    decides."""

    school_id: UUID
    reader_id: UUID
    version: int
    told_at: datetime
    is_given: bool


async def heed(tx: Transaction, told: Sequence[Consent]) -> None:
    """Suspend and resume. A card that has heard newer words stays as it is, so the order does not matter."""
    newest: dict[tuple[UUID, UUID], Consent] = {}
    for consent in sorted(told, key=lambda consent: (consent.version, consent.told_at)):
        newest[consent.school_id, consent.reader_id] = consent
    if not newest:
        return
    keys = (
        [consent.school_id for consent in newest.values()],
        [consent.reader_id for consent in newest.values()],
        [consent.version for consent in newest.values()],
        [consent.told_at for consent in newest.values()],
    )
    cards = await queries.lock_for_consent(tx.connection, *keys)
    given = {reader for reader, consent in newest.items() if consent.is_given}
    withdrawn_from = [card for card in cards if (card.school_id, card.reader_id) not in given]
    given_to = [card for card in cards if (card.school_id, card.reader_id) in given]
    # What says what the card knows already is refused by the rules: nothing happens, nothing is told.
    await lifecycle.carry_out(tx, withdrawn_from, _WITHDRAWN)
    await lifecycle.carry_out(tx, given_to, _GIVEN)
    await queries.mark_consent(tx.connection, *keys)
