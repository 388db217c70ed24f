"""Guardians with a phone: a signature, what a form sends, a link to send it by."""

import base64
import struct
import zlib
from typing import Any
from uuid import uuid4

import httpx

from tests.readers.people import READERS, pupil

REGISTRATION = f"{READERS}/registration"
LINKS = f"{READERS}/registration-links"
REGISTRATIONS = f"{READERS}/registrations"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 60, height: int = 20, *, blank: bool = False, more: bytes = b"") -> bytes:
    """A grey picture with a slanted stroke; `more` are chunks before the pixels."""
    rows = []
    for y in range(height):
        row = bytearray([255] * width)
        if not blank:
            row[y % width] = row[(y * 2 + 5) % width] = 0
        rows.append(b"\x00" + bytes(row))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + more
        + chunk(b"IDAT", zlib.compress(b"".join(rows)))
        + chunk(b"IEND", b"")
    )


SIGNATURE = base64.b64encode(png()).decode()


def submission(n: int = 1, **more: Any) -> dict[str, Any]:
    """What a phone sends for the n-th pupil."""
    return pupil(n, **({"relation": "mother", "text_version": 1, "signature": SIGNATURE} | more))


async def open_link(teacher: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    response = await teacher.post(LINKS, json=more)
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


def token_of(link: dict[str, Any]) -> str:
    return str(link["path"]).removeprefix("/g/")


async def send(phone: httpx.AsyncClient, token: str, body: dict[str, Any], key: str | None = None) -> httpx.Response:
    headers = {"Idempotency-Key": key or str(uuid4())}
    return await phone.post(f"{REGISTRATION}/{token}/submissions", json=body, headers=headers)


async def register(guardian: httpx.AsyncClient, token: str, n: int = 1, **more: Any) -> str:
    """The receipt for the n-th pupil."""
    response = await send(guardian, token, submission(n, **more))
    assert response.status_code == 201, response.text
    return str(response.json()["receipt"])


async def receipt_of(phone: httpx.AsyncClient, receipt: str) -> dict[str, Any]:
    response = await phone.get(f"{REGISTRATION}/receipts/{receipt}")
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def merge(teacher: httpx.AsyncClient, registration_id: str, **choice: Any) -> httpx.Response:
    """As a teacher who has just looked at it."""
    seen = (await teacher.get(f"{REGISTRATIONS}/{registration_id}")).json()
    choice = {"meets": seen["existing"] and seen["existing"]["id"]} | choice
    return await teacher.post(f"{REGISTRATIONS}/{registration_id}/merge", json=choice)


async def correct(guardian: httpx.AsyncClient, receipt: str, **change: Any) -> httpx.Response:
    """With a new signature."""
    signed = {"signature": SIGNATURE, "text_version": 1} | change
    return await guardian.patch(f"{REGISTRATION}/receipts/{receipt}", json=signed)


async def registrations(teacher: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    response = await teacher.get(REGISTRATIONS, params=query)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    assert response.json()["total"] == len(items)
    return items
