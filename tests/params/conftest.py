"""params, served."""

from collections.abc import AsyncIterator

import httpx
import pytest

from shared.secrets import Secrets
from shared.settings import Settings
from shared.tenancy import Scope
from tests.running_service import RunningService, a_school, serving


@pytest.fixture
async def params(settings: Settings, secrets: Secrets) -> AsyncIterator[RunningService]:
    async with serving(settings, secrets, "params") as running:
        yield running


@pytest.fixture
def school() -> Scope:
    return a_school()


@pytest.fixture
async def teacher(params: RunningService, school: Scope) -> AsyncIterator[httpx.AsyncClient]:
    async with params.client(school) as client:
        yield client
