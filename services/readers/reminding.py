"""Reminders: what guardians have said is told again when there is a card that it is about.

The withdrawal, or the consent after it, may have met cards before there was a card. Now there is one: it must hear of
the withdrawal, and a withdrawal that comes late must not suspend it for good.
"""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from services.readers import consenting_queries as queries
from services.readers.consenting import who_of
from services.readers.sealing import Sealer
from shared import outbox
from shared.contracts.consent import ConsentRecorded, ConsentWithdrawn
from shared.database import Transaction
from shared.envelope import Event, event_of


async def remind_of_consents(tx: Transaction, sealer: Sealer, issued: Sequence[tuple[UUID, UUID]]) -> None:
    """These (school, reader) have a card now. Of whose guardian has ever withdrawn is told again how it stands."""
    found = await queries.fetch_told_more_than_once(
        tx.connection, [pair[0] for pair in issued], [pair[1] for pair in issued]
    )
    if not found:
        return
    keys = [row["school_id"] for row in found], [row["id"] for row in found]
    withdrawn = await queries.fetch_withdrawn(tx.connection, *keys)
    given = await queries.fetch_given_again(tx.connection, *keys)
    reminders = [_reminder(tx, row, _withdrawn_again(tx, sealer, row)) for row in withdrawn]
    reminders += [_reminder(tx, row, _given_again(tx, sealer, row)) for row in given]
    await outbox.append(tx, reminders)


def _withdrawn_again(tx: Transaction, sealer: Sealer, row: asyncpg.Record) -> ConsentWithdrawn:
    return ConsentWithdrawn(
        actor=tx.actor,
        version=2,
        consent_version=row["consent_version"],
        reason=row["withdrawal_reason"] or "",
        **who_of(sealer, row),
    )


def _given_again(tx: Transaction, sealer: Sealer, row: asyncpg.Record) -> ConsentRecorded:
    return ConsentRecorded(
        actor=tx.actor,
        version=1,
        consent_version=row["consent_version"],
        how=row["how"],
        relation=row["relation"],
        text_version=row["text_version"],
        **who_of(sealer, row),
    )


def _reminder(tx: Transaction, row: asyncpg.Record, fact: ConsentWithdrawn | ConsentRecorded) -> Event:
    return event_of(
        fact,
        source=tx.service,
        subject_id=row["consent_id"],
        time=tx.now,
        district=row["district"],
        school_id=row["school_id"],
        traceparent=tx.caller.traceparent,
    )
