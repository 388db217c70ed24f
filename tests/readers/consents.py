"""What tests of consent do at a school's desk."""

from typing import Any

import httpx

from tests.readers.people import READERS

PAPER = f"{READERS}/consents/paper"


async def attest(client: httpx.AsyncClient, *reader_ids: str, **more: object) -> dict[str, int]:
    response = await client.post(PAPER, json={"reader_ids": reader_ids, **more})
    assert response.status_code == 200, response.text
    answer: dict[str, int] = response.json()
    return answer


async def withdraw(client: httpx.AsyncClient, reader_id: str, **more: object) -> httpx.Response:
    return await client.post(f"{READERS}/{reader_id}/consents/withdraw", json={"reason": "家长要求"} | more)


async def consents(client: httpx.AsyncClient, reader_id: str) -> list[dict[str, Any]]:
    response = await client.get(f"{READERS}/{reader_id}/consents")
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items
