"""Is this card good: by card number, ID number or social security card number (appendix 2, four).

ID and social security numbers are looked up by keyed digests; what was asked for is neither kept nor logged. Every
question is told to the log, those that found nothing too, and costs: a guess ten times as much as a hit, so that
nobody tries numbers through. A minute's budget is one user's. A question is let in only when a miss could be paid for,
and is paid as one before anything is looked at: a refusal that depended on the answer would be an answer.
"""

from datetime import timedelta
from typing import Final

import asyncpg

from services.cards import lookup_queries as queries
from services.cards import lookup_rules
from services.cards import queries as card_queries
from services.cards.errors import CredentialMalformed, CredentialTaken, TooManyLookups
from services.cards.lookup_rules import Credential
from services.cards.schemas import CredentialAdded, Found, Reason
from services.cards.service import lock_living, why_not_good, with_privileges
from shared import outbox
from shared.china import local_day
from shared.contracts import card as contracts
from shared.contracts.card import CardCredentialAdded, CardLookedUp
from shared.database import Transaction
from shared.secrets import Digester
from shared.tenancy import Scope

BUDGET: Final = 300
_HIT: Final = 1
_MISS: Final = 10
_FORGOTTEN_AFTER: Final = timedelta(hours=1)
_PURPOSE: Final = b"social-security-card"


async def look_up(tx: Transaction, digester: Digester, text: str) -> Found | None:
    """None when there is no such card within the scope. Raises CredentialMalformed, TooManyLookups.

    A miss is an answer and no error here, so that what it cost is kept.
    """
    credential = lookup_rules.read(text, local_day(tx.now))
    if credential is None:
        raise CredentialMalformed
    if await queries.spend(tx.connection, tx.actor.id, tx.now, _MISS) > BUDGET:
        raise TooManyLookups
    number = await _find(tx, digester, credential)
    row = None if number is None else await card_queries.fetch_card(tx.connection, number)
    if row is None:
        miss = contracts.CardNotFound(actor=tx.actor, version=1, by=credential.kind)
        await outbox.publish(tx, [(tx.actor.id, miss)])
        return None
    await queries.spend(tx.connection, tx.actor.id, tx.now, _HIT - _MISS)
    (card,) = await with_privileges(tx, [row])
    reasons = why_not_good(row, local_day(tx.now))
    fact = CardLookedUp(
        actor=tx.actor,
        version=card.version,
        reader_id=card.reader_id,
        card_no=card.card_no,
        by=credential.kind,
        good=not reasons,
    )
    await outbox.publish(tx, [(card.card_id, fact)], Scope("school", card.district, card.school_id))
    return Found(
        card=card, good=not reasons, reasons=[Reason(code=reason.code, detail=reason.detail) for reason in reasons]
    )


async def add_credential(tx: Transaction, digester: Digester, card_no: str, text: str) -> CredentialAdded:
    """A social security card by which this card is found too: in the whole city one card's at a time.

    Raises CardNotFound, CredentialMalformed, CredentialTaken.
    """
    credential = lookup_rules.read(text, local_day(tx.now))
    if credential is None or credential.kind != "social_security":
        raise CredentialMalformed
    # Locked: closed meanwhile, it would keep the credential for ever.
    card = await lock_living(tx, card_no)
    digest = digester.digest(credential.text, _PURPOSE)
    try:
        is_new = await queries.put_credential(tx.connection, card, credential.kind, digest, tx.actor.name, tx.now)
    except asyncpg.UniqueViolationError as exc:
        raise CredentialTaken from exc
    if is_new:
        fact = CardCredentialAdded(
            actor=tx.actor, version=card.version, reader_id=card.reader_id, card_no=card_no, kind="social_security"
        )
        await outbox.publish(tx, [(card.card_id, fact)], Scope("school", card.district, card.school_id))
    return CredentialAdded(card_no=card_no, kind=credential.kind)


async def forget_lookups(tx: Transaction) -> None:
    """Old minutes' budgets."""
    await queries.forget_lookups(tx.connection, tx.now - _FORGOTTEN_AFTER)


async def _find(tx: Transaction, digester: Digester, credential: Credential) -> str | None:
    if credential.kind == "card_no":
        return credential.text
    if credential.kind == "id_number":
        return await queries.find_by_id_number(tx.connection, digester.id_number(credential.text))
    return await queries.find_by_credential(tx.connection, digester.digest(credential.text, _PURPOSE), credential.kind)
