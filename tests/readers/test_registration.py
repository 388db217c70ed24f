"""QR registration from the phone: links, forms, sending exactly once, receipts, corrections, withdrawal."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.readers import registering_queries
from services.readers.codes import digest_of
from services.readers.guardian_consumer import follow_schools
from shared.contracts.identity import SchoolChanged
from shared.database import Database, Transaction
from shared.tenancy import NO_DISTRICT, NO_SCHOOL, WORKER, Caller, Scope, system_actor
from tests.readers.conftest import Told
from tests.readers.families import (
    LINKS,
    REGISTRATION,
    correct,
    merge,
    open_link,
    receipt_of,
    register,
    registrations,
    send,
    submission,
    token_of,
)
from tests.readers.people import LIBRARY, READERS, ParamsOf, create, id_number, said
from tests.running_service import RunningService

WORKER_CALLER = Caller(WORKER, system_actor("readers"))


async def name_school(database: Database, school: Scope, *, disabled: bool = False, version: int = 1) -> None:
    assert school.school_id is not None
    fact = SchoolChanged(
        actor=LIBRARY,
        version=version,
        school_id=school.school_id,
        name="书香路小学校",
        stage="primary",
        disabled=disabled,
    )
    await database.run(WORKER_CALLER, follow_schools, [said(school, fact, school.school_id)])


def codes(response: httpx.Response) -> list[tuple[str | None, str]]:
    return [(error.get("field"), error["code"]) for error in response.json().get("errors", [])]


# --- links


async def test_a_link_shows_a_form(
    phone: httpx.AsyncClient,
    token: str,
    classes: dict[str, UUID],
    database: Database,
    school: Scope,
) -> None:
    await name_school(database, school)
    form = (await phone.get(f"{REGISTRATION}/{token}")).json()
    assert form["school_name"] == "书香路小学校"
    assert [choice["grade_name"] + choice["class_name"] for choice in form["classes"]] == list(classes)
    assert (form["one_class"], form["home_district"], form["text"]["version"]) == (False, "渝中", 1)
    assert "渝中" in form["districts"]


async def test_a_class_has_a_link_of_its_own(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, classes: dict[str, UUID]
) -> None:
    link = await open_link(teacher, class_id=str(classes["三年级2班"]), remark=" 家长会 ")
    assert (link["grade_name"], link["class_name"], link["remark"]) == ("三年级", "2班", "家长会")
    form = (await phone.get(f"{REGISTRATION}/{token_of(link)}")).json()
    assert [choice["class_name"] for choice in form["classes"]] == ["2班"]
    await register(phone, token_of(link), class_id=str(classes["三年级1班"]))
    (kept,) = await registrations(teacher)
    assert kept["class_id"] == str(classes["三年级2班"])


async def test_a_link_whose_class_is_gone_is_the_whole_schools(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, params: ParamsOf
) -> None:
    grade_id = await params.grade()
    gone, other = await params.school_class(grade_id, "1班"), await params.school_class(grade_id, "2班")
    token = token_of(await open_link(teacher, class_id=str(gone)))
    await params.change_class(grade_id, gone, "1班", 2, disabled=True)
    form = (await phone.get(f"{REGISTRATION}/{token}")).json()
    assert ([choice["class_id"] for choice in form["classes"]], form["one_class"]) == ([str(other)], False)
    await register(phone, token, class_id=str(other))
    assert [item["class_id"] for item in await registrations(teacher)] == [str(other)]


async def test_a_revoked_link_leads_nowhere(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, link: dict[str, Any], token: str, told: Told
) -> None:
    revoked = await teacher.post(f"{LINKS}/{link['id']}/revoke")
    assert (revoked.json()["status"], revoked.json()["path"]) == ("revoked", None)
    again = await teacher.post(f"{LINKS}/{link['id']}/revoke")
    assert (again.status_code, again.json()["code"]) == (409, "link_revoked")
    unknown = await phone.get(f"{REGISTRATION}/{token[::-1]}")
    for response in (await phone.get(f"{REGISTRATION}/{token}"), await send(phone, token, submission())):
        assert response.status_code == 404
        assert response.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    assert (await teacher.get(f"{LINKS}/{link['id']}/qr.svg")).status_code == 409
    assert [fact["link_id"] for fact in await told.facts("registration.revoked")] == [link["id"]]


async def test_a_link_ends(
    phone: httpx.AsyncClient,
    teacher: httpx.AsyncClient,
    token: str,
    administrator: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    await administrator.execute("update readers.registration_links set expires_at = now()")
    assert (await phone.get(f"{REGISTRATION}/{token}")).status_code == 404
    assert (await teacher.get(LINKS)).json()["items"][0]["status"] == "expired"


async def test_a_disabled_schools_link_leads_nowhere(
    phone: httpx.AsyncClient, token: str, database: Database, school: Scope
) -> None:
    await name_school(database, school, disabled=True)
    assert (await phone.get(f"{REGISTRATION}/{token}")).status_code == 404
    await name_school(database, school, version=2)
    assert (await phone.get(f"{REGISTRATION}/{token}")).status_code == 200


async def test_a_token_is_long_and_nowhere_in_the_database(
    teacher: httpx.AsyncClient, token: str, administrator: "asyncpg.Connection[asyncpg.Record]", told: Told
) -> None:
    assert len(token) == 27
    row = await administrator.fetchval("select l::text from readers.registration_links l")
    assert token not in row
    assert digest_of(token).hex() in row
    assert token.encode() not in await told.bytes()


async def test_poster_and_qr_code(teacher: httpx.AsyncClient, readers: RunningService, link: dict[str, Any]) -> None:
    poster = (await teacher.get(f"{LINKS}/{link['id']}/poster")).json()
    assert poster["url"] == f"{readers.address}{link['path']}"
    svg = await teacher.get(f"{LINKS}/{link['id']}/qr.svg")
    assert svg.headers["content-type"] == "image/svg+xml"
    assert svg.text.startswith("<?xml")


# --- sending


async def test_what_is_sent_waits_for_the_school(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str, classes: dict[str, UUID], told: Told
) -> None:
    class_id = str(classes["三年级1班"])
    receipt = await register(phone, token, 7, name=" 王 小明", class_id=class_id)
    (kept,) = await registrations(teacher, status="submitted")
    assert (kept["name"], kept["origin"], kept["meets"], kept["reader_id"]) == ("王小明", "qr", False, None)
    assert (kept["id_number"][:6], kept["phone"], kept["relation"]) == ("5001**", "138****0007", "mother")
    shown = await receipt_of(phone, receipt)
    assert (shown["progress"], shown["name"], shown["may_correct"]) == ("submitted", "王*明", True)
    assert (shown["id_number"], shown["phone"]) == (kept["id_number"], "138****0007")
    assert (shown["grade_name"], shown["class_name"], shown["guardian_name"]) == ("三年级", "1班", "王*国")
    (fact,) = await told.facts("registration.submitted")
    assert fact["actor"] == {"id": kept["id"], "name": "王*国", "kind": "guardian"}
    assert (fact["masked_name"], fact["class_id"]) == ("王*明", class_id)
    everything = await told.bytes()
    for secret in (id_number(7), "王小明", "13800000007", receipt, token):
        assert secret.encode() not in everything


async def test_what_is_sent_is_encrypted(
    phone: httpx.AsyncClient, token: str, administrator: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    receipt = await register(phone, token, 7, name="王小明")
    row = await administrator.fetchval("select g::text from readers.registrations g")
    for secret in (id_number(7), "王小明", "13800000007", receipt):
        assert secret not in row
        assert secret.encode().hex() not in row


async def test_a_phone_sends_exactly_once(
    phone: httpx.AsyncClient,
    teacher: httpx.AsyncClient,
    token: str,
    administrator: "asyncpg.Connection[asyncpg.Record]",
    told: Told,
) -> None:
    key = str(uuid4())
    at_once = await asyncio.gather(*(send(phone, token, submission(1), key) for _ in range(5)))
    # What the kernel keeps of answers is gone after a day; the phone may have been away for longer.
    await administrator.execute("delete from readers.answers")
    later = await send(phone, token, submission(1), key)
    assert {response.status_code for response in (*at_once, later)} == {201}
    assert len({response.json()["receipt"] for response in (*at_once, later)}) == 1
    assert len(await registrations(teacher)) == len(await told.facts("registration.submitted")) == 1
    other = await send(phone, token, submission(2), key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    without = await phone.post(f"{REGISTRATION}/{token}/submissions", json=submission(3))
    assert (without.status_code, without.json()["code"]) == (400, "idempotency_key_malformed")


async def test_all_that_is_wrong_is_said_at_once(phone: httpx.AsyncClient, token: str) -> None:
    wrong = submission(
        id_number="500103201409010011", name="1", phone="12", guardian_name=" ", home_district="北京", signature="iVBO"
    )
    wrong |= {"class_id": str(uuid4()), "text_version": 9}
    response = await send(phone, token, wrong)
    assert response.status_code == 422
    assert codes(response) == [
        ("id_number", "id_checksum"),
        ("name", "name_format"),
        ("phone", "phone_format"),
        ("home_district", "district_unknown"),
        ("guardian_name", "guardian_missing"),
        ("signature", "signature_missing"),
        ("text_version", "text_unknown"),
        ("class_id", "class_unknown"),
    ]


async def test_another_schools_class_is_none(
    phone: httpx.AsyncClient, stranger: httpx.AsyncClient, classes: dict[str, UUID]
) -> None:
    theirs = token_of(await open_link(stranger))
    response = await send(phone, theirs, submission(class_id=str(classes["三年级1班"])))
    assert codes(response) == [("class_id", "class_unknown")]


async def test_too_much_is_refused(phone: httpx.AsyncClient, token: str) -> None:
    assert (await send(phone, token, submission(signature="A" * 89_000))).status_code == 422
    assert (await send(phone, token, submission(signature="A" * 95_000))).status_code == 400
    assert (await send(phone, token, submission(signature="A" * 150_000))).status_code == 413


async def test_it_never_tells_whether_a_child_is_known(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str
) -> None:
    await create(teacher, 1)
    known, unknown = await register(phone, token, 1), await register(phone, token, 2)
    one, two = await receipt_of(phone, known), await receipt_of(phone, unknown)
    private = {"name", "id_number", "phone", "submitted_at", "updated_at"}
    assert {key: one[key] for key in one.keys() - private} == {key: two[key] for key in two.keys() - private}
    assert {item["meets"] for item in await registrations(teacher)} == {True, False}


# --- correcting and withdrawing


async def test_corrected_until_approved(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str, told: Told
) -> None:
    receipt = await register(phone, token, 1)
    path = f"{REGISTRATION}/receipts/{receipt}"
    wrong = await phone.patch(path, json={"phone": "12"})
    assert (wrong.status_code, codes(wrong)) == (422, [("phone", "phone_format")])
    corrected = await correct(phone, receipt, phone="139 0000 1111", relation="father")
    assert (corrected.status_code, corrected.json()["phone"]) == (200, "139****1111")
    assert (await phone.patch(path, json={})).status_code == 200
    (fact,) = await told.facts("registration.corrected")
    assert (fact["fields"], fact["version"]) == (["phone", "relation"], 2)
    (kept,) = await registrations(teacher)
    merged = (await merge(teacher, kept["id"])).json()
    assert (await receipt_of(phone, receipt))["progress"] == "accepted"
    again = await phone.patch(path, json={"phone": "13900002222"})
    assert (again.status_code, again.json()["progress"]) == (200, "submitted")
    (kept,) = await registrations(teacher)
    assert (kept["meets"], kept["reader_id"]) == (True, merged["id"])
    assert (await teacher.post(f"{READERS}/{merged['id']}/approve")).status_code == 200
    closed = await phone.patch(path, json={"phone": "13900003333"})
    assert (closed.status_code, closed.json()["code"]) == (409, "registration_closed")
    assert (await receipt_of(phone, receipt))["may_correct"] is False


async def test_a_guardian_withdraws_before_anybody_looked(
    phone: httpx.AsyncClient, teacher: httpx.AsyncClient, token: str, told: Told
) -> None:
    receipt = await register(phone, token)
    withdrawn = await phone.post(f"{REGISTRATION}/receipts/{receipt}/withdraw")
    assert (withdrawn.status_code, withdrawn.json()["progress"]) == (200, "withdrawn")
    assert not await registrations(teacher, status="submitted")
    assert len(await told.facts("registration.withdrawn")) == 1
    assert not await told.facts("consent.withdrawn")
    again = await phone.post(f"{REGISTRATION}/receipts/{receipt}/withdraw")
    assert (again.status_code, again.json()) == (200, withdrawn.json())
    assert len(await told.facts("registration.withdrawn")) == 1


async def test_an_unknown_receipt_is_nobodys(phone: httpx.AsyncClient) -> None:
    path = f"{REGISTRATION}/receipts/{'x' * 27}"
    answers = [await phone.get(path), await phone.patch(path, json={}), await phone.post(f"{path}/withdraw")]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "registration_not_found")}


# --- what the guardian's role may


async def test_a_guardian_scope_sees_what_was_presented_alone(
    phone: httpx.AsyncClient, token: str, database: Database, school: Scope, teacher: httpx.AsyncClient
) -> None:
    mine, _theirs = await register(phone, token, 1), await register(phone, token, 2)
    await create(teacher, 3)
    guardian = Caller(Scope("guardian", school.district, school.school_id), system_actor("test"))

    async def count(tx: Transaction, table: str, presented: bytes | None) -> int:
        if presented is not None:
            await registering_queries.present(tx.connection, presented)
        found: int = await tx.connection.fetchval(f"select count(*) from {table}")
        return found

    for table, presented, expected in (
        ("registrations", None, 0),
        ("registrations", digest_of(mine), 1),
        ("registrations", digest_of("x"), 0),
        ("registration_links", None, 0),
        ("registration_links", digest_of(token), 1),
        ("consents", digest_of(mine), 0),
    ):
        assert await database.run(guardian, count, table, presented) == expected
    for table in ("readers", "imports", "import_rows", "approvals", "approval_items", "reader_counts", "answers"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.run(guardian, count, table, None)
    nobody = Caller(Scope("guardian", NO_DISTRICT, NO_SCHOOL), system_actor("test"))
    assert await database.run(nobody, count, "registrations", digest_of(mine)) == 0
    assert await database.run(nobody, count, "classes", None) == 0


async def test_a_guardian_scope_writes_nothing_but_its_own(
    phone: httpx.AsyncClient, token: str, database: Database, school: Scope
) -> None:
    receipt = await register(phone, token)
    guardian = Caller(Scope("guardian", school.district, school.school_id), system_actor("test"))

    async def run(tx: Transaction, statement: str) -> str:
        await registering_queries.present(tx.connection, digest_of(receipt))
        return await tx.connection.execute(statement)

    for statement in (
        "update registrations set status = 'merged', reader_id = id",
        "delete from registrations",
        "update registrations set reader_id = id",
        "update registration_links set expires_at = now() + interval '9 years'",
        "insert into consent_texts (district, version, title, body, published_by, published_at)"
        " values ('500103', 2, 'a', 'b', 'c', now())",
        "select 1 from school_of_receipt(''); select 1 from readers",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.run(guardian, run, statement)


@pytest.mark.parametrize("service", ["identity", "params", "cards", "batches", "audit"])
async def test_other_services_have_no_such_role(
    administrator: "asyncpg.Connection[asyncpg.Record]", service: str
) -> None:
    roles = await administrator.fetchval("select count(*) from pg_roles where rolname = $1", f"sc_{service}_guardian")
    assert roles == 0


async def test_a_bearer_token_changes_nothing_for_a_guardian(
    stranger: httpx.AsyncClient, token: str, teacher: httpx.AsyncClient
) -> None:
    """The school is the link's, whoever else is logged in on the phone."""
    await register(stranger, token)
    assert len(await registrations(teacher)) == 1
    assert not await registrations(stranger)
