"""Readers as others see them: one, a page of a search, counts."""

from typing import Final
from uuid import UUID

import asyncpg

from services.readers import of_status_queries, queries, rules
from services.readers.errors import ConsentTooWide, CountsTooWide, ReaderNotFound, SortTooWide
from services.readers.of_status_queries import BEFORE_ALL, Key, Order
from services.readers.schemas import Count, DistrictCount, Reader, ReaderFilter, Sort
from services.readers.sealing import Sealer
from shared import phone, resident_id
from shared.conditions import Conditions
from shared.database import Database, Transaction
from shared.district import by_code
from shared.pagination import Page, offset, page_of
from shared.tenancy import Caller

_IN_TIME: Final[dict[Sort, Order]] = {"created_at": "oldest", "-created_at": "newest"}


def reader_of(row: asyncpg.Record, sealer: Sealer) -> Reader:
    """A row of `reader_columns` as others see it: masked."""
    private = sealer.open(row["id"], row["sealed"])
    home = by_code(row["home_district"])
    return Reader(
        id=row["id"],
        school_id=row["school_id"],
        district=row["district"],
        grade_id=row["grade_id"],
        class_id=row["class_id"],
        grade_name=row["grade_name"],
        class_name=row["class_name"],
        name=row["name"],
        id_number=resident_id.mask(private.id_number),
        phone=phone.mask(private.phone),
        guardian_name=row["guardian_name"],
        guardian_phone=phone.mask(private.guardian_phone),
        home_district=row["home_district"],
        home_district_name=home.name if home is not None else row["home_district"],
        wanted_card_no=row["wanted_card_no"],
        card_no=row["card_no"],
        status=row["status"],
        consent=row["consent"],
        reason_code=row["reason_code"],
        reason=row["reason"],
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


async def fetch_reader(tx: Transaction, sealer: Sealer, reader_id: UUID) -> Reader:
    row = await queries.fetch_reader(tx.connection, reader_id)
    if row is None:
        raise ReaderNotFound
    return reader_of(row, sealer)


async def show_reader(database: Database, caller: Caller, sealer: Sealer, reader_id: UUID) -> Reader:
    """As `fetch_reader` in a transaction of its own, in a third of the round trips. Raises ReaderNotFound."""
    row = await queries.show_reader(database, caller, reader_id)
    if row is None:
        raise ReaderNotFound
    return reader_of(row, sealer)


async def search_readers(
    tx: Transaction, sealer: Sealer, search: ReaderFilter, sort: Sort, page: int, page_size: int
) -> Page[Reader]:
    """Raises SortTooWide: a city's readers are in order of time alone; ConsentTooWide."""
    if _is_of_the_city(tx, search) and sort not in _IN_TIME:
        raise SortTooWide
    skipped = offset(page, page_size)
    found = await find(tx, sealer, search, skipped + page_size, order=_IN_TIME.get(sort))
    if found is None:
        return Page([], 0)
    rows = await queries.fetch_page(tx.connection, found, sort, page_size, skipped)
    readers = [reader_of(row, sealer) for row in rows]
    if any((search.grade_id, search.id_number, search.name, search.card_no, search.consent)):
        return await page_of(readers, page, page_size, lambda: queries.count(tx.connection, found))
    return await page_of(readers, page, page_size, lambda: queries.count_by_totals(tx.connection, search))


async def find(
    tx: Transaction,
    sealer: Sealer,
    search: ReaderFilter,
    wanted: int | None = None,
    *,
    order: Order | None = None,
    after: Key = BEFORE_ALL,
) -> Conditions | None:
    """The search as SQL, of whose readers the first `wanted` are going to be read, or all. With an `order` these alone
    may be found; `after` is the key after which the oldest are read.

    None when nothing can match: an ID number that is none, a status that nobody has. Raises ConsentTooWide: consents
    are looked for within a school.
    """
    is_wide = tx.scope.kind != "school" and search.school_id is None
    if search.consent is not None and is_wide:
        raise ConsentTooWide
    bounds = None
    if search.name and (search.name_match == "start" or _is_of_the_city(tx, search)):
        bounds = rules.name_bounds(search.name)
    digest: bytes | None = None
    ids: list[UUID] | None = None
    if search.id_number:
        number = rules.clean_id_number(search.id_number)
        if len(number) == 18:
            digest = sealer.digest(number)
        elif rules.is_suffix(number):
            ids = await _find_by_tail(tx, sealer, number)
        else:
            return None
    elif is_wide and not any((search.grade_id, search.class_id, search.card_no)):
        ids = await _find_of_status(tx, search, wanted, order, after)
    return None if ids == [] else queries.conditions(search, digest=digest, ids=ids, name_bounds=bounds)


def _is_of_the_city(tx: Transaction, search: ReaderFilter) -> bool:
    return tx.scope.kind == "city" and search.school_id is None and search.district is None


async def _find_by_tail(tx: Transaction, sealer: Sealer, number: str) -> list[UUID]:
    candidates = await queries.fetch_tail_candidates(tx.connection, sealer.tail(number))
    return [row["id"] for row in candidates if sealer.open(row["id"], row["sealed"]).id_number.endswith(number)]


async def _find_of_status(
    tx: Transaction, search: ReaderFilter, wanted: int | None, order: Order | None, after: Key
) -> list[UUID] | None:
    """Those of a status that few have; of one that many have those that are wanted, if they are far along time. None
    where they are near.

    No index knows statuses, so in order of time all readers would be walked past for a few. The maintained counts tell
    which classes have any, and when they came; only these are looked through.
    """
    status, district = search.status, search.district
    if status is None:
        return None
    weights = await queries.weigh_statuses(tx.connection, district)
    having = weights.get(status, 0)
    if not having:
        return []
    if rules.is_rare(having, sum(weights.values()), wanted):
        return await queries.fetch_of_status(tx.connection, status, district)
    if wanted is None or wanted > rules.MOST_NAMED or order is None or search.name:
        return None
    place = status, district, order, after, wanted
    if await of_status_queries.are_near(tx.connection, *place, rules.steps(wanted)):
        return None
    return await of_status_queries.fetch_first(tx.connection, *place)


async def count_readers(tx: Transaction, school_id: UUID | None) -> list[Count]:
    """Raises CountsTooWide without a school: all classes of a city make a hundred megabytes."""
    if tx.scope.kind != "school" and school_id is None:
        raise CountsTooWide
    rows = await queries.fetch_counts(tx.connection, school_id)
    return [Count(**row) for row in rows]


async def overview(tx: Transaction, by_school: bool, district: str | None) -> list[DistrictCount]:
    rows = await queries.fetch_overview(tx.connection, by_school, district)
    return [DistrictCount(**row) for row in rows]
