"""Every operation with input made from its own schema, good and bad: no answer is a fault of ours, and each is one
that the OpenAPI document tells of.

The same examples in each run; each service has its time.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shared.secrets import Secrets
from shared.tenancy import CITY, Scope
from shared.topology import SERVICES
from tests.isolation.school_a import SchoolA
from tests.running_service import RunningService

_SECONDS = 8.0
_EXAMPLES = 15

# Argon2 on purpose takes its time and its turn; a stream of progress does not end.
_LEFT_OUT = ("/api/identity/login", "/progress", "/health/live", "/health/ready")

_AS_DOCUMENTED = [status_code_conformance, content_type_conformance, response_schema_conformance]


class TimeUp(Exception):
    """The operation has had its share."""


class Fuzzer:
    """Sends what hypothesis makes of one service's document; `answers` counts by status."""

    def __init__(self, address: str, service: str, tokens: list[str]) -> None:
        self._document = f"{address}/api/{service}/schema/openapi.json"
        self._tokens = tokens
        self._until = time.monotonic() + _SECONDS
        self.operations = 0
        self.answers: dict[int, int] = {}

    def run(self) -> None:
        operations = list(self._operations())
        for number, operation in enumerate(operations):
            # What is left of the time is shared by those that are left.
            now = time.monotonic()
            self._fuzz(operation, now + max(self._until - now, 0.0) / (len(operations) - number))
            self.operations += 1

    def _operations(self) -> Iterator[Any]:
        for result in schemathesis.openapi.from_url(self._document).get_all_operations():
            assert isinstance(result, Ok), result
            operation = result.ok()
            if not operation.path.endswith(_LEFT_OUT):
                yield operation

    def _fuzz(self, operation: Any, until: float) -> None:
        modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
        strategy = operation.as_strategy(generation_mode=modes[0]) | operation.as_strategy(generation_mode=modes[1])
        answered = sum(self.answers.values())

        @hypothesis.settings(
            max_examples=_EXAMPLES,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(strategy)
        def send(case: Any) -> None:
            # However slow the machine, each operation is asked once.
            if time.monotonic() > until and sum(self.answers.values()) > answered:
                raise TimeUp
            token = self._tokens[sum(self.answers.values()) % len(self._tokens)]
            answer = case.call(headers={"Authorization": f"Bearer {token}"}, timeout=20)
            self.answers[answer.status_code] = self.answers.get(answer.status_code, 0) + 1
            assert answer.status_code < 500, (case.as_curl_command(), answer.text)
            if answer.status_code >= 400 and answer.content:
                assert answer.headers["content-type"][0] == "application/problem+json", case.as_curl_command()
            case.validate_response(answer, checks=_AS_DOCUMENTED)

        with contextlib.suppress(TimeUp):
            send()


@pytest.mark.parametrize("service", SERVICES)
async def test_no_input_is_a_fault_of_ours(
    service: str,
    everything: RunningService,
    school_a: SchoolA,
    schools: dict[str, Scope],
    secrets: Secrets,
) -> None:
    """As school C, so that whatever is made or unmade is not what the crawler looks at."""
    tokens = [everything.token(scope) for scope in (schools["c"], Scope("district", "500103"), CITY)]
    fuzzer = Fuzzer(everything.address, service, [tokens[0], *tokens])
    await asyncio.to_thread(fuzzer.run)
    assert fuzzer.operations >= 3
    assert sum(fuzzer.answers.values()) >= 5
