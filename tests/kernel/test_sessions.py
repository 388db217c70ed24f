"""Ended sessions at a process's start: nobody is let in before it is known who must not be."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx

from shared.contracts.identity import SessionRevoked
from shared.envelope import event_of
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import Scope
from shared.tokens import Signer
from tests.kernel.gate import Gate
from tests.kernel.notes import TEACHER, A, Administrator
from tests.kernel.small_service import small_service
from tests.running_service import publish
from tests.waiting import eventually

# A route that asks neither database nor broker.
ROUTE = "/api/params/pages/1"


def bearer(secrets: Secrets, session_id: UUID, scope: Scope = A) -> dict[str, str]:
    return {"Authorization": f"Bearer {Signer(secrets, 600).sign(TEACHER, scope, session_id)}"}


async def revoke(settings: Settings, secrets: Secrets, sessions: Sequence[UUID]) -> None:
    facts = [
        SessionRevoked(
            actor=TEACHER, version=2, session_id=session_id, expires_at=int(time.time()) + 600, reason="logged_out"
        )
        for session_id in sessions
    ]
    events = [
        event_of(
            fact,
            source="identity",
            subject_id=fact.session_id,
            time=datetime.now(UTC),
            district=A.district,
            school_id=A.school_id,
        )
        for fact in facts
    ]
    await publish(settings, secrets, events)


async def keep(administrator: Administrator, session_id: UUID) -> None:
    """As the consumer of another process has written it down."""
    await administrator.execute(
        "insert into ended_sessions (session_id, expires_at) values ($1, now() + interval '10 minutes')", session_id
    )


async def is_let_in(client: httpx.AsyncClient, secrets: Secrets) -> bool:
    """Somebody whose session goes on."""
    return (await client.get(ROUTE, headers=bearer(secrets, uuid4()))).status_code == 200


async def test_what_was_told_while_no_process_ran_holds_from_the_first_answer_on(
    settings: Settings, secrets: Secrets, administrator: Administrator
) -> None:
    ended = [uuid4() for _ in range(3000)]
    await revoke(settings, secrets, ended)
    async with small_service(settings) as client:
        first = await client.get(ROUTE, headers=bearer(secrets, ended[-1]))
        assert first.status_code in (401, 503)

        async def others_are_let_in() -> bool:
            refused = await client.get(ROUTE, headers=bearer(secrets, ended[-1]))
            assert refused.status_code in (401, 503)
            return await is_let_in(client, secrets)

        await eventually(others_are_let_in)
        assert (await client.get(ROUTE, headers=bearer(secrets, ended[-1]))).json()["code"] == "session_ended"


async def test_without_its_database_a_process_that_starts_lets_nobody_in(
    gated: Settings, database_gate: Gate, secrets: Secrets, administrator: Administrator
) -> None:
    ended = uuid4()
    await keep(administrator, ended)
    await database_gate.shut()
    async with small_service(gated) as client:
        for session_id in (ended, uuid4()):
            refused = await client.get(ROUTE, headers=bearer(secrets, session_id))
            assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
            assert refused.headers["retry-after"]
        await database_gate.open()
        await eventually(lambda: is_let_in(client, secrets))
        assert (await client.get(ROUTE, headers=bearer(secrets, ended))).status_code == 401


async def test_without_its_broker_the_tables_word_counts(
    gated: Settings, nats_gate: Gate, secrets: Secrets, administrator: Administrator
) -> None:
    ended = uuid4()
    await keep(administrator, ended)
    await nats_gate.shut()
    async with small_service(gated) as client:
        await eventually(lambda: is_let_in(client, secrets))
        assert (await client.get(ROUTE, headers=bearer(secrets, ended))).status_code == 401
