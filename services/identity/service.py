"""Use cases of schools: open, change, disable, list.

Changes that end sessions answer with the sessions they ended, for the process to know at once.
"""

from datetime import date
from uuid import UUID

import msgspec

from services.identity import queries, rules
from services.identity.changing import changes, check_version, living_district
from services.identity.errors import DistrictNotFound, SchoolInvalid, SchoolNameTaken, SchoolNotFound
from services.identity.presenting import school_of
from services.identity.queries import SchoolRow, UserRow
from services.identity.schemas import School, SchoolChange, SchoolCount, SchoolCreate, SchoolFilter, SchoolOpened
from services.identity.session_ending import Ended, end_sessions_of_school
from services.identity.users import insert_user
from shared import outbox, plain_name
from shared.contracts import identity as facts
from shared.database import Transaction
from shared.errors import FieldError
from shared.ids import new_id
from shared.pagination import Page, offset, page_of

_NAME_TAKEN = FieldError("name_taken", "该区县已有同名的学校。", "name")


async def list_schools(tx: Transaction, search: SchoolFilter, page: int, page_size: int) -> Page[School]:
    """By district, then name."""
    rows = await queries.list_schools(tx.connection, search, page_size, offset(page, page_size))
    schools = [school_of(row) for row in rows]
    return await page_of(schools, page, page_size, lambda: queries.count_schools(tx.connection, search))


async def count_schools(tx: Transaction) -> list[SchoolCount]:
    """Of each district that has any, by its code."""
    return [SchoolCount(**row) for row in await queries.count_schools_by_district(tx.connection)]


async def fetch_school(tx: Transaction, school_id: UUID) -> School:
    """Raises SchoolNotFound."""
    row = await queries.fetch_school(tx.connection, school_id)
    if row is None:
        raise SchoolNotFound
    return school_of(row)


async def open_school(tx: Transaction, new: SchoolCreate, password_hash: str | None, today: date) -> SchoolOpened:
    """Open a school and, where `password_hash` is given, its first operator.

    Raises SchoolInvalid, DistrictNotFound (another district than one's own), SchoolNameTaken, UsernameTaken.
    """
    row = SchoolRow(
        school_id=new_id(),
        district=_district_for(tx, new.district, today),
        name=plain_name.clean(new.name),
        stage=new.stage,
    )
    _refuse(plain_name.check(row.name, "name"))
    await insert_school(tx, row)
    operator = None
    if new.operator is not None and password_hash is not None:
        username = rules.username_key(new.operator.username)
        operator = await insert_user(tx, _school_user(row, username, new.operator.display_name), password_hash)
    return SchoolOpened(**msgspec.structs.asdict(await fetch_school(tx, row.school_id)), operator=operator)


async def change_school(
    tx: Transaction, school_id: UUID, change: SchoolChange, version: int | None
) -> tuple[School, list[Ended]]:
    """Raises SchoolNotFound, Stale, SchoolInvalid, SchoolNameTaken."""
    kept = await queries.lock_school(tx.connection, school_id)
    if kept is None:
        raise SchoolNotFound
    check_version(kept["version"], version, change)
    before = msgspec.convert(dict(kept), SchoolRow)
    after = msgspec.structs.replace(before, **changes(change))
    after = msgspec.structs.replace(after, name=plain_name.clean(after.name))
    _refuse(plain_name.check(after.name, "name"))
    ended: list[Ended] = []
    if after != before:
        await _rename_school(tx, before, after)
        await queries.update_school(tx.connection, after, tx.now)
        await outbox.publish(
            tx, [(school_id, school_fact(tx, facts.SchoolChanged, after, kept["version"] + 1))], after.scope
        )
        if after.disabled and not before.disabled:
            ended = await end_sessions_of_school(tx, after.scope)
    return await fetch_school(tx, school_id), ended


async def insert_school(tx: Transaction, row: SchoolRow) -> None:
    """Raises SchoolNameTaken."""
    if not await queries.take_school_name(tx.connection, row.district, row.name_key):
        raise SchoolNameTaken(errors=[_NAME_TAKEN])
    await queries.insert_school(tx.connection, row, tx.now)
    await outbox.publish(tx, [(row.school_id, school_fact(tx, facts.SchoolOpened, row, 1))], row.scope)


async def _rename_school(tx: Transaction, before: SchoolRow, after: SchoolRow) -> None:
    if after.name_key == before.name_key:
        return
    if not await queries.take_school_name(tx.connection, after.district, after.name_key):
        raise SchoolNameTaken(errors=[_NAME_TAKEN])
    await queries.free_school_name(tx.connection, before.district, before.name_key)


def _district_for(tx: Transaction, wanted: str | None, today: date) -> str:
    """A district opens schools in itself alone; another one is as if it did not exist."""
    if tx.scope.kind == "district":
        if wanted not in (None, tx.scope.district):
            raise DistrictNotFound
        return tx.scope.row_district
    return living_district(wanted, today)


def school_fact(
    tx: Transaction, kind: type[facts.SchoolOpened | facts.SchoolChanged], row: SchoolRow, version: int
) -> facts.SchoolOpened | facts.SchoolChanged:
    return kind(
        actor=tx.actor,
        version=version,
        school_id=row.school_id,
        name=row.name,
        stage=row.stage,
        disabled=row.disabled,
    )


def _school_user(school: SchoolRow, username: str, display_name: str) -> UserRow:
    return UserRow(
        school_id=school.school_id,
        district=school.district,
        id=new_id(),
        username=username,
        display_name=display_name,
        scope="school",
        must_change_password=True,
    )


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise SchoolInvalid(errors=errors)
