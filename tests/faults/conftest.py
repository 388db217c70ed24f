"""One system of processes for the faults of a module, on servers of its own, which the tests may kill."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy import demo
from shared.secrets import Secrets
from tests.faults.school import Desk, Office
from tests.processes import Processes, Servers


@pytest.fixture(scope="module")
async def servers(secrets: Secrets, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Servers]:
    async with Servers.open(tmp_path_factory.mktemp("servers"), secrets) as servers:
        yield servers


@pytest.fixture(scope="module")
async def processes(servers: Servers) -> AsyncIterator[Processes]:
    async with Processes.apart(servers.settings) as processes:
        await demo.open_city(servers.settings)
        yield processes


@pytest.fixture(scope="module")
async def office(processes: Processes) -> AsyncIterator[Office]:
    async with Office.open(processes.address) as office:
        yield office


@pytest.fixture
async def desk(office: Office, tmp_path: Path) -> AsyncIterator[Desk]:
    """A teacher of a new school, with its classes and a roster that nobody else has."""
    async with office.open_school(tmp_path) as desk:
        yield desk
