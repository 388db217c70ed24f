"""What consent allows, and what a text for guardians must be. Pure: no I/O, no clock."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Final
from uuid import UUID

from services.readers.consenting_schemas import ConsentState
from services.readers.errors import ConsentMissing, ConsentWithdrawn
from shared.contracts.consent import ConsentMode
from shared.errors import FieldError

CHILD: Final = "{child}"
"""Where a text names the child (appendix 1: 本人为……监护人)."""

_LONGEST_TITLE: Final = 100
_LONGEST_BODY: Final = 5000


def objection(consent: ConsentState, mode: ConsentMode) -> type[ConsentMissing | ConsentWithdrawn] | None:
    """Why a reader cannot be approved.

    A withdrawal always stands in the way: the guardian has said no. That nobody has asked yet does where the district
    has set so.
    """
    if consent == "withdrawn":
        return ConsentWithdrawn
    return ConsentMissing if consent == "none" and mode == "refuse" else None


def papers_refused(signed_on: date, withdrawn_on: Mapping[UUID, date], *, names_one: bool) -> dict[UUID, date]:
    """Those of the readers whose guardian has withdrawn (reader → the day) whom such a paper does not bring back.

    The guardian has said no after signing an older one. Of one signed on the day itself nobody can tell, unless it is
    told of this reader alone: whoever ticks a whole class does not think of one child's withdrawal.
    """
    return {
        reader_id: day
        for reader_id, day in withdrawn_on.items()
        if signed_on < day or (signed_on == day and not names_one)
    }


def check_text(title: str, body: str) -> tuple[str, str, list[FieldError]]:
    """Trimmed, and what is wrong."""
    title, body = title.strip(), body.strip()
    errors = []
    if not 1 <= len(title) <= _LONGEST_TITLE:
        errors.append(FieldError("title_length", f"标题应为1至{_LONGEST_TITLE}个字。", "title"))
    if not 1 <= len(body) <= _LONGEST_BODY:
        errors.append(FieldError("body_length", f"正文应为1至{_LONGEST_BODY}个字。", "body"))
    elif CHILD not in body:
        errors.append(FieldError("child_missing", f"正文中应有填写学生姓名的位置：{CHILD}。", "body"))
    return title, body, errors


def text_digest(title: str, body: str) -> bytes:
    """SHA-256 by which a consent proves which text was signed."""
    return hashlib.sha256(f"{title}\n{body}".encode()).digest()
