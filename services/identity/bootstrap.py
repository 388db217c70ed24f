"""First things first: a city's first administrator, and the demo city. Used by the command line, not by the service.

Both work as the city, through the service's own database role; their events wait in the outbox for the service's relay.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from services.identity import queries, rules
from services.identity.errors import UserInvalid
from services.identity.passwords import Passwords
from services.identity.queries import SchoolRow, UserRow
from services.identity.schemas import Stage, User
from services.identity.service import insert_school
from services.identity.users import check_new_password, insert_user
from shared.contracts.identity import UserScope
from shared.database import Database, Transaction
from shared.ids import new_id
from shared.tenancy import CITY, NO_DISTRICT, NO_SCHOOL, Actor, Caller

DEMO_PASSWORD: Final = rules.DEMO_PASSWORD


class RealCity(Exception):
    """The database has schools or users that are no demo's: the demo city is not opened there"""

    def __init__(self) -> None:
        super().__init__(f"{RealCity.__doc__}; give it an empty database of its own")


class DemoSchool(msgspec.Struct, frozen=True):
    district: str
    name: str
    stage: Stage


class DemoUser(msgspec.Struct, frozen=True):
    """`school` for a school's user alone, `district` for a district's alone."""

    username: str
    display_name: str
    scope: UserScope
    district: str | None = None
    school: DemoSchool | None = None


_LIBRARY_LANE: Final = DemoSchool("500103", "重庆市渝中区书香路小学校", "primary")
_RIVERSIDE: Final = DemoSchool("500103", "重庆市渝中区临江书院中学校", "junior")
_SPRING_HILL: Final = DemoSchool("500106", "重庆市沙坪坝区泉山小学校", "primary")

DEMO_USERS: Final[Sequence[DemoUser]] = (
    DemoUser("city", "全市管理员（演示）", "city"),
    DemoUser("district-500103", "渝中区图书馆管理员（演示）", "district", district="500103"),
    DemoUser("district-500106", "沙坪坝区图书馆管理员（演示）", "district", district="500106"),
    DemoUser("teacher-a", "甲老师（演示）", "school", school=_LIBRARY_LANE),
    DemoUser("teacher-c", "丙老师（演示）", "school", school=_RIVERSIDE),
    DemoUser("teacher-b", "乙老师（演示）", "school", school=_SPRING_HILL),
)


class DemoCity(msgspec.Struct, frozen=True):
    """`opened` is false when it had been open before; `schools` maps a teacher's username to the school's id."""

    opened: bool
    schools: Mapping[str, UUID]


async def create_admin(database: Database, username: str, password: str) -> User:
    """A new user with the city's scope. Raises UserInvalid, PasswordInvalid, UsernameTaken."""
    key = rules.username_key(username)
    errors = rules.check_username(key)
    if errors:
        raise UserInvalid(errors[0].detail, errors)
    check_new_password(password, key)
    row = _user_row(NO_SCHOOL, NO_DISTRICT, DemoUser(key, key, "city"))
    return await database.run(_caller("create-admin"), insert_user, row, await _hash(password))


async def open_demo_city(database: Database) -> DemoCity:
    """Open the demo city where there is none yet; a second call changes nothing. Raises RealCity."""
    return await database.run(_caller("demo"), _open_demo_city, await _hash(DEMO_PASSWORD))


async def refuse_real_city(database: Database) -> None:
    """Raises RealCity. Needs a migrated database."""
    await database.run(_caller("demo"), _refuse_real_city)


async def _open_demo_city(tx: Transaction, password_hash: str) -> DemoCity:
    await queries.lock_city(tx.connection)
    city = await _refuse_real_city(tx)
    if not city.demo:
        await queries.mark_as_demo(tx.connection)
        await _fill_demo_city(tx, password_hash)
    schools = await queries.schools_of_users(tx.connection, [user.username for user in DEMO_USERS])
    return DemoCity(opened=not city.demo, schools=schools)


async def _refuse_real_city(tx: Transaction) -> queries.City:
    city = await queries.describe_city(tx.connection)
    if city.inhabited and not city.demo:
        raise RealCity
    return city


async def _fill_demo_city(tx: Transaction, password_hash: str) -> None:
    for user in DEMO_USERS:
        school_id, district = NO_SCHOOL, user.district or NO_DISTRICT
        if user.school is not None:
            school_id, district = new_id(), user.school.district
            school = SchoolRow(school_id=school_id, district=district, name=user.school.name, stage=user.school.stage)
            await insert_school(tx, school)
        await insert_user(tx, _user_row(school_id, district, user), password_hash)


def _user_row(school_id: UUID, district: str, user: DemoUser) -> UserRow:
    return UserRow(
        school_id=school_id,
        district=district,
        id=new_id(),
        username=user.username,
        display_name=user.display_name,
        scope=user.scope,
    )


async def _hash(password: str) -> str:
    passwords = Passwords(workers=1)
    try:
        return await passwords.hash(password)
    finally:
        passwords.close()


def _caller(name: str) -> Caller:
    return Caller(CITY, Actor(NO_SCHOOL, name, "system"))
