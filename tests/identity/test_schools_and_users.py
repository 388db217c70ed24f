"""Schools and users over HTTP: open, change, disable, and what is refused."""

import asyncio
import hashlib
import json
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from services.identity.bootstrap import DemoCity
from tests.identity.people import API, GOOD_PASSWORD, log_in, open_session
from tests.running_service import RunningService

SCHOOLS = f"{API}/schools"
USERS = f"{API}/users"

OPERATOR = {"username": "teacher-new", "display_name": "丁老师", "password": GOOD_PASSWORD}


async def open_school(client: httpx.AsyncClient, name: str = "重庆市某某小学校", **more: object) -> dict[str, Any]:
    response = await client.post(SCHOOLS, json={"name": name, "stage": "primary", **more})
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def create_user(client: httpx.AsyncClient, **fields: object) -> httpx.Response:
    return await client.post(
        USERS, json={"display_name": "戊老师", "password": GOOD_PASSWORD, "scope": "school", **fields}
    )


async def test_a_district_opens_a_school_with_its_operator(
    identity: RunningService, stranger: httpx.AsyncClient, district: httpx.AsyncClient
) -> None:
    school = await open_school(district, " 重庆市  某某小学校 ", operator=OPERATOR)
    operator = school.pop("operator")
    assert school == {
        "id": school["id"],
        "district": "500103",
        "district_name": "渝中区",
        "name": "重庆市 某某小学校",
        "stage": "primary",
        "stage_name": "小学",
        "disabled": False,
        "users": 1,
        "version": 1,
        "created_at": school["created_at"],
    }
    assert operator["school_id"] == school["id"]
    assert operator["must_change_password"] is True
    session = await open_session(stranger, "teacher-new", GOOD_PASSWORD)
    assert session["user"]["school_name"] == "重庆市 某某小学校"
    response = await district.get(f"{SCHOOLS}/{school['id']}")
    assert response.json() == school
    assert response.headers["etag"] == '"1"'


async def test_a_kept_answer_tells_nothing_of_the_password(
    city: httpx.AsyncClient, database_url: str, demo: DemoCity
) -> None:
    """The fingerprint of a request is a keyed digest: from a dump nobody can try passwords through it."""
    body = json.dumps({"username": "city-2", "display_name": "己", "password": GOOD_PASSWORD, "scope": "city"}).encode()
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    for _ in range(2):
        assert (await city.post(USERS, content=body, headers=headers)).status_code == 201
    connection = await asyncpg.connect(database_url)
    try:
        (fingerprint,) = [row[0] for row in await connection.fetch("select fingerprint from identity.answers")]
    finally:
        await connection.close()
    assert fingerprint != hashlib.sha256(f"POST {USERS}?\n".encode() + body).digest()


async def test_school_and_operator_come_together_or_not_at_all(district: httpx.AsyncClient) -> None:
    response = await district.post(
        SCHOOLS, json={"name": "某某小学", "stage": "primary", "operator": OPERATOR | {"username": "teacher-b"}}
    )
    assert (response.status_code, response.json()["code"]) == (409, "username_taken")
    assert response.json()["errors"][0]["field"] == "username"
    assert (await district.get(SCHOOLS, params={"q": "某某小学"})).json()["total"] == 0


async def test_the_city_opens_schools_anywhere_alive(city: httpx.AsyncClient) -> None:
    school = await open_school(city, district="500157", stage="nine_year")
    assert (school["district_name"], school["stage_name"]) == ("两江新区", "九年一贯制学校")
    for code, error in (("500105", "district_unknown"), ("110101", "district_unknown"), (None, "district_missing")):
        response = await city.post(SCHOOLS, json={"name": "某某中学", "stage": "junior", "district": code})
        assert response.status_code == 422
        assert response.json()["errors"][0]["code"] == error


async def test_school_names_are_unique_in_their_district(
    district: httpx.AsyncClient, other_district: httpx.AsyncClient
) -> None:
    school = await open_school(district, "某某小学（东）")
    other = await open_school(district, "另一小学")
    taken = await district.post(SCHOOLS, json={"name": "某某 小学(东)", "stage": "primary"})
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
    renamed = await district.patch(f"{SCHOOLS}/{other['id']}", json={"name": "某某小学(东)"})
    assert (renamed.status_code, renamed.json()["code"]) == (409, "name_taken")
    await open_school(other_district, "某某小学（东）")
    assert (await district.patch(f"{SCHOOLS}/{school['id']}", json={"name": "某某小学（西）"})).status_code == 200
    await open_school(district, "某某小学（东）")


async def test_many_at_once_open_one(district: httpx.AsyncClient) -> None:
    body = {"name": "某某小学", "stage": "primary"}
    responses = await asyncio.gather(*(district.post(SCHOOLS, json=body) for _ in range(8)))
    assert sorted(response.status_code for response in responses) == [201] + [409] * 7


async def test_a_repeated_key_gets_the_first_answer(district: httpx.AsyncClient) -> None:
    body = {"name": "某某小学", "stage": "primary", "operator": OPERATOR}
    key = {"Idempotency-Key": "one"}
    first, second = [await district.post(SCHOOLS, json=body, headers=key) for _ in range(2)]
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    other = await district.post(SCHOOLS, json=body | {"name": "别的小学"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_schools_are_searched(city: httpx.AsyncClient) -> None:
    async def names(**conditions: object) -> list[str]:
        answer = (await city.get(SCHOOLS, params=conditions)).json()  # type: ignore[arg-type]
        assert answer["total"] >= len(answer["items"])
        return [school["name"] for school in answer["items"]]

    assert len(await names()) == 3
    assert await names(district="500106") == ["重庆市沙坪坝区泉山小学校"]
    assert await names(stage="junior") == ["重庆市渝中区临江书院中学校"]
    assert await names(q=" 书香 路") == ["重庆市渝中区书香路小学校"]
    assert await names(q="%") == []
    assert await names(disabled="true") == []
    assert len(await names(page=2, page_size=2)) == 1


async def test_a_stale_change_is_refused(district: httpx.AsyncClient, demo: DemoCity) -> None:
    path = f"{SCHOOLS}/{demo.schools['teacher-a']}"
    first = await district.patch(path, json={"stage": "nine_year"}, headers={"If-Match": '"1"'})
    assert (first.status_code, first.json()["version"], first.headers["etag"]) == (200, 2, '"2"')
    assert (await district.patch(path, json={"stage": "junior"}, headers={"If-Match": '"1"'})).status_code == 412
    assert (await district.patch(path, json={"stage": "junior", "version": 1})).status_code == 412
    unchanged = await district.patch(path, json={"stage": "nine_year"})
    assert unchanged.json()["version"] == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"stage": "primary"}, 400),
        ({"name": "", "stage": "primary"}, 400),
        ({"name": "  ", "stage": "primary"}, 422),
        ({"name": "a\x00b", "stage": "primary"}, 422),
        ({"name": "a\u202eb", "stage": "primary"}, 422),
        ({"name": "x" * 101, "stage": "primary"}, 400),
        ({"name": "某某小学", "stage": "university"}, 400),
        ({"name": "某某小学", "stage": "primary", "school_id": str(uuid4())}, 400),
        ({"name": "某某小学", "stage": "primary", "district": "5001"}, 400),
        ({"name": "某某小学", "stage": "primary", "operator": OPERATOR | {"password": "1234567890"}}, 422),
        ({"name": "某某小学", "stage": "primary", "operator": OPERATOR | {"username": "13800138000"}}, 422),
        ({"name": "某某小学", "stage": "primary", "operator": OPERATOR | {"display_name": "\t"}}, 422),
    ],
)
async def test_bad_schools_are_refused(district: httpx.AsyncClient, body: dict[str, object], status: int) -> None:
    response = await district.post(SCHOOLS, json=body)
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/problem+json")


async def test_the_city_opens_users_of_all_kinds(
    identity: RunningService, city: httpx.AsyncClient, demo: DemoCity
) -> None:
    for fields, scope in (
        ({"username": "second-city", "scope": "city"}, "city"),
        ({"username": "district-500107", "scope": "district", "district": "500107"}, "district"),
        ({"username": "Teacher-D", "school_id": str(demo.schools["teacher-b"])}, "school"),
    ):
        response = await create_user(city, **fields)
        assert response.status_code == 201, response.text
        user = response.json()
        assert user["username"] == str(fields["username"]).lower()
        async with log_in(identity, str(fields["username"]), GOOD_PASSWORD) as client:
            me = (await client.get(f"{API}/me")).json()
            assert (me["id"], me["scope"]) == (user["id"], scope)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"scope": "school"}, "school_missing"),
        ({"scope": "district"}, "district_missing"),
        ({"scope": "district", "district": "500112"}, "district_unknown"),
        ({"scope": "city", "district": "500103"}, "tenant_unwanted"),
        ({"scope": "district", "district": "500103", "school_id": str(uuid4())}, "tenant_unwanted"),
        ({"scope": "city", "username": "ab"}, "username_format"),
        ({"scope": "city", "username": "王老师"}, "username_format"),
        ({"scope": "city", "password": "teacher-x-99"}, "password_has_username"),
        ({"scope": "city", "password": "schoolcard-demo"}, "password_weak"),
    ],
)
async def test_bad_users_are_refused(city: httpx.AsyncClient, fields: dict[str, object], code: str) -> None:
    response = await create_user(city, **{"username": "teacher-x", **fields})
    assert response.status_code == 422, response.text
    assert response.json()["errors"][0]["code"] == code


async def test_usernames_are_unique_in_the_city(district: httpx.AsyncClient, demo: DemoCity) -> None:
    # teacher-b is another district's: only that the name is taken is told.
    response = await create_user(district, username="TEACHER-B", school_id=str(demo.schools["teacher-a"]))
    assert (response.status_code, response.json()["code"]) == (409, "username_taken")


async def test_users_are_changed(district: httpx.AsyncClient) -> None:
    (user,) = (await district.get(USERS, params={"q": "teacher-a"})).json()["items"]
    path = f"{USERS}/{user['id']}"
    renamed = await district.patch(path, json={"display_name": " 新 老师 "}, headers={"If-Match": '"1"'})
    assert (renamed.status_code, renamed.json()["display_name"], renamed.json()["version"]) == (200, "新 老师", 2)
    assert (await district.patch(path, json={"disabled": True}, headers={"If-Match": '"1"'})).status_code == 412
    assert (await district.patch(path, json={"password": "1234567890"})).status_code == 422
    assert (await district.patch(path, json={"username": "x"})).status_code == 400
    assert (await district.patch(path, json={"scope": "city"})).status_code == 400
    assert (await district.get(path)).json()["version"] == 2


async def test_the_city_searches_users(city: httpx.AsyncClient, demo: DemoCity) -> None:
    async def usernames(**conditions: str) -> list[str]:
        return [user["username"] for user in (await city.get(USERS, params=conditions)).json()["items"]]

    assert len(await usernames()) == 6
    assert await usernames(scope="district") == ["district-500103", "district-500106"]
    assert await usernames(district="500106") == ["district-500106", "teacher-b"]
    assert await usernames(school_id=str(demo.schools["teacher-c"])) == ["teacher-c"]
    assert await usernames(q="甲老师") == ["teacher-a"]
    assert await usernames(disabled="true") == []


async def test_nobody_locks_himself_out(city: httpx.AsyncClient) -> None:
    me = (await city.get(f"{API}/me")).json()
    for body in ({"disabled": True}, {"password": GOOD_PASSWORD}):
        response = await city.patch(f"{USERS}/{me['id']}", json=body)
        assert (response.status_code, response.json()["code"]) == (409, "own_account")
    assert (await city.patch(f"{USERS}/{me['id']}", json={"display_name": "本人"})).status_code == 200


async def test_districts_are_the_real_ones(teacher: httpx.AsyncClient) -> None:
    answer = (await teacher.get(f"{API}/districts")).json()
    by_code = {district["code"]: district for district in answer["items"]}
    assert answer["total"] == len(by_code) == 39
    assert by_code["500103"] == {
        "code": "500103",
        "name": "渝中区",
        "short_name": "渝中",
        "living": True,
        "since": 1997,
    }
    for abolished in ("500105", "500112"):
        assert by_code[abolished]["living"] is False
        assert by_code[abolished]["successor"] == "500157"
    assert (await teacher.get(f"{API}/districts/500157")).json()["name"] == "两江新区"
    assert (await teacher.get(f"{API}/districts/110101")).status_code == 404
