"""Pure decisions: what of an event is logged, where in time to look for entries."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from services.audit.chain import Entry
from services.audit.errors import MomentMalformed
from services.audit.schemas import Cursor, LogFilter, Window
from shared import china
from shared.contracts.fact import Fact
from shared.contracts.registry import published
from shared.envelope import Event
from shared.tenancy import NO_DISTRICT

_REPEATS: Final = sorted(f"{kind.ENTITY}.{kind.FACT}" for kind in published().values() if kind.REPEATS)

_RECENT: Final = timedelta(days=31)
_AROUND: Final = timedelta(hours=1)


class _Gist(Fact, frozen=True, kw_only=True):
    """What the log wants of any fact."""

    reader_id: UUID | None = None


def entry_of(event: Event, recorded_at: datetime) -> Entry:
    """Raises MalformedEvent for a body that is no fact."""
    gist = event.decode(_Gist)
    return Entry(
        school_id=event.row_school_id,
        district=event.district or NO_DISTRICT,
        occurred_at=event.time,
        event_id=event.id,
        recorded_at=recorded_at,
        operator=gist.actor.name,
        actor_id=gist.actor.id,
        entity=event.entity,
        fact=event.fact,
        subject_id=event.subject_id,
        reader_id=gist.reader_id,
        batch_no=gist.batch_no,
        body=event.body,
    )


def left_out(search: LogFilter) -> list[str] | None:
    """`entity.fact` of what is not listed: what tells together that is told one by one, unless it is asked for.

    It is kept, as everything is.
    """
    return None if f"{search.entity}.{search.fact}" in _REPEATS else _REPEATS


def months(moments: Iterable[datetime]) -> list[date]:
    """The months (their first days, UTC) that these moments lie in."""
    return sorted({moment.astimezone(UTC).date().replace(day=1) for moment in moments})


def months_ahead(now: datetime) -> list[date]:
    """This month and the next two."""
    first = now.astimezone(UTC).date().replace(day=1)
    second = (first + timedelta(days=32)).replace(day=1)
    return [first, second, (second + timedelta(days=32)).replace(day=1)]


def windows(search: LogFilter, cursor: Cursor | None, now: datetime) -> Iterator[Window]:
    """Where to look for a page, newest first: in the month before its beginning, then in all that is older.

    Most pages are full after the first, and looking into every month's partition costs more than the page itself.
    """
    newest = min(search.until or now, now) if cursor is None else cursor.occurred_at
    recent = _earlier(newest, _RECENT)
    if search.since is None or search.since < recent:
        yield Window(since=recent)
        yield Window(since=search.since, before=recent)
    else:
        yield Window(since=search.since)


def around(event_id: UUID) -> Window | None:
    """When an event of this id happened: a UUIDv7 begins with its milliseconds since 1970 (RFC 9562 §5.7)."""
    if event_id.version != 7:
        return None
    try:
        made = datetime.fromtimestamp((event_id.int >> 80) / 1000, UTC)
        return Window(since=made - _AROUND, before=made + _AROUND)
    except (ValueError, OverflowError, OSError):
        return None


def moment(text: str | None, *, is_end: bool = False) -> datetime | None:
    """A bound of a search: a day (its last moment with `is_end`), or a moment. Raises MomentMalformed."""
    try:
        return china.moment(text, is_end=is_end)
    except ValueError as exc:
        raise MomentMalformed from exc


def _earlier(moment: datetime, by: timedelta) -> datetime:
    return moment - by if moment > datetime.min.replace(tzinfo=UTC) + by else moment
