"""Consumers of the throw-away table's notes, as processes of their own would have them."""

from datetime import UTC, datetime

from shared.broker import Broker
from shared.consume import Consumer, Handler
from shared.database import Database
from shared.envelope import Event, event_of
from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import Scope
from shared.topology import durable
from tests.kernel.notes import SERVICE, A, Administrator, changed, nats_admin, note_down

DURABLE = durable(SERVICE, "reader-changed")

_NOW = datetime(2026, 9, 1, 1, 2, 3, tzinfo=UTC)


def events(*texts: str, scope: Scope = A) -> list[Event]:
    return [
        event_of(
            fact := changed(text),
            source="readers",
            subject_id=fact.reader_id,
            time=_NOW,
            district=scope.district,
            school_id=scope.school_id,
        )
        for text in texts
    ]


class Followers:
    """Makes consumers as processes of their own would have them."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._settings = settings
        self._secrets = secrets
        self._made: list[tuple[Consumer, Database, Broker]] = []

    async def make(self, handler: Handler = note_down, settings: Settings | None = None) -> Consumer:
        where = settings or self._settings
        database = await Database.open(SERVICE, where, self._secrets)
        broker = Broker(SERVICE, where, self._secrets)
        consumer = Consumer("reader", database, broker, handler)
        consumer.wait, consumer.retry_delay, consumer.retry_every, consumer.max_pause = 0.5, 0.05, 0.05, 0.2
        self._made.append((consumer, database, broker))
        return consumer

    async def close(self) -> None:
        for consumer, database, broker in self._made:
            await consumer.stop()
            await broker.close()
            await database.close()


async def notes(administrator: Administrator) -> list[str]:
    return [row["body"] for row in await administrator.fetch("select body from notes order by body")]


async def all_acknowledged(settings: Settings, secrets: Secrets) -> bool:
    async with nats_admin(settings, secrets) as client:
        info = await client.jetstream().consumer_info(DURABLE.stream, DURABLE.name)
        return (info.num_pending, info.num_ack_pending) == (0, 0)
