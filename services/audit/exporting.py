"""The log as a workbook: read page by page, written in a thread, sent from a file and then deleted."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import msgspec

from services.audit import service
from services.audit.labels import label
from services.audit.presenting import entry_out
from services.audit.schemas import Cursor, Language, LogFilter
from shared.china import CHINA
from shared.database import Database
from shared.export_folder import new_export
from shared.tenancy import Caller
from shared.workbook.export import About, Column, ExportWriter, Value

MOST_ENTRIES = 100_000

_PAGE = 2000
_COLUMNS = (
    (Column("时间", "time"), "Time"),
    (Column("操作人"), "By"),
    (Column("对象"), "Thing"),
    (Column("经过", width=60), "What happened"),
    (Column("批次号"), "Batch number"),
    (Column("读者编号", width=38), "Reader"),
    (Column("日志编号", width=38), "Entry"),
)


class Export(msgspec.Struct, frozen=True):
    """A finished workbook; `cut` when there were more entries than `MOST_ENTRIES`."""

    path: Path
    cut: bool


async def export_entries(
    database: Database, caller: Caller, search: LogFilter, language: Language, folder: Path
) -> Export:
    """The newest `MOST_ENTRIES` that match, to a new file in `folder`; a cut is told in the last row."""
    path = await asyncio.to_thread(new_export, folder, "log")
    writer = ExportWriter(path, _columns(language), _about(caller, search, language))
    try:
        cut = await _write_pages(database, caller, search, language, writer)
        await asyncio.to_thread(writer.close)
    except BaseException:
        writer.abandon()
        raise
    return Export(path, cut)


async def _write_pages(
    database: Database, caller: Caller, search: LogFilter, language: Language, writer: ExportWriter
) -> bool:
    cursor: Cursor | None = None
    while True:
        wanted = min(_PAGE, MOST_ENTRIES - writer.row_count)
        rows = await database.run(caller, service.fetch_rows, search, cursor, wanted + 1)
        more, rows = len(rows) > wanted, rows[:wanted]
        await asyncio.to_thread(_write, writer, rows, language)
        if not more:
            return False
        if writer.row_count >= MOST_ENTRIES:
            writer.write_rows([_cut_row(language)])
            return True
        cursor = Cursor(rows[-1]["occurred_at"], rows[-1]["event_id"])


def _write(writer: ExportWriter, rows: Sequence[asyncpg.Record], language: Language) -> None:
    writer.write_rows(_cells(row, language) for row in rows)


def _cells(row: asyncpg.Record, language: Language) -> Sequence[Value]:
    entry = entry_out(row, language)
    return (
        entry.occurred_at,
        entry.operator,
        label(entry.entity, language),
        entry.summary,
        entry.batch_no,
        None if entry.reader_id is None else str(entry.reader_id),
        str(entry.event_id),
    )


def _cut_row(language: Language) -> Sequence[Value]:
    text = (
        f"日志超过{MOST_ENTRIES}条，这里只有最近的{MOST_ENTRIES}条，请缩小检索范围后分次导出。",
        f"There are more than {MOST_ENTRIES} entries; these are the newest. Narrow the search and export in parts.",
    )[language == "en"]
    return (None, None, None, text, None, None, None)


def _columns(language: Language) -> list[Column]:
    if language == "zh":
        return [column for column, _ in _COLUMNS]
    return [msgspec.structs.replace(column, title=english) for column, english in _COLUMNS]


def _about(caller: Caller, search: LogFilter, language: Language) -> About:
    conditions = [
        (("学校", "School"), search.school_id),
        (("批次号", "Batch number"), search.batch_no),
        (("操作人", "By"), search.operator),
        (("对象", "Thing"), search.entity and label(search.entity, language)),
        (("事项", "Action"), search.fact),
        (("读者编号", "Reader"), search.reader_id),
        (("时间从", "From"), _shown(search.since)),
        (("时间至", "To"), _shown(search.until)),
    ]
    english = language == "en"
    most = (
        ("最多行数", f"{MOST_ENTRIES}；超过时只含最近的，并在末行注明"),
        ("Most rows", f"{MOST_ENTRIES}; of more, the newest, as the last row says"),
    )[english]
    return About(
        title="Log" if english else "日志",
        exported_by=caller.actor.name,
        exported_at=datetime.now(UTC),
        conditions=[(names[english], str(value)) for names, value in conditions if value is not None],
        extra=[most],
        language=language,
    )


def _shown(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
