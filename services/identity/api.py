"""HTTP of identity: districts, schools, users; sessions are in `session_api`.

The city manages everything, a district its schools and their users; a school reads itself.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Final, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from services.identity import service, users
from services.identity.errors import DistrictNotFound
from services.identity.logging_in import FrontDoor
from services.identity.passwords import Passwords
from services.identity.presenting import district_of
from services.identity.schemas import (
    DistrictOut,
    Districts,
    School,
    SchoolChange,
    SchoolCount,
    SchoolCreate,
    SchoolFilter,
    SchoolOpened,
    Stage,
    User,
    UserChange,
    UserCreate,
    UserFilter,
)
from services.identity.session_api import SESSION_HANDLERS
from services.identity.session_ending import remember
from shared import district as city_districts
from shared.authentication import only
from shared.china import local_day
from shared.contracts.identity import UserScope
from shared.kernel import Kernel
from shared.pagination import Page, PageNumber, PageSize
from shared.tenancy import Caller
from shared.versions import Versioned, versioned

ADMINS: Final = [only("district", "city")]

Search: TypeAlias = Annotated[str | None, QueryParameter(name="q", max_length=50, description="part of a name")]
OfDistrict: TypeAlias = Annotated[str | None, QueryParameter(name="district", pattern="^[0-9]{6}$")]
OfStage: TypeAlias = Annotated[Stage | None, QueryParameter(name="stage")]
OfSchool: TypeAlias = Annotated[UUID | None, QueryParameter(name="school_id")]
OfScope: TypeAlias = Annotated[UserScope | None, QueryParameter(name="scope")]
Ids: TypeAlias = Annotated[
    list[UUID] | None, QueryParameter(name="id", max_items=100, description="these alone; may be given many times")
]
IsDisabled: TypeAlias = Annotated[bool | None, QueryParameter(name="disabled")]


@get("/districts", tags=["districts"], sync_to_thread=False)
def list_districts() -> Districts:
    """All districts and counties of the city by code, those abolished with their successors."""
    items = [district_of(district, today()) for district in city_districts.districts()]
    return Districts(items=items, total=len(items))


@get("/districts/{code:str}", tags=["districts"], sync_to_thread=False)
def fetch_district(code: FromPath[str]) -> DistrictOut:
    district = city_districts.by_code(code)
    if district is None:
        raise DistrictNotFound
    return district_of(district, today())


class Schools(Controller):
    """学校"""

    path = "/schools"
    tags = ("schools",)

    @get("/")
    async def list_schools(
        self,
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        q: Search = None,
        district: OfDistrict = None,
        stage: OfStage = None,
        disabled: IsDisabled = None,
        ids: Ids = None,
        page: PageNumber = 1,
        page_size: PageSize = 50,
    ) -> Page[School]:
        """By district, then name."""
        those = None if ids is None else tuple(ids)
        search = SchoolFilter(q=q, district=district, stage=stage, disabled=disabled, ids=those)
        return await kernel.database.run(caller, service.list_schools, search, page, page_size)

    @post("/", guards=ADMINS)
    async def open_school(
        self,
        data: JSONBody[SchoolCreate],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        passwords: NamedDependency[Passwords],
    ) -> Versioned[SchoolOpened]:
        """Open a school and, if wanted, its first operator, both or neither."""
        password_hash = None
        if data.operator is not None:
            password_hash = await _hash_new(passwords, caller, data.operator.password, data.operator.username)
        school = await kernel.once.run(caller, SchoolOpened, service.open_school, data, password_hash, today())
        return versioned(school, school.version, 201)

    @get("/counts")
    async def count_schools(
        self, caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
    ) -> list[SchoolCount]:
        """How many schools each district has, of those one sees."""
        return await kernel.database.run(caller, service.count_schools)

    @get("/{school_id:uuid}")
    async def fetch_school(
        self, school_id: FromPath[UUID], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
    ) -> Versioned[School]:
        school = await kernel.database.run(caller, service.fetch_school, school_id)
        return versioned(school, school.version)

    @patch("/{school_id:uuid}", guards=ADMINS)
    async def change_school(
        self,
        school_id: FromPath[UUID],
        data: JSONBody[SchoolChange],
        version: NamedDependency[int | None],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
    ) -> Versioned[School]:
        """Disabling logs its users out. `If-Match` with the version one has seen: 412 when somebody was faster."""
        school, ended = await kernel.database.run(caller, service.change_school, school_id, data, version)
        remember(kernel.ended_sessions, ended)
        return versioned(school, school.version)


class Users(Controller):
    """用户"""

    path = "/users"
    tags = ("users",)
    guards = ADMINS

    @get("/")
    async def list_users(
        self,
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        q: Search = None,
        user_scope: OfScope = None,
        school_id: OfSchool = None,
        district: OfDistrict = None,
        disabled: IsDisabled = None,
        page: PageNumber = 1,
        page_size: PageSize = 50,
    ) -> Page[User]:
        """By username. A district sees the users of its schools."""
        search = UserFilter(q=q, scope=user_scope, school_id=school_id, district=district, disabled=disabled)
        return await kernel.database.run(caller, users.list_users, search, page, page_size)

    @post("/")
    async def create_user(
        self,
        data: JSONBody[UserCreate],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        passwords: NamedDependency[Passwords],
    ) -> Versioned[User]:
        password_hash = await _hash_new(passwords, caller, data.password, data.username)
        user = await kernel.once.run(caller, User, users.create_user, data, password_hash, today())
        return versioned(user, user.version, 201)

    @get("/{user_id:uuid}")
    async def fetch_user(
        self, user_id: FromPath[UUID], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
    ) -> Versioned[User]:
        user = await kernel.database.run(caller, users.fetch_user, user_id)
        return versioned(user, user.version)

    @patch("/{user_id:uuid}")
    async def change_user(
        self,
        user_id: FromPath[UUID],
        data: JSONBody[UserChange],
        version: NamedDependency[int | None],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        passwords: NamedDependency[Passwords],
        front_door: NamedDependency[FrontDoor],
    ) -> Versioned[User]:
        """Disable or enable (which lifts a lock-out too), reset the password (which logs the user out), rename."""
        username = await kernel.database.run(caller, users.username_of, user_id)
        new = None if data.password is msgspec.UNSET else await _hash_new(passwords, caller, data.password, username)
        user, ended = await kernel.database.run(
            caller, users.change_user, user_id, data, new, front_door.digest(username), version
        )
        remember(kernel.ended_sessions, ended)
        return versioned(user, user.version)


HANDLERS: Sequence[ControllerRouterHandler] = (list_districts, fetch_district, Schools, Users, *SESSION_HANDLERS)


def today() -> date:
    """The day in Chongqing."""
    return local_day(datetime.now(UTC))


async def _hash_new(passwords: Passwords, caller: Caller, password: str, username: str) -> str:
    users.check_new_password(password, username)
    with passwords.admitted(str(caller.actor.id)):
        return await passwords.hash(password)
