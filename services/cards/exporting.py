"""Cards as a workbook: hand-out lists and figures to work on. Read page by page, sent from a file, then deleted."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from services.cards import queries, service
from services.cards.errors import ExportTooLarge
from services.cards.schemas import Card, CardFilter
from shared import outbox
from shared.contracts.card import CardsExported
from shared.database import Database, Transaction
from shared.export_folder import new_export
from shared.tenancy import NO_SCHOOL, Caller
from shared.workbook.export import About, Column, ExportWriter, Value

MOST_CARDS: Final = 100_000
_PAGE: Final = 2_000
_NEWEST: Final = datetime.max.replace(tzinfo=UTC)
_COLUMNS: Final = (
    Column("读者证号"),
    Column("姓名"),
    Column("年级"),
    Column("班级"),
    Column("状态"),
    Column("类型"),
    Column("实体证"),
    Column("工本费（元）", "number"),
    Column("办证时间", "time"),
    Column("发放时间", "time"),
    Column("发放人"),
    Column("停用至", "date"),
    Column("原因"),
)
_STATUS: Final = {"active": "正常", "suspended": "停用", "closed": "注销", "replaced": "已换号"}
_KIND: Final = {"online": "线上", "physical": "实体"}
_PHYSICAL: Final = {"wanted": "待制作", "printed": "待发放", "handed_out": "已发放", "lost": "挂失"}
_CONDITIONS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "status": ("状态", _STATUS),
    "kind": ("类型", _KIND),
    "physical": ("实体证", _PHYSICAL),
    "reader_id": ("读者编号", {}),
    "grade_id": ("年级编号", {}),
    "class_id": ("班级编号", {}),
    "school_id": ("学校编号", {}),
    "card_no": ("读者证号", {}),
}
"""A search's conditions and their values in words."""


async def export_cards(database: Database, caller: Caller, search: CardFilter, folder: Path) -> Path:
    """All cards that match, newest first, to a new file in `folder`. Raises ExportTooLarge."""
    path = await asyncio.to_thread(new_export, folder, "cards")
    await database.run(caller, _announce, search)
    writer = ExportWriter(path, _COLUMNS, _about(caller, search))
    try:
        await _write_pages(database, caller, search, writer)
        await asyncio.to_thread(writer.close)
    except BaseException:
        writer.abandon()
        raise
    return path


async def _write_pages(database: Database, caller: Caller, search: CardFilter, writer: ExportWriter) -> None:
    issued_at, card_no = _NEWEST, ""
    while writer.row_count < MOST_CARDS:
        wanted = min(_PAGE, MOST_CARDS - writer.row_count)
        cards = await database.run(caller, _fetch_page, search, issued_at, card_no, wanted)
        await asyncio.to_thread(writer.write_rows, [_cells(card) for card in cards])
        if len(cards) < wanted:
            return
        issued_at, card_no = cards[-1].issued_at, cards[-1].card_no


async def _fetch_page(tx: Transaction, search: CardFilter, issued_at: datetime, card_no: str, limit: int) -> list[Card]:
    if service.finds_nothing(search):
        return []
    rows = await queries.fetch_after(tx.connection, search, issued_at, card_no, limit)
    return await service.with_privileges(tx, rows)


async def _announce(tx: Transaction, search: CardFilter) -> None:
    """The log hears of it before anybody has the file."""
    total = (await service.list_cards(tx, search, 1, 1)).total
    if total > MOST_CARDS:
        raise ExportTooLarge
    fact = CardsExported(actor=tx.actor, version=1, count=total, conditions=_conditions(search))
    await outbox.publish(tx, [(tx.scope.school_id or NO_SCHOOL, fact)])


def _cells(card: Card) -> Sequence[Value]:
    return (
        card.card_no,
        card.masked_name,
        card.grade_name,
        card.class_name,
        _STATUS[card.status],
        _KIND[card.kind],
        _PHYSICAL[card.physical] if card.physical else None,
        card.fee_fen / 100 if card.fee_fen else None,
        card.issued_at,
        card.handed_out_at,
        card.handed_out_by,
        card.suspended_until,
        card.reason,
    )


def _about(caller: Caller, search: CardFilter) -> About:
    named = [("条件", _conditions(search))] if _conditions(search) else []
    return About(title="读者证", exported_by=caller.actor.name, exported_at=datetime.now(UTC), conditions=named)


def _conditions(search: CardFilter) -> str:
    told = []
    for field, value in msgspec.structs.asdict(search).items():
        if value is not None:
            name, values = _CONDITIONS[field]
            told.append(f"{name}{values.get(str(value), value)}")
    return "、".join(told)
