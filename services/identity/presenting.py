"""Rows as they are shown: schools, users, districts."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg

from services.identity.queries import Account
from services.identity.rules import STAGE_NAMES
from services.identity.schemas import DistrictOut, School, User
from shared import district as city_districts
from shared.contracts.identity import UserScope
from shared.district import District
from shared.tenancy import NO_DISTRICT, NO_SCHOOL, Scope


def school_of(row: asyncpg.Record | Mapping[str, Any]) -> School:
    return School(
        id=row["school_id"],
        district=row["district"],
        district_name=district_name(row["district"]),
        name=row["name"],
        stage=row["stage"],
        stage_name=STAGE_NAMES[row["stage"]],
        disabled=row["disabled"],
        users=row["users"],
        version=row["version"],
        created_at=row["created_at"],
    )


def user_of(row: asyncpg.Record | Mapping[str, Any]) -> User:
    scope = scope_of(row["scope"], row["district"], row["school_id"])
    return User(
        id=row["id"],
        username=row["username"],
        display_name=row["display_name"],
        scope=row["scope"],
        disabled=row["disabled"],
        must_change_password=row["must_change_password"],
        version=row["version"],
        created_at=row["created_at"],
        school_id=scope.school_id,
        school_name=row["school_name"],
        district=scope.district,
        district_name=None if scope.district is None else district_name(scope.district),
        last_login_at=row["last_login_at"],
    )


def scope_of(kind: UserScope, district: str, school_id: UUID) -> Scope:
    """The scope a user's requests have, from the user's row."""
    return Scope(kind, None if district == NO_DISTRICT else district, None if school_id == NO_SCHOOL else school_id)


def account_scope(account: Account) -> Scope:
    return scope_of(account.scope, account.district, account.school_id)


def district_of(district: District, on: date) -> DistrictOut:
    return DistrictOut(
        code=district.code,
        name=district.name,
        short_name=district.short_name,
        living=district in city_districts.living(on),
        since=district.since,
        until=district.until,
        successor=district.successor,
    )


def district_name(code: str) -> str:
    """The code itself for one that is in no list."""
    known = city_districts.by_code(code)
    return code if known is None else known.name
