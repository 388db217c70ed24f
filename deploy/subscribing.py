"""Letting other systems subscribe to events, and taking it back: while NATS runs, or before it starts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
import nats.errors
from nats.js.errors import NotFoundError

from deploy.local.nats import LocalNats
from deploy.running import NothingRuns, settings, var_folder
from shared import subscribers
from shared.broker import connect, declare
from shared.secrets import Secrets
from shared.settings import Settings
from shared.subscribers import Subscriber

Effect: TypeAlias = Literal["now", "at the next start", "after a reload"]
"""When a change holds: `after a reload` of a nats-server that is not ours to reload."""

_AWAY = (OSError, TimeoutError, nats.errors.Error)


class Enrolled(msgspec.Struct, frozen=True):
    """A new subscriber. The password is shown once and stays in the folder of secrets."""

    subscriber: Subscriber
    password: str
    effect: Effect


class Listed(msgspec.Struct, frozen=True):
    """`behind` counts the events that wait for the subscriber; None while NATS is not there, or not yet knows it."""

    subscriber: Subscriber
    behind: int | None


def secrets_of(environ: Mapping[str, str]) -> Secrets:
    """Raises SecretMissing where there are none yet."""
    secrets = Secrets(Path(environ.get("SC_SECRETS", var_folder(environ) / "secrets")))
    secrets.read("nats-admin")
    return secrets


async def add(environ: Mapping[str, str], name: str, district: str | None, subject: str | None) -> Enrolled:
    """Raises BadSubscription, SubscriberExists, SecretMissing, NatsNotReloaded, `nats.errors.Error`."""
    secrets = secrets_of(environ)
    subscriber = subscribers.enrol(secrets, name, subscribers.subject_of(district, subject))
    password = secrets.password(subscriber.secret)
    try:
        effect = await _apply(environ, secrets)
    except BaseException:
        # Nobody has seen the password yet: the command can be given again.
        subscribers.strike(secrets, name)
        raise
    return Enrolled(subscriber, password, effect)


async def remove(environ: Mapping[str, str], name: str) -> Effect:
    """Connections of the subscriber end, its durable goes. Raises NoSuchSubscriber, SecretMissing, NatsNotReloaded."""
    secrets = secrets_of(environ)
    subscribers.strike(secrets, name)
    try:
        return await _apply(environ, secrets)
    except _AWAY:
        return "after a reload"


async def list_all(environ: Mapping[str, str]) -> list[Listed]:
    secrets = secrets_of(environ)
    known = subscribers.known(secrets)
    try:
        found = settings(environ)
    except NothingRuns:
        return [Listed(subscriber, None) for subscriber in known]
    behind = await _count_waiting(found, secrets, known)
    return [Listed(subscriber, behind.get(subscriber.name)) for subscriber in known]


async def _apply(environ: Mapping[str, str], secrets: Secrets) -> Effect:
    """Users first, then durables: whoever is removed is out before anything else happens."""
    try:
        found = settings(environ)
    except NothingRuns:
        return "at the next start"
    ours = await _local(var_folder(environ), secrets, found.nats_url)
    if ours is not None:
        await ours.reload()
    await declare(found.nats_url, secrets, found.events_bytes)
    return "now" if ours is not None else "after a reload"


async def _local(var: Path, secrets: Secrets, url: str) -> LocalNats | None:
    """The server that `schoolcard up` runs below `var`, where that is the one in use."""
    if not (var / "nats" / "pid").exists():
        return None
    # It is running or it is not: nothing is started here, so no program is looked for.
    server = LocalNats(var / "nats", Path("nats-server"), secrets)
    return server if await server.adopt() and server.url == url else None


async def _count_waiting(found: Settings, secrets: Secrets, known: list[Subscriber]) -> dict[str, int]:
    client = await connect(found.nats_url, "admin", secrets.password("nats-admin"), "_INBOX_admin")
    try:
        jetstream = client.jetstream(timeout=10)
        behind: dict[str, int] = {}
        for subscriber in known:
            durable = subscriber.durable
            try:
                info = await jetstream.consumer_info(durable.stream, durable.name)
            except NotFoundError:
                continue
            behind[subscriber.name] = (info.num_pending or 0) + (info.num_ack_pending or 0)
        return behind
    finally:
        await client.close()
