"""Issuing cards for approved readers, a whole batch of approvals at a time.

Protocol, in one transaction: lock the serial counters of the districts concerned; look up what cards the ID numbers
have; claim the ID numbers that have none; take the wanted numbers; take serials for all others; insert the cards;
tell. The locks are always taken in this order and each kind in its own, so batches side by side wait and do not
deadlock.

Who has a card is decided by the unique index of `identity_claims`, whose number it is by that of `card_numbers`: the
first to commit wins, and what the other transaction has not committed is waited for.

Failures. Killed before the commit: nothing happened. Delivered again: the inbox drops it. Approved again while the
card lives: the card is told again with the new batch's item, so that the batch ends. Serials used up: refused.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias
from uuid import UUID

from services.cards import issuing_queries as queries
from services.cards import rules
from services.cards.issuing_queries import NewCard
from services.cards.numbering import lock_serials, next_numbers
from services.cards.numbering_queries import take_numbers
from services.cards.privileges import in_force
from services.cards.rules import REFUSALS, Application, KnownCard, RefusalCode
from services.cards.schemas import Terms
from shared import outbox
from shared.china import local_day
from shared.contracts.card import CardIssued, CardRefused, CardsIssued, IssuedCard, Privileges
from shared.contracts.fact import Fact
from shared.database import Transaction
from shared.envelope import Event, event_of
from shared.ids import new_id

_Told: TypeAlias = tuple[Application, UUID, CardIssued | CardRefused]
"""An application, the id of what is told of (its card, its reader), and the fact."""

# A fact must stay well below what the broker takes at once (1 MB).
_TOGETHER: Final = 1000


async def issue_cards(tx: Transaction, applications: Sequence[Application]) -> None:
    """Cards or refusals for all, told in the applications' order."""
    if not applications:
        return
    year = local_day(tx.now).year % 100
    serials = await lock_serials(tx.connection, [item.district for item in applications], year)
    known = await queries.fetch_known_cards(tx.connection, [item.id_digest for item in applications])
    found = rules.sort(applications, known)
    refused: dict[int, RefusalCode] = dict(found.refused)
    card_ids = await _claim(tx, applications, found.candidates, refused)
    numbers = await _take_wanted(tx, applications, card_ids, refused)
    unnumbered = [place for place in card_ids if place not in numbers and place not in refused]
    numbers |= await _take_serials(tx, applications, unnumbered, serials, year, refused)
    await _release(tx, card_ids, refused)
    made = _physical_made(known)
    issued = {
        place: NewCard(
            application=applications[place],
            card_id=card_ids[place],
            card_no=card_no,
            physical_made=made.get(applications[place].id_digest, 0),
        )
        for place, card_no in sorted(numbers.items())
    }
    if issued:
        await queries.insert_cards(tx.connection, list(issued.values()), tx.now)
    privileges = await in_force(tx, [item.district for item in applications])
    told = _tell(tx, applications, found, issued, refused, privileges)
    await outbox.append(tx, [*(_event(tx, *one) for one in told), *_tell_together(tx, told)])


async def _claim(
    tx: Transaction, applications: Sequence[Application], candidates: Sequence[int], refused: dict[int, RefusalCode]
) -> dict[int, UUID]:
    """The card's id for each candidate that may have one."""
    card_ids = {place: new_id() for place in candidates}
    if not card_ids:
        return {}
    claims = {card_id: applications[place].id_digest for place, card_id in card_ids.items()}
    won = await queries.claim_identities(tx.connection, claims)
    for place, card_id in card_ids.items():
        if card_id not in won:
            refused[place] = "already_has_card"
    return {place: card_id for place, card_id in card_ids.items() if card_id in won}


async def _take_wanted(
    tx: Transaction, applications: Sequence[Application], places: Mapping[int, UUID], refused: dict[int, RefusalCode]
) -> dict[int, str]:
    """Numbers assigned beforehand, where they are free. Refusals go into `refused`."""
    wanting = [place for place in places if applications[place].wanted_card_no is not None]
    if not wanting:
        return {}
    first = rules.first_wanting(applications, wanting)
    free = await take_numbers(tx.connection, list(first))
    numbers = {place: number for number, place in first.items() if number in free}
    for place in wanting:
        if place not in numbers:
            refused[place] = "card_no_taken"
    return numbers


async def _take_serials(
    tx: Transaction,
    applications: Sequence[Application],
    places: Sequence[int],
    serials: Mapping[str, int],
    year: int,
    refused: dict[int, RefusalCode],
) -> dict[int, str]:
    """The next numbers of each district. Refusals go into `refused`."""
    queues: dict[str, list[int]] = {}
    for place in places:
        queues.setdefault(applications[place].district, []).append(place)
    numbers, without = await next_numbers(tx.connection, queues, serials, year)
    refused.update(dict.fromkeys(without, "serials_exhausted"))
    return numbers


async def _release(tx: Transaction, card_ids: Mapping[int, UUID], refused: Mapping[int, RefusalCode]) -> None:
    """Who got no number has no card, and may try again with another."""
    lost = [card_id for place, card_id in card_ids.items() if place in refused]
    if lost:
        await queries.release_identities(tx.connection, lost)


def _physical_made(known: Sequence[KnownCard]) -> dict[bytes, int]:
    made: dict[bytes, int] = {}
    for card in known:
        made[card.id_digest] = max(made.get(card.id_digest, 0), card.physical_made)
    return made


def _tell(
    tx: Transaction,
    applications: Sequence[Application],
    found: rules.Sorted,
    issued: Mapping[int, NewCard],
    refused: Mapping[int, RefusalCode],
    privileges: Mapping[str, Terms],
) -> list[_Told]:
    told: list[_Told] = []
    for place, application in enumerate(applications):
        decided = found.same_as.get(place, place)
        allowed = privileges[application.district].privileges
        if decided in refused:
            told.append((application, application.reader_id, _refusal(tx, application, refused[decided])))
        elif decided in issued:
            card = issued[decided]
            fact = CardIssued(
                actor=tx.actor,
                version=1,
                batch_no=application.batch_no,
                item_no=application.item_no,
                reader_id=application.reader_id,
                card_no=card.card_no,
                masked_name=application.masked_name,
                issued_at=tx.now,
                privileges=allowed,
            )
            told.append((application, card.card_id, fact))
        elif decided in found.held:
            held = found.held[decided]
            told.append((application, held.card_id, _told_again(tx, application, held, allowed)))
    return told


def _tell_together(tx: Transaction, told: Sequence[_Told]) -> list[Event]:
    """The cards among these once more, for those who follow them by the thousand: each fact of one school and batch."""
    groups: dict[tuple[UUID, str | None], list[tuple[Application, IssuedCard]]] = {}
    for application, card_id, fact in told:
        if isinstance(fact, CardIssued):
            card = IssuedCard(
                reader_id=fact.reader_id,
                card_id=card_id,
                card_no=fact.card_no,
                version=fact.version,
                item_no=fact.item_no,
            )
            groups.setdefault((application.school_id, application.batch_no), []).append((application, card))
    return [
        _event(
            tx,
            group[start][0],
            batch_no or school_id,
            CardsIssued(
                actor=tx.actor,
                version=1,
                batch_no=batch_no,
                cards=tuple(card for _, card in group[start : start + _TOGETHER]),
            ),
        )
        for (school_id, batch_no), group in groups.items()
        for start in range(0, len(group), _TOGETHER)
    ]


def _event(tx: Transaction, application: Application, subject_id: UUID | str, fact: Fact) -> Event:
    return event_of(
        fact,
        source=tx.service,
        subject_id=subject_id,
        time=tx.now,
        district=application.district,
        school_id=application.school_id,
        traceparent=application.traceparent,
    )


def _refusal(tx: Transaction, application: Application, code: RefusalCode) -> CardRefused:
    return CardRefused(
        actor=tx.actor,
        version=1,
        batch_no=application.batch_no,
        item_no=application.item_no,
        reader_id=application.reader_id,
        code=code,
        detail=REFUSALS[code],
    )


def _told_again(tx: Transaction, application: Application, card: KnownCard, privileges: Privileges) -> CardIssued:
    return CardIssued(
        actor=tx.actor,
        version=card.version,
        batch_no=application.batch_no,
        item_no=application.item_no,
        reader_id=application.reader_id,
        card_no=card.card_no,
        kind=card.kind,
        masked_name=card.masked_name,
        issued_at=card.issued_at,
        privileges=privileges,
    )
