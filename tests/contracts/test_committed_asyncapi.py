"""The AsyncAPI document that is kept in the tree says what the contracts say."""

from deploy.asyncapi import encode
from tests.servers import PROJECT

KEPT = PROJECT / "docs" / "events" / "asyncapi.json"


def test_the_kept_document_is_current() -> None:
    assert KEPT.read_text(encoding="utf-8") == encode(), (
        f"the contracts have changed: schoolcard asyncapi --output {KEPT.relative_to(PROJECT)}"
    )
