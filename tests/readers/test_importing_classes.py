"""Class texts: matched with the school's own, asked once when they cannot be, remembered for the school."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx

from shared.database import Database
from shared.tenancy import Scope
from tests.readers.classes import disable_class, open_classes
from tests.readers.importing import IMPORTS, Administrator, carry_out, confirm, finished, items, preview, rows_of
from tests.readers.rosters import TITLES, pupil, workbook, workbook_of
from tests.running_service import RunningService


async def answer(
    client: httpx.AsyncClient, batch_no: str, *answers: tuple[str, UUID], grade_text: str = ""
) -> httpx.Response:
    body = {"answers": [{"text": text, "class_id": str(id_), "grade_text": grade_text} for text, id_ in answers]}
    return await client.post(f"{IMPORTS}/{batch_no}/classes", json=body)


def counts(new: int, rejected: int, changed: int = 0, unchanged: int = 0) -> dict[str, int]:
    return {"new": new, "changed": changed, "unchanged": unchanged, "rejected": rejected}


async def class_ids(administrator: Administrator, school: Scope) -> list[UUID | None]:
    rows = await administrator.fetch(
        "select class_id from readers.readers where school_id = $1 order by created_at, id", school.school_id
    )
    return [row["class_id"] for row in rows]


async def test_usual_wordings_are_understood(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator, school: Scope
) -> None:
    wordings = ["三年级2班", "三(2)班", "三（2）班", "3.2", "三年2班", "三年级（二）班", ""]
    read = await carry_out(
        teacher, administrator, workbook(pupil(n, school_class=text) for n, text in enumerate(wordings))
    )
    assert (read["counts"], read["questions"]) == (counts(7, 0), [])
    found = await class_ids(administrator, school)
    assert sorted(found, key=str) == sorted([classes["三年级2班"]] * 6 + [None], key=str)


async def test_what_cannot_be_resolved_is_asked_once_and_does_not_block_the_others(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator, school: Scope
) -> None:
    rows = [pupil(1), *(pupil(n, school_class="火箭班") for n in (2, 3)), pupil(4, school_class="2021级1班")]
    asked = await preview(teacher, workbook(rows))
    assert asked["counts"] == counts(1, 3)
    assert [(question["text"], question["rows"]) for question in asked["questions"]] == [
        ("火箭班", 2),
        ("2021级1班", 1),
    ]
    [rejected, *_] = await rows_of(teacher, asked["batch_no"], outcome="rejected")
    assert [(error["field"], error["code"]) for error in rejected["errors"]] == [("class", "class_unknown")]
    response = await answer(teacher, asked["batch_no"], ("火箭班", classes["三年级2班"]))
    assert response.status_code == 200, response.text
    now = response.json()
    assert now["counts"] == counts(3, 1)
    assert [question["text"] for question in now["questions"]] == ["2021级1班"]
    assert (await teacher.get(f"{IMPORTS}/{asked['batch_no']}")).json() == now
    assert [row["errors"] for row in await rows_of(teacher, asked["batch_no"], outcome="new")] == [[], [], []]
    await confirm(teacher, asked["batch_no"])
    await finished(administrator, asked["batch_no"])
    assert sorted(await class_ids(administrator, school), key=str) == sorted(
        [classes["三年级1班"], classes["三年级2班"], classes["三年级2班"]], key=str
    )
    assert (await items(administrator, asked["batch_no"]))[4] == ("batch.item_failed", "class_unknown")


async def test_answers_are_remembered_for_the_school_alone(
    teacher: httpx.AsyncClient,
    classes: dict[str, UUID],
    readers: RunningService,
    database: Database,
) -> None:
    content = workbook([pupil(1, school_class="火箭班")])
    first = await preview(teacher, content)
    assert (await answer(teacher, first["batch_no"], ("火箭班", classes["三年级2班"]))).status_code == 200
    again = await preview(teacher, content)
    assert (again["counts"], again["questions"]) == (counts(1, 0), [])
    elsewhere = Scope("school", "500103", uuid4())
    await open_classes(database, elsewhere, {"三年级": ["1班", "2班"]})
    async with readers.client(elsewhere) as stranger:
        assert len((await preview(stranger, content))["questions"]) == 1


async def test_a_number_without_its_grade_is_not_remembered(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator, school: Scope
) -> None:
    """1班 is another class in another teacher's list."""
    content = workbook([pupil(1, school_class="1班"), pupil(2, school_class="1班"), pupil(3, school_class="火箭班")])
    asked = await preview(teacher, content)
    assert [(question["text"], question["rows"]) for question in asked["questions"]] == [("1班", 2), ("火箭班", 1)]
    answers = [("1班", classes["三年级1班"]), ("火箭班", classes["三年级2班"])]
    now = (await answer(teacher, asked["batch_no"], *answers)).json()
    assert (now["counts"], now["questions"]) == (counts(3, 0), [])
    later = await preview(teacher, content)
    assert [(question["text"], question["rows"]) for question in later["questions"]] == [("1班", 2)]
    await confirm(teacher, asked["batch_no"])
    await finished(administrator, asked["batch_no"])
    assert sorted(await class_ids(administrator, school), key=str) == sorted(
        [classes["三年级1班"], classes["三年级1班"], classes["三年级2班"]], key=str
    )


async def test_sheets_of_two_grades_need_no_question(teacher: httpx.AsyncClient, classes: dict[str, UUID]) -> None:
    sheets = {"三年级": [pupil(1, school_class="1班")], "四年级": [pupil(2, school_class="1班")]}
    read = await preview(teacher, workbook_of(sheets))
    assert (read["counts"], read["questions"]) == (counts(2, 0), [])
    rows = await rows_of(teacher, read["batch_no"])
    assert [row["values"]["grade"] for row in rows] == ["三年级", "四年级"]
    assert [change["field"] for row in rows for change in row["changes"]] == ["grade", "grade"]


async def test_a_number_that_may_have_lost_its_zero_is_asked(
    teacher: httpx.AsyncClient, school: Scope, database: Database
) -> None:
    """3.10 typed into a number cell is 3.1; typed as a text it is what it is."""
    made = await open_classes(database, school, {"三年级": ["1班", "2班", "10班"]})
    rows: list[list[object]] = [[*pupil(n, school_class="x")] for n in range(4)]
    for row, given in zip(rows, (3.1, "3.1", 3.2, 302), strict=True):
        row[5] = given
    asked = await preview(teacher, workbook(rows))
    assert asked["counts"] == counts(3, 1)
    [question] = asked["questions"]
    assert (question["text"], question["rows"]) == ("3.1", 1)
    assert set(question["candidates"]) == {str(made["三年级1班"]), str(made["三年级10班"])}
    now = (await answer(teacher, asked["batch_no"], ("3.1", made["三年级10班"]))).json()
    assert (now["counts"], now["questions"]) == (counts(4, 0), [])
    # The answer was for the number: neither another number nor the text means the tenth class from now on.
    again = await preview(teacher, workbook(rows))
    assert (again["counts"], len(again["questions"])) == (counts(3, 1), 1)


async def test_an_answer_counts_again_what_is_known_already(
    teacher: httpx.AsyncClient, classes: dict[str, UUID], administrator: Administrator
) -> None:
    known = [pupil(1, school_class="三年级2班"), pupil(2, school_class="三年级1班")]
    await carry_out(teacher, administrator, workbook(known))
    rows = [pupil(n, school_class="火箭班") for n in (1, 2, 3)] + [pupil(4, school_class="火箭班", phone="12")]
    asked = await preview(teacher, workbook(rows))
    assert asked["counts"] == counts(0, 4)
    now = (await answer(teacher, asked["batch_no"], ("火箭班", classes["三年级2班"]))).json()
    assert now["counts"] == counts(1, 1, changed=1, unchanged=1)
    [rejected] = await rows_of(teacher, asked["batch_no"], outcome="rejected")
    assert [error["code"] for error in rejected["errors"]] == ["phone_format"]


async def test_grade_and_class_in_two_columns(teacher: httpx.AsyncClient, classes: dict[str, UUID]) -> None:
    titles = [*TITLES[:5], "年级", *TITLES[5:]]
    rows = []
    for n, (grade, text) in enumerate([("三年级", "1班"), ("三年级", "火箭班"), ("四年级", "火箭班")]):
        cells = pupil(n, school_class=text)
        rows.append([*cells[:5], grade, *cells[5:]])
    asked = await preview(teacher, workbook(rows, titles))
    assert [(one["grade_text"], one["text"]) for one in asked["questions"]] == [
        ("三年级", "火箭班"),
        ("四年级", "火箭班"),
    ]
    response = await answer(teacher, asked["batch_no"], ("火箭班", classes["三年级2班"]), grade_text="三年级")
    assert response.json()["counts"] == counts(2, 1)


async def test_a_class_made_a_moment_ago_may_be_named(
    teacher: httpx.AsyncClient, school: Scope, database: Database
) -> None:
    asked = await preview(teacher, workbook([pupil(1)]))
    assert asked["counts"] == counts(0, 1)
    made = await open_classes(database, Scope("school", "500103", uuid4()), {"三年级": ["1班"]})
    # Known of another school: it must not do for this one, however long it is waited for.
    refused = await answer(teacher, asked["batch_no"], ("三年级1班", made["三年级1班"]))
    assert (refused.status_code, refused.json()["code"]) == (422, "class_answer_invalid")

    class_id = uuid4()
    answered = asyncio.create_task(answer(teacher, asked["batch_no"], ("三年级1班", class_id)))
    await asyncio.wait([answered], timeout=0.2)
    assert not answered.done()
    await open_classes(database, school, {"三年级": ["1班"]}, ids={"三年级1班": class_id})
    assert (await answered).json()["counts"] == counts(1, 0)


async def test_answers_that_are_refused(
    teacher: httpx.AsyncClient,
    classes: dict[str, UUID],
    administrator: Administrator,
    database: Database,
    school: Scope,
) -> None:
    asked = await preview(teacher, workbook([pupil(1, school_class="火箭班")]))
    path = f"{IMPORTS}/{asked['batch_no']}/classes"
    bad: list[Any] = [
        {},
        {"answers": []},
        {"answers": [{"text": "火箭班"}]},
        {"answers": [{"text": 1, "class_id": "x"}]},
    ]
    for body in bad:
        assert (await teacher.post(path, json=body)).status_code == 400
    grade_id = await administrator.fetchval(
        "select grade_id from readers.classes where class_id = $1", classes["四年级1班"]
    )
    await disable_class(database, school, classes["四年级1班"], grade_id, "1班")
    refused = await answer(teacher, asked["batch_no"], ("火箭班", classes["四年级1班"]))
    assert (refused.status_code, refused.json()["code"]) == (422, "class_answer_invalid")
    assert [error["code"] for error in refused.json()["errors"]] == ["class_unknown"]
    await confirm(teacher, asked["batch_no"])
    late = await answer(teacher, asked["batch_no"], ("火箭班", classes["三年级1班"]))
    assert (late.status_code, late.json()["code"]) == (409, "batch_not_draft")


async def test_a_disabled_class_cannot_be_chosen_for_new_readers(
    teacher: httpx.AsyncClient,
    classes: dict[str, UUID],
    administrator: Administrator,
    database: Database,
    school: Scope,
) -> None:
    await carry_out(teacher, administrator, workbook([pupil(1, school_class="四年级1班")]))
    grade_id = await administrator.fetchval(
        "select grade_id from readers.classes where class_id = $1", classes["四年级1班"]
    )
    await disable_class(database, school, classes["四年级1班"], grade_id, "1班")
    asked = await preview(teacher, workbook([pupil(2, school_class="四年级1班")]))
    assert asked["counts"] == counts(0, 1)
