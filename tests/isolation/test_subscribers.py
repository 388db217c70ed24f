"""Other systems on NATS: each reads what its subject matches, and the server itself refuses it everything else."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from deploy import keys, subscribing
from deploy.local.nats import LocalNats
from deploy.local.nats_binary import find_nats_server
from deploy.running import NothingRuns, settings
from deploy.subscribing import Enrolled
from shared.broker import connect, declare
from shared.secrets import Secrets, generate_missing
from shared.subscribers import DOMAIN, NoSuchSubscriber, Subscriber, SubscriberExists
from shared.topology import DURABLES, EVENTS, SMALL_EVENTS
from tests.insider import ADMINISTRATION, Insider
from tests.servers import PROJECT
from tests.waiting import eventually

OURS, THEIRS = "500103", "500106"
SCHOOL = UUID(int=1)
AWAY = 0.3


class Nats(msgspec.Struct, frozen=True):
    """A server of the test's own, whose subscribers it may change; `environ` is what the commands are started with."""

    server: LocalNats
    secrets: Secrets
    environ: Mapping[str, str]
    jetstream: JetStreamContext

    async def publish(self, *subjects: str) -> None:
        for subject in subjects:
            entity, fact = subject.split(".")[-2:]
            headers = {"ce-id": str(uuid4()), "ce-type": f"{entity}.{fact}.v1"}
            await self.jetstream.publish(subject, json.dumps({"of": subject}).encode(), headers=headers)

    async def stored(self) -> dict[str, int]:
        """Messages by stream."""
        return {name: (await self.jetstream.stream_info(name)).state.messages for name in ("EVENTS", "WORK")}

    async def enrol(self, name: str, district: str | None = None, subject: str | None = None) -> Enrolled:
        enrolled = await subscribing.add(self.environ, name, district, subject)
        assert enrolled.effect == "now"
        return enrolled

    @asynccontextmanager
    async def enter(self, enrolled: Enrolled) -> AsyncIterator[Insider]:
        subscriber = enrolled.subscriber
        async with Insider.enter(self.server.url, subscriber.user, enrolled.password, subscriber.inbox) as made:
            yield made


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Nats]:
    secrets = generate_missing(tmp_path / "secrets")
    server = LocalNats(tmp_path / "nats", find_nats_server(PROJECT / "var"), secrets)
    await server.start()
    await declare(server.url, secrets)
    client = await connect(server.url, "admin", secrets.password("nats-admin"), "_INBOX_admin")
    environ = {
        "SC_VAR": str(tmp_path),
        "SC_DATABASE_URL": "postgresql://nobody@localhost/nothing",
        "SC_NATS_URL": server.url,
        "SC_EVENTS_BYTES": str(SMALL_EVENTS),
        "PATH": os.environ["PATH"],
    }
    try:
        yield Nats(server, secrets, environ, client.jetstream(timeout=5))
    finally:
        await client.close()
        await server.stop()


def subject(district: str, what: str = "card.issued") -> str:
    return f"sc.v1.{district}.{SCHOOL}.{what}"


async def read_all(client: Client, subscriber: Subscriber) -> list[str]:
    """Fetch and acknowledge all that waits; returns the subjects."""
    subscription = await client.jetstream(domain=DOMAIN, timeout=5).pull_subscribe_bind(subscriber.durable.name, EVENTS)
    found: list[Msg] = []
    while (await subscription.consumer_info()).num_pending:
        found += await subscription.fetch(100, timeout=5)
    for message in found:
        await message.ack_sync(timeout=5)
    with pytest.raises(nats.errors.TimeoutError):
        await subscription.fetch(1, timeout=AWAY)
    return [message.subject for message in found]


async def test_each_reads_its_own_district_and_not_one_message_of_another(city: Nats) -> None:
    ours = [subject(OURS), subject(OURS, "reader.approved"), f"sc.v1.{OURS}._.district.opened"]
    theirs = [subject(THEIRS), subject(THEIRS, "reader.approved")]
    citywide = ["sc.v1._._.consent_text.published"]
    await city.publish(*ours, *theirs, *citywide)
    readers = {
        "ours": (await city.enrol("ours", OURS), ours),
        "theirs": (await city.enrol("theirs", THEIRS), theirs),
        "cards-of-ours": (await city.enrol("cards-of-ours", OURS, f"sc.v1.{OURS}.*.card.*"), ours[:1]),
        "every-card": (await city.enrol("every-card", subject="sc.v1.*.*.card.issued"), [ours[0], theirs[0]]),
        "whole-city": (await city.enrol("whole-city"), [*ours, *theirs, *citywide]),
    }
    listed = await subscribing.list_all(city.environ)
    assert {entry.subscriber.name: entry.behind for entry in listed} == {n: len(e) for n, (_, e) in readers.items()}
    for enrolled, expected in readers.values():
        async with city.enter(enrolled) as insider:
            assert await read_all(insider.client, enrolled.subscriber) == expected
    # What was acknowledged does not come again; what is new does.
    await city.publish(subject(OURS, "card.closed"))
    async with city.enter(readers["ours"][0]) as insider:
        assert await read_all(insider.client, readers["ours"][0].subscriber) == [subject(OURS, "card.closed")]


async def test_nothing_is_administered_and_no_others_durable_is_reached(city: Nats) -> None:
    await city.enrol("theirs", THEIRS)
    own = await city.enrol("ours", OURS)
    other = Subscriber("theirs", f"sc.v1.{THEIRS}.>").durable
    async with city.enter(own) as insider:
        for asked in ADMINISTRATION:
            assert await insider.asks_in_vain(asked, b"{}"), asked
            asked = asked.replace("$JS.API", f"$JS.{DOMAIN}.API")
            assert await insider.asks_in_vain(asked, b"{}"), asked
        for durable in (*DURABLES, other):
            for prefix in ("$JS.API", f"$JS.{DOMAIN}.API"):
                for verb in ("INFO", "MSG.NEXT", "DELETE", "DURABLE.CREATE"):
                    asked = f"{prefix}.CONSUMER.{verb}.{durable.stream}.{durable.name}"
                    assert await insider.asks_in_vain(asked, b"{}"), asked
            asked = f"$JS.ACK.{durable.stream}.{durable.name}.1.1.1.1.0"
            assert await insider.asks_in_vain(asked), asked
        mine = own.subscriber.durable.name
        for verb in ("DELETE", "DURABLE.CREATE", "CREATE"):
            asked = f"$JS.{DOMAIN}.API.CONSUMER.{verb}.EVENTS.{mine}"
            assert await insider.asks_in_vain(asked, b"{}"), asked
    names = {info.name for info in await city.jetstream.consumers_info(EVENTS)}
    assert names >= {mine, other.name}


async def test_nothing_is_published(city: Nats) -> None:
    own = await city.enrol("ours", OURS)
    before = await city.stored()
    async with city.enter(own) as insider:
        for to in (subject(OURS), subject(THEIRS), f"sc.work.readers.importing.{OURS}.{SCHOOL}", "_INBOX_readers.x"):
            assert await insider.asks_in_vain(to, b"{}"), to
    assert await city.stored() == before


async def test_the_server_is_not_made_to_publish_by_naming_where_it_answers(city: Nats) -> None:
    await city.publish(*[subject(OURS)] * 30)
    own = await city.enrol("ours", OURS)
    durable = own.subscriber.durable.name
    before = await city.stored()
    requests = (
        (f"$JS.{DOMAIN}.API.CONSUMER.MSG.NEXT.EVENTS.{durable}", b"1"),
        (f"$JS.{DOMAIN}.API.CONSUMER.INFO.EVENTS.{durable}", b""),
        (f"$JS.ACK.EVENTS.{durable}.1.1.1.1.0", b"+NXT 1"),
    )
    async with city.enter(own) as insider:
        for target in (
            subject(THEIRS),
            f"sc.work.readers.approving.{THEIRS}.{SCHOOL}",
            "$JS.API.STREAM.PURGE.EVENTS",
            "$JS.API.STREAM.DELETE.WORK",
        ):
            for asked, body in requests:
                await insider.client.publish(asked, body, reply=target)
        # Whatever the server does with these it has done by the time it answers what was asked after them.
        subscription = await insider.client.jetstream(domain=DOMAIN).pull_subscribe_bind(durable, EVENTS)
        assert await subscription.fetch(1, timeout=5)
    assert await city.stored() == before


async def test_nothing_is_heard_but_answers(city: Nats) -> None:
    other = await city.enrol("theirs", THEIRS)
    own = await city.enrol("ours", OURS)
    async with city.enter(own) as insider:
        for heard in (">", "sc.>", "sc.v1.>", f"sc.v1.{OURS}.>", "$JS.>", "$SYS.>", "_INBOX.>", "_INBOX_audit.>"):
            assert await insider.listens_in_vain(heard), heard
        assert await insider.listens_in_vain(f"{other.subscriber.inbox}.>")
        assert not await insider.listens_in_vain(f"{own.subscriber.inbox}.>")


async def test_who_is_removed_is_out_at_once_and_the_others_go_on(city: Nats) -> None:
    staying, going = await city.enrol("staying", OURS), await city.enrol("going", OURS)
    async with city.enter(staying) as one, city.enter(going) as other:
        assert await subscribing.remove(city.environ, "going") == "now"

        async def is_out() -> bool:
            return other.client.is_closed

        await eventually(is_out)
        assert one.client.is_connected
        await city.publish(subject(OURS))
        assert await read_all(one.client, staying.subscriber) == [subject(OURS)]
    with pytest.raises(nats.errors.Error, match="Authorization Violation"):
        async with city.enter(going):
            pytest.fail("was let in")
    names = {info.name for info in await city.jetstream.consumers_info(EVENTS)}
    assert going.subscriber.durable.name not in names
    assert staying.subscriber.durable.name in names
    with pytest.raises(NoSuchSubscriber):
        await subscribing.remove(city.environ, "going")


async def test_a_name_that_is_used_again_reaches_nothing_of_before(city: Nats) -> None:
    """Even where the durables of the former one were not yet taken away."""
    await city.publish(subject(OURS), subject(THEIRS))
    first = await city.enrol("ils", OURS)
    with pytest.raises(SubscriberExists):
        await subscribing.add(city.environ, "ils", THEIRS, None)
    await subscribing.remove(city.environ, "ils")
    second = await city.enrol("ils", THEIRS)
    assert second.subscriber.durable.name != first.subscriber.durable.name
    assert second.password != first.password
    async with city.enter(second) as insider:
        former = f"$JS.{DOMAIN}.API.CONSUMER.MSG.NEXT.EVENTS.{first.subscriber.durable.name}"
        assert await insider.asks_in_vain(former, b"1")
        assert await read_all(insider.client, second.subscriber) == [subject(THEIRS)]


async def test_who_was_added_while_nothing_ran_is_there_after_the_start(city: Nats) -> None:
    await city.publish(subject(OURS))
    await city.server.stop()
    stopped = {name: value for name, value in city.environ.items() if name not in ("SC_DATABASE_URL", "SC_NATS_URL")}
    with pytest.raises(NothingRuns):
        settings(stopped)
    enrolled = await subscribing.add(stopped, "ours", OURS, None)
    assert enrolled.effect == "at the next start"
    [entry] = await subscribing.list_all(stopped)
    assert entry.behind is None
    await city.server.start()
    await declare(city.server.url, city.secrets)
    async with city.enter(enrolled) as insider:
        assert await read_all(insider.client, enrolled.subscriber) == [subject(OURS)]


async def test_a_server_that_is_adopted_learns_of_changes(city: Nats) -> None:
    """As after a start that was killed, and subscribers changed before the next one."""
    without = {name: value for name, value in city.environ.items() if name not in ("SC_DATABASE_URL", "SC_NATS_URL")}
    enrolled = await subscribing.add(without, "ours", OURS, None)
    second = LocalNats(city.server.folder, find_nats_server(PROJECT / "var"), city.secrets)
    await second.start()
    assert second.pid == city.server.pid
    await eventually(lambda: second.lets_in(enrolled.subscriber.user, enrolled.password))


async def test_a_password_is_kept_for_its_owner_alone(city: Nats) -> None:
    enrolled = await city.enrol("ours", OURS)
    files = [file for file in city.secrets.folder.rglob("*") if file.is_file()]
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
    assert city.secrets.password(enrolled.subscriber.secret) == enrolled.password


async def test_containers_are_handed_names_for_durables_and_passwords_for_nats_alone(tmp_path: Path) -> None:
    def hand_out() -> None:
        keys.hand_out(tmp_path, database_host="postgres", nats_store=Path("/data"))

    hand_out()
    environ = {"SC_SECRETS": str(tmp_path / "all"), "SC_VAR": str(tmp_path / "var")}
    enrolled = await subscribing.add(environ, "ours", OURS, None)
    hand_out()
    migrate = tmp_path / "migrate"
    assert [file.name for file in (migrate / "subscribers").iterdir()] == ["ours"]
    holders = [
        str(file.relative_to(tmp_path))
        for file in tmp_path.rglob("*")
        if file.is_file() and enrolled.password in file.read_text()
    ]
    assert sorted(holders) == ["all/nats-subscriber-ours", "nats/nats.conf"]
    await subscribing.remove(environ, "ours")
    hand_out()
    assert list((migrate / "subscribers").iterdir()) == []
    assert enrolled.password not in (tmp_path / "nats" / "nats.conf").read_text()


async def test_the_documented_example_reads_what_comes(city: Nats) -> None:
    await city.publish(subject(OURS), subject(THEIRS))
    enrolled = await city.enrol("ours", OURS)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(PROJECT / "docs/examples/subscriber.py"),
        stdout=subprocess.PIPE,
        env={
            "PATH": os.environ["PATH"],
            "NATS_URL": city.server.url,
            "NATS_USER": enrolled.subscriber.user,
            "NATS_PASSWORD": enrolled.password,
            "NATS_CONSUMER": enrolled.subscriber.durable.name,
        },
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            for fact in ("card.issued", "card.closed"):
                line = (await process.stdout.readline()).decode().split()
                assert line[1:] == [f"{fact}.v1", OURS, str(SCHOOL)]
                await city.publish(subject(THEIRS), subject(OURS, "card.closed"))
    finally:
        process.kill()
        await process.wait()
