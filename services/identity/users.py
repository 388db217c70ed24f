"""Use cases of users: create, change, disable, reset a password, list.

Changes that end sessions answer with the sessions they ended, for the process to know at once.
"""

from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET

from services.identity import queries, rules
from services.identity.changing import changes, check_version, living_district
from services.identity.errors import (
    OwnAccount,
    PasswordInvalid,
    SchoolNotFound,
    UserInvalid,
    UsernameTaken,
    UserNotFound,
    UserScopeForbidden,
)
from services.identity.presenting import scope_of, user_of
from services.identity.queries import UserRow
from services.identity.schemas import User, UserChange, UserCreate, UserFilter
from services.identity.session_ending import Ended, end_sessions_of_user
from shared import outbox, plain_name
from shared.authentication import SessionEnded
from shared.contracts import identity as facts
from shared.contracts.fact import Fact
from shared.database import Transaction
from shared.errors import FieldError
from shared.ids import new_id
from shared.pagination import Page, offset, page_of
from shared.tenancy import NO_DISTRICT, NO_SCHOOL

_SCHOOL_MISSING = FieldError("school_missing", "请选择学校。", "school_id")
_TENANT_UNWANTED = FieldError("tenant_unwanted", "该类用户不属于某个学校或区县。", "scope")
_USERNAME_TAKEN = FieldError("username_taken", "该用户名已被使用，请换一个。", "username")


async def list_users(tx: Transaction, search: UserFilter, page: int, page_size: int) -> Page[User]:
    """By username. A district sees the users of its schools."""
    if tx.scope.kind != "city":
        if search.scope not in (None, "school"):
            return Page([], 0)
        search = msgspec.structs.replace(search, scope="school")
    rows = await queries.list_users(tx.connection, search, page_size, offset(page, page_size))
    users = [user_of(row) for row in rows]
    return await page_of(users, page, page_size, lambda: queries.count_users(tx.connection, search))


async def fetch_user(tx: Transaction, user_id: UUID) -> User:
    """Raises UserNotFound."""
    row = await queries.fetch_user(tx.connection, user_id)
    if row is None or not rules.may_manage(tx.scope.kind, row["scope"]):
        raise UserNotFound
    return user_of(row)


async def create_user(tx: Transaction, new: UserCreate, password_hash: str, today: date) -> User:
    """Raises UserScopeForbidden, UserInvalid, SchoolNotFound, UsernameTaken."""
    if not rules.may_manage(tx.scope.kind, new.scope):
        raise UserScopeForbidden
    school_id, district = await _tenant_of(tx, new, today)
    row = UserRow(
        school_id=school_id,
        district=district,
        id=new_id(),
        username=rules.username_key(new.username),
        display_name=new.display_name,
        scope=new.scope,
        must_change_password=True,
    )
    return await insert_user(tx, row, password_hash)


async def insert_user(tx: Transaction, row: UserRow, password_hash: str) -> User:
    """Raises UserInvalid, UsernameTaken. The password has been checked before it was hashed."""
    row = msgspec.structs.replace(row, display_name=plain_name.clean(row.display_name))
    _refuse(UserInvalid, rules.check_username(row.username) + plain_name.check(row.display_name, "display_name"))
    try:
        await queries.insert_user(tx.connection, row, password_hash, tx.now)
    except asyncpg.UniqueViolationError as exc:
        raise UsernameTaken(errors=[_USERNAME_TAKEN]) from exc
    await _publish(tx, row, facts.UserCreated(actor=tx.actor, version=1, scope=row.scope, **_who(row)))
    stored = await queries.fetch_user(tx.connection, row.id)
    if stored is None:
        raise UserNotFound
    return user_of(stored)


async def change_user(
    tx: Transaction,
    user_id: UUID,
    change: UserChange,
    password_hash: str | None,
    username_digest: bytes,
    version: int | None,
) -> tuple[User, list[Ended]]:
    """Change, disable or enable a user; with `password_hash`, reset the password. Enabling and a reset lift a lock-out:
    wrong passwords are counted under `username_digest`.

    Raises UserNotFound, OwnAccount, Stale, UserInvalid.
    """
    kept = await _lock_user(tx, user_id)
    if user_id == tx.actor.id and (password_hash is not None or change.disabled is True):
        raise OwnAccount
    check_version(kept["version"], version, change)
    before = msgspec.convert(dict(kept), UserRow)
    after = msgspec.structs.replace(before, **changes(msgspec.structs.replace(change, password=UNSET)))
    after = msgspec.structs.replace(
        after,
        display_name=plain_name.clean(after.display_name),
        must_change_password=after.must_change_password or password_hash is not None,
    )
    _refuse(UserInvalid, plain_name.check(after.display_name, "display_name"))
    if after == before and password_hash is None:
        return await fetch_user(tx, user_id), []
    await queries.update_user(tx.connection, after, tx.now)
    await _publish(tx, after, *_change_facts(tx, before, after, kept["version"] + 1, password_hash is not None))
    if password_hash is not None:
        await queries.update_password(tx.connection, after.school_id, user_id, password_hash, tx.now)
    if password_hash is not None or (before.disabled and not after.disabled):
        await queries.forget_failures(tx.connection, username_digest)
    ended: list[Ended] = []
    if password_hash is not None or (after.disabled and not before.disabled):
        reason: queries.EndReason = "disabled" if after.disabled else "password_changed"
        ended = await end_sessions_of_user(tx, after.school_id, user_id, reason)
    return await fetch_user(tx, user_id), ended


async def fetch_me(tx: Transaction) -> User:
    """Raises SessionEnded for a user who is no more."""
    row = await queries.fetch_user(tx.connection, tx.actor.id)
    if row is None:
        raise SessionEnded
    return user_of(row)


async def username_of(tx: Transaction, user_id: UUID) -> str:
    """Of a user one may manage. Raises UserNotFound."""
    return (await fetch_user(tx, user_id)).username


async def _lock_user(tx: Transaction, user_id: UUID) -> asyncpg.Record:
    kept = await queries.lock_user(tx.connection, user_id)
    if kept is None or not rules.may_manage(tx.scope.kind, kept["scope"]):
        raise UserNotFound
    return kept


async def _tenant_of(tx: Transaction, new: UserCreate, today: date) -> tuple[UUID, str]:
    """School and district of a new user; the school must be one that the caller sees."""
    if new.scope == "school":
        if new.school_id is None:
            raise UserInvalid(errors=[_SCHOOL_MISSING])
        school = await queries.keep_school(tx.connection, new.school_id)
        if school is None or new.district not in (None, school["district"]):
            raise SchoolNotFound
        return school["school_id"], school["district"]
    if new.school_id is not None or (new.scope == "city" and new.district is not None):
        raise UserInvalid(errors=[_TENANT_UNWANTED])
    return NO_SCHOOL, NO_DISTRICT if new.scope == "city" else living_district(new.district, today)


def check_new_password(password: str, username: str, field: str = "password") -> None:
    """Raises PasswordInvalid; to be asked before hashing."""
    _refuse(PasswordInvalid, rules.check_password(password, rules.username_key(username), field))


def _change_facts(tx: Transaction, before: UserRow, after: UserRow, version: int, new_password: bool) -> list[Fact]:
    """What a follower wants to know apart: the name, the state, the password."""
    found: list[Fact] = []
    who = _who(after)
    if after.display_name != before.display_name:
        found.append(facts.UserChanged(actor=tx.actor, version=version, fields=("display_name",), **who))
    if after.disabled != before.disabled:
        kind = facts.UserDisabled if after.disabled else facts.UserEnabled
        found.append(kind(actor=tx.actor, version=version, **who))
    if new_password:
        found.append(facts.UserPasswordChanged(actor=tx.actor, version=version, **who))
    return found


def _who(row: UserRow) -> dict[str, Any]:
    return {"user_id": row.id, "username": row.username}


async def _publish(tx: Transaction, row: UserRow, *found: Fact) -> None:
    await outbox.publish(tx, [(row.id, fact) for fact in found], scope_of(row.scope, row.district, row.school_id))


def _refuse(kind: type[UserInvalid | PasswordInvalid], errors: list[FieldError]) -> None:
    if errors:
        raise kind(errors=errors)
