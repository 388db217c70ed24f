"""Searching: every condition, whole and partial numbers, names as they are typed, pages, order, counts."""

from typing import Any, TypeAlias
from uuid import uuid4

import asyncpg
import httpx
import pytest

from shared.tenancy import Scope
from tests.readers.people import READERS, CardsOf, ParamsOf, create, id_number
from tests.running_service import RunningService, a_school

Administrator: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def found(client: httpx.AsyncClient, **conditions: Any) -> list[str]:
    """Names, in the order of the answer."""
    response = await client.get(READERS, params=conditions)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["total"] >= len(answer["items"])
    return [reader["name"] for reader in answer["items"]]


async def test_by_every_condition(teacher: httpx.AsyncClient, params: ParamsOf, cards: CardsOf) -> None:
    third, fourth = await params.grade("三年级"), await params.grade("四年级", sort_order=4)
    one, two = await params.school_class(third, "1班"), await params.school_class(fourth, "1班")
    await create(teacher, 1, name="王小明", class_id=str(one))
    li = await create(teacher, 2, name="李小明", class_id=str(two))
    await create(teacher, 3, name="王芳")
    await teacher.post(f"{READERS}/{li['id']}/approve")
    await cards.say(cards.issued(li["id"], "500103260000011"))
    assert await found(teacher) == ["王芳", "李小明", "王小明"]
    assert await found(teacher, grade_id=str(third)) == ["王小明"]
    assert await found(teacher, class_id=str(two)) == ["李小明"]
    assert await found(teacher, status="pending") == ["王芳", "王小明"]
    assert await found(teacher, card_no="500103260000011") == ["李小明"]
    assert await found(teacher, card_no=" 500103260000011 ", name="李") == ["李小明"]
    assert await found(teacher, name="小明", status="pending") == ["王小明"]
    assert await found(teacher, name="王", name_match="start") == ["王芳", "王小明"]
    assert await found(teacher, name="小", name_match="start") == []
    assert await found(teacher, class_id=str(uuid4())) == []
    assert len(await found(teacher, name="", id_number=" ", card_no="")) == 3
    assert (await teacher.get(READERS, params={"class_id": str(one)})).json()["total"] == 1


async def test_by_whole_or_last_characters_of_the_id_number(
    teacher: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    for n in (1, 2, 1001):
        await create(teacher, n, name=f"王{'一二三'[n % 3]}")
    await create(stranger, 1, name="张三")
    number = id_number(1)
    assert await found(teacher, id_number=number) == ["王二"]
    assert await found(teacher, id_number=f" {number[:6]} {number[6:].lower()} ") == ["王二"]
    for length in (4, 5, 9, 17):
        assert await found(teacher, id_number=number[-length:]) == ["王二"]
    assert await found(stranger, id_number=number[-4:]) == ["张三"]
    other = id_number(1001)
    assert await found(teacher, id_number=other[-12:]) == ["王三"]
    for nothing in (number[-3:], number[:6], "x", "X", number + "1", id_number(5), "1234\x00", "%" * 18, "王"):
        assert await found(teacher, id_number=nothing) == [], nothing


@pytest.mark.parametrize("name", ["%", "_", "\\", "王%", "王_明", "'", '"', "--", "王\\", "\U0010ffff", "\ud7ff"])
@pytest.mark.parametrize("match", ["part", "start"])
async def test_names_are_taken_literally(teacher: httpx.AsyncClient, name: str, match: str) -> None:
    await create(teacher, 1, name="王小明")
    await create(teacher, 2, name="O'Brien-王")
    expected = ["O'Brien-王"] if name == "'" and match == "part" else []
    assert await found(teacher, name=name, name_match=match) == expected


@pytest.mark.parametrize(
    "query",
    [
        "class_id=1",
        "status=gone",
        "sort=sealed",
        "sort=name;drop",
        "page=0",
        "page_size=201",
        "page_size=0",
        "page=x",
        "name_match=regex",
        "name=%00",
        "card_no=%00",
        "name=" + "a" * 65,
        "school_id=1",
    ],
)
async def test_bad_conditions_are_refused(teacher: httpx.AsyncClient, query: str) -> None:
    answer = await teacher.get(f"{READERS}?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_pages_and_orders(teacher: httpx.AsyncClient, params: ParamsOf) -> None:
    grade_id = await params.grade()
    classes = [await params.school_class(grade_id, name) for name in ("1班", "2班")]
    for n in range(7):
        await create(teacher, n, name="甲乙丙丁戊己庚"[n] + "某", class_id=str(classes[n % 2]))
    everything = await found(teacher, sort="created_at")
    assert everything == [f"{name}某" for name in "甲乙丙丁戊己庚"]
    assert [
        *await found(teacher, sort="created_at", page=1, page_size=3),
        *await found(teacher, sort="created_at", page=2, page_size=3),
        *await found(teacher, sort="created_at", page=3, page_size=3),
    ] == everything
    assert (await teacher.get(READERS, params={"page": 4, "page_size": 3})).json() == {"items": [], "total": 7}
    assert await found(teacher, sort="-created_at") == everything[::-1]
    assert await found(teacher, sort="name") == sorted(everything)
    assert await found(teacher, sort="-name") == sorted(everything, reverse=True)
    assert await found(teacher, sort="class") == [*reversed(everything[::2]), *reversed(everything[1::2])]
    for sort in ("updated_at", "-updated_at", "status", "-status", "-class"):
        assert sorted(await found(teacher, sort=sort)) == sorted(everything)


async def test_a_wide_view_searches_its_schools(
    teacher: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    readers: RunningService,
    school: Scope,
    district: httpx.AsyncClient,
    city: httpx.AsyncClient,
    other_district: httpx.AsyncClient,
) -> None:
    await create(teacher, 1, name="王小明")
    await create(stranger, 2, name="李小明")
    async with readers.client(a_school("500106")) as elsewhere:
        await create(elsewhere, 3, name="王小芳")
    number = id_number(3)
    assert await found(district) == ["李小明", "王小明"]
    assert await found(district, name="小明", sort="name") == ["李小明", "王小明"]
    assert await found(district, school_id=str(school.school_id)) == ["王小明"]
    assert await found(district, id_number=number) == await found(district, id_number=number[-4:]) == []
    assert await found(other_district) == await found(other_district, id_number=number[-6:]) == ["王小芳"]
    assert await found(city, id_number=number) == ["王小芳"]
    assert await found(city, name="王") == ["王小芳", "王小明"]
    # Over the whole city a name is looked for by its beginning, which an index serves.
    assert await found(city, name="小明") == []
    assert await found(city, name="小明", school_id=str(school.school_id)) == ["王小明"]
    assert await found(city, sort="name", school_id=str(school.school_id)) == ["王小明"]
    wide = await city.get(READERS, params={"sort": "name"})
    assert (wide.status_code, wide.json()["code"]) == (422, "sort_too_wide")


async def test_the_city_searches_and_counts_one_district(
    teacher: httpx.AsyncClient,
    readers: RunningService,
    district: httpx.AsyncClient,
    city: httpx.AsyncClient,
    other_district: httpx.AsyncClient,
) -> None:
    await create(teacher, 1, name="王小明")
    await create(teacher, 2, name="李小明")
    async with readers.client(elsewhere := a_school("500106")) as there:
        await create(there, 3, name="王小芳")
    own, other = {"district": "500103"}, {"district": "500106"}
    assert await found(city, **own) == await found(district, **own) == ["李小明", "王小明"]
    assert await found(city, **other, status="pending") == ["王小芳"]
    assert await found(city, **other, status="carded") == []
    # As the district itself sees it: in any order, and by any part of a name.
    assert sorted(await found(city, **own, name="小明", sort="name")) == ["李小明", "王小明"]
    assert await found(city, **own, school_id=str(elsewhere.school_id)) == []
    assert await found(city, **other, id_number=id_number(1)) == []
    assert (await city.get(READERS, params=other | {"page_size": 1})).json()["total"] == 1
    assert (await city.get(READERS, params={"district": "5001"})).status_code == 400
    told = {"district": "500106", "school_id": str(elsewhere.school_id), "status": "pending", "readers": 1}
    assert (await city.get(f"{READERS}/overview", params=other)).json() == [told]
    by_district = await city.get(f"{READERS}/overview", params=other | {"by": "district"})
    assert by_district.json() == [told | {"school_id": None}]
    # Another district is as one that has nobody.
    for client, asked in ((district, other), (other_district, own), (teacher, other)):
        assert (await client.get(READERS, params=asked)).json() == {"items": [], "total": 0}
        for by in ("school", "district"):
            assert (await client.get(f"{READERS}/overview", params=asked | {"by": by})).json() == []


async def test_a_wide_view_of_a_status_nobody_has_is_empty_by_the_counts(
    teacher: httpx.AsyncClient,
    school: Scope,
    district: httpx.AsyncClient,
    city: httpx.AsyncClient,
    administrator: Administrator,
) -> None:
    await create(teacher, 1, name="王小明")
    for client in (district, city):
        assert await found(client, status="pending") == ["王小明"]
        assert await found(client, status="returned") == []
    # Counts that say otherwise than the readers tell which of the two was asked.
    await administrator.execute("update readers.reader_counts set readers = 0 where school_id = $1", school.school_id)
    for client in (district, city):
        assert (await client.get(READERS, params={"status": "pending"})).json() == {"items": [], "total": 0}
        one_school = await client.get(READERS, params={"status": "pending", "school_id": str(school.school_id)})
        assert [reader["name"] for reader in one_school.json()["items"]] == ["王小明"]
        assert [reader["name"] for reader in (await client.get(READERS)).json()["items"]] == ["王小明"]


async def test_classes_are_counted_within_a_school(
    teacher: httpx.AsyncClient, district: httpx.AsyncClient, city: httpx.AsyncClient
) -> None:
    assert (await teacher.get(f"{READERS}/counts")).status_code == 200
    for client in (district, city):
        wide = await client.get(f"{READERS}/counts")
        assert (wide.status_code, wide.json()["code"]) == (422, "counts_too_wide")


async def test_counts_follow_every_change(
    teacher: httpx.AsyncClient,
    params: ParamsOf,
    cards: CardsOf,
    district: httpx.AsyncClient,
    city: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    school: Scope,
) -> None:
    grade_id = await params.grade()
    class_id = await params.school_class(grade_id)
    made = [(await create(teacher, n, class_id=str(class_id)))["id"] for n in range(3)]
    await create(teacher, 3)
    await teacher.patch(f"{READERS}/{made[0]}", json={"class_id": None})
    await teacher.delete(f"{READERS}/{made[1]}")
    await teacher.post(f"{READERS}/{made[2]}/approve")
    await cards.say(cards.issued(made[2]))
    await create(stranger, 1)
    counts = (await teacher.get(f"{READERS}/counts")).json()
    without = {
        "school_id": str(school.school_id),
        "class_id": None,
        "grade_id": None,
        "status": "pending",
        "readers": 2,
    }
    within = {"class_id": str(class_id), "grade_id": str(grade_id), "status": "carded", "readers": 1}
    assert sorted(counts, key=lambda count: str(count["status"])) == [without | within, without]
    assert (await district.get(f"{READERS}/counts", params={"school_id": str(school.school_id)})).json() == counts
    by_school = (await district.get(f"{READERS}/overview")).json()
    own = [row for row in by_school if row["school_id"] == str(school.school_id)]
    assert {row["status"]: row["readers"] for row in own} == {"pending": 2, "carded": 1}
    assert len(by_school) == 3
    assert (await city.get(f"{READERS}/overview", params={"by": "district"})).json() == [
        {"district": "500103", "school_id": None, "status": "carded", "readers": 1},
        {"district": "500103", "school_id": None, "status": "pending", "readers": 3},
    ]


async def test_what_is_searched_for_is_not_logged(
    teacher: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await found(teacher, id_number=id_number(1), name="王小明")
    await teacher.post(f"{READERS}/check", json={"id_number": id_number(1)})
    await teacher.get(READERS, params={"id_number": id_number(1), "page": "x"})
    printed = "".join(capsys.readouterr())
    assert printed.count("route=/api/readers") == 3
    for secret in (id_number(1), "王小明", "%E7%8E%8B"):
        assert secret not in printed
