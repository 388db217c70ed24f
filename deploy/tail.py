"""Following the event stream on a terminal."""

from collections.abc import Callable

import msgspec
from nats.aio.msg import Msg
from nats.js.api import DeliverPolicy
from nats.js.errors import BadRequestError

from deploy.reaching import nats_administrator
from shared.settings import Settings
from shared.topology import EVENTS


class NoSuchSubject(Exception):
    """no events have the subject"""

    def __init__(self, subject: str) -> None:
        super().__init__(f"{NoSuchSubject.__doc__} {subject}: subjects are sc.v1.DISTRICT.SCHOOL_ID.ENTITY.FACT")


async def tail(settings: Settings, subject: str, from_start: bool, show: Callable[[str], None]) -> None:
    """Give `show` a line for each event whose subject matches, until cancelled.

    Raises NoSuchSubject, ServerAway, `nats.errors.Error`.
    """
    client = await nats_administrator(settings)
    try:
        try:
            subscription = await client.jetstream(timeout=10).subscribe(
                subject,
                stream=EVENTS,
                ordered_consumer=True,
                deliver_policy=DeliverPolicy.ALL if from_start else DeliverPolicy.NEW,
            )
        except BadRequestError as exc:
            raise NoSuchSubject(subject) from exc
        async for message in subscription.messages:
            show(line(message))
    finally:
        await client.close()


def line(message: Msg) -> str:
    """Time, kind, district, school, body: `2026-09-01T08:00:00Z reader.approved.v1 500103 0190… {…}`."""
    headers = message.headers or {}
    parts = message.subject.split(".")
    body = msgspec.json.format(message.data, indent=0).decode(errors="replace")
    return " ".join([headers.get("ce-time", "-"), headers.get("ce-type", message.subject), *parts[2:4], body])
