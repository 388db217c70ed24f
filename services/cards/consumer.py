"""What cards does on others' facts: a card for every approved reader; classes and their names; guardians' consent."""

from collections.abc import Sequence

from services.cards import consenting, queries
from services.cards.issuing import issue_cards
from services.cards.rules import Application
from shared.contracts.consent import ConsentRecorded, ConsentWithdrawn
from shared.contracts.param import ClassCreated, GradeCreated
from shared.contracts.reader import ReaderChanged, ReadersApproved
from shared.database import Transaction
from shared.envelope import Event, MalformedEvent
from shared.newest import newest


async def follow_approvals(tx: Transaction, events: Sequence[Event]) -> None:
    """Approvals of many schools in one go. Raises MalformedEvent."""
    await issue_cards(tx, [application for event in events for application in _applications(event)])


async def follow_readers(tx: Transaction, events: Sequence[Event]) -> None:
    """Readers who change their class take their card along."""
    latest = newest(events, ReaderChanged)
    await queries.follow_readers(
        tx.connection,
        [event.row_school_id for event, _ in latest],
        [fact.reader_id for _, fact in latest],
        [fact.class_id for _, fact in latest],
        [fact.version for _, fact in latest],
    )


async def follow_grades(tx: Transaction, events: Sequence[Event]) -> None:
    """A later version wins, whatever the order. A deleted grade keeps its name here, for the cards it had."""
    # All three facts of a grade have the same shape.
    latest = newest(events, GradeCreated)
    await queries.follow_grades(
        tx.connection,
        [event.row_school_id for event, _ in latest],
        [event.district for event, _ in latest],
        [fact.grade_id for _, fact in latest],
        [fact.name for _, fact in latest],
        [fact.sort_order for _, fact in latest],
        [fact.version for _, fact in latest],
    )


async def follow_classes(tx: Transaction, events: Sequence[Event]) -> None:
    latest = newest(events, ClassCreated)
    await queries.follow_classes(
        tx.connection,
        [event.row_school_id for event, _ in latest],
        [event.district for event, _ in latest],
        [fact.class_id for _, fact in latest],
        [fact.grade_id for _, fact in latest],
        [fact.name for _, fact in latest],
        [fact.sort_order for _, fact in latest],
        [fact.version for _, fact in latest],
    )


async def follow_consents(tx: Transaction, events: Sequence[Event]) -> None:
    """A withdrawal suspends the reader's card at once, a new consent resumes it. The newest word counts.

    A wrong tick that is taken back is no withdrawal, but brings back one that it had covered.
    """
    told = []
    for event in events:
        kind: type[ConsentWithdrawn | ConsentRecorded] = (
            ConsentWithdrawn if event.fact == "withdrawn" else ConsentRecorded
        )
        fact = event.decode(kind)
        if isinstance(fact, ConsentWithdrawn) and fact.mistake and not fact.earlier_withdrawal:
            continue
        told.append(
            consenting.Consent(
                school_id=event.row_school_id,
                reader_id=fact.reader_id,
                version=fact.consent_version,
                told_at=event.time,
                is_given=isinstance(fact, ConsentRecorded),
            )
        )
    await consenting.heed(tx, told)


def _applications(event: Event) -> list[Application]:
    fact = event.decode(ReadersApproved)
    if event.school_id is None or event.district is None:
        raise MalformedEvent(f"{event.ce_type} names no school")
    try:
        digests = [bytes.fromhex(reader.id_digest) for reader in fact.readers]
    except ValueError as exc:
        raise MalformedEvent(f"{event.ce_type} has no digest") from exc
    return [
        Application(
            school_id=event.school_id,
            district=event.district,
            reader_id=reader.reader_id,
            version=reader.version,
            id_digest=digest,
            wanted_card_no=reader.wanted_card_no or None,
            masked_name=reader.masked_name,
            class_id=reader.class_id,
            batch_no=fact.batch_no,
            item_no=reader.item_no,
            traceparent=event.traceparent,
        )
        for reader, digest in zip(fact.readers, digests, strict=True)
    ]
