"""Verification: walks along every chain the caller may see and computes each entry's hash again.

Pages of rows, each page in a transaction of its own: a city's log is larger than memory, and no snapshot is held for
minutes. A page's statement reads the chains' ends with the rows, so entries that arrive meanwhile are no breaks.
"""

from uuid import UUID

from services.audit import queries
from services.audit.chain import Break, Link, Walk
from services.audit.schemas import Verdict
from shared.database import Database, Transaction
from shared.tenancy import Caller

# Larger pages would keep other requests waiting while they are hashed.
_PAGE = 1000


async def verify_chains(database: Database, caller: Caller, school_id: UUID | None = None) -> Verdict:
    """All chains in the caller's scope, or those of one school in it. Stops at the first break."""
    school_id = school_id or caller.scope.school_id
    # A school has one chain, or as many as it has been in districts; all of a district's are walked along in one go.
    districts = [caller.scope.district] if school_id is None else await database.run(caller, _districts, school_id)
    walk = Walk()
    broken: Break | None = None
    for district in districts:
        last: Link | None = None
        while broken is None:
            page = await database.run(caller, _fetch_page, district, school_id, last)
            broken = walk.check(page)
            if len(page) < _PAGE:
                break
            last = page[-1]
    broken = broken or walk.finish() or await database.run(caller, _find_lost_chain, school_id)
    return Verdict(intact=broken is None, entries=walk.entries, first_broken=broken)


async def _districts(tx: Transaction, school_id: UUID) -> list[str | None]:
    return [*await queries.fetch_districts(tx.connection, school_id)]


async def _fetch_page(tx: Transaction, district: str | None, school_id: UUID | None, after: Link | None) -> list[Link]:
    return await queries.fetch_chain_page(tx.connection, district, school_id, after, _PAGE)


async def _find_lost_chain(tx: Transaction, school_id: UUID | None) -> Break | None:
    """A chain whose end is kept and whose entries are all gone."""
    row = await queries.fetch_head_without_entries(tx.connection, school_id)
    if row is None:
        return None
    return Break(reason="missing", chain_seq=1, district=row["district"], school_id=row["school_id"])
