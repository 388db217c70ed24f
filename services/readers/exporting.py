"""Readers as workbooks: the template a school fills in, and the export of a search.

An export is read page by page, written in a thread, sent from a file and then deleted.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import msgspec

from services.readers import queries
from services.readers.consenting_schemas import ConsentState
from services.readers.of_status_queries import BEFORE_ALL, Key
from services.readers.schemas import ReaderFilter, Status
from services.readers.sealing import Private, Sealer
from services.readers.searching import find
from shared import outbox, phone, resident_id
from shared.china import local_day
from shared.contracts.reader import ReadersExported
from shared.database import Database, Transaction
from shared.district import by_code
from shared.export_folder import new_export
from shared.ids import new_id
from shared.tenancy import Caller
from shared.workbook.export import About, Column, ExportWriter, Value
from shared.workbook.template import write_template

MOST_READERS = 200_000

STATUS_TITLES: dict[Status, str] = {
    "pending": "待审核",
    "approved": "已审核",
    "carded": "已办证",
    "returned": "已退回",
}

CONSENT_TITLES: dict[ConsentState, str] = {
    "none": "未签",
    "paper": "已签",
    "phone": "已签",
    "withdrawn": "已撤回",
}

_PAGE = 2000
_COLUMNS = (
    Column("年级"),
    Column("班级"),
    Column("姓名"),
    Column("身份证号"),
    Column("联系电话"),
    Column("家长姓名"),
    Column("家长联系电话"),
    Column("所属区县"),
    Column("读者证号"),
    Column("状态"),
    Column("授权书"),
    Column("退回原因"),
    Column("登记时间", "time"),
    Column("修改时间", "time"),
)
_SCHOOL = Column("学校编号", width=38)


class Export(msgspec.Struct, frozen=True):
    """A finished workbook; `cut` when there were more readers than `MOST_READERS`."""

    path: Path
    cut: bool


async def export_readers(
    database: Database, caller: Caller, sealer: Sealer, search: ReaderFilter, unmasked: bool, folder: Path
) -> Export:
    """The first `MOST_READERS` that match, by time; logged before it is given out."""
    path = await asyncio.to_thread(new_export, folder, "readers")
    shown, told = await database.run(caller, _describe, search)
    is_wide = caller.scope.kind != "school"
    columns = [*([_SCHOOL] if is_wide else []), *_COLUMNS]
    writer = ExportWriter(path, columns, _about(caller, shown, unmasked))
    try:
        cut = await _write_pages(database, caller, sealer, search, unmasked, writer)
        if cut:
            await asyncio.to_thread(writer.write_rows, [_cut_row(len(columns))])
        await asyncio.to_thread(writer.close)
        await database.run(caller, _log_export, writer.row_count - cut, told, unmasked)
    except BaseException:
        writer.abandon()
        path.unlink(missing_ok=True)
        raise
    return Export(path, cut)


async def make_template(database: Database, caller: Caller, folder: Path) -> Path:
    """The empty roster with the school's own classes in its lists."""
    path = await asyncio.to_thread(new_export, folder, "template")
    classes = await database.run(caller, _open_classes)
    # Whose template it is, the teacher who asks for it knows; this service does not know schools' names.
    await asyncio.to_thread(
        write_template, path, school_name="本校", classes=classes, today=local_day(datetime.now(UTC))
    )
    return path


async def _open_classes(tx: Transaction) -> list[tuple[str, str]]:
    rows = await queries.fetch_classes(tx.connection)
    return [(row["grade_name"], row["class_name"]) for row in rows if not row["disabled"]]


async def _write_pages(
    database: Database, caller: Caller, sealer: Sealer, search: ReaderFilter, unmasked: bool, writer: ExportWriter
) -> bool:
    last: Key | None = None
    while True:
        wanted = min(_PAGE, MOST_READERS - writer.row_count)
        rows = await database.run(caller, _fetch_page, sealer, search, last, wanted + 1)
        more, rows = len(rows) > wanted, rows[:wanted]
        await asyncio.to_thread(_write, writer, rows, sealer, unmasked, caller.scope.kind != "school")
        if not more:
            return False
        if writer.row_count >= MOST_READERS:
            return True
        last = (rows[-1]["created_at"], rows[-1]["id"])


async def _fetch_page(
    tx: Transaction, sealer: Sealer, search: ReaderFilter, last: Key | None, limit: int
) -> list[asyncpg.Record]:
    found = await find(tx, sealer, search, limit, order="oldest", after=last or BEFORE_ALL)
    return [] if found is None else await queries.fetch_after(tx.connection, found, last, limit)


async def _log_export(tx: Transaction, count: int, told: str, unmasked: bool) -> None:
    fact = ReadersExported(actor=tx.actor, version=1, count=count, conditions=told, unmasked=unmasked)
    await outbox.publish(tx, [(new_id(), fact)])


def _write(
    writer: ExportWriter, rows: Sequence[asyncpg.Record], sealer: Sealer, unmasked: bool, with_school: bool
) -> None:
    writer.write_rows(_cells(row, sealer.open(row["id"], row["sealed"]), unmasked, with_school) for row in rows)


def _cells(row: asyncpg.Record, private: Private, unmasked: bool, with_school: bool) -> Sequence[Value]:
    home = by_code(row["home_district"])
    return (
        *([str(row["school_id"])] if with_school else []),
        row["grade_name"],
        row["class_name"],
        row["name"],
        private.id_number if unmasked else resident_id.mask(private.id_number),
        private.phone if unmasked else phone.mask(private.phone),
        row["guardian_name"],
        private.guardian_phone if unmasked else phone.mask(private.guardian_phone),
        home.name if home is not None else row["home_district"],
        row["card_no"],
        STATUS_TITLES[row["status"]],
        CONSENT_TITLES[row["consent"]],
        row["reason"],
        row["created_at"],
        row["updated_at"],
    )


def _cut_row(width: int) -> Sequence[Value]:
    text = f"读者超过{MOST_READERS}名，这里只有最早登记的{MOST_READERS}名，请缩小检索范围后分次导出。"
    return (text, *[None] * (width - 1))


async def _describe(tx: Transaction, search: ReaderFilter) -> tuple[list[tuple[str, str]], str]:
    """The conditions for the sheet, and for the log: there without names and numbers of persons."""
    grade = class_name = None
    if search.class_id is not None:
        row = await queries.find_class_name(tx.connection, search.class_id)
        class_name = str(search.class_id) if row is None else f"{row['grade_name']}{row['class_name']}"
    if search.grade_id is not None:
        grade = await queries.find_grade_name(tx.connection, search.grade_id) or str(search.grade_id)
    district = None if search.district is None else by_code(search.district)
    open_conditions = [
        ("区县", search.district if district is None else district.name),
        ("学校", None if search.school_id is None else str(search.school_id)),
        ("年级", grade),
        ("班级", class_name),
        ("状态", None if search.status is None else STATUS_TITLES[search.status]),
        ("授权书", None if search.consent is None else CONSENT_TITLES[search.consent]),
    ]
    private_conditions = [
        ("身份证号", resident_id.mask(search.id_number) if search.id_number else None),
        ("姓名", search.name or None),
        ("读者证号", search.card_no or None),
    ]
    shown = [(title, value) for title, value in [*open_conditions, *private_conditions] if value is not None]
    told = [f"{title}：{value}" for title, value in open_conditions if value is not None]
    told += [f"按{title}检索" for title, value in private_conditions if value is not None]
    return shown, "，".join(told)


def _about(caller: Caller, shown: list[tuple[str, str]], unmasked: bool) -> About:
    return About(
        title="读者",
        exported_by=caller.actor.name,
        exported_at=datetime.now(UTC),
        conditions=shown,
        extra=[("身份证号和电话", "完整显示，请妥善保管并及时删除" if unmasked else "已隐去中间部分")],
    )
