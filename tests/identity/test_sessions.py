"""Refresh, logout, own password: what ends a session, and that it holds everywhere."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.identity.bootstrap import DEMO_PASSWORD, DemoCity
from services.identity.refresh_token import RefreshToken, parse_refresh_token
from shared.secrets import Secrets
from shared.settings import Settings
from tests.identity.people import API, GOOD_PASSWORD, LOGIN, bearer, open_session
from tests.running_service import RunningService, serving
from tests.waiting import eventually


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    response = await client.post(f"{API}/refresh", json={"refresh_token": token})
    client.cookies.clear()
    return response


async def is_logged_in(client: httpx.AsyncClient, token: str) -> bool:
    response = await client.get(f"{API}/me", headers=bearer(token))
    assert response.status_code in (200, 401)
    return response.status_code == 200


async def user_id(admin: httpx.AsyncClient, username: str) -> str:
    (user,) = (await admin.get(f"{API}/users", params={"q": username})).json()["items"]
    return str(user["id"])


async def test_refresh_gives_new_tokens_of_the_same_session(stranger: httpx.AsyncClient) -> None:
    session = await open_session(stranger, "teacher-a")
    response = await refresh(stranger, session["refresh_token"])
    assert response.status_code == 200
    renewed = response.json()
    assert renewed["user"]["id"] == session["user"]["id"]
    assert renewed["refresh_token"] != session["refresh_token"]
    assert await is_logged_in(stranger, renewed["access_token"])
    assert (
        parse_refresh_token(renewed["refresh_token"]).session_id
        == parse_refresh_token(session["refresh_token"]).session_id
    )


async def test_reuse_of_a_refresh_token_ends_the_session(stranger: httpx.AsyncClient) -> None:
    session = await open_session(stranger, "teacher-a")
    renewed = (await refresh(stranger, session["refresh_token"])).json()
    reused = await refresh(stranger, session["refresh_token"])
    assert (reused.status_code, reused.json()["code"]) == (401, "refresh_token_reused")
    assert not await is_logged_in(stranger, renewed["access_token"])
    assert not await is_logged_in(stranger, session["access_token"])
    assert (await refresh(stranger, renewed["refresh_token"])).status_code == 401


async def test_two_refreshes_at_the_same_moment_do_not_end_it(stranger: httpx.AsyncClient, database_url: str) -> None:
    session = await open_session(stranger, "teacher-a")
    presented = parse_refresh_token(session["refresh_token"])
    connection = await asyncpg.connect(database_url)
    try:
        # Both requests wait for the row, so both began before either of them could spend the token.
        async with connection.transaction():
            await connection.execute("select from identity.sessions where id = $1 for update", presented.session_id)
            both = asyncio.gather(*(refresh(stranger, session["refresh_token"]) for _ in range(2)))

            async def both_wait() -> bool:
                waiting: int = await connection.fetchval(
                    "select count(*) from pg_locks where not granted and locktype in ('transactionid', 'tuple')"
                )
                return waiting == 2

            await eventually(both_wait)
        answers = await both
    finally:
        await connection.close()
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    renewed = next(answer.json() for answer in answers if answer.status_code == 200)
    assert next(a.json()["code"] for a in answers if a.status_code == 409) == "refresh_superseded"
    assert await is_logged_in(stranger, renewed["access_token"])


@pytest.mark.parametrize("token", ["x", "A" * 86, "é" * 86, "=" * 80])
async def test_a_token_nobody_gave_out_is_refused(stranger: httpx.AsyncClient, token: str) -> None:
    response = await refresh(stranger, token)
    assert (response.status_code, response.json()["code"]) == (401, "refresh_token_invalid")


async def test_knowing_a_sessions_id_ends_nothing(stranger: httpx.AsyncClient) -> None:
    session = await open_session(stranger, "teacher-a")
    known = parse_refresh_token(session["refresh_token"])
    forged = RefreshToken(known.school_id, known.session_id, b"\x00" * 32).encode()
    assert (await refresh(stranger, forged)).json()["code"] == "refresh_token_invalid"
    assert (await stranger.post(f"{API}/logout", json={"refresh_token": forged})).status_code == 401
    assert await is_logged_in(stranger, session["access_token"])
    elsewhere = RefreshToken(UUID(int=0), known.session_id, known.secret).encode()
    assert (await refresh(stranger, elsewhere)).json()["code"] == "refresh_token_invalid"
    assert (await refresh(stranger, session["refresh_token"])).status_code == 200


async def test_a_session_has_an_end(stranger: httpx.AsyncClient, database_url: str) -> None:
    session = await open_session(stranger, "teacher-a")
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("update identity.sessions set expires_at = now() - interval '1 second'")
    finally:
        await connection.close()
    response = await refresh(stranger, session["refresh_token"])
    assert (response.status_code, response.json()["code"]) == (401, "session_expired")


async def test_refresh_tokens_and_passwords_are_not_kept_in_clear(
    stranger: httpx.AsyncClient, database_url: str
) -> None:
    session = await open_session(stranger, "teacher-a")
    secret = parse_refresh_token(session["refresh_token"]).secret
    connection = await asyncpg.connect(database_url)
    try:
        kept = await connection.fetch("select digest from identity.refresh_tokens")
        hashes = await connection.fetch("select password_hash from identity.credentials")
    finally:
        await connection.close()
    assert secret not in [row["digest"] for row in kept]
    assert all(row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$") for row in hashes)


async def test_logout_ends_the_session_and_no_other(stranger: httpx.AsyncClient) -> None:
    session = await open_session(stranger, "teacher-a")
    other = await open_session(stranger, "teacher-a")
    response = await stranger.post(f"{API}/logout", headers=bearer(session["access_token"]))
    assert response.status_code == 204
    assert not await is_logged_in(stranger, session["access_token"])
    refused = await refresh(stranger, session["refresh_token"])
    assert (refused.status_code, refused.json()["code"]) == (401, "session_ended")
    again = await stranger.post(f"{API}/logout", headers=bearer(session["access_token"]))
    assert (again.status_code, again.json()["code"]) == (401, "session_ended")
    assert await is_logged_in(stranger, other["access_token"])


async def test_logout_by_refresh_token(stranger: httpx.AsyncClient) -> None:
    session = await open_session(stranger, "teacher-a")
    response = await stranger.post(f"{API}/logout", json={"refresh_token": session["refresh_token"]})
    assert response.status_code == 204
    assert not await is_logged_in(stranger, session["access_token"])


async def test_logout_without_anything_is_refused(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.post(f"{API}/logout")).status_code == 401


async def test_logout_holds_in_another_service_within_a_second(
    identity: RunningService, stranger: httpx.AsyncClient, settings: Settings, secrets: Secrets
) -> None:
    session = await open_session(stranger, "teacher-a")
    async with serving(settings, secrets, "params") as params, params.stranger() as elsewhere:

        async def refused() -> bool:
            response = await elsewhere.get("/api/params/grades", headers=bearer(session["access_token"]))
            return response.status_code == 401

        async def listening() -> bool:
            return (await elsewhere.get("/api/params/health/ready")).status_code == 200

        await eventually(listening)
        assert not await refused()
        await stranger.post(f"{API}/logout", headers=bearer(session["access_token"]))
        await eventually(refused, within=1)


async def test_own_password_is_changed_and_all_sessions_end(stranger: httpx.AsyncClient) -> None:
    session = await open_session(stranger, "teacher-a")
    other = await open_session(stranger, "teacher-a")
    change = {"current_password": DEMO_PASSWORD, "new_password": GOOD_PASSWORD}
    response = await stranger.post(f"{API}/me/password", json=change, headers=bearer(session["access_token"]))
    stranger.cookies.clear()
    assert response.status_code == 200, response.text
    assert not await is_logged_in(stranger, session["access_token"])
    assert not await is_logged_in(stranger, other["access_token"])
    assert await is_logged_in(stranger, response.json()["access_token"])
    assert response.json()["user"]["must_change_password"] is False
    old = await stranger.post(LOGIN, json={"username": "teacher-a", "password": DEMO_PASSWORD})
    assert old.status_code == 401
    await open_session(stranger, "teacher-a", GOOD_PASSWORD)


@pytest.mark.parametrize(
    ("current", "new", "code"),
    [
        ("not the password", GOOD_PASSWORD, "current_password_wrong"),
        (DEMO_PASSWORD, "short", "password_invalid"),
        (DEMO_PASSWORD, "teacher-a-2026!", "password_invalid"),
        (DEMO_PASSWORD, "1234567890ab", "password_invalid"),
    ],
)
async def test_own_password_is_not_changed(teacher: httpx.AsyncClient, current: str, new: str, code: str) -> None:
    response = await teacher.post(f"{API}/me/password", json={"current_password": current, "new_password": new})
    assert (response.status_code, response.json()["code"]) == (422, code)
    assert response.json()["errors"][0]["field"] in ("current_password", "new_password")
    assert (await teacher.get(f"{API}/me")).status_code == 200


async def test_a_password_somebody_else_has_set_opens_nothing_but_its_change(
    stranger: httpx.AsyncClient, city: httpx.AsyncClient
) -> None:
    path = f"{API}/users/{await user_id(city, 'district-500103')}"
    assert (await city.patch(path, json={"password": GOOD_PASSWORD})).status_code == 200
    session = await open_session(stranger, "district-500103", GOOD_PASSWORD)
    renewed = (await refresh(stranger, session["refresh_token"])).json()
    stranger.cookies.clear()
    for token in (session["access_token"], renewed["access_token"]):
        for method, route in (("GET", "users"), ("GET", "schools"), ("POST", "schools"), ("PATCH", f"users/{uuid4()}")):
            refused = await stranger.request(method, f"{API}/{route}", headers=bearer(token))
            assert (refused.status_code, refused.json()["code"]) == (403, "password_is_initial")
    held = bearer(renewed["access_token"])
    assert (await stranger.get(f"{API}/me", headers=held)).json()["must_change_password"] is True
    kept = {"current_password": GOOD_PASSWORD, "new_password": GOOD_PASSWORD}
    refused = await stranger.post(f"{API}/me/password", json=kept, headers=held)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "password_kept")
    chosen = {"current_password": GOOD_PASSWORD, "new_password": "gruene-Taeler-88"}
    changed = await stranger.post(f"{API}/me/password", json=chosen, headers=held)
    stranger.cookies.clear()
    assert changed.status_code == 200, changed.text
    assert (await stranger.get(f"{API}/users", headers=bearer(changed.json()["access_token"]))).status_code == 200


async def test_guessing_the_current_password_locks_too(teacher: httpx.AsyncClient) -> None:
    change = {"current_password": "not the password", "new_password": GOOD_PASSWORD}
    answers = [await teacher.post(f"{API}/me/password", json=change) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]


async def test_disabling_a_user_ends_all_sessions(stranger: httpx.AsyncClient, district: httpx.AsyncClient) -> None:
    sessions = [await open_session(stranger, "teacher-a") for _ in range(3)]
    colleague = await open_session(stranger, "teacher-c")
    path = f"{API}/users/{await user_id(district, 'teacher-a')}"
    assert (await district.patch(path, json={"disabled": True})).status_code == 200
    for session in sessions:
        assert not await is_logged_in(stranger, session["access_token"])
        assert (await refresh(stranger, session["refresh_token"])).status_code == 401
    assert await is_logged_in(stranger, colleague["access_token"])


async def test_disabling_a_school_ends_its_sessions(
    stranger: httpx.AsyncClient, district: httpx.AsyncClient, demo: DemoCity
) -> None:
    session = await open_session(stranger, "teacher-a")
    colleague = await open_session(stranger, "teacher-c")
    await district.patch(f"{API}/schools/{demo.schools['teacher-a']}", json={"disabled": True})
    assert not await is_logged_in(stranger, session["access_token"])
    assert (await refresh(stranger, session["refresh_token"])).status_code == 401
    assert await is_logged_in(stranger, colleague["access_token"])


async def test_a_reset_password_ends_all_sessions(stranger: httpx.AsyncClient, city: httpx.AsyncClient) -> None:
    session = await open_session(stranger, "district-500103")
    path = f"{API}/users/{await user_id(city, 'district-500103')}"
    assert (await city.patch(path, json={"password": GOOD_PASSWORD})).status_code == 200
    assert not await is_logged_in(stranger, session["access_token"])
    await open_session(stranger, "district-500103", GOOD_PASSWORD)


async def test_who_is_disabled_while_logging_in_gets_no_session(
    stranger: httpx.AsyncClient, district: httpx.AsyncClient, database_url: str
) -> None:
    """The password is right, the account is locked by who disables it: the log-in waits and is refused."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute("update identity.users set disabled = true where username = 'teacher-a'")
            login: asyncio.Task[Any] = asyncio.create_task(
                stranger.post(LOGIN, json={"username": "teacher-a", "password": DEMO_PASSWORD})
            )

            async def waits() -> bool:
                return bool(await connection.fetchval("select exists (select from pg_locks where not granted)"))

            await eventually(waits)
        response = await login
    finally:
        await connection.close()
    assert (response.status_code, response.json()["code"]) == (401, "user_disabled")
