"""The pages, installed with what checks them, and built."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.console.build import ensure_built, ensure_installed
from services.console.node import Node
from shared.secrets import Secrets
from shared.settings import Settings
from tests.running_service import serving


@pytest.fixture(scope="session")
def node() -> Node:
    return ensure_installed(dev=True)


@pytest.fixture(scope="session")
def built(node: Node) -> Path:
    return ensure_built()


@pytest.fixture(scope="session")
async def console(
    built: Path, secrets: Secrets, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    """The console, served. It has no database and no events: nothing else runs."""
    nothing = Settings(
        database_url="postgresql://nobody@127.0.0.1:1/nothing",
        nats_url="nats://127.0.0.1:1",
        var=tmp_path_factory.mktemp("console"),
        secrets=secrets.folder,
    )
    async with serving(nothing, secrets, "console") as running, running.stranger() as client:
        yield client
