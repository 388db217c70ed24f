"""Typed wrappers of `refunds.sql`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from services.cards.lifecycle_queries import LockedCard
from services.cards.refunds_schemas import RefundFilter
from services.cards.schemas import Card
from shared.database import Connection
from shared.sql import beside

SQL = beside(__file__, "refunds.sql")


async def take_former_number(connection: Connection, district: str, former_card_no: str) -> bool:
    """False when somebody has exchanged this card already."""
    return await connection.fetchval(SQL["take_former_number"], district, former_card_no) is not None


async def insert_former_card(
    connection: Connection, card: LockedCard, former_card_no: str, deposit_fen: int, by: str, now: datetime
) -> None:
    await connection.execute(
        SQL["insert_former_card"],
        card.school_id,
        card.district,
        former_card_no,
        card.card_id,
        card.card_no,
        deposit_fen,
        by,
        now,
    )


async def list_former_cards(connection: Connection, card: Card) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["list_former_cards"], card.school_id, card.card_id)


async def insert_refund(
    connection: Connection,
    card: LockedCard,
    refund_id: UUID,
    former_card_no: str,
    amount_fen: int,
    by: str,
    now: datetime,
) -> None:
    await connection.execute(
        SQL["insert_refund"],
        card.school_id,
        card.district,
        refund_id,
        card.card_id,
        card.card_no,
        card.masked_name,
        former_card_no,
        amount_fen,
        by,
        now,
    )


async def lock_refund(connection: Connection, refund_id: UUID) -> asyncpg.Record | None:
    """With the reader's id."""
    return await connection.fetchrow(SQL["lock_refund"], refund_id)


async def fetch_refund(connection: Connection, refund_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["fetch_refund"], refund_id)


async def list_refunds(connection: Connection, search: RefundFilter, limit: int, offset: int) -> list[asyncpg.Record]:
    """Newest first."""
    return await connection.fetch(
        SQL["list_refunds"], search.status, search.school_id, search.former_card_no, limit, offset
    )


async def count_refunds(connection: Connection, search: RefundFilter) -> int:
    total: int = await connection.fetchval(SQL["count_refunds"], search.status, search.school_id, search.former_card_no)
    return total


async def check_documents(
    connection: Connection,
    school_id: UUID,
    refund_id: UUID,
    collector: str,
    proxy_name: bytes | None,
    documents: Sequence[str],
    by: str,
    now: datetime,
) -> None:
    await connection.execute(SQL["check_documents"], school_id, refund_id, collector, proxy_name, documents, by, now)


async def pay_out(connection: Connection, school_id: UUID, refund_id: UUID, by: str, now: datetime) -> None:
    await connection.execute(SQL["pay_out"], school_id, refund_id, by, now)
