"""What params learns from readers: how many readers each class has."""

from collections import Counter
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.params import queries
from shared.contracts.reader import ReaderChanged, ReaderCreated, ReaderDeleted
from shared.database import Transaction
from shared.envelope import Event, MalformedEvent

_MOVES: Final[dict[str, type[ReaderCreated | ReaderChanged | ReaderDeleted]]] = {
    kind.ce_type(): kind for kind in (ReaderCreated, ReaderChanged, ReaderDeleted)
}


async def follow_readers(tx: Transaction, events: Sequence[Event]) -> None:
    """Each fact adds one to the class it leads to and takes one from the class it leaves, so order does not matter.

    The inbox lets each fact count once. Raises MalformedEvent.
    """
    moves: Counter[tuple[UUID, str, UUID]] = Counter()
    for event in events:
        kind = _MOVES.get(event.ce_type)
        if kind is None:
            continue
        if event.school_id is None or event.district is None:
            raise MalformedEvent(f"{event.ce_type} names no school")
        fact = event.decode(kind)
        if fact.class_id is not None:
            moves[event.school_id, event.district, fact.class_id] += 1
        if fact.previous_class_id is not None:
            moves[event.school_id, event.district, fact.previous_class_id] -= 1
    moved = {where: delta for where, delta in moves.items() if delta}
    if moved:
        await queries.move_readers(tx.connection, moved)
