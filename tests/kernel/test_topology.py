"""Who may touch what on NATS: the server itself refuses, whatever a service's code would do."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from nats.aio.client import Client
from nats.errors import Error

from shared.broker import TopologyMismatch, declare
from shared.secrets import Secrets
from shared.settings import Settings
from shared.topology import DURABLES, EVENTS, SERVICES, SMALL_EVENTS, WATCH, durable, inbox_prefix, permissions
from tests.insider import ADMINISTRATION, Insider
from tests.kernel.notes import nats_admin


@pytest.fixture(params=SERVICES)
async def insider(request: pytest.FixtureRequest, settings: Settings, secrets: Secrets) -> AsyncIterator[Insider]:
    service = request.param
    async with Insider.enter(
        settings.nats_url, service, secrets.password(f"nats-{service}"), inbox_prefix(service)
    ) as made:
        yield made


async def test_a_service_reaches_its_own_durables_and_no_others(insider: Insider) -> None:
    for declared in DURABLES:
        own = declared.service == insider.user
        for subject in (
            f"$JS.API.CONSUMER.INFO.{declared.stream}.{declared.name}",
            f"$JS.API.CONSUMER.MSG.NEXT.{declared.stream}.{declared.name}",
            f"$JS.ACK.{declared.stream}.{declared.name}.1.1.1.1.0",
        ):
            assert await insider.asks_in_vain(subject, b"1") is not own, subject


async def test_a_service_administers_nothing(insider: Insider) -> None:
    for subject in ADMINISTRATION:
        assert await insider.asks_in_vain(subject, b"{}"), subject


async def test_a_service_listens_to_nothing_but_its_answers_and_ended_sessions(insider: Insider) -> None:
    others = [inbox_prefix(service) for service in (*SERVICES, "admin") if service != insider.user]
    for subject in (">", "sc.v1.>", "sc.v1.500103.>", "sc.v1.*.*.reader.*", "sc.work.>", "$JS.>", "_INBOX.>"):
        assert await insider.listens_in_vain(subject), subject
    for prefix in others:
        assert await insider.listens_in_vain(f"{prefix}.>"), prefix
    assert not await insider.listens_in_vain(f"{inbox_prefix(insider.user)}.>")
    assert not await insider.listens_in_vain("sc.v1.*.*.session.revoked")


async def test_a_service_tells_no_others_facts(insider: Insider) -> None:
    facts = {
        "identity": ("user.created", "session.revoked", "school.opened"),
        "params": ("grade.created", "class.deleted"),
        "readers": ("reader.approved", "readers.approved", "batch.opened", "batch.items_imported"),
        "cards": ("card.issued", "cards.issued"),
        "batches": ("batch.completed",),
        "audit": (),
    }
    for service, told in facts.items():
        for fact in told:
            subject = f"sc.v1.500103.{uuid4()}.{fact}"
            assert await insider.asks_in_vain(subject, b"{}") is not (service == insider.user), subject
    for kind in ("importing", "approving"):
        subject = f"sc.work.readers.{kind}.500103.{uuid4()}"
        assert await insider.asks_in_vain(subject, b"{}") is not (insider.user == "readers"), subject


async def test_nobody_enters_without_a_password(settings: Settings) -> None:
    entries: list[dict[str, Any]] = [{}, {"user": "audit"}, {"user": "audit", "password": "wrong"}]
    for options in (*entries, {"user": "admin", "password": ""}):
        client = Client()
        with pytest.raises((Error, asyncio.TimeoutError)):
            await client.connect(
                settings.nats_url, allow_reconnect=False, connect_timeout=2, error_cb=_ignore, **options
            )
        await client.close()


async def _ignore(_: Exception) -> None:
    """The refusal is what is tested."""


async def test_streams_and_durables_are_as_they_were_declared(settings: Settings, secrets: Secrets) -> None:
    async with nats_admin(settings, secrets) as client:
        jetstream = client.jetstream()
        for stream in ("EVENTS", "WORK"):
            config = (await jetstream.stream_info(stream)).config
            assert (str(config.discard), str(config.retention), str(config.storage)) == ("new", "limits", "file")
            names = {info.name for info in await jetstream.consumers_info(stream)}
            assert names == {declared.name for declared in DURABLES if declared.stream == stream}


async def test_a_stream_of_before_gets_the_size_that_is_declared_now(settings: Settings, secrets: Secrets) -> None:
    async with nats_admin(settings, secrets) as client:
        jetstream = client.jetstream()
        await jetstream.publish("sc.v1.500103.-.reader.created", b"kept")
        await declare(settings.nats_url, secrets, 2 * SMALL_EVENTS)
        info = await jetstream.stream_info(EVENTS)
        assert (info.config.max_bytes, info.state.messages) == (2 * SMALL_EVENTS, 1)


async def test_without_room_for_a_stream_it_is_said_what_to_do(settings: Settings, secrets: Secrets) -> None:
    with pytest.raises(TopologyMismatch, match=r"EVENTS: the max_file_store .* SC_EVENTS_BYTES"):
        await declare(settings.nats_url, secrets, 1 << 50)


async def test_who_watches_the_streams_learns_their_state_and_nothing_else(
    settings: Settings, secrets: Secrets
) -> None:
    inbox = inbox_prefix(WATCH)
    async with Insider.enter(settings.nats_url, WATCH, secrets.password(f"nats-{WATCH}"), inbox) as insider:
        assert not await insider.asks_in_vain("$JS.API.STREAM.INFO.EVENTS")
        for subject in ADMINISTRATION:
            if subject != "$JS.API.STREAM.INFO.EVENTS":
                assert await insider.asks_in_vain(subject, b"{}"), subject
        for declared in DURABLES:
            assert await insider.asks_in_vain(f"$JS.API.CONSUMER.MSG.NEXT.{declared.stream}.{declared.name}", b"1")
        for subject in (">", "sc.v1.>", "sc.work.>", "sc.v1.*.*.session.revoked", f"{inbox_prefix('identity')}.>"):
            assert await insider.listens_in_vain(subject), subject
        assert await insider.asks_in_vain("sc.v1.500103._.card.issued", b"{}")


async def test_a_durable_of_before_becomes_what_is_declared_now(settings: Settings, secrets: Secrets) -> None:
    async with nats_admin(settings, secrets) as client:
        jetstream = client.jetstream()
        declared = durable("audit", "everything")
        before = (await jetstream.consumer_info(declared.stream, declared.name)).config
        assert before is not None
        before.ack_wait, before.max_ack_pending = 99, 7
        await jetstream.add_consumer(declared.stream, before)
        sent = [f"{number}".encode() for number in range(5)]
        for body in sent:
            await jetstream.publish("sc.v1.500103.-.reader.created", body)
        subscription = await jetstream.pull_subscribe_bind(declared.name, stream=declared.stream)
        done, handed_out = await subscription.fetch(2, timeout=5)
        await done.ack_sync()
        await declare(settings.nats_url, secrets)
        kept = await jetstream.consumer_info(declared.stream, declared.name)
        assert kept.config is not None
        assert (kept.config.ack_wait, kept.config.max_ack_pending) == (declared.ack_wait, declared.max_ack_pending)
        # What was handed out before is still waited for, and the rest comes: nothing is lost and nothing comes anew.
        assert (kept.num_ack_pending, kept.num_pending) == (1, 3)
        await handed_out.ack_sync()
        rest = await subscription.fetch(3, timeout=5)
        assert [message.data for message in (done, handed_out, *rest)] == sent


def test_no_permission_is_wider_than_one_durable() -> None:
    for service in SERVICES:
        allowed = permissions(service)
        for subject in (*allowed.publish, *allowed.subscribe):
            assert subject not in (">", "$JS.API.>", "$JS.>", "_INBOX.>", "sc.v1.>"), (service, subject)
            if subject.startswith("$JS."):
                assert f"{service}-" in subject, (service, subject)


def test_a_durable_nobody_declared_does_not_exist() -> None:
    with pytest.raises(KeyError):
        durable("params", "cards")
