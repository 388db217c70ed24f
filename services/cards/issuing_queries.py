"""Typed wrappers of `issuing.sql`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from services.cards.rules import Application, KnownCard
from shared.database import Connection
from shared.sql import beside

SQL = beside(__file__, "issuing.sql")


class NewCard(msgspec.Struct, frozen=True, kw_only=True):
    """`physical_made` counts the physical cards the person had before."""

    application: Application
    card_id: UUID
    card_no: str
    physical_made: int


async def fetch_known_cards(connection: Connection, id_digests: Iterable[bytes]) -> list[KnownCard]:
    """Every card, dead ones too, of these ID numbers in the city."""
    rows = await connection.fetch(SQL["fetch_known_cards"], list(set(id_digests)))
    return [KnownCard(**row) for row in rows]


async def claim_identities(connection: Connection, claims: Mapping[UUID, bytes]) -> set[UUID]:
    """`claims`: the card for each digest, digests once. Returns the cards whose claim went in."""
    told = await connection.execute(SQL["claim_identities"], list(claims.values()), list(claims))
    if told == f"INSERT 0 {len(claims)}":
        return set(claims)
    rows = await connection.fetch(SQL["fetch_claims"], list(claims))
    return {row["card_id"] for row in rows}


async def release_identities(connection: Connection, card_ids: Sequence[UUID]) -> None:
    await connection.execute(SQL["release_identities"], card_ids)


async def insert_cards(connection: Connection, cards: Sequence[NewCard], now: datetime) -> None:
    await connection.execute(
        SQL["insert_cards"],
        [card.application.school_id for card in cards],
        [card.application.district for card in cards],
        [card.card_no for card in cards],
        [card.card_id for card in cards],
        [card.application.reader_id for card in cards],
        [card.application.id_digest for card in cards],
        [card.application.masked_name for card in cards],
        [card.application.class_id for card in cards],
        [card.physical_made for card in cards],
        [card.application.version for card in cards],
        now,
    )
