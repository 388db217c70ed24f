"""Browsers: tokens in cookies no script can read, and no POST from another site's page."""

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie

import httpx
import msgspec
import pytest

from services.identity.bootstrap import DEMO_PASSWORD, DemoCity
from services.identity.known_browser import cookie_name
from shared.secrets import Secrets
from shared.settings import Settings
from tests.identity.people import API, CROSS_SITE, LOGIN, SAME_SITE, bearer
from tests.running_service import RunningService, serving

CREDENTIALS = {"username": "teacher-a", "password": DEMO_PASSWORD}


def cookies_of(response: httpx.Response) -> SimpleCookie:
    jar = SimpleCookie()
    for header in response.headers.get_list("set-cookie"):
        jar.load(header)
    return jar


@pytest.fixture
async def browser(identity: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    """A page of ours, logged in."""
    async with identity.stranger(SAME_SITE) as client:
        response = await client.post(LOGIN, json=CREDENTIALS)
        assert response.status_code == 200, response.text
        yield client


async def test_cookies_are_out_of_scripts_reach(identity: RunningService) -> None:
    async with identity.stranger(SAME_SITE) as client:
        jar = cookies_of(await client.post(LOGIN, json=CREDENTIALS))
    known = cookie_name("teacher-a")
    assert set(jar) == {"sc_access", "sc_refresh", known}
    assert (jar[known]["httponly"], jar[known]["path"]) == (True, LOGIN)
    for name, path, most in (("sc_access", "/api", 600), ("sc_refresh", "/api/identity", 12 * 3600)):
        assert jar[name]["httponly"] is True
        assert jar[name]["samesite"].lower() == "strict"
        assert jar[name]["path"] == path
        assert jar[name]["secure"] == ""
        assert most - 5 <= int(jar[name]["max-age"]) <= most


async def test_cookies_are_secure_where_asked_for(settings: Settings, secrets: Secrets, demo: DemoCity) -> None:
    public = msgspec.structs.replace(settings, secure_cookies=True)
    async with serving(public, secrets, "identity") as running, running.stranger() as client:
        jar = cookies_of(await client.post(LOGIN, json=CREDENTIALS))
    assert all(jar[name]["secure"] is True for name in ("sc_access", "sc_refresh"))


async def test_pages_get_no_tokens_to_read(identity: RunningService) -> None:
    async with identity.stranger(SAME_SITE) as client:
        for response in (await client.post(LOGIN, json=CREDENTIALS), await client.post(f"{API}/refresh")):
            assert response.status_code == 200
            assert "access_token" not in response.json()
            assert "refresh_token" not in response.json()
            assert response.json()["user"]["username"] == "teacher-a"


async def test_a_page_works_refreshes_and_logs_out(browser: httpx.AsyncClient) -> None:
    assert (await browser.get(f"{API}/me")).json()["username"] == "teacher-a"
    refresh_cookie = browser.cookies["sc_refresh"]
    assert (await browser.post(f"{API}/refresh")).status_code == 200
    assert browser.cookies["sc_refresh"] != refresh_cookie
    access = browser.cookies["sc_access"]
    response = await browser.post(f"{API}/logout")
    assert response.status_code == 204
    # What is left says that the user has logged in here, and opens nothing.
    assert set(browser.cookies) == {cookie_name("teacher-a")}
    assert (await browser.get(f"{API}/me")).status_code == 401
    assert (await browser.get(f"{API}/me", headers=bearer(access))).status_code == 401


async def test_logout_with_the_access_cookie_long_gone(browser: httpx.AsyncClient) -> None:
    access = browser.cookies["sc_access"]
    browser.cookies.delete("sc_access")
    assert (await browser.post(f"{API}/logout")).status_code == 204
    assert (await browser.get(f"{API}/me", headers=bearer(access))).status_code == 401


async def test_logout_with_dead_cookies_forgets_them(browser: httpx.AsyncClient) -> None:
    kept = dict(browser.cookies)
    await browser.post(f"{API}/logout")
    header = "; ".join(f"{name}={value}" for name, value in kept.items())
    again = await browser.post(f"{API}/logout", headers={"Cookie": header})
    assert again.status_code == 204
    assert {morsel["max-age"] for morsel in cookies_of(again).values()} == {"0"}


@pytest.mark.parametrize(
    "headers",
    [
        CROSS_SITE,
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
    ],
)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("login", CREDENTIALS),
        ("refresh", None),
        ("logout", None),
        ("me/password", {"current_password": DEMO_PASSWORD, "new_password": "blaue-Berge-77"}),
        ("schools", {"name": "某小学", "stage": "primary"}),
        ("users", {"username": "mallory", "display_name": "M", "password": "blaue-Berge-77", "scope": "school"}),
    ],
)
async def test_posts_from_other_sites_are_refused(
    browser: httpx.AsyncClient, headers: dict[str, str], path: str, body: object
) -> None:
    response = await browser.post(f"{API}/{path}", json=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (403, "cross_site")
    assert (await browser.get(f"{API}/me")).status_code == 200


async def test_a_cookie_without_a_word_of_its_origin_is_refused(browser: httpx.AsyncClient) -> None:
    del browser.headers["Sec-Fetch-Site"]
    for path in ("refresh", "logout"):
        assert (await browser.post(f"{API}/{path}")).status_code == 403


async def test_older_browsers_send_their_origin(identity: RunningService) -> None:
    async with identity.stranger({"Origin": identity.address}) as client:
        assert (await client.post(LOGIN, json=CREDENTIALS)).status_code == 200
        assert (await client.post(f"{API}/refresh")).status_code == 200
        assert (await client.post(f"{API}/logout")).status_code == 204


async def test_own_password_through_cookies_goes_on_through_cookies(browser: httpx.AsyncClient) -> None:
    change = {"current_password": DEMO_PASSWORD, "new_password": "blaue-Berge-77"}
    response = await browser.post(f"{API}/me/password", json=change)
    assert response.status_code == 200
    assert "access_token" not in response.json()
    assert (await browser.get(f"{API}/me")).status_code == 200


async def test_a_page_of_another_user_does_nothing(browser: httpx.AsyncClient) -> None:
    """Somebody else has logged in beside it: the cookies are theirs, the page and what is typed there are not."""
    first = (await browser.get(f"{API}/me")).json()["id"]
    assert (await browser.get(f"{API}/me", headers={"X-Expected-User": first})).status_code == 200
    assert (await browser.post(LOGIN, json={**CREDENTIALS, "username": "teacher-b"})).status_code == 200
    body = {"current_password": DEMO_PASSWORD, "new_password": "lu-deng-ying-shui"}
    refused = await browser.post(f"{API}/me/password", json=body, headers={"X-Expected-User": first})
    assert (refused.status_code, refused.json()["code"]) == (409, "user_changed")
    assert (await browser.post(LOGIN, json={**CREDENTIALS, "username": "teacher-b"})).status_code == 200
