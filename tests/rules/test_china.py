"""Days and moments as people in China count them."""

from datetime import UTC, date, datetime

import pytest

from services.audit import rules as audit_rules
from services.audit.errors import MomentMalformed as AuditMomentMalformed
from services.batches import rules as batches_rules
from services.batches.errors import MomentMalformed as BatchesMomentMalformed
from shared.china import local_day, moment


def test_a_day_begins_eight_hours_before_utc() -> None:
    assert local_day(datetime(2026, 8, 31, 15, 59, 59, tzinfo=UTC)) == date(2026, 8, 31)
    assert local_day(datetime(2026, 8, 31, 16, tzinfo=UTC)) == date(2026, 9, 1)


@pytest.mark.parametrize(
    ("text", "is_end", "found"),
    [
        ("2026-09-01", False, "2026-08-31T16:00:00+00:00"),
        ("2026-09-01", True, "2026-09-01T15:59:59.999999+00:00"),
        ("2026-09-01T08:00:00", False, "2026-09-01T00:00:00+00:00"),
        ("2026-09-01T08:00:00", True, "2026-09-01T00:00:00+00:00"),
        ("2026-09-01 08:00:00", False, "2026-09-01T00:00:00+00:00"),
        ("2026-09-01T00:00:00Z", False, "2026-09-01T00:00:00+00:00"),
        ("2026-09-01T08:00:00+08:00", False, "2026-09-01T00:00:00+00:00"),
        # Not escaped in an address, a plus is a space.
        ("2026-09-01T08:00:00 08:00", False, "2026-09-01T00:00:00+00:00"),
        ("2026-09-01T08:00:00.5 08:00", False, "2026-09-01T00:00:00.500000+00:00"),
    ],
)
def test_bounds_of_a_search(text: str, is_end: bool, found: str) -> None:
    read = moment(text, is_end=is_end)
    assert read is not None and read.isoformat() == found
    assert audit_rules.moment(text, is_end=is_end) == batches_rules.moment(text, is_end=is_end) == read


def test_no_bound() -> None:
    assert moment(None) is None
    assert moment("") is None


@pytest.mark.parametrize(
    "text", ["gestern", "2026-02-30", "2026-09-01T25:00", "0001-01-01", "0001-01-01T00:00:00+08:00", "٢٠٢٦-٠٩-٠١", "\0"]
)
def test_what_is_no_moment_is_refused_by_each_service_in_its_own_name(text: str) -> None:
    with pytest.raises(ValueError):
        moment(text)
    with pytest.raises(AuditMomentMalformed):
        audit_rules.moment(text)
    with pytest.raises(BatchesMomentMalformed):
        batches_rules.moment(text)
    assert moment("9999-12-31", is_end=False) is not None
    with pytest.raises(ValueError):
        moment("9999-12-31", is_end=True)
