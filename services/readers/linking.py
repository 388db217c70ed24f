"""Links by which guardians register: a school opens, lists, prints and revokes them (appendix 4)."""

import io
from datetime import timedelta
from uuid import UUID

import asyncpg
import segno

from services.readers import consenting_queries
from services.readers import queries as reader_queries
from services.readers import registering_queries as queries
from services.readers.codes import digest_of, token_of
from services.readers.errors import LinkInvalid, LinkNotFound, LinkRevoked
from services.readers.registering_queries import NewLink
from services.readers.registering_schemas import Link, LinkCreate, Poster
from shared import outbox
from shared.contracts.consent import RegistrationOpened, RegistrationRevoked
from shared.database import Transaction
from shared.errors import FieldError
from shared.ids import new_id
from shared.pagination import Page, offset, page_of
from shared.secrets import Digester


async def open_link(tx: Transaction, digester: Digester, new: LinkCreate) -> Link:
    """Raises LinkInvalid for a class that is unknown or disabled."""
    if new.class_id is not None:
        row = await reader_queries.find_class(tx.connection, new.class_id)
        if row is None or row["disabled"]:
            raise LinkInvalid(errors=[FieldError("class_unknown", "没有这个班级或已禁用，请重新选择。", "class_id")])
    link_id = new_id()
    link = NewLink(
        id=link_id,
        token_digest=digest_of(token_of(digester, link_id)),
        class_id=new.class_id,
        remark=new.remark.strip(),
        expires_at=tx.now + timedelta(days=new.days),
    )
    await queries.insert_link(tx.connection, tx.scope, link, tx.actor.name, tx.now)
    fact = RegistrationOpened(
        actor=tx.actor, version=1, link_id=link_id, class_id=new.class_id, expires_at=link.expires_at
    )
    await outbox.publish(tx, [(link_id, fact)])
    return await fetch_link(tx, digester, link_id)


async def list_links(
    tx: Transaction, digester: Digester, school_id: UUID | None, page: int, page_size: int
) -> Page[Link]:
    """Newest first. A district sees that there are links and what came by them, not the links themselves."""
    rows = await queries.fetch_links(tx.connection, school_id, page_size, offset(page, page_size))
    counts = {}
    if tx.scope.kind == "school":
        counts = await queries.count_by_link(tx.connection, [row["id"] for row in rows])
    links = [_link(tx, digester, row, counts.get(row["id"])) for row in rows]
    return await page_of(links, page, page_size, lambda: queries.count_links(tx.connection, school_id))


async def fetch_link(tx: Transaction, digester: Digester, link_id: UUID) -> Link:
    """Raises LinkNotFound."""
    row = await queries.fetch_link(tx.connection, link_id)
    if row is None:
        raise LinkNotFound
    counts = await queries.count_by_link(tx.connection, [link_id])
    return _link(tx, digester, row, counts.get(link_id))


async def revoke_link(tx: Transaction, digester: Digester, link_id: UUID) -> Link:
    """At once and for good; what came by it stays. Raises LinkNotFound, LinkRevoked."""
    row = await queries.lock_link(tx.connection, link_id)
    if row is None:
        raise LinkNotFound
    if row["revoked_at"] is not None:
        raise LinkRevoked
    await queries.revoke_link(tx.connection, link_id, tx.now, tx.actor.name)
    fact = RegistrationRevoked(actor=tx.actor, version=row["version"] + 1, link_id=link_id, class_id=row["class_id"])
    await outbox.publish(tx, [(link_id, fact)])
    return await fetch_link(tx, digester, link_id)


async def fetch_poster(tx: Transaction, digester: Digester, link_id: UUID, origin: str) -> Poster:
    """Raises LinkNotFound, LinkRevoked: a poster that leads nowhere is not printed."""
    row = await queries.fetch_link(tx.connection, link_id)
    if row is None:
        raise LinkNotFound
    if row["revoked_at"] is not None or row["expires_at"] <= tx.now:
        raise LinkRevoked
    return Poster(
        url=f"{origin}{_path(digester, link_id)}",
        school_name=await consenting_queries.fetch_school_name(tx.connection, row["school_id"]),
        grade_name=row["grade_name"],
        class_name=row["class_name"],
        expires_at=row["expires_at"],
    )


def draw(url: str) -> bytes:
    """A QR code (ISO/IEC 18004) as SVG; level Q bears a fold or a stain on a poster."""
    picture = io.BytesIO()
    segno.make(url, error="q", micro=False).save(picture, kind="svg", scale=8, border=4)
    return picture.getvalue()


def _link(tx: Transaction, digester: Digester, row: asyncpg.Record, counts: asyncpg.Record | None) -> Link:
    is_open = row["revoked_at"] is None and row["expires_at"] > tx.now
    return Link(
        id=row["id"],
        school_id=row["school_id"],
        class_id=row["class_id"],
        grade_name=row["grade_name"],
        class_name=row["class_name"],
        remark=row["remark"],
        path=_path(digester, row["id"]) if is_open and tx.scope.kind == "school" else None,
        status="open" if is_open else "expired" if row["revoked_at"] is None else "revoked",
        created_by=row["created_by"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        revoked_by=row["revoked_by"],
        submitted=counts["submitted"] if counts is not None else 0,
        merged=counts["merged"] if counts is not None else 0,
        rejected=counts["rejected"] if counts is not None else 0,
    )


def _path(digester: Digester, link_id: UUID) -> str:
    return f"/g/{token_of(digester, link_id)}"
