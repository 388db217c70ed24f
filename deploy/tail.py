"""Following the event stream on a terminal."""

from collections.abc import Callable

import msgspec
from nats.aio.msg import Msg
from nats.js.api import DeliverPolicy

from shared.broker import connect
from shared.secrets import Secrets
from shared.settings import Settings
from shared.topology import EVENTS


async def tail(settings: Settings, subject: str, from_start: bool, show: Callable[[str], None]) -> None:
    """Give `show` a line for each event whose subject matches, until cancelled. Raises `nats.errors.Error`."""
    client = await connect(settings.nats_url, "admin", Secrets(settings.secrets).password("nats-admin"), "_INBOX_admin")
    try:
        subscription = await client.jetstream(timeout=10).subscribe(
            subject,
            stream=EVENTS,
            ordered_consumer=True,
            deliver_policy=DeliverPolicy.ALL if from_start else DeliverPolicy.NEW,
        )
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
