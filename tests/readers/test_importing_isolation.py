"""Imports are their school's: strangers find nothing, districts and the city see figures and no pupils."""

from uuid import UUID

import httpx
import pytest

from shared.tenancy import CITY, Scope
from tests.readers.importing import IMPORTS, Administrator, carry_out, preview
from tests.readers.rosters import pupil, workbook
from tests.running_service import RunningService, a_school

ROUTES = (
    ("GET", ""),
    ("GET", "/rows"),
    ("GET", "/rejected.xlsx"),
    ("POST", "/classes"),
    ("POST", "/confirm"),
    ("POST", "/undo"),
    ("DELETE", ""),
)
UNKNOWN = "1788225723000000001"
MARKS = {"X-Request-Id": "the-same"}


async def ask(client: httpx.AsyncClient, method: str, batch_no: str, path: str, class_id: object) -> httpx.Response:
    body = {"answers": [{"text": "火箭班", "class_id": str(class_id)}]} if path == "/classes" else None
    return await client.request(method, f"{IMPORTS}/{batch_no}{path}", json=body, headers=MARKS)


@pytest.mark.parametrize("district", ["500103", "500106"])
@pytest.mark.parametrize("state", ["draft", "running"])
async def test_strangers_get_what_an_unknown_number_gets(
    readers: RunningService,
    teacher: httpx.AsyncClient,
    classes: dict[str, UUID],
    administrator: Administrator,
    district: str,
    state: str,
) -> None:
    content = workbook([pupil(1), pupil(2, school_class="火箭班")])
    if state == "draft":
        answer = await preview(teacher, content)
    else:
        answer = await carry_out(teacher, administrator, content)
    before = (await teacher.get(f"{IMPORTS}/{answer['batch_no']}")).json()
    async with readers.client(a_school(district)) as stranger:
        for method, path in ROUTES:
            unknown = await ask(stranger, method, UNKNOWN, path, classes["三年级1班"])
            theirs = await ask(stranger, method, answer["batch_no"], path, classes["三年级1班"])
            assert unknown.status_code == 404, (method, path, unknown.text)
            assert (theirs.status_code, theirs.content) == (404, unknown.content), (method, path)
    assert (await teacher.get(f"{IMPORTS}/{answer['batch_no']}")).json() == before


@pytest.mark.parametrize("scope", [Scope("district", "500103"), CITY])
async def test_above_a_school_figures_are_read_and_nothing_else(
    readers: RunningService,
    teacher: httpx.AsyncClient,
    classes: dict[str, UUID],
    administrator: Administrator,
    scope: Scope,
) -> None:
    rows = [pupil(1), pupil(2, school_class="火箭班"), ["合计", "", "", "", "", "", ""]]
    answer = await preview(teacher, workbook(rows))
    assert len(answer["questions"]) == 1
    async with readers.client(scope) as above:
        seen = (await above.get(f"{IMPORTS}/{answer['batch_no']}")).json()
        assert seen == answer | {"questions": [], "skipped": []}
        for method, path in ROUTES[1:]:
            refused = await ask(above, method, answer["batch_no"], path, classes["三年级1班"])
            assert (refused.status_code, refused.json()["code"]) == (403, "scope_forbidden"), (method, path)
        files = {"file": ("a.xlsx", workbook([pupil(3)]))}
        assert (await above.post(IMPORTS, files=files)).status_code == 403


async def test_another_district_finds_nothing(
    readers: RunningService, teacher: httpx.AsyncClient, classes: dict[str, UUID]
) -> None:
    answer = await preview(teacher, workbook([pupil(1)]))
    async with readers.client(Scope("district", "500106")) as other:
        unknown = await ask(other, "GET", UNKNOWN, "", None)
        theirs = await ask(other, "GET", answer["batch_no"], "", None)
        assert (theirs.status_code, theirs.content) == (404, unknown.content)


async def test_without_a_token(readers: RunningService) -> None:
    async with readers.stranger() as nobody:
        for method, path in (*ROUTES, ("POST", "")):
            target = f"{IMPORTS}/{UNKNOWN}{path}" if (method, path) != ("POST", "") else IMPORTS
            assert (await nobody.request(method, target)).status_code == 401


async def test_the_same_person_in_two_schools_is_new_in_both(
    readers: RunningService, teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator
) -> None:
    content = workbook([pupil(1, school_class="")])
    await carry_out(teacher, administrator, content)
    async with readers.client(a_school()) as elsewhere:
        answer = await carry_out(elsewhere, administrator, content)
    assert answer["counts"]["new"] == 1
    assert await administrator.fetchval("select count(*) from readers.readers") == 2
