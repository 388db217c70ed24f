"""Imports over HTTP, and what they told others."""

from typing import Any, TypeAlias

import asyncpg
import httpx
import msgspec

from tests.waiting import eventually

IMPORTS = "/api/readers/imports"
_ALL_DONE = "select count(*) > 0 and bool_and(done) from readers.import_chunks where batch_no = $1"
_OF_READERS = ("reader.created", "reader.changed")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Administrator: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def upload(client: httpx.AsyncClient, content: bytes, name: str = "名单.xlsx", **headers: str) -> httpx.Response:
    return await client.post(IMPORTS, files={"file": (name, content, XLSX)}, headers=headers, timeout=120)


async def preview(client: httpx.AsyncClient, content: bytes) -> dict[str, Any]:
    """The preview of a file that can be read."""
    response = await upload(client, content)
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def confirm(client: httpx.AsyncClient, batch_no: str) -> None:
    response = await client.post(f"{IMPORTS}/{batch_no}/confirm")
    assert response.status_code == 202, response.text


async def rows_of(client: httpx.AsyncClient, batch_no: str, **query: str | int) -> list[dict[str, Any]]:
    response = await client.get(f"{IMPORTS}/{batch_no}/rows", params={"page_size": 200, **query})
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def finished(administrator: Administrator, batch_no: str) -> None:
    """Wait until every chunk has been carried out."""

    async def all_done() -> bool:
        return bool(await administrator.fetchval(_ALL_DONE, batch_no))

    await eventually(all_done, within=60)


async def carry_out(client: httpx.AsyncClient, administrator: Administrator, content: bytes) -> dict[str, Any]:
    """Upload, confirm, wait; returns the preview."""
    answer = await preview(client, content)
    await confirm(client, answer["batch_no"])
    await finished(administrator, answer["batch_no"])
    return answer


async def facts(administrator: Administrator, batch_no: str) -> list[tuple[str, dict[str, Any]]]:
    """What the outbox was told of a batch, in its order: ("reader.created", body)."""
    rows = await administrator.fetch(
        "select split_part(subject, '.', 5) || '.' || split_part(subject, '.', 6) as fact, body from readers.outbox "
        "where subject like 'sc.v1.%' and convert_from(body, 'utf8')::jsonb ->> 'batch_no' = $1 order by seq",
        batch_no,
    )
    return [(row["fact"], msgspec.json.decode(row["body"])) for row in rows]


async def items(administrator: Administrator, batch_no: str) -> dict[int, tuple[str, str | None]]:
    """Item → what became of it: (fact, code); every item exactly once. Readers among them are told together as well."""
    every = await facts(administrator, batch_no)
    told = [(body["item_no"], fact, body.get("code")) for fact, body in every if "item_no" in body]
    assert len({item_no for item_no, _, _ in told}) == len(told), "an item was told twice"
    readers = [(body["item_no"], body["reader_id"]) for fact, body in every if fact in _OF_READERS]
    together = [(item["item_no"], item["reader_id"]) for _, body in every for item in body.get("items", ())]
    assert sorted(together) == sorted(readers)
    return {item_no: (fact, code) for item_no, fact, code in told}


async def reader_rows(administrator: Administrator, school_id: object) -> list[asyncpg.Record]:
    return await administrator.fetch(
        "select id, class_id, name, status, version from readers.readers where school_id = $1 order by name", school_id
    )
