"""HTTP of batches, below `/api/batches`. Everybody reads within their scope; nobody writes."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import ServerSentEvent
from litestar.types import ControllerRouterHandler

from services.batches import rules, service
from services.batches.progress import ProgressFeed
from services.batches.schemas import Batch, BatchFilter, BatchItem, Day, Outcome, Status
from shared.contracts.batch import BatchKind
from shared.kernel import Kernel
from shared.pagination import Page, PageNumber, PageSize
from shared.tenancy import Caller

Since: TypeAlias = Annotated[
    str | None, QueryParameter(name="from", max_length=40, description="a day (Asia/Shanghai) or a moment")
]
Until: TypeAlias = Annotated[
    str | None, QueryParameter(name="to", max_length=40, description="a day, to its end, or a moment")
]


@get("/")
async def list_batches(
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    kind: Annotated[BatchKind | None, QueryParameter(name="kind")] = None,
    status: Annotated[Status | None, QueryParameter(name="status")] = None,
    batch_no: Annotated[str | None, QueryParameter(name="batch_no", max_length=20, description="its beginning")] = None,
    since: Since = None,
    until: Until = None,
    school_id: Annotated[UUID | None, QueryParameter(name="school_id", description="one school of those seen")] = None,
    page: PageNumber = 1,
    page_size: PageSize = 50,
) -> Page[Batch]:
    """Newest first."""
    search = BatchFilter(
        school_id=school_id,
        kind=kind,
        status=status,
        batch_no=batch_no or None,
        since=rules.moment(since),
        until=rules.moment(until, is_end=True),
    )
    return await kernel.database.run(caller, service.list_batches, search, page, page_size)


@get("/days")
async def count_days(
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    since: Annotated[str, QueryParameter(name="from", max_length=40, description="a day (Asia/Shanghai) or a moment")],
    until: Annotated[str, QueryParameter(name="to", max_length=40, description="a day, to its end, or a moment")],
    school_id: Annotated[UUID | None, QueryParameter(name="school_id", description="one school of those seen")] = None,
    district: Annotated[str | None, QueryParameter(name="district", max_length=6)] = None,
) -> list[Day]:
    """How many readers were imported and cards issued by batches, day by day; a hundred days at most."""
    first, last = rules.window(since, until)
    return await kernel.database.run(caller, service.count_days, first, last, school_id, district or None)


@get("/{batch_no:str}")
async def fetch_batch(
    batch_no: FromPath[str], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
) -> Batch:
    """A batch opened a moment ago is waited for, 1.5 s at most."""
    return await service.await_batch(kernel.database, caller, batch_no)


@get("/{batch_no:str}/items")
async def list_items(
    batch_no: FromPath[str],
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    outcome: Annotated[Outcome | None, QueryParameter(name="outcome", description="all without it")] = None,
    page: PageNumber = 1,
    page_size: PageSize = 50,
) -> Page[BatchItem]:
    """By number."""
    return await kernel.database.run(caller, service.list_items, batch_no, outcome, page, page_size)


@get("/{batch_no:str}/progress", media_type="text/event-stream")
async def follow_progress(
    batch_no: FromPath[str],
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    feed: NamedDependency[ProgressFeed],
) -> ServerSentEvent:
    """Server-sent events `progress`, each with the whole batch; ends when the batch is completed or cancelled."""
    batch = await service.await_batch(kernel.database, caller, batch_no)
    return ServerSentEvent(feed.stream(batch, caller.session_id), headers={"X-Accel-Buffering": "no"})


HANDLERS: Sequence[ControllerRouterHandler] = (list_batches, count_days, fetch_batch, list_items, follow_progress)
