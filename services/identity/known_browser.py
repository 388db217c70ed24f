"""Browsers in which a user has logged in before: their wrong passwords are counted by themselves.

Else whoever knows a username could keep its owner out for ever, with five wrong passwords every quarter of an hour.
After a log-in the browser gets a cookie that proves it (OWASP, Device Cookies); strangers' failures lock strangers.
The proof is bound to the password: after a change or a reset it is no longer good, and so no lock outlives a reset.

Wire form: base64url of a nonce (16 bytes) and our keyed digest (32) of account, password hash and nonce.
"""

import base64
import binascii
import hashlib
import secrets
from typing import Final

from services.identity.queries import Account
from shared.secrets import Digester

LIVES: Final = 180 * 24 * 3600
"""Seconds."""

_PREFIX: Final = "sc_known_"
_NONCE: Final = 16
_LENGTH: Final = 48


def cookie_name(username_key: str) -> str:
    """Each user of a shared computer has a cookie of their own."""
    return _PREFIX + hashlib.sha256(username_key.encode()).hexdigest()[:16]


def prove(digester: Digester, account: Account, nonce: bytes | None = None) -> str:
    """The cookie's value; a browser that was known keeps its nonce."""
    nonce = nonce or secrets.token_bytes(_NONCE)
    return base64.urlsafe_b64encode(nonce + _mark(digester, account, nonce)).decode()


def nonce_of(digester: Digester, account: Account | None, text: str | None) -> bytes | None:
    """Which of the account's browsers it is; None for what proves nothing."""
    if account is None or text is None:
        return None
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    nonce, mark = raw[:_NONCE], raw[_NONCE:]
    if len(raw) != _LENGTH or not secrets.compare_digest(mark, _mark(digester, account, nonce)):
        return None
    return nonce


def _mark(digester: Digester, account: Account, nonce: bytes) -> bytes:
    return digester.digest(f"{account.id} {account.password_hash} {nonce.hex()}", b"known-browser")
