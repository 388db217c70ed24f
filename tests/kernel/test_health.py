"""Health and figures: what is away shows at once and by name, and shows no more when it is back."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from shared.secrets import Secrets
from shared.settings import Settings
from shared.topology import EVENTS, STREAMS
from tests.kernel.gate import Gate
from tests.kernel.notes import SERVICE, A, Administrator, nats_admin
from tests.running_service import RunningService, serving
from tests.waiting import eventually

READY = "/api/params/health/ready"


@pytest.fixture
async def behind_gates(gated: Settings, secrets: Secrets) -> AsyncIterator[RunningService]:
    async with serving(gated, secrets, SERVICE) as running:
        yield running


@pytest.fixture
async def anybody(behind_gates: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    async with behind_gates.stranger() as client:
        await eventually(lambda: _is_ready(client))
        yield client


async def _is_ready(client: httpx.AsyncClient) -> bool:
    return (await client.get(READY)).status_code == 200


async def _is_not_ready(client: httpx.AsyncClient) -> bool:
    return not await _is_ready(client)


async def test_a_service_with_all_it_needs_is_ready(anybody: httpx.AsyncClient) -> None:
    assert (await anybody.get(READY)).json() == {"ready": True, "database": True, "broker": True, "relay_lag": 0.0}
    assert (await anybody.get("/api/params/health/live")).json() == {"status": "live"}


async def test_without_its_database_it_is_alive_and_not_ready(
    anybody: httpx.AsyncClient, database_gate: Gate, behind_gates: RunningService
) -> None:
    await database_gate.shut()
    await eventually(lambda: _is_not_ready(anybody))
    answer = (await anybody.get(READY)).json()
    assert (answer["ready"], answer["database"], answer["broker"]) == (False, False, True)
    assert (await anybody.get("/api/params/health/live")).status_code == 200
    async with behind_gates.client(A) as teacher:
        refused = await teacher.get("/api/params/grades")
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert refused.headers["retry-after"]
    await database_gate.open()
    await eventually(lambda: _is_ready(anybody))


async def test_a_database_that_does_not_answer_is_noticed_before_the_probe_gives_up(
    anybody: httpx.AsyncClient, database_gate: Gate
) -> None:
    """Containers' probe waits five seconds, `schoolcard health` four."""
    database_gate.freeze()
    async with asyncio.timeout(4):
        assert (await anybody.get(READY)).status_code == 503
    await database_gate.open()
    await eventually(lambda: _is_ready(anybody))


async def test_without_its_broker_it_answers_and_is_not_ready(
    anybody: httpx.AsyncClient, nats_gate: Gate, behind_gates: RunningService
) -> None:
    await nats_gate.shut()
    await eventually(lambda: _is_not_ready(anybody))
    answer = (await anybody.get(READY)).json()
    assert (answer["ready"], answer["database"], answer["broker"]) == (False, True, False)
    async with behind_gates.client(A) as teacher:
        assert (await teacher.post("/api/params/grades", json={"name": "三年级"})).status_code == 201
    await nats_gate.open()
    await eventually(lambda: _is_ready(anybody))


async def test_events_that_cannot_be_sent_for_a_minute_make_it_unready(
    anybody: httpx.AsyncClient, administrator: Administrator
) -> None:
    """The relay's lag counts, though database and broker answer: here the broker refuses the event."""
    await administrator.execute(
        "insert into outbox (id, school_id, district, subject, headers, body, created_at) values (gen_random_uuid(),"
        " gen_random_uuid(), '500103', 'sc.v1.500103._.card.issued', '{}', '', now() - interval '2 minutes')"
    )
    await eventually(lambda: _lags(anybody))
    answer = (await anybody.get(READY)).json()
    assert (answer["ready"], answer["database"], answer["broker"]) == (False, True, True)


async def _lags(client: httpx.AsyncClient) -> bool:
    answer = (await client.get(READY)).json()
    return bool(answer["relay_lag"] > 60 and answer["broker"])


async def test_figures_are_told_in_prometheus_words(behind_gates: RunningService, anybody: httpx.AsyncClient) -> None:
    async with behind_gates.client(A) as teacher:
        made = (await teacher.post("/api/params/grades", json={"name": "三年级"})).json()
        await teacher.get(f"/api/params/grades/{made['id']}")
        await teacher.get("/api/params/nothing")

    async def is_sent() -> bool:
        return 'schoolcard_relay_sent{service="params"} 1.0' in (await anybody.get("/api/params/metrics")).text

    await eventually(is_sent)
    answer = await anybody.get("/api/params/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    text = answer.text
    for line in (
        'schoolcard_relay_lag_seconds{service="params"} 0.0',
        'schoolcard_consumer_applied{consumer="params-reader"} 0.0',
        'schoolcard_consumer_parked{consumer="params-reader"} 0.0',
        'schoolcard_loop_failing{loop="params-relay"} 0.0',
    ):
        assert line in text.splitlines(), line
    counted = r'schoolcard_request_seconds_count\{method="GET",route="/api/params/grades/\{grade_id[^}]*\}",'
    assert re.search(counted + r'service="params",status="200"\} 1\.0', text), text
    # An address nobody has would be a label of its own for each guess.
    assert made["id"] not in text and "nothing" not in text
    assert re.search(r'schoolcard_request_seconds_count\{method="GET",route="-",service="params",status="404"\}', text)


async def test_a_stream_that_fills_shows_before_it_is_full(
    settings: Settings, secrets: Secrets, capsys: pytest.CaptureFixture[str]
) -> None:
    async with nats_admin(settings, secrets) as client:
        jetstream = client.jetstream()
        config = (await jetstream.stream_info(EVENTS)).config
        config.max_bytes = 100_000
        await jetstream.update_stream(config)
        for _ in range(8):
            await jetstream.publish("sc.v1.500103._.reader.created", b"x" * 9_500)
    async with serving(settings, secrets, "identity") as running, running.stranger() as anybody:

        async def has_looked() -> bool:
            """At both: one is asked after the other."""
            return len((await anybody.get("/api/identity/health/ready")).json()["streams"]) == len(STREAMS)

        await eventually(has_looked)
        answer = await anybody.get("/api/identity/health/ready")
        assert answer.status_code == 200
        streams = answer.json()["streams"]
        assert 0.7 < streams["EVENTS"] < 0.9 and streams["WORK"] == 0.0
        text = (await anybody.get("/api/identity/metrics")).text
        assert f'schoolcard_stream_filled{{stream="EVENTS"}} {streams["EVENTS"]}' in text
    warned = [line for line in capsys.readouterr().out.splitlines() if "stream_filling" in line]
    assert warned and all("EVENTS" in line for line in warned)


async def test_a_loop_that_fails_shows(anybody: httpx.AsyncClient, database_gate: Gate) -> None:
    await database_gate.shut()

    async def shows() -> bool:
        text = (await anybody.get("/api/params/metrics")).text
        return 'schoolcard_loop_failing{loop="params-relay"} 1.0' in text

    await eventually(shows)
    await database_gate.open()

    async def shows_no_more() -> bool:
        return not await shows()

    await eventually(shows_no_more)
