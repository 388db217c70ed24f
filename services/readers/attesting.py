"""Consents on paper: the school says whose signed forms it has in hand, by ticking pupils or in a workbook.

What a workbook speaks of is recorded in the transaction of the chunk that carries out the rows. Those facts carry the
batch number but no item: a row is counted once, by what became of its reader.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time
from functools import partial
from uuid import UUID

import asyncpg

from services.readers import consent_rules, consenting
from services.readers import consenting_queries as queries
from services.readers.consenting import Signing
from services.readers.consenting_schemas import ConsentsRecorded, ConsentText, PaperConsents
from services.readers.errors import PaperOlderThanWithdrawal, ReaderInvalid, ReaderNotFound
from services.readers.sealing import Sealer
from services.readers.slicing import in_slices
from shared.china import CHINA, local_day
from shared.database import Transaction
from shared.errors import FieldError
from shared.ids import new_id
from shared.tenancy import Actor

UNDONE = "撤销导入"


async def attest_papers(tx: Transaction, sealer: Sealer, papers: PaperConsents) -> ConsentsRecorded:
    """The school has these readers' signed forms; all are recorded, or none.

    Raises ReaderInvalid, ReaderNotFound when one is not the school's, PaperOlderThanWithdrawal.
    """
    signed_on = papers.signed_on or local_day(tx.now)
    if signed_on > local_day(tx.now):
        raise ReaderInvalid(errors=[FieldError("signed_on_future", "签名日期不能在今天之后。", "signed_on")])
    wanted = list(dict.fromkeys(papers.reader_ids))
    readers = await queries.lock_readers(tx.connection, wanted)
    if len(readers) < len(wanted):
        raise ReaderNotFound
    unsigned = [reader for reader in readers if reader["consent"] in ("none", "withdrawn")]
    refused = consent_rules.papers_refused(
        signed_on,
        {id_: local_day(at) for id_, at in (await _withdrawals(tx, unsigned)).items()},
        names_one=len(wanted) == 1,
    )
    if refused:
        names = {reader["id"]: reader["name"] for reader in unsigned}
        raise PaperOlderThanWithdrawal(errors=[_refusal(names[reader_id], day) for reader_id, day in refused.items()])
    # Nobody has signed a text before it was published.
    text = await consenting.fetch_text_of_day(tx, signed_on)
    signed_at = tx.now if papers.signed_on is None else datetime.combine(signed_on, time(12), CHINA)
    sign = partial(_signing, text=text, relation=papers.relation, signed_at=signed_at)
    await consenting.record(tx, sealer, [sign(reader) for reader in unsigned])
    return ConsentsRecorded(len(unsigned), len(readers) - len(unsigned))


async def record_signed(tx: Transaction, sealer: Sealer, signed: Mapping[UUID, UUID], by: Actor, batch_no: str) -> None:
    """`signed`: reader → the id its consent is to have; the readers are there, locked, and have none in force."""
    readers = await queries.lock_readers(tx.connection, list(signed))
    text = await consenting.fetch_current_text(tx)
    sign = partial(_signing, text=text, relation="guardian", signed_at=tx.now)
    signings = await in_slices(lambda reader: sign(reader, consent_id=signed[reader["id"]]), readers)
    await consenting.record(tx, sealer, signings, by=by, batch_no=batch_no)


async def find_in_force(tx: Transaction, consents: Mapping[UUID, UUID]) -> dict[UUID, UUID]:
    """Those of these (reader → consent) that are still in force: nobody has withdrawn or replaced them since."""
    if not consents:
        return {}
    rows = await queries.lock_in_force(tx.connection, list(consents))
    return {row["reader_id"]: row["id"] for row in rows if consents[row["reader_id"]] == row["id"]}


async def take_back(tx: Transaction, sealer: Sealer, in_force: Collection[UUID], batch_no: str) -> None:
    """The import that ticked these readers' forms is undone: a wrong tick, no withdrawal. They are locked."""
    if in_force:
        await consenting.withdraw_in_force(tx, sealer, list(in_force), UNDONE, mistake=True, batch_no=batch_no)


# --- pieces


async def _withdrawals(tx: Transaction, readers: Sequence[asyncpg.Record]) -> dict[UUID, datetime]:
    withdrawn = [reader["id"] for reader in readers if reader["consent"] == "withdrawn"]
    return await queries.fetch_withdrawal_moments(tx.connection, withdrawn) if withdrawn else {}


def _refusal(name: str, withdrawn_on: date) -> FieldError:
    detail = f"{name}：监护人于{withdrawn_on}撤回了授权，只能登记此后签名的授权书；当天重新签名的，请单独登记。"
    return FieldError("paper_before_withdrawal", detail, "reader_ids")


def _signing(
    reader: asyncpg.Record, *, text: ConsentText, relation: str, signed_at: datetime, consent_id: UUID | None = None
) -> Signing:
    return Signing(
        id=consent_id or new_id(),
        reader=reader,
        how="paper",
        relation=relation,
        signer=reader["guardian_name"],
        signed_at=signed_at,
        text_version=text.version,
        text_digest=bytes.fromhex(text.sha256),
    )
