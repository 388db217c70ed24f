"""Single readers over HTTP: entered, changed, returned, approved, deleted, revealed; masked, encrypted, told."""

import asyncio
from uuid import uuid4

import asyncpg
import httpx
import pytest

from shared.settings import Settings
from shared.tenancy import Scope
from tests.readers.conftest import Told
from tests.readers.people import READERS, CardsOf, ParamsOf, create, fetch, id_number, pupil
from tests.running_service import RunningService


def codes(response: httpx.Response) -> list[tuple[str | None, str]]:
    return [(error.get("field"), error["code"]) for error in response.json().get("errors", [])]


async def test_a_reader_is_shown_masked(teacher: httpx.AsyncClient, school: Scope, params: ParamsOf) -> None:
    grade_id = await params.grade()
    class_id = await params.school_class(grade_id)
    response = await teacher.post(READERS, json=pupil(7, class_id=str(class_id), name="王　小明"))
    assert response.status_code == 201, response.text
    made = response.json()
    number = id_number(7)
    assert made == {
        "id": made["id"],
        "school_id": str(school.school_id),
        "district": "500103",
        "grade_id": str(grade_id),
        "class_id": str(class_id),
        "grade_name": "三年级",
        "class_name": "1班",
        "name": "王小明",
        "id_number": f"5001**********{number[-4:]}",
        "phone": "138****0007",
        "guardian_name": "王建国",
        "guardian_phone": "***-****2345",
        "home_district": "500103",
        "home_district_name": "渝中区",
        "wanted_card_no": None,
        "card_no": None,
        "status": "pending",
        "consent": "none",
        "reason_code": None,
        "reason": None,
        "version": 1,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
    }
    read = await teacher.get(f"{READERS}/{made['id']}")
    assert (read.json(), read.headers["etag"]) == (made, '"1"')


async def test_numbers_are_encrypted_at_rest_and_in_no_event(
    teacher: httpx.AsyncClient, administrator: "asyncpg.Connection[asyncpg.Record]", told: Told
) -> None:
    made = await create(teacher, 7, name="王小明", guardian_phone="13900001111")
    await teacher.post(f"{READERS}/{made['id']}/reveal", headers={"Idempotency-Key": "look"})
    await teacher.patch(f"{READERS}/{made['id']}", json={"phone": "13800138000"})
    await teacher.post(f"{READERS}/{made['id']}/approve")
    tables = await administrator.fetch("select tablename from pg_tables where schemaname = 'readers'")
    everything = b""
    for table in tables:
        rows = await administrator.fetch(f"select t::text as row from readers.{table['tablename']} t")
        everything += "\n".join(row["row"] for row in rows).encode()
    said = await told.bytes()
    assert "王小明".encode() in everything and "王*明".encode() in said
    for number in (id_number(7), "13800138000", "13800000007", "13900001111"):
        # bytea shows as hexadecimal
        assert number.encode() not in everything
        assert number.encode().hex().encode() not in everything
        assert number.encode() not in said
    assert "王小明".encode() not in said


async def test_to_reveal_is_a_logged_call(teacher: httpx.AsyncClient, told: Told, school: Scope) -> None:
    made = await create(teacher, 7)
    response = await teacher.post(f"{READERS}/{made['id']}/reveal")
    assert (response.status_code, response.json()) == (
        200,
        {
            "id": made["id"],
            "id_number": id_number(7),
            "phone": "13800000007",
            "guardian_phone": "023-67012345",
        },
    )
    (fact,) = await told.facts("reader.revealed")
    assert (fact["reader_id"], fact["actor"]["name"]) == (made["id"], "teacher")
    assert (await fetch(teacher, made["id"]))["version"] == 1


async def test_each_look_is_logged_and_ends_with_the_reader(teacher: httpx.AsyncClient, told: Told) -> None:
    """A key that repeats the request repeats no answer."""
    made = await create(teacher, 7)
    again = {"Idempotency-Key": "look"}
    for looks in (1, 2):
        response = await teacher.post(f"{READERS}/{made['id']}/reveal", headers=again)
        assert (response.status_code, response.json()["id_number"]) == (200, id_number(7))
        assert len(await told.facts("reader.revealed")) == looks
    assert (await teacher.delete(f"{READERS}/{made['id']}")).status_code == 204
    assert (await teacher.post(f"{READERS}/{made['id']}/reveal", headers=again)).status_code == 404


async def test_a_look_of_the_district_is_in_the_schools_log(
    teacher: httpx.AsyncClient, district: httpx.AsyncClient, city: httpx.AsyncClient, told: Told, school: Scope
) -> None:
    made = await create(teacher, 7)
    assert (await district.post(f"{READERS}/{made['id']}/reveal")).json()["id_number"] == id_number(7)
    assert await told.subjects("reader.revealed") == [f"sc.v1.500103.{school.school_id}.reader.revealed"]
    assert (await city.post(f"{READERS}/{made['id']}/reveal")).status_code == 403


async def test_everything_wrong_is_said_at_once(teacher: httpx.AsyncClient) -> None:
    number = id_number(1)
    wrong = "0" if number[-1] != "0" else "1"
    body = pupil(
        1,
        id_number=number[:-1] + wrong,
        name="王3",
        phone="123",
        guardian_name="!",
        guardian_phone="1",
        home_district="海淀",
        card_no="12",
    )
    response = await teacher.post(READERS, json=body)
    assert (response.status_code, response.json()["code"]) == (422, "reader_invalid")
    assert codes(response) == [
        ("id_number", "id_checksum"),
        ("name", "name_format"),
        ("phone", "phone_format"),
        ("guardian_name", "name_format"),
        ("guardian_phone", "parent_phone_format"),
        ("home_district", "district_unknown"),
        ("card_no", "card_no_format"),
    ]
    assert (await teacher.get(READERS)).json()["total"] == 0


async def test_a_number_assigned_beforehand_is_of_ones_own_district(teacher: httpx.AsyncClient) -> None:
    for wrong, code in (("500106260000011", "card_no_district"), ("0" * 15, "card_no_format")):
        response = await teacher.post(READERS, json=pupil(1, card_no=wrong))
        assert (response.status_code, codes(response)) == (422, [("card_no", code)])
    made = await create(teacher, 1, card_no="500103260000011")
    for wrong, code in (("500106260000011", "card_no_district"), ("0" * 15, "card_no_format")):
        response = await teacher.patch(f"{READERS}/{made['id']}", json={"card_no": wrong})
        assert (response.status_code, codes(response)) == (422, [("card_no", code)])


async def test_what_is_typed_loosely_is_understood(teacher: httpx.AsyncClient) -> None:
    number = id_number(10)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in number)
    made = await create(
        teacher, 10, id_number=f" {wide[:6]} {wide[6:]}", phone="+86 138-0013-8000", home_district="500103"
    )
    shown = (await teacher.post(f"{READERS}/{made['id']}/reveal")).json()
    assert (shown["id_number"], shown["phone"]) == (number, "13800138000")


async def test_one_person_has_one_reader_in_a_school(
    teacher: httpx.AsyncClient, stranger: httpx.AsyncClient, school: Scope
) -> None:
    made = await create(teacher)
    again = await teacher.post(READERS, json=pupil(1, name="李四"))
    assert (again.status_code, again.json()["code"], codes(again)) == (
        409,
        "reader_exists",
        [("id_number", "reader_exists")],
    )
    elsewhere = await create(stranger)
    assert elsewhere["status"] == "pending"
    await create(teacher, 2)
    taken = await teacher.patch(f"{READERS}/{made['id']}", json={"id_number": id_number(2)})
    assert (taken.status_code, taken.json()["code"]) == (409, "reader_exists")
    assert codes(taken) == [("id_number", "reader_exists")]
    for answer in (again, taken):
        assert str(school.school_id) not in answer.text and elsewhere["school_id"] not in answer.text
    assert (await teacher.delete(f"{READERS}/{made['id']}")).status_code == 204
    await create(teacher)


async def test_one_person_entered_many_times_at_once(teacher: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(teacher.post(READERS, json=pupil()) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11
    assert (await teacher.get(READERS)).json()["total"] == 1


async def test_a_number_is_checked_before_the_form_is_sent(
    teacher: httpx.AsyncClient, stranger: httpx.AsyncClient, district: httpx.AsyncClient
) -> None:
    made = await create(teacher)
    body = {"id_number": id_number(1).lower()}
    verdict = {"exists": True, "birth_date": "2014-09-01", "reader_id": made["id"], "errors": []}
    assert (await teacher.post(f"{READERS}/check", json=body)).json() == verdict
    elsewhere = await stranger.post(f"{READERS}/check", json=body)
    assert elsewhere.json() == verdict | {"exists": False, "reader_id": None}
    wrong = (await teacher.post(f"{READERS}/check", json={"id_number": "5001"})).json()
    assert (wrong["exists"], [error["code"] for error in wrong["errors"]]) == (False, ["id_length"])
    assert (await district.post(f"{READERS}/check", json=body)).status_code == 403


async def test_a_change_names_what_changed(teacher: httpx.AsyncClient, params: ParamsOf, told: Told) -> None:
    grade_id = await params.grade()
    one, two = [await params.school_class(grade_id, name) for name in ("1班", "2班")]
    made = await create(teacher, 7, class_id=str(one))
    response = await teacher.patch(
        f"{READERS}/{made['id']}", json={"class_id": str(two), "guardian_phone": "", "name": made["name"]}
    )
    assert (response.status_code, response.headers["etag"]) == (200, '"2"')
    assert (response.json()["class_name"], response.json()["guardian_phone"]) == ("2班", "")
    (fact,) = await told.facts("reader.changed")
    assert (fact["fields"], fact["class_id"], fact["previous_class_id"], fact["version"]) == (
        ["guardian_phone", "class_id"],
        str(two),
        str(one),
        2,
    )
    same = await teacher.patch(f"{READERS}/{made['id']}", json={"class_id": str(two)})
    assert (same.json()["version"], len(await told.facts("reader.changed"))) == (2, 1)
    none = await teacher.patch(f"{READERS}/{made['id']}", json={"class_id": None})
    assert (none.json()["class_id"], none.json()["grade_name"]) == (None, None)


@pytest.mark.parametrize("by", ["header", "body"])
async def test_who_saw_an_older_version_is_told(teacher: httpx.AsyncClient, by: str) -> None:
    made = await create(teacher)
    path = f"{READERS}/{made['id']}"
    assert (await teacher.patch(path, json={"phone": "13800138001"}, headers={"If-Match": '"1"'})).status_code == 200
    headers = {"If-Match": '"1"'} if by == "header" else {}
    body = {"phone": "13800138002"} | ({"version": 1} if by == "body" else {})
    stale = await teacher.patch(path, json=body, headers=headers)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    for method, more in (("DELETE", ""), ("POST", "/approve")):
        answer = await teacher.request(method, path + more, headers={"If-Match": '"1"'})
        assert answer.status_code == 412
    returned = await teacher.post(f"{path}/return", json={"reason": "照片不清"}, headers={"If-Match": '"1"'})
    assert returned.status_code == 412
    assert (await fetch(teacher, made["id"]))["version"] == 2
    assert (await teacher.delete(path, headers={"If-Match": '"2"'})).status_code == 204


async def test_a_repeated_key_gets_the_same_answer(teacher: httpx.AsyncClient, told: Told) -> None:
    key = {"Idempotency-Key": "one-click"}
    first = await teacher.post(READERS, json=pupil(), headers=key)
    again = await teacher.post(READERS, json=pupil(), headers=key)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    other = await teacher.post(READERS, json=pupil(2), headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(await told.facts("reader.created")) == 1
    at_once = await asyncio.gather(
        *(teacher.post(READERS, json=pupil(3), headers={"Idempotency-Key": "double"}) for _ in range(6))
    )
    assert {answer.status_code for answer in at_once} <= {201, 409}
    assert (await teacher.get(READERS)).json()["total"] == 2


async def test_approved_means_nothing_changes_until_the_card_is_there(
    teacher: httpx.AsyncClient, cards: CardsOf, told: Told
) -> None:
    made = await create(teacher, 7, card_no="500103260000011")
    path = f"{READERS}/{made['id']}"
    approved = await teacher.post(f"{path}/approve")
    said = {"id": made["id"], "status": "approved", "version": 2, "without_consent": True}
    assert (approved.status_code, approved.json()) == (200, said)
    (fact,) = await told.facts("reader.approved")
    assert (fact["wanted_card_no"], len(fact["id_digest"]), "batch_no" in fact) == ("500103260000011", 64, False)
    [[alone]] = [together["readers"] for together in await told.facts("readers.approved")]
    assert alone.items() <= fact.items()
    refused = [
        await teacher.post(f"{path}/approve"),
        await teacher.post(f"{path}/return", json={"reason": "不是本校学生"}),
        await teacher.patch(path, json={"phone": "13800138000"}),
        await teacher.delete(path),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [
        (409, "not_approvable"),
        (409, "not_returnable"),
        (409, "reader_being_carded"),
        (409, "reader_being_carded"),
    ]
    await cards.say(cards.issued(made["id"]))
    carded = await fetch(teacher, made["id"])
    assert (carded["status"], carded["card_no"], carded["version"]) == ("carded", "500103260000011", 3)
    for change in ({"name": "李四"}, {"id_number": id_number(8)}, {"card_no": None}):
        answer = await teacher.patch(path, json=change)
        assert (answer.status_code, answer.json()["code"]) == (409, "reader_locked")
    assert (await teacher.patch(path, json={"phone": "13800138000"})).json()["version"] == 4
    gone = await teacher.delete(path)
    assert (gone.status_code, gone.json()["code"]) == (409, "reader_has_card")


async def test_who_had_a_card_is_kept(teacher: httpx.AsyncClient, cards: CardsOf, told: Told) -> None:
    """With the reader would go the consent that the card was issued upon."""
    made = await create(teacher, 7)
    path = f"{READERS}/{made['id']}"
    await teacher.post(f"{path}/approve")
    await cards.say(cards.issued(made["id"]), cards.closed(made["id"], "500103260000011"))
    for status in ("returned", "pending"):
        assert (await fetch(teacher, made["id"]))["status"] == status
        kept = await teacher.delete(path)
        assert (kept.status_code, kept.json()["code"]) == (409, "reader_had_card")
        await teacher.patch(path, json={"phone": "13800138000"})
    assert await told.facts("reader.deleted") == []


async def test_a_refused_reader_is_corrected_and_approved_again(
    teacher: httpx.AsyncClient, cards: CardsOf, told: Told
) -> None:
    made = await create(teacher, 7, card_no="500103260000011")
    path = f"{READERS}/{made['id']}"
    await teacher.post(f"{path}/approve")
    await cards.say(cards.refused(made["id"], "card_no_taken", "预设的读者证号已被使用。"))
    returned = await fetch(teacher, made["id"])
    assert (returned["status"], returned["reason_code"], returned["reason"]) == (
        "returned",
        "card_no_taken",
        "预设的读者证号已被使用。",
    )
    assert (await teacher.post(f"{path}/approve")).json()["code"] == "not_approvable"
    corrected = (await teacher.patch(path, json={"card_no": None})).json()
    assert (corrected["status"], corrected["reason"], corrected["reason_code"]) == ("pending", None, None)
    assert (await teacher.post(f"{path}/approve")).status_code == 200
    assert [fact.get("wanted_card_no") for fact in await told.facts("reader.approved")] == ["500103260000011", None]
    await cards.say(cards.issued(made["id"], "500103260000029"))
    assert (await fetch(teacher, made["id"]))["card_no"] == "500103260000029"


async def test_a_returned_reader_says_why(teacher: httpx.AsyncClient, told: Told) -> None:
    made = await create(teacher)
    path = f"{READERS}/{made['id']}"
    returned = (await teacher.post(f"{path}/return", json={"reason": " 名字写错 "})).json()
    assert (returned["status"], returned["reason"], returned["reason_code"]) == (
        "returned",
        "名字写错",
        "returned_by_operator",
    )
    assert [fact["reason"] for fact in await told.facts("reader.returned")] == ["名字写错"]
    sent_in_again = (await teacher.patch(path, json={"name": made["name"]})).json()
    assert (sent_in_again["status"], sent_in_again["reason"]) == ("pending", None)
    for reason in ("", "  ", "长" * 201):
        assert 400 <= (await teacher.post(f"{path}/return", json={"reason": reason})).status_code <= 422


async def test_classes_that_cannot_be_chosen(teacher: httpx.AsyncClient, params: ParamsOf) -> None:
    grade_id, closed_grade = await params.grade(), await params.grade("六年级", disabled=True)
    class_id = await params.school_class(grade_id, "1班")
    disabled = await params.school_class(grade_id, "2班", disabled=True)
    below = await params.school_class(closed_grade, "1班")
    for chosen in (disabled, below):
        answer = await teacher.post(READERS, json=pupil(1, class_id=str(chosen)))
        assert (answer.status_code, codes(answer)) == (422, [("class_id", "class_disabled")])
    made = await create(teacher, class_id=str(class_id))
    await params.change_class(grade_id, class_id, "1班", 2, disabled=True)
    kept = await teacher.patch(f"{READERS}/{made['id']}", json={"phone": "13800138000", "class_id": str(class_id)})
    assert (kept.status_code, kept.json()["class_name"]) == (200, "1班")
    await params.delete_class(grade_id, class_id, "1班", 3)
    assert (await fetch(teacher, made["id"]))["class_name"] == "1班"
    answer = await teacher.post(READERS, json=pupil(2, class_id=str(class_id)))
    assert (answer.status_code, codes(answer)) == (422, [("class_id", "class_unknown")])


async def test_a_class_made_a_moment_ago_can_be_used(
    teacher: httpx.AsyncClient, params: ParamsOf, settings: Settings, school: Scope
) -> None:
    made = await create(teacher, 2)
    grade_id, class_id = await params.grade(), uuid4()
    sending = asyncio.create_task(teacher.post(READERS, json=pupil(1, class_id=str(class_id))))
    changing = asyncio.create_task(teacher.patch(f"{READERS}/{made['id']}", json={"class_id": str(class_id)}))
    done, _ = await asyncio.wait([sending, changing], timeout=0.3)
    assert not done
    await params.hear(params.class_created(grade_id, class_id, "1班"))
    assert [(await sending).status_code, (await changing).status_code] == [201, 200]


async def test_districts_and_the_city_read_and_do_not_write(
    teacher: httpx.AsyncClient, district: httpx.AsyncClient, city: httpx.AsyncClient
) -> None:
    made = await create(teacher)
    path = f"{READERS}/{made['id']}"
    for client in (district, city):
        assert (await client.get(path)).json() == made
        answers = [
            await client.post(READERS, json=pupil(2)),
            await client.patch(path, json={"phone": "13800138000"}),
            await client.delete(path),
            await client.post(f"{path}/approve"),
            await client.post(f"{path}/return", json={"reason": "x"}),
            await client.post(f"{READERS}/approvals", json={"reader_ids": [made["id"]]}),
        ]
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "scope_forbidden")] * 6


async def test_nobody_without_a_token(readers: RunningService) -> None:
    async with readers.stranger() as client:
        for path in (READERS, f"{READERS}/counts", f"{READERS}/export.xlsx", f"{READERS}/template.xlsx"):
            assert (await client.get(path)).status_code == 401
