"""The facts of a batch as readers and cards report them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import uuid4

from services.batches.consumer import follow_batches, follow_cards
from shared.contracts.batch import (
    BatchCancelled,
    BatchConfirmed,
    BatchItemFailed,
    BatchItemsImported,
    BatchItemSkipped,
    BatchItemUnchanged,
    BatchKind,
    BatchOpened,
    BatchUndone,
    DoneItem,
)
from shared.contracts.card import CardRefused, CardsIssued, IssuedCard
from shared.contracts.fact import Fact
from shared.database import Database
from shared.envelope import Event, event_of
from shared.tenancy import WORKER, Actor, Caller, Scope, system_actor

TEACHER = Actor(uuid4(), "teacher-a")
OPENED_AT = datetime(2026, 9, 1, 1, 2, 3, tzinfo=UTC)

Said = Literal["imported", "unchanged", "failed", "skipped", "issued", "refused"]
OUTCOMES: dict[Said, str] = {
    "imported": "succeeded",
    "unchanged": "succeeded",
    "issued": "succeeded",
    "failed": "failed",
    "refused": "failed",
    "skipped": "skipped",
}


class BatchFacts:
    """Makes one batch's facts."""

    def __init__(
        self,
        school: Scope,
        total: int,
        kind: BatchKind = "import",
        batch_no: str = "1788225723000000001",
        opened_at: datetime = OPENED_AT,
    ) -> None:
        self.school = school
        self.total = total
        self.kind: BatchKind = kind
        self.batch_no = batch_no
        self.opened_at = opened_at
        self.filename = "名单.xlsx" if kind == "import" else None

    def opened(self) -> Event:
        fact = BatchOpened(
            actor=TEACHER,
            version=1,
            batch_no=self.batch_no,
            kind=self.kind,
            total=self.total,
            opened_at=self.opened_at,
            filename=self.filename,
        )
        return self._event(fact)

    def confirmed(self) -> Event:
        fact = BatchConfirmed(
            actor=TEACHER,
            version=2,
            batch_no=self.batch_no,
            kind=self.kind,
            total=self.total,
            opened_at=self.opened_at,
            opened_by=TEACHER.name,
            filename=self.filename,
        )
        return self._event(fact)

    def cancelled(self) -> Event:
        return self._event(BatchCancelled(actor=TEACHER, version=2, batch_no=self.batch_no, kind=self.kind))

    def undone(self) -> Event:
        return self._event(
            BatchUndone(
                actor=TEACHER,
                version=4,
                batch_no=self.batch_no,
                kind=self.kind,
                undone_at=OPENED_AT,
                deleted=1,
                restored=0,
            )
        )

    def item(self, item_no: int, said: Said = "imported") -> Event:
        mark: dict[str, Any] = {
            "actor": TEACHER,
            "version": 1,
            "batch_no": self.batch_no,
            "item_no": item_no,
            "reader_id": uuid4(),
        }
        fact: Fact
        match said:
            case "imported" | "issued":
                return self.done([item_no], said)
            case "unchanged":
                fact = BatchItemUnchanged(**mark, row=str(item_no + 1))
            case "failed":
                fact = BatchItemFailed(**mark, row=str(item_no + 1), code="phone_format", detail="联系电话不正确。")
            case "skipped":
                fact = BatchItemSkipped(**mark, code="not_approvable", detail="该读者不在待审核状态。")
            case "refused":
                fact = CardRefused(**mark, code="person_has_card", detail="该证件号码已办证。")
        return self._event(fact)

    def done(self, item_nos: Sequence[int], said: Literal["imported", "issued"] = "imported") -> Event:
        """Many items at once."""
        mark: dict[str, Any] = {"actor": TEACHER, "version": 1, "batch_no": self.batch_no}
        if said == "imported":
            items = tuple(DoneItem(item_no, uuid4()) for item_no in item_nos)
            return self._event(BatchItemsImported(**mark, kind=self.kind, items=items))
        cards = tuple(
            IssuedCard(item_no=item_no, reader_id=uuid4(), card_id=uuid4(), card_no=f"{item_no:015}", version=1)
            for item_no in item_nos
        )
        return self._event(CardsIssued(**mark, cards=cards))

    def _event(self, fact: Fact) -> Event:
        return event_of(
            fact,
            source="cards" if fact.ENTITY == "card" else "readers",
            subject_id=fact.batch_no or "",
            time=OPENED_AT,
            district=self.school.district,
            school_id=self.school.school_id,
        )


async def follow(database: Database, events: Sequence[Event]) -> None:
    """Apply one fetched batch of events as the consumers would: each of them its own kind."""
    caller = Caller(WORKER, system_actor("batches"))
    own = [event for event in events if event.entity == "batch"]
    others = [event for event in events if event.entity != "batch"]
    if own:
        await database.run(caller, follow_batches, own)
    if others:
        await database.run(caller, follow_cards, others)
