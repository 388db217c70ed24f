"""Read schoolcard's events from another system: `pip install nats-py`, then run this with what
`schoolcard subscribers add` has shown in the environment.

What is acknowledged does not come again; what is not comes again after a minute. So: keep first, then acknowledge,
and use `ce-id` to know an event that comes twice.
"""

import asyncio
import json
import os

import nats
from nats.errors import TimeoutError as NothingYet

USER = os.environ["NATS_USER"]  # subscriber-NAME


async def main() -> None:
    client = await nats.connect(
        os.environ["NATS_URL"],
        user=USER,
        password=os.environ["NATS_PASSWORD"],
        inbox_prefix=f"_INBOX_{USER}".encode(),  # answers arrive nowhere else
    )
    events = await client.jetstream(domain="schoolcard").pull_subscribe_bind(os.environ["NATS_CONSUMER"], "EVENTS")
    while True:
        try:
            messages = await events.fetch(500, timeout=30)
        except NothingYet:
            continue
        for message in messages:
            headers = message.headers or {}
            _, _, district, school_id, entity, _ = message.subject.split(".")
            if entity in ("readers", "cards"):
                continue  # told together what is told one by one: for schoolcard's own services
            fact = json.loads(message.data)
            print(headers["ce-id"], headers["ce-type"], district, school_id, fact.get("card_no", ""), flush=True)
        for message in messages:
            await message.ack()


if __name__ == "__main__":
    asyncio.run(main())
