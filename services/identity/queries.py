"""Typed wrappers of `queries.sql`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from services.identity import rules
from services.identity.refresh_token import RefreshToken
from services.identity.schemas import SchoolFilter, Stage, UserFilter
from shared.contracts.identity import UserScope
from shared.database import Connection
from shared.sql import beside
from shared.tenancy import Scope

SQL = beside(__file__)

EndReason: TypeAlias = Literal["logged_out", "disabled", "password_changed", "reused"]


class SchoolRow(msgspec.Struct, frozen=True, kw_only=True):
    """A school to insert, or what it becomes."""

    school_id: UUID
    district: str
    name: str
    stage: Stage
    disabled: bool = False

    @property
    def name_key(self) -> str:
        return rules.name_key(self.name)

    @property
    def scope(self) -> Scope:
        return Scope("school", self.district, self.school_id)


class UserRow(msgspec.Struct, frozen=True, kw_only=True):
    """A user to insert, or what one becomes; NO_SCHOOL and NO_DISTRICT where there is none."""

    school_id: UUID
    district: str
    id: UUID
    username: str
    display_name: str
    scope: UserScope
    disabled: bool = False
    must_change_password: bool = False


class Account(UserRow, frozen=True, kw_only=True):
    """A user with all that logging in needs to know."""

    last_login_at: datetime | None
    version: int
    created_at: datetime
    school_name: str | None
    school_disabled: bool
    password_hash: str


async def insert_school(connection: Connection, row: SchoolRow, now: datetime) -> None:
    await connection.execute(SQL["insert_school"], row.school_id, row.district, row.name, row.name_key, row.stage, now)


async def take_school_name(connection: Connection, district: str, name_key: str) -> bool:
    """False when another school of the district has it."""
    return await connection.fetchval(SQL["insert_school_name"], district, name_key) is not None


async def free_school_name(connection: Connection, district: str, name_key: str) -> None:
    await connection.execute(SQL["delete_school_name"], district, name_key)


async def update_school(connection: Connection, row: SchoolRow, now: datetime) -> None:
    await connection.execute(SQL["update_school"], row.school_id, row.name, row.name_key, row.stage, row.disabled, now)


async def lock_school(connection: Connection, school_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["lock_school"], school_id)


async def keep_school(connection: Connection, school_id: UUID) -> asyncpg.Record | None:
    """The school, as it stays until the transaction ends."""
    return await connection.fetchrow(SQL["keep_school"], school_id)


async def fetch_school(connection: Connection, school_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["fetch_school"], school_id)


async def list_schools(connection: Connection, search: SchoolFilter, limit: int, offset: int) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["list_schools"], *_school_values(search), limit, offset)


async def count_schools(connection: Connection, search: SchoolFilter) -> int:
    count: int = await connection.fetchval(SQL["count_schools"], *_school_values(search))
    return count


async def count_schools_by_district(connection: Connection) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["count_schools_by_district"])


def _school_values(search: SchoolFilter) -> tuple[object, ...]:
    q = None if search.q is None else rules.name_key(search.q)
    return q, search.district, search.stage, search.disabled, search.ids


async def insert_user(connection: Connection, row: UserRow, password_hash: str, now: datetime) -> None:
    """Raises `asyncpg.UniqueViolationError` when the username is taken, wherever in the city."""
    await connection.execute(
        SQL["insert_user"],
        row.school_id,
        row.district,
        row.id,
        row.username,
        row.display_name,
        row.scope,
        row.must_change_password,
        now,
    )
    await connection.execute(SQL["insert_username"], row.username, row.school_id, row.id)
    await connection.execute(SQL["insert_credentials"], row.school_id, row.district, row.id, password_hash, now)


async def update_user(connection: Connection, row: UserRow, now: datetime) -> None:
    await connection.execute(
        SQL["update_user"], row.school_id, row.id, row.display_name, row.disabled, row.must_change_password, now
    )


async def update_password(
    connection: Connection, school_id: UUID, user_id: UUID, password_hash: str, now: datetime
) -> None:
    await connection.execute(SQL["update_credentials"], school_id, user_id, password_hash, now)


async def update_own_password(
    connection: Connection, school_id: UUID, user_id: UUID, password_hash: str, now: datetime
) -> int:
    """As log-in's worker, for the user himself. Returns the user's version."""
    await update_password(connection, school_id, user_id, password_hash, now)
    version: int = await connection.fetchval(SQL["update_own_user"], school_id, user_id, now)
    return version


async def lock_user(connection: Connection, user_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["lock_user"], user_id)


async def lock_users_of_school(connection: Connection, school_id: UUID) -> None:
    await connection.execute(SQL["lock_users_of_school"], school_id)


async def fetch_user(connection: Connection, user_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["fetch_user"], user_id)


async def list_users(connection: Connection, search: UserFilter, limit: int, offset: int) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["list_users"], *_user_values(search), limit, offset)


async def count_users(connection: Connection, search: UserFilter) -> int:
    count: int = await connection.fetchval(SQL["count_users"], *_user_values(search))
    return count


def _user_values(search: UserFilter) -> tuple[object, ...]:
    q = None if search.q is None else search.q.strip().lower()
    return q, search.scope, search.school_id, search.district, search.disabled


# --- logging in


async def find_account(connection: Connection, username_key: str) -> Account | None:
    row = await connection.fetchrow(SQL["find_account"], username_key)
    return None if row is None else msgspec.convert(dict(row), Account)


async def lock_account(connection: Connection, school_id: UUID, user_id: UUID) -> Account | None:
    """The account as it stays until the transaction ends: whoever disables it waits, or was waited for."""
    await connection.execute(SQL["lock_account"], school_id, user_id)
    # A second statement: the first one's snapshot is older than what the lock may have waited for.
    return await fetch_account(connection, school_id, user_id)


async def fetch_account(connection: Connection, school_id: UUID, user_id: UUID) -> Account | None:
    row = await connection.fetchrow(SQL["fetch_account"], school_id, user_id)
    return None if row is None else msgspec.convert(dict(row), Account)


async def note_login(connection: Connection, school_id: UUID, user_id: UUID, now: datetime) -> None:
    await connection.execute(SQL["note_login"], school_id, user_id, now)


async def find_lock(connection: Connection, username_digest: bytes, now: datetime) -> datetime | None:
    """Until when the username is locked."""
    until: datetime | None = await connection.fetchval(SQL["find_lock"], username_digest, now)
    return until


async def count_failure(
    connection: Connection, username_digest: bytes, now: datetime, locked_for: timedelta, most: int
) -> datetime | None:
    """Until when the username is locked, if this failure has locked it."""
    until: datetime | None = await connection.fetchval(SQL["count_failure"], username_digest, now, locked_for, most)
    return until


async def forget_failures(connection: Connection, username_digest: bytes) -> None:
    await connection.execute(SQL["forget_failures"], username_digest)


async def insert_session(
    connection: Connection, account: Account, token: RefreshToken, now: datetime, token_until: datetime, end: datetime
) -> None:
    await connection.execute(
        SQL["insert_session"],
        account.school_id,
        account.district,
        token.session_id,
        account.id,
        now,
        token_until,
        end,
    )
    await insert_refresh_token(connection, account.district, token)


async def insert_refresh_token(connection: Connection, district: str, token: RefreshToken) -> None:
    await connection.execute(SQL["insert_refresh_token"], token.school_id, district, token.session_id, token.digest)


async def lock_session(connection: Connection, school_id: UUID, session_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["lock_session"], school_id, session_id)


async def prolong_session(connection: Connection, token: RefreshToken, token_until: datetime) -> None:
    await connection.execute(SQL["prolong_session"], token.school_id, token.session_id, token_until)


async def find_refresh_token(connection: Connection, token: RefreshToken) -> asyncpg.Record | None:
    return await connection.fetchrow(SQL["find_refresh_token"], token.school_id, token.session_id, token.digest)


async def spend_refresh_token(connection: Connection, token: RefreshToken) -> None:
    await connection.execute(SQL["spend_refresh_token"], token.school_id, token.session_id, token.digest)


async def end_session(
    connection: Connection, school_id: UUID, session_id: UUID, now: datetime, reason: EndReason
) -> list[asyncpg.Record]:
    """The session, if it had not ended before."""
    return await connection.fetch(SQL["end_session"], school_id, session_id, now, reason)


async def end_sessions_of_user(
    connection: Connection, school_id: UUID, user_id: UUID, now: datetime, reason: EndReason
) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["end_sessions_of_user"], school_id, user_id, now, reason)


async def end_sessions_of_school(
    connection: Connection, school_id: UUID, now: datetime, reason: EndReason
) -> list[asyncpg.Record]:
    return await connection.fetch(SQL["end_sessions_of_school"], school_id, now, reason)


async def purge(connection: Connection, sessions_before: datetime, attempts_before: datetime) -> None:
    await connection.execute(SQL["purge_sessions"], sessions_before)
    await connection.execute(SQL["purge_login_attempts"], attempts_before)


# --- the city


class City(msgspec.Struct, frozen=True):
    """`inhabited`: there are schools or users."""

    demo: bool
    inhabited: bool


async def describe_city(connection: Connection) -> City:
    row = await connection.fetchrow(SQL["describe_city"])
    return msgspec.convert(dict(row or {}), City)


async def mark_as_demo(connection: Connection) -> None:
    await connection.execute(SQL["mark_as_demo"])


async def lock_city(connection: Connection) -> None:
    """One demo is opened at a time."""
    await connection.execute(SQL["lock_city"])


async def schools_of_users(connection: Connection, usernames: Sequence[str]) -> dict[str, UUID]:
    rows = await connection.fetch(SQL["schools_of_users"], usernames)
    return {row["username"]: row["school_id"] for row in rows}
