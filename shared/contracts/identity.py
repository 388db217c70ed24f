"""Facts about districts, schools, users and sessions."""

from typing import Literal, TypeAlias
from uuid import UUID

from shared.contracts.fact import Fact

UserScope: TypeAlias = Literal["school", "district", "city"]


class DistrictOpened(Fact, frozen=True, kw_only=True):
    ENTITY = "district"
    FACT = "opened"
    code: str
    name: str


class _School(Fact, frozen=True, kw_only=True):
    ENTITY = "school"
    school_id: UUID
    name: str
    stage: str
    disabled: bool = False


class SchoolOpened(_School, frozen=True, kw_only=True):
    FACT = "opened"


class SchoolChanged(_School, frozen=True, kw_only=True):
    FACT = "changed"


class _User(Fact, frozen=True, kw_only=True):
    ENTITY = "user"
    user_id: UUID
    username: str


class UserCreated(_User, frozen=True, kw_only=True):
    FACT = "created"
    scope: UserScope


class UserChanged(_User, frozen=True, kw_only=True):
    FACT = "changed"
    fields: tuple[str, ...] = ()


class UserDisabled(_User, frozen=True, kw_only=True):
    FACT = "disabled"


class UserEnabled(_User, frozen=True, kw_only=True):
    FACT = "enabled"


class UserPasswordChanged(_User, frozen=True, kw_only=True):
    FACT = "password_changed"


class UserLoggedIn(_User, frozen=True, kw_only=True):
    FACT = "logged_in"


class UserLoginFailed(_User, frozen=True, kw_only=True):
    """A wrong password for an existing user; `locked` once too many have come."""

    FACT = "login_failed"
    locked: bool = False


class SessionRevoked(Fact, frozen=True, kw_only=True):
    """No token of this session is good any more; `expires_at` (Unix seconds) is when the last would have ended."""

    ENTITY = "session"
    FACT = "revoked"
    session_id: UUID
    expires_at: int
    reason: Literal["logged_out", "disabled", "password_changed", "reused"] = "logged_out"
