"""The first administrator, and the demo city that refuses a real one."""

import asyncio

import httpx
import pytest

from services.identity.bootstrap import (
    DEMO_USERS,
    RealCity,
    create_admin,
    open_demo_city,
    refuse_real_city,
)
from services.identity.errors import PasswordInvalid, UserInvalid, UsernameTaken
from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings
from tests.identity.people import API, GOOD_PASSWORD, log_in
from tests.running_service import RunningService, serving


async def test_the_first_admin_can_log_in(settings: Settings, secrets: Secrets, database: Database) -> None:
    user = await create_admin(database, "Chief", GOOD_PASSWORD)
    assert (user.username, user.scope, user.must_change_password) == ("chief", "city", False)
    async with serving(settings, secrets, "identity") as running, log_in(running, "chief", GOOD_PASSWORD) as client:
        assert (await client.get(f"{API}/users")).json()["total"] == 1


@pytest.mark.parametrize("password", ["short", "schoolcard-demo", "aaaaaaaaaaaa", "password123", "chief-of-all"])
async def test_weak_passwords_are_refused(database: Database, password: str) -> None:
    with pytest.raises(PasswordInvalid):
        await create_admin(database, "chief", password)


async def test_bad_and_taken_usernames_are_refused(database: Database) -> None:
    with pytest.raises(UserInvalid):
        await create_admin(database, "13800138000", GOOD_PASSWORD)
    await create_admin(database, "chief", GOOD_PASSWORD)
    with pytest.raises(UsernameTaken):
        await create_admin(database, "CHIEF", GOOD_PASSWORD)


async def test_the_demo_city_is_opened_once(database: Database) -> None:
    first, second = await asyncio.gather(open_demo_city(database), open_demo_city(database))
    assert sorted([first.opened, second.opened]) == [False, True]
    assert first.schools == second.schools
    assert set(first.schools) == {"teacher-a", "teacher-b", "teacher-c"}
    assert len(set(first.schools.values())) == 3


async def test_all_demo_users_can_log_in(identity: RunningService) -> None:
    for user in DEMO_USERS:
        async with log_in(identity, user.username) as client:
            me = (await client.get(f"{API}/me")).json()
            assert (me["scope"], me["must_change_password"]) == (user.scope, False)


async def test_a_demo_that_has_grown_is_still_one(database: Database, city: httpx.AsyncClient) -> None:
    response = await city.post(f"{API}/schools", json={"name": "某某小学", "stage": "primary", "district": "500107"})
    assert response.status_code == 201
    assert not (await open_demo_city(database)).opened
    await refuse_real_city(database)


async def test_a_real_city_is_refused(database: Database) -> None:
    await refuse_real_city(database)
    await create_admin(database, "chief", GOOD_PASSWORD)
    for refused in (refuse_real_city, open_demo_city):
        with pytest.raises(RealCity):
            await refused(database)
