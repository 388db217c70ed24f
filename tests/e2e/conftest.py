"""The demo city, its services in seven processes or in one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy import demo
from shared.secrets import Secrets
from tests.processes import Processes, Servers


@pytest.fixture(params=["apart", "together"])
async def city(request: pytest.FixtureRequest, secrets: Secrets, tmp_path: Path) -> AsyncIterator[Processes]:
    async with Servers.open(tmp_path, secrets) as servers:
        opened = Processes.apart if request.param == "apart" else Processes.together
        async with opened(servers.settings) as processes:
            await demo.open_city(servers.settings)
            yield processes
