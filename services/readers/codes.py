"""What guardians present: a link's token, a receipt's code. 160 bits each, kept as digests alone.

Both are derived with the secret key and so need not be stored: a poster can be printed again from the link's id, and a
phone that sends the same key twice is given the same receipt.
"""

import base64
import hashlib
from uuid import UUID

from shared.secrets import Digester

_BYTES = 20


def token_of(digester: Digester, link_id: UUID) -> str:
    return _text(digester.digest(str(link_id), b"registration-link"))


def receipt_of(digester: Digester, link_id: UUID, key: str) -> str:
    """`key` is the Idempotency-Key with which the phone sends."""
    return _text(digester.digest(f"{link_id} {key}", b"registration-receipt"))


def digest_of(code: str) -> bytes:
    """SHA-256; of what nobody can guess a plain digest is enough."""
    return hashlib.sha256(code.encode()).digest()


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest[:_BYTES]).rstrip(b"=").decode()
