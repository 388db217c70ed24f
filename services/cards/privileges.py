"""What a district's cards allow: data with a history, each version from a day on (appendix 2, five).

A district that has decided nothing has the source document's: 8 items, 3 of them foreign, 30 days, one renewal of 30
days, both reading rooms, one-card circulation.
"""

from collections.abc import Iterable
from datetime import date, datetime

import asyncpg
import msgspec

from services.cards import privileges_queries as queries
from services.cards.errors import DistrictNeeded, EffectiveDayPast, ForeignItemsTooMany, TermsChanging
from services.cards.schemas import NewTerms, Terms
from shared import outbox
from shared.china import local_day
from shared.contracts.card import Privileges, PrivilegesChanged
from shared.database import Transaction
from shared.pagination import Page, offset, page_of


async def in_force(tx: Transaction, districts: Iterable[str], day: date | None = None) -> dict[str, Terms]:
    """Terms of each of these districts on `day` (China's today)."""
    wanted = sorted(set(districts))
    rows = await queries.fetch_terms_of(tx.connection, wanted, day or local_day(tx.now))
    return {district: Terms(district=district) for district in wanted} | {row["district"]: _terms(row) for row in rows}


async def fetch_terms(tx: Transaction, district: str | None, day: date | None) -> Terms:
    """`district` is asked of the city alone. Raises DistrictNeeded."""
    where = _district(tx, district)
    return (await in_force(tx, [where], day))[where]


async def list_terms(tx: Transaction, district: str | None, page: int, page_size: int) -> Page[Terms]:
    """Newest version first: who changed what when. Raises DistrictNeeded."""
    where = _district(tx, district)
    rows = await queries.list_terms(tx.connection, where, page_size, offset(page, page_size))
    terms = [_terms(row) for row in rows]
    return await page_of(terms, page, page_size, lambda: queries.count_terms(tx.connection, where))


async def change_terms(tx: Transaction, new: NewTerms) -> Terms:
    """New terms of the caller's own district. Raises ForeignItemsTooMany, EffectiveDayPast, TermsChanging."""
    if new.foreign_items > new.items:
        raise ForeignItemsTooMany
    effective_on = new.effective_on or local_day(tx.now)
    if effective_on < local_day(tx.now):
        raise EffectiveDayPast
    district = tx.scope.row_district
    allowed = new.privileges()
    try:
        version = await queries.insert_terms(
            tx.connection, district, effective_on, allowed, new.physical_fee_fen, tx.actor.name, tx.now
        )
    except asyncpg.UniqueViolationError as exc:
        raise TermsChanging from exc
    fact = PrivilegesChanged(
        actor=tx.actor,
        version=version,
        effective_on=effective_on,
        privileges=allowed,
        physical_fee_fen=new.physical_fee_fen,
    )
    await outbox.publish(tx, [(district, fact)])
    return Terms(
        district=district,
        version=version,
        effective_on=effective_on,
        privileges=allowed,
        physical_fee_fen=new.physical_fee_fen,
        changed_by=tx.actor.name,
        changed_at=tx.now,
    )


def _district(tx: Transaction, asked: str | None) -> str:
    district = tx.scope.district or asked
    if district is None:
        raise DistrictNeeded
    return district


def _terms(row: asyncpg.Record) -> Terms:
    changed_at: datetime = row["changed_at"]
    return Terms(
        district=row["district"],
        version=row["version"],
        effective_on=row["effective_on"],
        privileges=msgspec.json.decode(row["privileges"], type=Privileges),
        physical_fee_fen=row["physical_fee_fen"],
        changed_by=row["changed_by"],
        changed_at=changed_at,
    )
