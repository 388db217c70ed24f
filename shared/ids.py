"""New ids: UUIDv7 (RFC 9562 §5.7), so that rows and events lie in the order in which they were made.

They are of asyncpg's own UUID type, which is a `uuid.UUID` like those it returns: made, written and read several times
faster, and there are some of them for every row that is imported.
"""

from uuid import UUID

import uuid_utils
from asyncpg.pgproto import pgproto


def new_id() -> UUID:
    """Greater than all that this process has made before."""
    return pgproto.UUID(uuid_utils.uuid7().bytes)


def parse_id(text: str) -> UUID:
    """Raises ValueError."""
    return pgproto.UUID(text)
