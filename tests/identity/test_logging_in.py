"""Logging in: right, wrong, unknown, locked, busy, disabled."""

import asyncio
import json
import statistics
import time
from contextlib import ExitStack
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest

from services.identity.bootstrap import DEMO_PASSWORD, DemoCity
from services.identity.errors import LoginBusy
from services.identity.known_browser import nonce_of, prove
from services.identity.passwords import Passwords
from services.identity.queries import Account, find_account
from shared.database import Database, Transaction
from shared.secrets import Secrets
from shared.tenancy import WORKER, Caller, system_actor
from tests.identity.people import API, GOOD_PASSWORD, LOGIN, bearer, open_session
from tests.running_service import RunningService


async def attempt(client: httpx.AsyncClient, username: str, password: str) -> httpx.Response:
    response = await client.post(LOGIN, json={"username": username, "password": password})
    client.cookies.clear()
    return response


async def test_a_teacher_logs_in(stranger: httpx.AsyncClient, demo: DemoCity) -> None:
    session = await open_session(stranger, "teacher-a")
    assert session["token_type"] == "Bearer"
    assert session["expires_in"] == 600
    user = session["user"]
    assert user["username"] == "teacher-a"
    assert user["scope"] == "school"
    assert user["school_id"] == str(demo.schools["teacher-a"])
    assert (user["district"], user["district_name"]) == ("500103", "渝中区")
    assert user["school_name"] == "重庆市渝中区书香路小学校"
    me = (await stranger.get(f"{API}/me", headers=bearer(session["access_token"]))).json()
    assert me["id"] == user["id"]
    assert me["last_login_at"] is not None


@pytest.mark.parametrize(("username", "scope"), [("city", "city"), ("district-500103", "district")])
async def test_admins_log_in(stranger: httpx.AsyncClient, username: str, scope: str) -> None:
    user = (await open_session(stranger, username))["user"]
    assert user["scope"] == scope
    assert "school_id" not in user
    assert user.get("district") == (None if scope == "city" else "500103")


async def test_usernames_are_found_however_they_are_typed(stranger: httpx.AsyncClient) -> None:
    await open_session(stranger, " Ｔeacher-A ")


async def test_unknown_user_and_wrong_password_are_answered_alike(stranger: httpx.AsyncClient) -> None:
    wrong = await attempt(stranger, "teacher-a", "not the password")
    unknown = await attempt(stranger, "nobody", "not the password")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    assert wrong.json()["code"] == "wrong_credentials"


async def test_unknown_user_and_wrong_password_take_the_same_time(stranger: httpx.AsyncClient) -> None:
    async def seconds(username: str) -> float:
        started = time.perf_counter()
        assert (await attempt(stranger, username, "not the password")).status_code == 401
        return time.perf_counter() - started

    # By turns, so that a busy machine is busy for both.
    known, unknown = [], []
    for number, name in enumerate(("teacher-a", "teacher-b", "teacher-c", "city") * 3):
        known.append(await seconds(name))
        unknown.append(await seconds(f"nobody-{number % 4}"))
    assert 0.5 < statistics.median(known) / statistics.median(unknown) < 2


@pytest.mark.parametrize("username", ["teacher-a", "nobody"])
async def test_a_username_is_locked_after_five_failures(stranger: httpx.AsyncClient, username: str) -> None:
    answers = [await attempt(stranger, username, f"guess number {number}") for number in range(5)]
    assert [answer.status_code for answer in answers] == [401] * 5
    locked = await attempt(stranger, username, DEMO_PASSWORD)
    assert (locked.status_code, locked.json()["code"]) == (429, "login_locked")
    assert "15分钟" in locked.json()["detail"]
    await open_session(stranger, "teacher-c")


async def test_strangers_do_not_lock_the_owner_out(identity: RunningService, district: httpx.AsyncClient) -> None:
    async def status(client: httpx.AsyncClient, password: str, username: str = "teacher-a") -> int:
        return (await client.post(LOGIN, json={"username": username, "password": password})).status_code

    async with identity.stranger() as owner, identity.stranger() as stranger:
        assert await status(owner, DEMO_PASSWORD) == 200
        assert [await status(stranger, f"guess number {number}") for number in range(5)] == [401] * 5
        assert await status(stranger, DEMO_PASSWORD) == 429
        assert await status(owner, DEMO_PASSWORD) == 200
        held = bearer(owner.cookies["sc_access"])
        change = {"current_password": DEMO_PASSWORD, "new_password": "gruene-Taeler-88"}
        assert (await owner.post(f"{API}/me/password", json=change, headers=held)).status_code == 200
        # In the browser it knows guessing is slow as well, and what it has is good for nobody else.
        assert [await status(owner, f"guess number {number}") for number in range(5)] == [401] * 5
        assert await status(owner, "gruene-Taeler-88") == 429
        assert await status(owner, DEMO_PASSWORD, "teacher-c") == 200
        # A reset lifts both.
        (user,) = (await district.get(f"{API}/users", params={"q": "teacher-a"})).json()["items"]
        reset = await district.patch(f"{API}/users/{user['id']}", json={"password": GOOD_PASSWORD})
        assert reset.status_code == 200, reset.text
        assert [await status(client, GOOD_PASSWORD) for client in (owner, stranger)] == [200, 200]


@pytest.mark.parametrize("text", ["", "x", "é", "A" * 64, "A" * 63 + "=", "A" * 4000])
async def test_only_what_a_log_in_left_proves_a_browser_known(
    database: Database, demo: DemoCity, secrets: Secrets, text: str
) -> None:
    async def find(tx: Transaction) -> Account | None:
        return await find_account(tx.connection, "teacher-a")

    account = await database.run(Caller(WORKER, system_actor("identity")), find)
    assert account is not None
    digester = secrets.digester()
    proof = prove(digester, account)
    nonce = nonce_of(digester, account, proof)
    assert nonce is not None
    assert prove(digester, account, nonce) == proof
    assert nonce_of(digester, account, text) is None
    assert nonce_of(digester, None, proof) is None
    for other in ({"id": uuid4()}, {"password_hash": "another"}):
        assert nonce_of(digester, msgspec.structs.replace(account, **other), proof) is None


async def test_a_lock_ends_by_itself(stranger: httpx.AsyncClient, database_url: str) -> None:
    for number in range(5):
        await attempt(stranger, "teacher-a", f"guess number {number}")
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "update identity.login_attempts set locked_until = locked_until - interval '16 minutes',"
            " last_failed_at = last_failed_at - interval '16 minutes'"
        )
    finally:
        await connection.close()
    assert (await attempt(stranger, "teacher-a", "one more guess")).status_code == 401
    await open_session(stranger, "teacher-a")


async def test_success_forgets_failures(stranger: httpx.AsyncClient) -> None:
    for _ in range(2):
        for number in range(4):
            assert (await attempt(stranger, "teacher-a", f"guess number {number}")).status_code == 401
        await open_session(stranger, "teacher-a")


async def test_a_password_reset_lifts_the_lock(stranger: httpx.AsyncClient, district: httpx.AsyncClient) -> None:
    for number in range(5):
        await attempt(stranger, "teacher-a", f"guess number {number}")
    (user,) = (await district.get(f"{API}/users", params={"q": "teacher-a"})).json()["items"]
    reset = await district.patch(f"{API}/users/{user['id']}", json={"password": "blaue-Berge-77"})
    assert reset.status_code == 200, reset.text
    session = await open_session(stranger, "teacher-a", "blaue-Berge-77")
    assert session["user"]["must_change_password"] is True


async def test_enabling_lifts_the_lock_and_another_name_does_not(
    stranger: httpx.AsyncClient, district: httpx.AsyncClient
) -> None:
    for number in range(5):
        await attempt(stranger, "teacher-a", f"guess number {number}")
    (user,) = (await district.get(f"{API}/users", params={"q": "teacher-a"})).json()["items"]
    changes: list[tuple[dict[str, object], int]] = [
        ({"display_name": "甲老师"}, 429),
        ({"disabled": True}, 429),
        ({"disabled": False}, 200),
    ]
    for change, status in changes:
        assert (await district.patch(f"{API}/users/{user['id']}", json=change)).status_code == 200
        assert (await attempt(stranger, "teacher-a", DEMO_PASSWORD)).status_code == status, change


async def test_a_storm_of_logins_is_refused_and_other_routes_go_on(
    identity: RunningService, teacher: httpx.AsyncClient
) -> None:
    slowest = 0.0
    async with identity.stranger() as client:
        storm = asyncio.gather(*(attempt(client, "teacher-b", DEMO_PASSWORD) for _ in range(90)))
        while not storm.done():
            started = time.perf_counter()
            assert (await teacher.get(f"{API}/me")).status_code == 200
            slowest = max(slowest, time.perf_counter() - started)
        statuses = [response.status_code for response in await storm]
    assert set(statuses) == {200, 429}
    assert statuses.count(200) >= 10
    assert slowest < 2


async def test_who_floods_leaves_places_to_others() -> None:
    passwords = Passwords(workers=1, queue=11)

    def flood(address: str, held: ExitStack) -> int:
        for count in range(20):
            try:
                held.enter_context(passwords.admitted(address))
            except LoginBusy:
                return count
        raise AssertionError(f"{address} was never refused")

    with ExitStack() as first, ExitStack() as second:
        assert (flood("192.0.2.1", first), flood("192.0.2.2", second)) == (6, 3)
        with passwords.admitted("192.0.2.3"), pytest.raises(LoginBusy), passwords.admitted("192.0.2.1"):
            raise AssertionError
    with ExitStack() as again:
        assert flood("192.0.2.2", again) == 6
    passwords.close()


async def test_a_flood_from_one_address_locks_no_other_out(identity: RunningService) -> None:
    refused, calm = asyncio.Event(), asyncio.Event()

    async def flood(client: httpx.AsyncClient) -> None:
        while not calm.is_set():
            answer = await attempt(client, f"nobody-{uuid4()}", "whatever")
            assert answer.status_code in (401, 429)
            if answer.status_code == 429 and answer.json()["code"] == "login_busy":
                refused.set()

    elsewhere = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    async with (
        asyncio.timeout(60),
        httpx.AsyncClient(base_url=identity.address, transport=elsewhere, timeout=20) as flooder,
        identity.stranger() as client,
        asyncio.TaskGroup() as flooding,
    ):
        for _ in range(50):
            flooding.create_task(flood(flooder))
        await refused.wait()
        answers = [(await attempt(client, "teacher-a", DEMO_PASSWORD)).status_code for _ in range(10)]
        calm.set()
    assert answers == [200] * 10


async def test_no_place_no_hashing() -> None:
    passwords = Passwords(workers=1, queue=0)
    with passwords.admitted("192.0.2.1"):
        with pytest.raises(LoginBusy):
            with passwords.admitted("192.0.2.2"):
                raise AssertionError
    with passwords.admitted("192.0.2.1"):
        password_hash = await passwords.hash("blaue-Berge-77")
    assert password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.matches("blaue-Berge-77", password_hash)
    assert not await passwords.matches("blaue-Berge-78", password_hash)
    passwords.close()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "teacher-a"},
        {"username": "teacher-a", "password": 5},
        {"username": "teacher-a", "password": "x", "scope": "city"},
        {"username": "", "password": "x"},
        {"username": "a" * 65, "password": "x"},
        {"username": "teacher-a", "password": "x" * 257},
        [],
    ],
)
async def test_odd_bodies_are_refused(stranger: httpx.AsyncClient, body: object) -> None:
    assert (await stranger.post(LOGIN, json=body)).status_code == 400


@pytest.mark.parametrize("username", ["a\x00b", "\ud800", "‮city", "'; drop table users; --", "%", "🎒"])
async def test_odd_usernames_are_simply_unknown(stranger: httpx.AsyncClient, username: str) -> None:
    # The client's own encoder refuses a lone surrogate.
    body = json.dumps({"username": username, "password": "x"})
    response = await stranger.post(LOGIN, content=body.encode(), headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 401)


async def test_a_disabled_user_cannot_log_in(stranger: httpx.AsyncClient, district: httpx.AsyncClient) -> None:
    (user,) = (await district.get(f"{API}/users", params={"q": "teacher-a"})).json()["items"]
    await district.patch(f"{API}/users/{user['id']}", json={"disabled": True})
    refused = await attempt(stranger, "teacher-a", DEMO_PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (401, "user_disabled")
    # Who does not know the password does not learn that the account exists.
    assert (await attempt(stranger, "teacher-a", "not the password")).json()["code"] == "wrong_credentials"
    await district.patch(f"{API}/users/{user['id']}", json={"disabled": False})
    await open_session(stranger, "teacher-a")


async def test_no_one_of_a_disabled_school_can_log_in(
    stranger: httpx.AsyncClient, district: httpx.AsyncClient, demo: DemoCity
) -> None:
    school = f"{API}/schools/{demo.schools['teacher-a']}"
    assert (await district.patch(school, json={"disabled": True})).status_code == 200
    refused = await attempt(stranger, "teacher-a", DEMO_PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (401, "school_disabled")
    await open_session(stranger, "teacher-c")
    await district.patch(school, json={"disabled": False})
    await open_session(stranger, "teacher-a")
