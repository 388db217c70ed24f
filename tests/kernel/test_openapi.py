"""What a service's OpenAPI document says of all its operations alike, found in the documents themselves."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from deploy.api_types import openapi
from shared.topology import SERVICES

DOCUMENTED = (*SERVICES, "console")


@pytest.fixture(params=DOCUMENTED)
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    return openapi(request.param)


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def resolved(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def test_every_refusal_is_a_problem(document: dict[str, Any]) -> None:
    wrong = []
    for method, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            content = resolved(document, answer).get("content", {})
            is_problem = content.get("application/problem+json", {}).get("schema") == {
                "$ref": "#/components/schemas/Problem"
            }
            says_how_ready = status == "503" and path.endswith("/health/ready")
            if is_problem is not (status[0] in "45" and not says_how_ready):
                wrong.append(f"{method} {path} {status}")
    assert wrong == []


def test_every_operation_says_that_it_may_refuse(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        answers = operation["responses"]
        assert {"4XX", "503"} <= set(answers), (method, path)
        assert ("401" in answers) is (operation.get("security") != []), (method, path)
        assert ("{" in path) is ("404" in answers), (method, path)
        assert ("requestBody" in operation) is ("413" in answers), (method, path)


def test_a_problem_is_described_whole(document: dict[str, Any]) -> None:
    problem = document["components"]["schemas"]["Problem"]
    assert set(problem["required"]) == {"type", "title", "status", "detail", "code", "request_id", "errors"}
    error = resolved(document, problem["properties"]["errors"]["items"])
    assert set(error["required"]) == {"code", "detail"}
    assert set(error["properties"]) == {"code", "detail", "field", "row"}


def test_every_post_with_a_token_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        named = ("header", "Idempotency-Key") in [(p["in"], p["name"]) for p in operation.get("parameters", ())]
        assert named is (method == "post" and operation.get("security") != []), (method, path)


def has_if_match(operation: Mapping[str, Any]) -> bool:
    return ("header", "If-Match") in [(p["in"], p["name"]) for p in operation.get("parameters", ())]


def test_what_minds_the_version_says_that_it_refuses_another(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        assert has_if_match(operation) is ("412" in operation["responses"]), (method, path)
        named = [p for p in operation.get("parameters", ()) if p["name"] == "If-Match"]
        assert all(not p["required"] and p["description"] for p in named), (method, path)
        assert method in ("post", "patch", "delete") or not named, (method, path)


def test_whoever_changes_or_takes_away_one_thing_may_say_which_version_was_seen() -> None:
    """Every PATCH of a thing with a version, what deletes it, and the steps that it takes."""
    minding = {
        f"{method} {path}"
        for service in SERVICES
        for method, path, operation in operations(openapi(service))
        if has_if_match(operation)
    }
    card = "/api/cards/{card_no}"
    steps = ("make-physical", "ask-physical", "print", "hand-out", "report-lost", "report-found", "replace")
    assert minding == {
        "patch /api/identity/schools/{school_id}",
        "patch /api/identity/users/{user_id}",
        "patch /api/params/grades/{grade_id}",
        "delete /api/params/grades/{grade_id}",
        "patch /api/params/classes/{class_id}",
        "delete /api/params/classes/{class_id}",
        "patch /api/readers/{reader_id}",
        "delete /api/readers/{reader_id}",
        "post /api/readers/{reader_id}/approve",
        "post /api/readers/{reader_id}/return",
        *(f"post {card}/{step}" for step in (*steps, "suspend", "resume", "close")),
        "post /api/cards/refunds/{refund_id}/check-documents",
        "post /api/cards/refunds/{refund_id}/pay-out",
    }


# Of no single thing that can be changed, or told beside what was asked for.
WITHOUT_ETAG = {
    "get /api/identity/me",
    "post /api/readers/{reader_id}/approve",
    "get /api/readers/consent-texts/current",
    "post /api/readers/consent-texts",
    "get /api/readers/consent-setting",
    "put /api/readers/consent-setting",
    "post /api/readers/registrations/{registration_id}/merge",
    "post /api/readers/registrations/{registration_id}/reject",
    "get /api/cards/privileges",
    "post /api/cards/privileges",
}


def test_an_answer_with_a_version_has_it_as_etag(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            shown = answer.get("content", {}).get("application/json", {}).get("schema", {})
            has_version = "version" in resolved(document, shown).get("properties", {})
            wanted = status[0] == "2" and has_version and f"{method} {path}" not in WITHOUT_ETAG
            assert ("ETag" in answer.get("headers", {})) is wanted, (method, path, status)


def test_what_is_public_is_said_to_be(document: dict[str, Any]) -> None:
    assert document["security"] == [{"bearer": []}]
    open_to_all = {path for _, path, operation in operations(document) if operation.get("security") == []}
    assert {path for path in document["paths"] if "/health/" in path} <= open_to_all
    if "/api/identity/login" in document["paths"]:
        assert "/api/identity/login" in open_to_all
        assert "/api/identity/me" not in open_to_all


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(node: Any) -> Iterator[Mapping[str, Any]]:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    found = list(references(document))
    assert found
    for reference in found:
        assert isinstance(resolved(document, reference), dict), reference
    json.dumps(document)
