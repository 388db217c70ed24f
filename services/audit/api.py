"""HTTP of the log, below `/api/audit`. Everybody reads within their scope; nobody writes."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import File
from litestar.types import ControllerRouterHandler

from services.audit import rules, service, verifying
from services.audit.exporting import export_entries
from services.audit.schemas import Cursor, Language, LogEntry, LogFilter, Verdict
from shared.kernel import Kernel
from shared.pagination import Limit, Slice
from shared.sent_workbook import WORKBOOK, sent_once
from shared.tenancy import Caller
from shared.turns import Turns

School: TypeAlias = Annotated[UUID | None, QueryParameter(name="school_id", description="one school of those seen")]
Lang: TypeAlias = Annotated[Language, QueryParameter(name="lang", description="of the sentences")]


def provide_search(
    batch_no: Annotated[str | None, QueryParameter(name="batch_no", max_length=40)] = None,
    operator: Annotated[
        str | None, QueryParameter(name="operator", max_length=100, description="log-in name, or a service's name")
    ] = None,
    entity: Annotated[str | None, QueryParameter(name="entity", max_length=40, description="reader, card, …")] = None,
    fact: Annotated[str | None, QueryParameter(name="fact", max_length=40, description="created, issued, …")] = None,
    reader: Annotated[UUID | None, QueryParameter(name="reader", description="the reader's id")] = None,
    since: Annotated[
        str | None, QueryParameter(name="from", max_length=40, description="a day (Asia/Shanghai) or a moment")
    ] = None,
    until: Annotated[
        str | None, QueryParameter(name="to", max_length=40, description="a day, to its end, or a moment")
    ] = None,
    school_id: School = None,
) -> LogFilter:
    """The `search` dependency. Empty conditions are none."""
    return LogFilter(
        school_id=school_id,
        batch_no=batch_no or None,
        operator=operator or None,
        entity=entity or None,
        fact=fact or None,
        reader_id=reader,
        since=rules.moment(since),
        until=rules.moment(until, is_end=True),
    )


@get("/logs")
async def list_logs(
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    search: NamedDependency[LogFilter],
    cursor: Annotated[str | None, QueryParameter(name="cursor", max_length=200)] = None,
    limit: Limit = 50,
    lang: Lang = "zh",
) -> Slice[LogEntry]:
    """Newest first."""
    return await kernel.database.run(caller, service.list_entries, search, Cursor.decode(cursor), limit, lang)


@get("/logs/{event_id:uuid}")
async def fetch_log(
    event_id: FromPath[UUID], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel], lang: Lang = "zh"
) -> LogEntry:
    """One entry."""
    return await kernel.database.run(caller, service.fetch_entry, event_id, lang)


@get("/logs/export.xlsx", media_type=WORKBOOK)
async def export_logs(
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    search: NamedDependency[LogFilter],
    turns: NamedDependency[Turns],
    lang: Lang = "zh",
) -> File:
    """The newest 100,000 entries that match as a workbook; `X-Truncated: true` and its last row tell of a cut."""
    async with turns.of(caller.scope):
        export = await export_entries(kernel.database, caller, search, lang, kernel.settings.var / "exports")
    return sent_once(export.path, "日志.xlsx" if lang == "zh" else "log.xlsx", is_cut=export.cut)


@get("/verify")
async def verify(
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    turns: NamedDependency[Turns],
    school_id: School = None,
) -> Verdict:
    """Whether nothing in the caller's part of the log was changed, removed or added; a city's takes minutes."""
    async with turns.of(caller.scope, is_of_one_school=school_id is not None):
        return await verifying.verify_chains(kernel.database, caller, school_id)


HANDLERS: Sequence[ControllerRouterHandler] = (list_logs, export_logs, fetch_log, verify)
