"""Former cards of the library: exchanged for this card without a fee, deposits given back (appendix 2, five, (5))."""

from typing import Any
from uuid import UUID

import asyncpg

from services.cards import refund_rules
from services.cards import refunds_queries as queries
from services.cards.errors import (
    DocumentsMissing,
    FormerCardTaken,
    RefundNotFound,
    RefundStepRefused,
)
from services.cards.refund_rules import DOCUMENTS
from services.cards.refunds_schemas import Check, Exchange, Exchanged, FormerCard, Refund, RefundFilter
from services.cards.service import fetch_card, lock_living
from shared import outbox, person_name
from shared.contracts.card import FormerCardExchanged, RefundDocumentsChecked, RefundOpened, RefundPaidOut
from shared.database import Transaction
from shared.errors import FieldError, Stale
from shared.ids import new_id
from shared.pagination import Page, offset, page_of
from shared.secrets import Cipher
from shared.tenancy import Scope

_PROXY = b"proxy-name"


async def exchange(tx: Transaction, cipher: Cipher, card_no: str, asked: Exchange) -> Exchanged:
    """The event tells the library's system to close the former card. Raises CardNotFound, FormerCardTaken."""
    card = await lock_living(tx, card_no)
    number = asked.former_card_no.upper()
    if not await queries.take_former_number(tx.connection, card.district, number):
        raise FormerCardTaken
    await queries.insert_former_card(tx.connection, card, number, asked.deposit_fen, tx.actor.name, tx.now)
    common: dict[str, Any] = {"actor": tx.actor, "reader_id": card.reader_id, "card_no": card_no}
    fact = FormerCardExchanged(**common, version=card.version, former_card_no=number, deposit_fen=asked.deposit_fen)
    where = Scope("school", card.district, card.school_id)
    await outbox.publish(tx, [(card.card_id, fact)], where)
    refund = None
    if asked.deposit_fen:
        refund_id = new_id()
        await queries.insert_refund(tx.connection, card, refund_id, number, asked.deposit_fen, tx.actor.name, tx.now)
        opened = RefundOpened(**common, version=1, refund_id=refund_id, amount_fen=asked.deposit_fen)
        await outbox.publish(tx, [(refund_id, opened)], where)
        refund = await fetch_refund(tx, cipher, refund_id)
    former = FormerCard(
        former_card_no=number,
        card_no=card_no,
        deposit_fen=asked.deposit_fen,
        exchanged_by=tx.actor.name,
        exchanged_at=tx.now,
    )
    return Exchanged(former_card=former, refund=refund)


async def list_former_cards(tx: Transaction, card_no: str) -> list[FormerCard]:
    """Raises CardNotFound."""
    card = await fetch_card(tx, card_no)
    return [FormerCard(**row) for row in await queries.list_former_cards(tx.connection, card)]


async def list_refunds(
    tx: Transaction, cipher: Cipher, search: RefundFilter, page: int, page_size: int
) -> Page[Refund]:
    """Newest first."""
    rows = await queries.list_refunds(tx.connection, search, page_size, offset(page, page_size))
    refunds = [_refund(tx, cipher, row) for row in rows]
    return await page_of(refunds, page, page_size, lambda: queries.count_refunds(tx.connection, search))


async def fetch_refund(tx: Transaction, cipher: Cipher, refund_id: UUID) -> Refund:
    """Raises RefundNotFound."""
    row = await queries.fetch_refund(tx.connection, refund_id)
    if row is None:
        raise RefundNotFound
    return _refund(tx, cipher, row)


async def check_documents(
    tx: Transaction, cipher: Cipher, refund_id: UUID, asked: Check, version: int | None
) -> Refund:
    """Raises RefundNotFound, Stale, RefundStepRefused, DocumentsMissing."""
    row = await _lock(tx, refund_id, version if asked.version is None else asked.version)
    refusal = refund_rules.why_not_checked(row["status"])
    if refusal is not None:
        raise RefundStepRefused(refusal)
    missing = refund_rules.missing(asked.collector, asked.documents)
    proxy_name = person_name.clean(asked.proxy_name or "")
    if missing or (asked.collector == "proxy") != bool(proxy_name):
        raise DocumentsMissing(errors=_what_is_missing(missing, asked.collector, proxy_name))
    sealed = cipher.encrypt(proxy_name, _PROXY) if proxy_name else None
    seen = sorted(set(asked.documents))
    await queries.check_documents(
        tx.connection, row["school_id"], refund_id, asked.collector, sealed, seen, tx.actor.name, tx.now
    )
    fact = RefundDocumentsChecked(**_fact(tx, row), collector=asked.collector, documents=tuple(seen))
    await outbox.publish(tx, [(refund_id, fact)], Scope("school", row["district"], row["school_id"]))
    return await fetch_refund(tx, cipher, refund_id)


async def pay_out(tx: Transaction, cipher: Cipher, refund_id: UUID, version: int | None) -> Refund:
    """Raises RefundNotFound, Stale, RefundStepRefused."""
    row = await _lock(tx, refund_id, version)
    refusal = refund_rules.why_not_paid_out(row["status"])
    if refusal is not None:
        raise RefundStepRefused(refusal)
    await queries.pay_out(tx.connection, row["school_id"], refund_id, tx.actor.name, tx.now)
    fact = RefundPaidOut(**_fact(tx, row), collector=row["collector"])
    await outbox.publish(tx, [(refund_id, fact)], Scope("school", row["district"], row["school_id"]))
    return await fetch_refund(tx, cipher, refund_id)


async def _lock(tx: Transaction, refund_id: UUID, version: int | None) -> asyncpg.Record:
    row = await queries.lock_refund(tx.connection, refund_id)
    if row is None:
        raise RefundNotFound
    if version is not None and version != row["version"]:
        raise Stale
    return row


def _fact(tx: Transaction, row: asyncpg.Record) -> dict[str, Any]:
    return {
        "actor": tx.actor,
        "version": row["version"] + 1,
        "reader_id": row["reader_id"],
        "card_no": row["card_no"],
        "refund_id": row["id"],
        "amount_fen": row["amount_fen"],
    }


def _what_is_missing(
    missing: list[refund_rules.Document], collector: refund_rules.Collector, proxy_name: str
) -> list[FieldError]:
    errors = [FieldError(f"{document}_missing", f"缺少{DOCUMENTS[document]}。", "documents") for document in missing]
    if collector == "proxy" and not proxy_name:
        errors.append(FieldError("proxy_name_missing", "请填写代退人姓名。", "proxy_name"))
    if collector == "holder" and proxy_name:
        errors.append(FieldError("proxy_name_needless", "本人领取时不需要代退人姓名。", "proxy_name"))
    return errors


def _refund(tx: Transaction, cipher: Cipher, row: asyncpg.Record) -> Refund:
    values = dict(row)
    del values["card_id"]
    sealed = values.pop("proxy_name")
    name = None if sealed is None else cipher.decrypt(sealed, _PROXY)
    if name is not None and tx.scope.kind != "district":
        name = person_name.mask(name)
    return Refund(**values, proxy_name=name)
