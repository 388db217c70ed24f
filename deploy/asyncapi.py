"""The AsyncAPI 3 document of the event stream, made from the contracts."""

from typing import Any

import msgspec

from shared.contracts.fact import Fact
from shared.contracts.registry import published
from shared.topology import DURABLES, EVENTS, SERVICES, permissions

_HEADERS: dict[str, dict[str, str]] = {
    "Nats-Msg-Id": {"type": "string", "format": "uuid", "description": "equal to ce-id; JetStream drops repetitions"},
    "ce-specversion": {"type": "string", "const": "1.0"},
    "ce-id": {"type": "string", "format": "uuid", "description": "UUIDv7; consumers apply each id once"},
    "ce-type": {"type": "string"},
    "ce-source": {"type": "string", "description": "the publishing service"},
    "ce-subject": {"type": "string", "description": "the aggregate's id"},
    "ce-time": {"type": "string", "format": "date-time"},
    "traceparent": {"type": "string", "description": "W3C Trace Context"},
}
_REPEATS = {
    "name": "repeats",
    "description": "tells together what other messages tell one by one: others may pass over it",
}
_PARAMETERS = {
    "district": {"description": "GB/T 2260 code, six digits; _ for facts of the whole city"},
    "school_id": {"description": "UUID of the school; _ for facts of a district or the city"},
}


def document() -> dict[str, Any]:
    """As JSON-ready values, in a stable order."""
    facts = published()
    schemas: dict[str, Any]
    _, schemas = msgspec.json.schema_components(facts.values(), ref_template="#/components/schemas/{name}")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "schoolcard events",
            "version": "1",
            "description": (
                f"CloudEvents 1.0 in binary mode on the JetStream stream {EVENTS}. Bodies carry ids and masked values, "
                "never an ID number, a phone or a full name. A published contract only grows."
            ),
        },
        "defaultContentType": "application/json",
        "channels": {_key(kind): _channel(kind) for kind in facts.values()},
        "operations": {f"send_{_key(kind)}": _operation(kind) for kind in facts.values()},
        "components": {
            "messages": {_key(kind): _message(kind) for kind in facts.values()},
            "schemas": {name: schemas[name] for name in sorted(schemas)},
        },
    }


def encode() -> str:
    return msgspec.json.format(msgspec.json.encode(document()), indent=2).decode() + "\n"


def publisher(kind: type[Fact]) -> str:
    """The one service whose NATS user may publish this fact."""
    return next(
        service
        for service in SERVICES
        if any(_matches(allowed, f"sc.v1._._.{kind.ENTITY}.{kind.FACT}") for allowed in permissions(service).publish)
    )


def _channel(kind: type[Fact]) -> dict[str, Any]:
    return {
        "address": f"sc.v1.{{district}}.{{school_id}}.{kind.ENTITY}.{kind.FACT}",
        "messages": {_key(kind): {"$ref": f"#/components/messages/{_key(kind)}"}},
        "parameters": _PARAMETERS,
    }


def _operation(kind: type[Fact]) -> dict[str, Any]:
    subject = f"sc.v1._._.{kind.ENTITY}.{kind.FACT}"
    followers = sorted({durable.service for durable in DURABLES if _matches(durable.filter_subject, subject)})
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{_key(kind)}"},
        "summary": f"Published by {publisher(kind)}; followed by {', '.join(followers)}.",
    }


def _message(kind: type[Fact]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "name": kind.ce_type(),
        "headers": {
            "type": "object",
            "properties": {**_HEADERS, "ce-type": {"type": "string", "const": kind.ce_type()}},
        },
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
    }
    own = kind.__dict__.get("__doc__")
    return message | ({"summary": own} if own else {}) | ({"tags": [_REPEATS]} if kind.REPEATS else {})


def _key(kind: type[Fact]) -> str:
    return f"{kind.ENTITY}_{kind.FACT}"


def _matches(pattern: str, subject: str) -> bool:
    """NATS wildcards: `*` is one token, `>` all that follow."""
    tokens = subject.split(".")
    parts = pattern.split(".")
    for position, part in enumerate(parts):
        if part == ">":
            return len(tokens) > position
        if position >= len(tokens) or part not in ("*", tokens[position]):
            return False
    return len(parts) == len(tokens)
