"""Refresh tokens: opaque to clients, 256 random bits that are stored as a digest alone.

Wire form: base64url of school id (16 bytes, zero above a school), session id (16) and secret (32). The ids only say
where to look, under which tenant; the secret proves.
"""

import base64
import binascii
import hashlib
import secrets
from uuid import UUID

import msgspec

from services.identity.errors import RefreshTokenInvalid

_LENGTH = 64


class RefreshToken(msgspec.Struct, frozen=True):
    school_id: UUID
    session_id: UUID
    secret: bytes

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.secret).digest()

    def encode(self) -> str:
        raw = self.school_id.bytes + self.session_id.bytes + self.secret
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def new_refresh_token(school_id: UUID, session_id: UUID) -> RefreshToken:
    return RefreshToken(school_id, session_id, secrets.token_bytes(32))


def parse_refresh_token(text: str) -> RefreshToken:
    """Raises RefreshTokenInvalid for what is none of ours."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as exc:
        raise RefreshTokenInvalid from exc
    if len(raw) != _LENGTH:
        raise RefreshTokenInvalid
    return RefreshToken(UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), raw[32:])
