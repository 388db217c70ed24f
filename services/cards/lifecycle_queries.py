"""Typed wrappers of `lifecycle.sql`."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from services.cards.lifecycle_rules import Order, Standing
from services.cards.queries import conditions
from services.cards.schemas import CardFilter
from shared.database import Connection
from shared.sql import beside
from shared.tenancy import Actor

SQL = beside(__file__, "lifecycle.sql")


class LockedCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card that nobody else changes until the transaction ends."""

    school_id: UUID
    district: str
    card_no: str
    card_id: UUID
    reader_id: UUID
    masked_name: str
    version: int
    standing: Standing


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """How a card stands after its step; `successor` is a replaced card's new number."""

    card: LockedCard
    after: Standing
    successor: str | None = None

    @property
    def card_no(self) -> str:
        return self.successor or self.card.card_no


async def lock_cards(connection: Connection, numbers: Sequence[str]) -> list[LockedCard]:
    return [_locked(row) for row in await connection.fetch(numbers_statement(), numbers)]


async def lock_matching_cards(connection: Connection, search: CardFilter, limit: int) -> list[LockedCard]:
    """The cards that a list of this search shows, `limit` at most."""
    text, values = matching_statement(search, limit)
    return [_locked(row) for row in await connection.fetch(text, *values)]


def numbers_statement() -> str:
    return f"select {SQL['locked_columns']} {SQL['lock_cards']}"


def matching_statement(search: CardFilter, limit: int) -> tuple[str, list[object]]:
    found = conditions(search)
    text = (
        f"select {SQL['locked_columns']} from cards c {found.where} "
        f"order by c.card_no limit ${len(found.values) + 1} for update of c"
    )
    return text, [*found.values, limit]


async def lock_for_consent(
    connection: Connection,
    school_ids: Sequence[UUID],
    reader_ids: Sequence[UUID],
    versions: Sequence[int],
    told_at: Sequence[datetime],
) -> list[LockedCard]:
    """Living cards of these readers that have heard nothing newer about consent."""
    statement = f"select {SQL['locked_columns']} {SQL['lock_for_consent']}"
    return [_locked(row) for row in await connection.fetch(statement, school_ids, reader_ids, versions, told_at)]


async def mark_consent(
    connection: Connection,
    school_ids: Sequence[UUID],
    reader_ids: Sequence[UUID],
    versions: Sequence[int],
    told_at: Sequence[datetime],
) -> None:
    await connection.execute(SQL["mark_consent"], school_ids, reader_ids, versions, told_at)


async def lock_overdue_suspensions(connection: Connection, today: date, limit: int) -> list[LockedCard]:
    """Suspensions whose last day is past; those another process has in hand are left to it."""
    statement = f"select {SQL['locked_columns']} {SQL['lock_overdue_suspensions']}"
    return [_locked(row) for row in await connection.fetch(statement, today, limit)]


async def change_cards(
    connection: Connection, changes: Sequence[Change], hands_out: bool, by: str, now: datetime
) -> None:
    await connection.execute(
        SQL["change_cards"],
        [change.card.school_id for change in changes],
        [change.card.card_no for change in changes],
        [change.after.status for change in changes],
        [change.after.physical for change in changes],
        [change.after.fee_fen for change in changes],
        [change.after.physical_made for change in changes],
        [change.after.reason_code for change in changes],
        [change.after.reason for change in changes],
        [change.after.suspended_until for change in changes],
        now,
        by,
        [hands_out for _ in changes],
        [change.after.consent_withdrawn for change in changes],
    )


async def want_physical(connection: Connection, changes: Sequence[Change], now: datetime) -> None:
    """No more than schools may do too."""
    await connection.execute(
        SQL["want_physical"],
        [change.card.school_id for change in changes],
        [change.card.card_no for change in changes],
        [change.after.physical for change in changes],
        [change.after.fee_fen for change in changes],
        now,
    )


async def replace_cards(
    connection: Connection, changes: Sequence[Change], reason_code: str, reason: str, now: datetime
) -> None:
    """The old numbers die, their successors go on with id and version."""
    schools = [change.card.school_id for change in changes]
    numbers = [change.card.card_no for change in changes]
    await connection.execute(
        SQL["retire_cards"], schools, numbers, [reason_code for _ in changes], [reason for _ in changes], now
    )
    await connection.execute(
        SQL["insert_successors"],
        schools,
        numbers,
        [change.successor for change in changes],
        [change.after.status for change in changes],
        [change.after.physical for change in changes],
        [change.after.fee_fen for change in changes],
        [change.after.physical_made for change in changes],
        [change.after.reason_code for change in changes],
        [change.after.reason for change in changes],
        [change.after.suspended_until for change in changes],
        now,
    )


async def insert_history(
    connection: Connection, changes: Sequence[Change], order: Order, by: Actor, now: datetime
) -> None:
    await connection.execute(
        SQL["insert_history"],
        [change.card.school_id for change in changes],
        [change.card.district for change in changes],
        [change.card.card_id for change in changes],
        [change.card.version + 1 for change in changes],
        [change.card_no for change in changes],
        order.step,
        order.reason_code,
        order.told_reason or None,
        order.until,
        now,
        by.name,
        by.id,
        [change.after.fee_fen if order.step in ("make_physical", "replace") else 0 for change in changes],
    )


async def fetch_history(connection: Connection, school_id: UUID, card_id: UUID) -> list[asyncpg.Record]:
    """From its issuing on."""
    return await connection.fetch(SQL["fetch_history"], school_id, card_id)


def _locked(row: asyncpg.Record) -> LockedCard:
    return LockedCard(
        school_id=row["school_id"],
        district=row["district"],
        card_no=row["card_no"],
        card_id=row["card_id"],
        reader_id=row["reader_id"],
        masked_name=row["masked_name"],
        version=row["version"],
        standing=Standing(
            status=row["status"],
            physical=row["physical"],
            fee_fen=row["fee_fen"],
            physical_made=row["physical_made"],
            reason_code=row["reason_code"],
            reason=row["reason"],
            suspended_until=row["suspended_until"],
            was_handed_out=row["handed_out_at"] is not None,
            consent_withdrawn=row["consent_withdrawn"],
        ),
    )
