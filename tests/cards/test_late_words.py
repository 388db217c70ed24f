"""Words about consent in any order: a withdrawal that comes late does not outlive the consent after it."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.cards.consumer import follow_consents
from shared.contracts.consent import ConsentRecorded, ConsentWithdrawn
from shared.database import Database
from shared.envelope import Event, event_of
from shared.tenancy import WORKER, Caller, Scope, system_actor
from tests.cards.approvals import TEACHER, approval, follow


@pytest.mark.parametrize("order", list(permutations(("withdrawn", "given", "issued"))))
async def test_the_newest_word_counts_whenever_the_card_came(
    database: Database,
    administrator: "asyncpg.Connection[asyncpg.Record]",
    school: Scope,
    order: tuple[str, ...],
) -> None:
    """Readers tells the newest word again when it hears of the card of somebody who had withdrawn."""
    reader_id = uuid4()

    def said(fact: ConsentRecorded | ConsentWithdrawn) -> Event:
        return event_of(
            fact,
            source="readers",
            subject_id=uuid4(),
            time=datetime.now(UTC),
            district=school.district,
            school_id=school.school_id,
        )

    masked: dict[str, Any] = {"masked_name": "王*明", "masked_id_number": "5001**********1234"}
    withdrawn = said(ConsentWithdrawn(actor=TEACHER, version=2, consent_version=2, reader_id=reader_id, **masked))
    given = said(
        ConsentRecorded(
            actor=TEACHER,
            version=1,
            consent_version=3,
            reader_id=reader_id,
            how="paper",
            relation="mother",
            text_version=1,
            **masked,
        )
    )
    caller = Caller(WORKER, system_actor("cards"))
    for what in order:
        if what == "issued":
            await follow(database, [approval(school, "p", reader_id)])
        else:
            await database.run(caller, follow_consents, [withdrawn if what == "withdrawn" else given])
    await database.run(caller, follow_consents, [said(given.decode(ConsentRecorded))])
    assert await administrator.fetchval("select status from cards.cards") == "active"
    await database.run(caller, follow_consents, [withdrawn])
    assert await administrator.fetchval("select status from cards.cards") == "active"
