"""The migrated database as it really is, looked at by its administrator."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.servers import TemplateDatabase


@pytest.fixture(scope="module")
async def admin(template_database: TemplateDatabase) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    async with template_database.clone() as url:
        connection = await asyncpg.connect(url)
        try:
            yield connection
        finally:
            await connection.close()
