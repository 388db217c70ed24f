"""What the guardians' part of readers learns from others: schools' names from identity, cards issued from cards."""

from collections.abc import Awaitable, Callable, Sequence

from services.readers import consenting_queries, reminding
from services.readers.consenting_queries import SchoolRow
from services.readers.sealing import Sealer
from shared.consume import Handler
from shared.contracts.card import CardsIssued
from shared.contracts.identity import SchoolOpened
from shared.database import Transaction
from shared.envelope import Event, MalformedEvent
from shared.newest import newest


async def follow_schools(tx: Transaction, events: Sequence[Event]) -> None:
    """A later version wins, whatever the order. Raises MalformedEvent."""
    rows = []
    # All facts of a school have the same shape.
    for event, fact in newest(events, SchoolOpened):
        if event.district is None:
            raise MalformedEvent(f"{event.ce_type} names no district")
        rows.append(SchoolRow(fact.school_id, event.district, fact.name, fact.disabled, fact.version))
    await consenting_queries.follow_schools(tx.connection, rows)


def and_reminders(follow_cards: Handler, sealer: Sealer) -> Callable[[Transaction, Sequence[Event]], Awaitable[None]]:
    """`follow_cards`, and then a reminder for every card issued to a reader whose guardian had ever said no."""

    async def follow(tx: Transaction, events: Sequence[Event]) -> None:
        await follow_cards(tx, events)
        issued = [
            (event.row_school_id, card.reader_id)
            for event in events
            if event.ce_type == CardsIssued.ce_type()
            for card in event.decode(CardsIssued).cards
        ]
        if issued:
            await reminding.remind_of_consents(tx, sealer, issued)

    return follow
