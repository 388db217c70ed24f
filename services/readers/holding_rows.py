"""Holding a roster's rows against the school's classes and readers, and storing what an import would do with each.

By steps, as the rows come: while a step is decided, the database stores the one before; what is read and opened for a
step is gone before the next.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, Self, TypeAlias
from uuid import UUID

import asyncpg

from services.readers import importing_queries as stored
from services.readers import queries
from services.readers.importing_queries import PlannedRow
from services.readers.planning import Classes, NumberedRow, Planner, number_row, stored_row
from services.readers.sealing import Sealer
from services.readers.slicing import in_groups
from shared.database import Transaction
from shared.school_class import CatalogueClass
from shared.workbook.roster import RosterRow

STEP: Final = 250
"""Rows a statement takes: what is encoded for it holds the event loop for a millisecond."""

Existing: TypeAlias = Mapping[bytes, asyncpg.Record]
"""The school's readers among some rows, by digest."""


class RowHolder:
    """The rows of one import, numbered from 1 as they come. The connection is its own until the block is left."""

    def __init__(self, tx: Transaction, sealer: Sealer, batch_no: str, classes: Classes) -> None:
        self._tx = tx
        self._sealer = sealer
        self._batch_no = batch_no
        self._classes = classes
        self._counts: Counter[str] = Counter()
        self._taken = 0
        self._planned: list[PlannedRow] = []
        self._storing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        # Whatever happens: the connection must be at rest when the transaction ends.
        if self._storing is not None:
            await asyncio.wait([self._storing])

    async def take(self, rows: Sequence[RosterRow]) -> None:
        """The next rows, at most a step."""
        numbered = await in_groups(self._number, list(enumerate(rows, self._taken + 1)))
        self._taken += len(rows)
        await self._stored()
        planner = Planner(self._sealer, self._batch_no, self._classes, await fetch_existing(self._tx, numbered))
        self._storing = asyncio.create_task(self._store(self._planned))
        self._planned = await in_groups(planner.plan, numbered)
        self._counts.update(row.outcome for row in self._planned)

    async def finish(self) -> Counter[str]:
        """After the last rows: how many there are of each outcome."""
        await self._stored()
        await self._store(self._planned)
        return self._counts

    async def _stored(self) -> None:
        storing, self._storing = self._storing, None
        if storing is not None:
            await storing

    async def _store(self, planned: Sequence[PlannedRow]) -> None:
        if planned:
            await stored.insert_rows(self._tx.connection, self._tx.scope, self._batch_no, planned)

    def _number(self, numbered: Sequence[tuple[int, RosterRow]]) -> list[NumberedRow]:
        return [number_row(self._sealer, item_no, row.row, stored_row(row)) for item_no, row in numbered]


async def fetch_existing(tx: Transaction, rows: Sequence[NumberedRow]) -> Existing:
    digests = [row.digest for row in rows if row.digest is not None]
    return await stored.fetch_existing(tx.connection, digests) if digests else {}


async def fetch_classes(tx: Transaction, answered: Mapping[str, UUID] | None = None) -> Classes:
    """Those that can be chosen; `answered` are wordings whose meaning has just been said."""
    catalogue = [
        CatalogueClass(row["grade_id"], row["grade_name"], row["class_id"], row["class_name"])
        for row in await queries.fetch_classes(tx.connection)
        if not row["disabled"]
    ]
    return Classes(catalogue, await stored.fetch_aliases(tx.connection) | dict(answered or {}))
