"""Headers are read as the client itself reads them, only sooner."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.broker import HeaderReader, connect
from shared.secrets import Secrets
from shared.settings import Settings

NAMES = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=1, max_size=20)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=40)
BLANKS = st.sampled_from(["", " ", "\t", "  ", "\u3000", "\x1f"])
LINES = st.lists(st.tuples(NAMES, BLANKS, VALUES, BLANKS), max_size=12)


@given(LINES)
def test_as_the_client_reads_them(lines: list[tuple[str, str, str, str]]) -> None:
    raw = "".join(f"{name}:{before}{value}{after}\r\n" for name, before, value, after in lines) + "\r\n"
    assert HeaderReader._parse_header_lines(raw.encode()) == Client._parse_header_lines(raw.encode())


def test_lines_that_are_no_headers_are_passed_over() -> None:
    assert HeaderReader._parse_header_lines(b"\r\nno header\r\nce-id: \xff7\r\n\r\n") == {"ce-id": "\ufffd7"}


async def test_the_client_asks_it(settings: Settings, secrets: Secrets) -> None:
    client = await connect(settings.nats_url, "admin", secrets.password("nats-admin"), "_INBOX_admin")
    try:
        arrived: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()

        async def keep(message: Msg) -> None:
            arrived.set_result(message)

        await client.subscribe("_INBOX_admin.headers", cb=keep)
        await client.publish("_INBOX_admin.headers", b"", headers={"ce-subject": "三年级", "ce-id": "7"})
        assert (await asyncio.wait_for(arrived, 10)).headers == {"ce-subject": "三年级", "ce-id": "7"}
        assert isinstance(client, HeaderReader) and "_parse_header_lines" in vars(Client)
    finally:
        await client.close()
