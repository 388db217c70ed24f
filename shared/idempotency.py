"""Idempotency keys: a POST repeated with the same key gets the first one's answer and changes nothing.

The answer is kept in the same transaction as the change, encrypted (answers hold personal data). The key belongs to
its actor. A second request while the first is still running is refused (409), one with another body too (422).
"""

from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec, TypeVar

import msgspec

from shared.database import Database, Transaction
from shared.errors import Conflict, Invalid
from shared.secrets import Cipher
from shared.tenancy import Caller

P = ParamSpec("P")
T = TypeVar("T")

_TRY_LOCK = "select pg_try_advisory_xact_lock(hashtextextended($1 || $2::text, 5))"
_FIND = "select fingerprint, answer from answers where school_id = $1 and actor_id = $2 and key = $3"
_KEEP = """
insert into answers (school_id, district, actor_id, key, fingerprint, answer) values ($1, $2, $3, $4, $5, $6)
"""


class KeyInUse(Conflict):
    """相同的请求正在处理中，请稍候。"""

    code = "idempotency_key_in_use"


class KeyReused(Invalid):
    """该幂等键已用于另一个请求。"""

    code = "idempotency_key_reused"


class Once:
    """Runs a use case at most once per key; without a key, simply runs it."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    async def run(
        self,
        caller: Caller,
        returns: type[T],
        use_case: Callable[Concatenate[Transaction, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """`returns` is the Struct the kept answer is read back as. Raises KeyInUse, KeyReused."""
        if caller.idempotency_key is None:
            return await self._database.run(caller, use_case, *args, **kwargs)

        async def guarded(tx: Transaction) -> T:
            kept = await self._find(tx, caller)
            if kept is not None:
                return msgspec.json.decode(kept, type=returns)
            answer = await use_case(tx, *args, **kwargs)
            await self._keep(tx, caller, msgspec.json.encode(answer))
            return answer

        return await self._database.run(caller, guarded)

    async def _find(self, tx: Transaction, caller: Caller) -> bytes | None:
        key = caller.idempotency_key or ""
        if not await tx.connection.fetchval(_TRY_LOCK, key, str(caller.actor.id)):
            raise KeyInUse
        row = await tx.connection.fetchrow(_FIND, tx.scope.row_school_id, caller.actor.id, key)
        if row is None:
            return None
        if row["fingerprint"] != caller.fingerprint:
            raise KeyReused
        return self._cipher.decrypt_bytes(row["answer"], b"answer")

    async def _keep(self, tx: Transaction, caller: Caller, answer: bytes) -> None:
        await tx.connection.execute(
            _KEEP,
            tx.scope.row_school_id,
            tx.scope.row_district,
            caller.actor.id,
            caller.idempotency_key,
            caller.fingerprint,
            self._cipher.encrypt_bytes(answer, b"answer"),
        )
