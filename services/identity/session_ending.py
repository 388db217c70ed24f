"""Ending sessions, and telling every service: one `session.revoked` each, in the school or district of its user."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec

from services.identity import queries
from services.identity.queries import EndReason
from shared import outbox
from shared.contracts.identity import SessionRevoked
from shared.database import Transaction
from shared.sessions import EndedSessions
from shared.tenancy import CITY, NO_DISTRICT, NO_SCHOOL, Scope
from shared.tokens import LEEWAY


class Ended(msgspec.Struct, frozen=True):
    """A session that was ended; `until` (Unix seconds) is when the last of its access tokens would have."""

    session_id: UUID
    until: int


async def end_session(tx: Transaction, school_id: UUID, session_id: UUID, reason: EndReason) -> list[Ended]:
    """At log-in's door (worker role). An empty list when it had ended before."""
    return await _announce(tx, await queries.end_session(tx.connection, school_id, session_id, tx.now, reason), reason)


async def end_sessions_of_user(tx: Transaction, school_id: UUID, user_id: UUID, reason: EndReason) -> list[Ended]:
    """All open sessions of one user, whose row the caller has locked."""
    rows = await queries.end_sessions_of_user(tx.connection, school_id, user_id, tx.now, reason)
    return await _announce(tx, rows, reason)


async def end_sessions_of_school(tx: Transaction, school: Scope) -> list[Ended]:
    """All open sessions of a school that was disabled."""
    # Whoever is logging in at this moment holds his own row: he is waited for, or waits and finds the school disabled.
    await queries.lock_users_of_school(tx.connection, school.row_school_id)
    rows = await queries.end_sessions_of_school(tx.connection, school.row_school_id, tx.now, "disabled")
    return await _announce(tx, rows, "disabled")


def remember(sessions: EndedSessions, ended: Sequence[Ended]) -> None:
    """In this process at once; the others hear of it."""
    for session in ended:
        sessions.add(session.session_id, session.until)


async def _announce(tx: Transaction, rows: Sequence[asyncpg.Record], reason: EndReason) -> list[Ended]:
    ended = [Ended(row["id"], int(row["token_until"].timestamp()) + LEEWAY + 1) for row in rows]
    if rows:
        facts = [
            SessionRevoked(
                actor=tx.actor, version=2, session_id=session.session_id, expires_at=session.until, reason=reason
            )
            for session in ended
        ]
        # All sessions ended at once are of one user, or of one school's users: one scope for all.
        await outbox.publish(tx, [(fact.session_id, fact) for fact in facts], _scope(rows[0]))
    return ended


def _scope(row: asyncpg.Record) -> Scope:
    if row["school_id"] != NO_SCHOOL:
        return Scope("school", row["district"], row["school_id"])
    return CITY if row["district"] == NO_DISTRICT else Scope("district", row["district"])
