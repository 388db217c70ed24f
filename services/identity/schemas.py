"""Districts, schools, users and sessions on the wire."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from shared.contracts.identity import UserScope

Stage: TypeAlias = Literal[
    "kindergarten", "primary", "junior", "senior", "nine_year", "secondary", "twelve_year", "vocational", "special"
]

_SchoolName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=100)]
_Username: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
_DisplayName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=50)]
_Password: TypeAlias = Annotated[str, Meta(min_length=1, max_length=256)]
_District: TypeAlias = Annotated[str, Meta(pattern="^[0-9]{6}$")]
_Version: TypeAlias = Annotated[int, Meta(ge=1)]


class Login(Struct, forbid_unknown_fields=True, kw_only=True):
    username: _Username
    password: _Password


class Refresh(Struct, forbid_unknown_fields=True, kw_only=True):
    """For clients without cookies: the token of the last login or refresh."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET


class PasswordChange(Struct, forbid_unknown_fields=True, kw_only=True):
    current_password: _Password
    new_password: _Password


class User(Struct, kw_only=True, omit_defaults=True):
    """Who may log in. `school_id` for users of a school alone, `district` for those of a school or a district.

    `must_change_password`: somebody else has set the password.
    """

    id: UUID
    username: str
    display_name: str
    scope: UserScope
    disabled: bool
    must_change_password: bool
    version: int
    created_at: datetime
    school_id: UUID | None = None
    school_name: str | None = None
    district: str | None = None
    district_name: str | None = None
    last_login_at: datetime | None = None


class LoggedIn(Struct, kw_only=True):
    """A session was opened or goes on; `expires_in` is the access token's, in seconds.

    Browsers get the tokens as cookies no script can read, and only there: the fields are missing then.
    """

    expires_in: int
    user: User
    token_type: Literal["Bearer"] = "Bearer"
    access_token: str | UnsetType = UNSET
    refresh_token: str | UnsetType = UNSET


class DistrictOut(Struct, kw_only=True, omit_defaults=True):
    """A district or county by its GB/T 2260 code; of an abolished one, since when and what it became."""

    code: str
    name: str
    short_name: str
    living: bool
    since: int
    until: int | None = None
    successor: str | None = None


class Districts(Struct, kw_only=True):
    items: list[DistrictOut]
    total: int


class OperatorCreate(Struct, forbid_unknown_fields=True, kw_only=True):
    """A school's first user."""

    username: _Username
    display_name: _DisplayName
    password: _Password


class SchoolCreate(Struct, forbid_unknown_fields=True, kw_only=True):
    """A new school, with its first operator if wanted. `district` may be left out by a district's own users."""

    name: _SchoolName
    stage: Stage
    district: _District | None = None
    operator: OperatorCreate | None = None


class SchoolChange(Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change; what is not named stays. Disabling ends the sessions of the school's users."""

    name: _SchoolName | UnsetType = UNSET
    stage: Stage | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    version: _Version | UnsetType = UNSET


class School(Struct, kw_only=True):
    """A school or kindergarten: one tenant. `users` counts those who can log in."""

    id: UUID
    district: str
    district_name: str
    name: str
    stage: Stage
    stage_name: str
    disabled: bool
    users: int
    version: int
    created_at: datetime


class SchoolCount(Struct, kw_only=True):
    """A district's schools, also the disabled ones."""

    district: str
    schools: int


class SchoolOpened(School, kw_only=True, omit_defaults=True):
    """As answered to who opened it, with the first operator if one was asked for."""

    operator: User | None = None


class UserCreate(Struct, forbid_unknown_fields=True, kw_only=True):
    """A new user. `school_id` with the scope `school`, `district` with the scope `district`."""

    username: _Username
    display_name: _DisplayName
    password: _Password
    scope: UserScope
    school_id: UUID | None = None
    district: _District | None = None


class UserChange(Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change; what is not named stays. Disabling, and a new password, end the user's sessions."""

    display_name: _DisplayName | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    password: _Password | UnsetType = UNSET
    version: _Version | UnsetType = UNSET


class SchoolFilter(Struct, frozen=True, kw_only=True):
    """A search: `q` is part of the name; `ids` are those whose names somebody needs."""

    q: str | None = None
    district: str | None = None
    stage: Stage | None = None
    disabled: bool | None = None
    ids: tuple[UUID, ...] | None = None


class UserFilter(Struct, frozen=True, kw_only=True):
    """A search: `q` is part of the username or the displayed name."""

    q: str | None = None
    scope: UserScope | None = None
    school_id: UUID | None = None
    district: str | None = None
    disabled: bool | None = None
