"""What of a reader is kept encrypted, and the digests by which it is found again."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from shared.secrets import Cipher, Digester

TAIL = 4
"""An ID number can be searched by its last four characters or more."""

_encode = msgspec.msgpack.Encoder().encode


class Private(msgspec.Struct, frozen=True, array_like=True):
    """Encrypted at rest as one value, so that a row costs one operation."""

    id_number: str
    phone: str
    guardian_phone: str = ""


_decode = msgspec.msgpack.Decoder(Private).decode


class Sealer:
    """Seals and opens readers' private values; a sealed value is bound to its reader."""

    def __init__(self, cipher: Cipher, digester: Digester) -> None:
        self._cipher = cipher
        self._digester = digester

    def seal(self, reader_id: UUID, private: Private) -> bytes:
        return self._cipher.encrypt_bytes(_encode(private), b"reader" + reader_id.bytes)

    def open(self, reader_id: UUID, sealed: bytes) -> Private:
        return _decode(self._cipher.decrypt_bytes(sealed, b"reader" + reader_id.bytes))

    def seal_object(self, purpose: str, value: object) -> bytes:
        """Anything msgspec can encode: previews, questions."""
        return self._cipher.encrypt_bytes(_encode(value), purpose.encode())

    def seal_objects(self, values: Sequence[tuple[str, object]]) -> list[bytes]:
        """Each (purpose, value) as by `seal_object`."""
        return self._cipher.encrypt_all([(_encode(value), purpose.encode()) for purpose, value in values])

    def open_object(self, purpose: str, sealed: bytes) -> bytes:
        """The msgpack of what was sealed."""
        return self._cipher.decrypt_bytes(sealed, purpose.encode())

    def seal_file(self, batch_no: str, content: bytes) -> bytes:
        return self._cipher.encrypt_bytes(content, b"import" + batch_no.encode())

    def open_file(self, batch_no: str, sealed: bytes) -> bytes:
        return self._cipher.decrypt_bytes(sealed, b"import" + batch_no.encode())

    def digest(self, id_number: str) -> bytes:
        """Of the whole number; 32 bytes."""
        return self._digester.id_number(id_number)

    def tail(self, id_number: str) -> bytes:
        """Of its last four characters; 8 bytes are enough, as the rest is compared after opening."""
        return self._digester.digest(id_number[-TAIL:].upper(), b"id-tail")[:8]
