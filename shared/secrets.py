"""Keys and passwords: kept as one file each in a folder, the way container platforms mount them.

A process is given only the files it needs; `generate_missing` makes a whole folder for a machine that runs everything.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC

from shared.topology import SERVICES, WATCH

_NONCE_SIZE = 12
_ID_NUMBER = b"id-number"
_END = b"\x00"
"""Between a digest's purpose and its text."""


class SecretMissing(Exception):
    """A secret file this process needs is not in its folder (SC_SECRETS)"""


class Cipher:
    """AES-256-GCM for personal data at rest. Wire form: key id (1 byte), nonce (12), ciphertext and tag.

    `purpose` is authenticated but not stored: a value cannot be moved from one column to another.
    """

    def __init__(self, key: bytes, key_id: int = 1) -> None:
        self._aead = AESGCM(key)
        self._prefix = bytes([key_id])

    def encrypt(self, text: str, purpose: bytes) -> bytes:
        return self.encrypt_bytes(text.encode(), purpose)

    def decrypt(self, blob: bytes, purpose: bytes) -> str:
        """Raises `cryptography.exceptions.InvalidTag` for a value that was changed or belongs elsewhere."""
        return self.decrypt_bytes(blob, purpose).decode()

    def encrypt_bytes(self, data: bytes, purpose: bytes) -> bytes:
        nonce = os.urandom(_NONCE_SIZE)
        return self._prefix + nonce + self._aead.encrypt(nonce, data, purpose)

    def encrypt_all(self, values: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Each (data, purpose) as by `encrypt_bytes`; the nonces of all are drawn at once, which costs half as much."""
        drawn, prefix, encrypt = os.urandom(_NONCE_SIZE * len(values)), self._prefix, self._aead.encrypt
        sealed = []
        for at, (data, purpose) in enumerate(values):
            nonce = drawn[at * _NONCE_SIZE : (at + 1) * _NONCE_SIZE]
            sealed.append(prefix + nonce + encrypt(nonce, data, purpose))
        return sealed

    def decrypt_bytes(self, blob: bytes, purpose: bytes) -> bytes:
        return self._aead.decrypt(blob[1 : 1 + _NONCE_SIZE], blob[1 + _NONCE_SIZE :], purpose)


class Digester:
    """Keyed digests (HMAC-SHA-256) by which encrypted values are found again."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        # Imports take one of every row: to go on from a copy costs a third of beginning anew.
        self._id_number = HMAC(key, hashes.SHA256())
        self._id_number.update(_ID_NUMBER + _END)

    def digest(self, text: str, purpose: bytes) -> bytes:
        """32 bytes; the same text under two purposes has nothing in common."""
        return hmac.digest(self._key, purpose + _END + text.encode(), hashlib.sha256)

    def id_number(self, number: str) -> bytes:
        """Digest of a whole ID number, the same in every service: the key of one-card-per-person."""
        mac = self._id_number.copy()
        mac.update(number.upper().encode())
        return mac.finalize()


class Secrets:
    """The folder of secrets, read when asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> bytes:
        path = self.folder / name
        try:
            return path.read_bytes().strip()
        except FileNotFoundError as exc:
            raise SecretMissing(f"{SecretMissing.__doc__}: {path}") from exc

    def password(self, name: str) -> str:
        return self.read(name).decode()

    def cipher(self) -> Cipher:
        return Cipher(base64.b64decode(self.read("data-key")))

    def digester(self) -> Digester:
        return Digester(base64.b64decode(self.read("digest-key")))


def generate_missing(folder: Path) -> Secrets:
    """Create every secret that is not there yet; existing ones are never changed (data would be lost with them)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for service in SERVICES:
        _write_once(folder / f"postgres-{service}", secrets.token_urlsafe(24).encode())
        _write_once(folder / f"nats-{service}", secrets.token_urlsafe(24).encode())
    for user in ("admin", WATCH):
        _write_once(folder / f"nats-{user}", secrets.token_urlsafe(24).encode())
    for key in ("data-key", "digest-key"):
        _write_once(folder / key, base64.b64encode(os.urandom(32)))
    if not (folder / "jwt-private.pem").exists():
        _generate_signing_key(folder)
    return Secrets(folder)


def _generate_signing_key(folder: Path) -> None:
    private = Ed25519PrivateKey.generate()
    raw = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    key_id = hashlib.sha256(raw).hexdigest()[:16]
    public = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    jwk = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key_id, "x": public}
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # The public half first: a run killed in between makes both anew.
    write_secret(folder / "jwt-public.json", json.dumps({"keys": [jwk]}).encode())
    write_secret(folder / "jwt-private.pem", pem)


def _write_once(path: Path, content: bytes) -> None:
    if not path.exists():
        write_secret(path, content)


def write_secret(path: Path, content: bytes) -> None:
    """For its owner alone, whole or not at all: a killed run must not leave half a key."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
