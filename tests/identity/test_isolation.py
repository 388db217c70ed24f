"""Who sees and changes what: a district its schools, a school itself; everything else is as if it did not exist."""

from uuid import uuid4

import httpx
import pytest

from services.identity.bootstrap import DemoCity
from tests.identity.people import API, GOOD_PASSWORD
from tests.running_service import RunningService

SCHOOLS = f"{API}/schools"
USERS = f"{API}/users"


def alike(one: httpx.Response, other: httpx.Response) -> bool:
    """The same answer but for the request's id."""
    return one.status_code == other.status_code and (
        one.json() | {"request_id": ""} == other.json() | {"request_id": ""}
    )


async def find_user(admin: httpx.AsyncClient, username: str) -> str:
    (user,) = (await admin.get(USERS, params={"q": username})).json()["items"]
    return str(user["id"])


async def test_a_district_sees_its_schools_alone(
    district: httpx.AsyncClient, other_district: httpx.AsyncClient
) -> None:
    assert (await district.get(SCHOOLS)).json()["total"] == 2
    assert (await other_district.get(SCHOOLS)).json()["total"] == 1
    assert (await district.get(SCHOOLS, params={"district": "500106"})).json() == {"items": [], "total": 0}


async def test_schools_are_counted_where_one_sees_them(
    city: httpx.AsyncClient, district: httpx.AsyncClient, other_district: httpx.AsyncClient, teacher: httpx.AsyncClient
) -> None:
    own, others = {"district": "500103", "schools": 2}, {"district": "500106", "schools": 1}
    assert (await city.get(f"{SCHOOLS}/counts")).json() == [own, others]
    assert (await district.get(f"{SCHOOLS}/counts")).json() == [own]
    assert (await other_district.get(f"{SCHOOLS}/counts")).json() == [others]
    assert (await teacher.get(f"{SCHOOLS}/counts")).json() == [own | {"schools": 1}]


async def test_schools_are_named_by_their_ids_to_those_who_see_them(
    city: httpx.AsyncClient, district: httpx.AsyncClient, other_district: httpx.AsyncClient
) -> None:
    own = (await district.get(SCHOOLS)).json()["items"]
    (strange,) = (await other_district.get(SCHOOLS)).json()["items"]
    asked = {"id": [own[1]["id"], strange["id"], str(uuid4())]}
    assert (await district.get(SCHOOLS, params=asked)).json() == {"items": [own[1]], "total": 1}
    assert (await city.get(SCHOOLS, params=asked)).json()["total"] == 2
    assert (await district.get(SCHOOLS, params={"id": [str(uuid4())] * 101})).status_code == 400


async def test_a_district_sees_its_schools_users_alone(
    district: httpx.AsyncClient, other_district: httpx.AsyncClient, demo: DemoCity
) -> None:
    async def usernames(client: httpx.AsyncClient, **conditions: str) -> list[str]:
        return [user["username"] for user in (await client.get(USERS, params=conditions)).json()["items"]]

    assert await usernames(district) == ["teacher-a", "teacher-c"]
    assert await usernames(other_district) == ["teacher-b"]
    assert await usernames(district, scope="district") == []
    assert await usernames(district, scope="city") == []
    assert await usernames(district, school_id=str(demo.schools["teacher-b"])) == []


@pytest.mark.parametrize("body", [None, {"disabled": True}, {"name": "被改名的小学"}])
async def test_another_districts_school_does_not_exist(
    district: httpx.AsyncClient, city: httpx.AsyncClient, demo: DemoCity, body: dict[str, object] | None
) -> None:
    theirs, nobodys = f"{SCHOOLS}/{demo.schools['teacher-b']}", f"{SCHOOLS}/{uuid4()}"
    method = "GET" if body is None else "PATCH"
    foreign = await district.request(method, theirs, json=body)
    assert foreign.status_code == 404
    assert alike(foreign, await district.request(method, nobodys, json=body))
    assert (await city.get(theirs)).json()["version"] == 1


@pytest.mark.parametrize("username", ["teacher-b", "district-500106", "district-500103", "city"])
@pytest.mark.parametrize("body", [None, {"disabled": True}, {"password": GOOD_PASSWORD}, {"display_name": "改名"}])
async def test_users_beyond_ones_schools_do_not_exist(
    district: httpx.AsyncClient, city: httpx.AsyncClient, username: str, body: dict[str, object] | None
) -> None:
    theirs, nobodys = f"{USERS}/{await find_user(city, username)}", f"{USERS}/{uuid4()}"
    method = "GET" if body is None else "PATCH"
    foreign = await district.request(method, theirs, json=body)
    assert foreign.status_code == 404
    assert alike(foreign, await district.request(method, nobodys, json=body))
    assert (await city.get(theirs)).json()["version"] == 1


async def test_a_district_opens_nothing_elsewhere(district: httpx.AsyncClient, demo: DemoCity) -> None:
    school = await district.post(SCHOOLS, json={"name": "某某小学", "stage": "primary", "district": "500106"})
    assert school.status_code == 404
    user = {"username": "mallory", "display_name": "M", "password": GOOD_PASSWORD, "scope": "school"}
    foreign = await district.post(USERS, json=user | {"school_id": str(demo.schools["teacher-b"])})
    assert foreign.status_code == 404
    assert alike(foreign, await district.post(USERS, json=user | {"school_id": str(uuid4())}))
    for more in ({"scope": "city"}, {"scope": "district", "district": "500103"}):
        assert (await district.post(USERS, json=user | more)).status_code == 403


async def test_a_teacher_reads_the_own_school_alone(teacher: httpx.AsyncClient, demo: DemoCity) -> None:
    own = f"{SCHOOLS}/{demo.schools['teacher-a']}"
    assert (await teacher.get(own)).status_code == 200
    assert [school["id"] for school in (await teacher.get(SCHOOLS)).json()["items"]] == [str(demo.schools["teacher-a"])]
    foreign = await teacher.get(f"{SCHOOLS}/{demo.schools['teacher-c']}")
    assert foreign.status_code == 404
    assert alike(foreign, await teacher.get(f"{SCHOOLS}/{uuid4()}"))
    assert (await teacher.patch(own, json={"name": "改名小学"})).status_code == 403
    assert (await teacher.post(SCHOOLS, json={"name": "某某小学", "stage": "primary"})).status_code == 403


async def test_a_teacher_manages_no_users(teacher: httpx.AsyncClient, city: httpx.AsyncClient) -> None:
    own = (await teacher.get(f"{API}/me")).json()["id"]
    user = {"username": "mallory", "display_name": "M", "password": GOOD_PASSWORD, "scope": "school"}
    answers = [
        await teacher.get(USERS),
        await teacher.post(USERS, json=user),
        await teacher.get(f"{USERS}/{own}"),
        await teacher.patch(f"{USERS}/{own}", json={"display_name": "X"}),
        await teacher.patch(f"{USERS}/{await find_user(city, 'teacher-c')}", json={"disabled": True}),
        await teacher.patch(f"{USERS}/{uuid4()}", json={"disabled": True}),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "scope_forbidden")}


async def test_every_route_wants_a_token(identity: RunningService, stranger: httpx.AsyncClient) -> None:
    document = (await stranger.get(f"{API}/schema/openapi.json")).json()
    public = {f"{API}/login", f"{API}/refresh", f"{API}/logout", f"{API}/health/live", f"{API}/health/ready"}
    asked = 0
    for path, operations in document["paths"].items():
        for method in operations:
            if path in public:
                continue
            asked += 1
            filled = path.replace("{school_id}", str(uuid4())).replace("{user_id}", str(uuid4()))
            answer = await stranger.request(method.upper(), filled.replace("{code}", "500103"))
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), path
    assert asked == 13
