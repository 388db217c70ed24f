"""The envelope: what is wrapped comes out again, and what is none of ours is refused."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.batch import BatchItemFailed
from shared.contracts.param import GradeCreated
from shared.contracts.reader import ReaderApproved, ReaderReturned
from shared.envelope import Event, MalformedEvent, event_of, parse
from shared.tenancy import NO_SCHOOL, Actor

ACTOR = Actor(UUID(int=1), "teacher-a")
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def wrapped(**changes: Any) -> Event:
    fact = GradeCreated(actor=ACTOR, version=1, grade_id=UUID(int=2), name="三年级")
    kept: dict[str, Any] = {
        "source": "params",
        "subject_id": fact.grade_id,
        "time": datetime(2026, 9, 1, tzinfo=UTC),
        "district": "500103",
        "school_id": UUID(int=3),
    }
    return event_of(fact, **(kept | changes))


@given(moments, st.sampled_from([(None, None), ("500103", None), ("500103", UUID(int=7))]), st.text(max_size=30))
def test_what_is_wrapped_comes_out_again(time: datetime, where: tuple[str | None, UUID | None], name: str) -> None:
    fact = GradeCreated(actor=ACTOR, version=7, grade_id=uuid4(), name=name)
    event = event_of(fact, source="params", subject_id="x", time=time, district=where[0], school_id=where[1])
    parsed = parse(event.subject, event.headers(), event.body)
    assert parsed == event
    assert parsed.decode(GradeCreated) == fact


def test_ids_are_in_the_order_of_time() -> None:
    ids = [wrapped().id for _ in range(100)]
    assert ids == sorted(ids)
    assert {id_.version for id_ in ids} == {7}


def test_the_message_id_is_the_events_id() -> None:
    event = wrapped()
    assert event.headers()["Nats-Msg-Id"] == event.headers()["ce-id"] == str(event.id)


def test_a_fact_of_the_city_has_no_school() -> None:
    event = wrapped(district=None, school_id=None)
    assert event.subject == "sc.v1._._.grade.created"
    assert event.row_school_id == NO_SCHOOL


def test_the_traceparent_goes_along_where_there_is_one() -> None:
    assert "traceparent" not in wrapped().headers()
    traced = wrapped(traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    assert parse(traced.subject, traced.headers(), traced.body).traceparent == traced.traceparent


@pytest.mark.parametrize(
    "change",
    [
        {"ce-id": "no uuid"},
        {"ce-time": "yesterday"},
        {"ce-time": "2026-09-01T00:00:00"},
        {"ce-type": "grade"},
        {"ce-type": "class.created.v1"},
        {"ce-id": None},
        {"ce-type": None},
        {"ce-source": None},
        {"ce-subject": None},
        {"ce-time": None},
    ],
)
def test_headers_that_are_wrong_or_missing_are_refused(change: dict[str, str | None]) -> None:
    event = wrapped()
    headers = {name: value for name, value in (event.headers() | change).items() if value is not None}
    with pytest.raises(MalformedEvent):
        parse(event.subject, headers, event.body)


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "sc",
        "sc.v1.500103.x.grade.created",
        "sc.v2.500103._.grade.created",
        "sc.v1.500103._.grade",
        "sc.v1.500103._.grade.created.more",
        "sc.v1.500103._.grade.changed",
    ],
)
def test_subjects_that_do_not_fit_are_refused(subject: str) -> None:
    event = wrapped(school_id=None)
    with pytest.raises(MalformedEvent):
        parse(subject, event.headers(), event.body)


def test_id_numbers_in_somebodys_own_words_are_not_told() -> None:
    number = "50010320160601123X"
    digest = f"{number[:17]}1" * 3 + "0123456789"
    failed = BatchItemFailed(
        actor=ACTOR,
        version=1,
        batch_no="1795611912071512345",
        item_no=1,
        row=f"{number}!2",
        code="class_unknown",
        detail=f"没有“四年级{number}1班”，也没有“{number.lower()}”。",
    )
    approved = ReaderApproved(
        actor=ACTOR, version=2, reader_id=UUID(int=2), masked_name="王*", masked_id_number="", id_digest=digest
    )
    where: dict[str, Any] = {"source": "readers", "time": datetime(2026, 9, 1, tzinfo=UTC), "district": "500103"}
    told = event_of(failed, subject_id="x", school_id=UUID(int=3), **where).decode(BatchItemFailed)
    assert told.detail == "没有“四年级5001**********123X1班”，也没有“5001**********123x”。"
    assert (told.row, told.batch_no) == ("5001**********123X!2", failed.batch_no)
    assert event_of(approved, subject_id="x", school_id=UUID(int=3), **where).decode(ReaderApproved) == approved


def test_a_message_without_headers_is_refused() -> None:
    with pytest.raises(MalformedEvent):
        parse(wrapped().subject, None, b"{}")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"\xff", b'{"grade_id": 1}', b'{"name":"' + b"[" * 5000])
def test_a_body_that_is_no_such_fact_is_refused(body: bytes) -> None:
    event = wrapped()
    with pytest.raises(MalformedEvent):
        parse(event.subject, event.headers(), body).decode(GradeCreated)


def test_a_body_of_another_kind_is_refused() -> None:
    with pytest.raises(MalformedEvent):
        wrapped().decode(ReaderReturned)


def test_times_are_read_with_their_zone() -> None:
    event = wrapped(time=datetime(2026, 9, 1, 8, tzinfo=UTC))
    assert event.headers()["ce-time"] == "2026-09-01T08:00:00Z"
