"""Every operation of every service, found in the OpenAPI documents, and requests for them made of one school's ids."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec

from shared.topology import SERVICES

_METHODS = ("get", "post", "put", "patch", "delete")
_MOMENTS = {"date": "2026-12-01", "date-time": "2026-12-01T00:00:00Z"}
_PARAMETER = re.compile(r"\{([^}]+)\}")


class Operation(msgspec.Struct, frozen=True):
    """`schemas` are those of the whole document."""

    method: str
    path: str
    parameters: tuple[Mapping[str, Any], ...]
    body: Mapping[str, Any] | None
    content_type: str | None
    schemas: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def names(self) -> list[str]:
        return _PARAMETER.findall(self.path)

    @property
    def queries(self) -> dict[str, bool]:
        """Name → whether it must be there."""
        return {p["name"]: bool(p.get("required")) for p in self.parameters if p["in"] == "query"}


class CannotFill(Exception):
    """No value is known for this: say in school_a.py what a school has of it."""


async def find_operations(client: httpx.AsyncClient) -> list[Operation]:
    found = []
    for service in SERVICES:
        document = (await client.get(f"/api/{service}/schema/openapi.json")).json()
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if method in _METHODS:
                    content = operation.get("requestBody", {}).get("content", {})
                    kind = next(iter(content), None)
                    found.append(
                        Operation(
                            method,
                            path,
                            tuple(operation.get("parameters", ())),
                            content[kind]["schema"] if kind else None,
                            kind,
                            document.get("components", {}).get("schemas", {}),
                        )
                    )
    return found


class Filler:
    """Fills operations with what one school has.

    `values`: by `prefix of the path` and name of the parameter, the longest prefix first. `bodies`: by operation,
    where the schema alone does not say what passes.
    """

    def __init__(self, values: Mapping[tuple[str, str], str], bodies: Mapping[str, Any]) -> None:
        self._values = sorted(values.items(), key=lambda item: -len(item[0][0]))
        self._bodies = bodies

    def value(self, operation: Operation, name: str) -> str:
        """Raises CannotFill."""
        for (prefix, of), value in self._values:
            if of == name and operation.path.startswith(prefix):
                return value
        raise CannotFill(f"{CannotFill.__doc__} ({operation}: {name})")

    def knows(self, operation: Operation, name: str) -> bool:
        return any(of == name and operation.path.startswith(prefix) for (prefix, of), _ in self._values)

    def fills(self, operation: Operation) -> bool:
        try:
            self.url(operation)
            self.query(operation)
            self.request(operation)
        except CannotFill:
            return False
        return True

    def url(self, operation: Operation) -> str:
        return _PARAMETER.sub(lambda found: self.value(operation, found[1]), operation.path)

    def random_url(self, operation: Operation) -> str:
        """The same address with ids that nobody has, of the same shape."""
        return _PARAMETER.sub(lambda found: another(self.value(operation, found[1])), operation.path)

    def query(self, operation: Operation, *more: str) -> dict[str, str]:
        """What must be there, and `more`."""
        wanted = [name for name, needed in operation.queries.items() if needed]
        return {name: self.value(operation, name) for name in (*wanted, *more)}

    def request(self, operation: Operation) -> dict[str, Any]:
        """Body as httpx takes it; nothing for operations without one."""
        if str(operation) in self._bodies:
            given: dict[str, Any] = self._bodies[str(operation)]
            return given
        if operation.body is None:
            return {}
        return {"json": self._example(operation, operation.body, "")}

    def _example(self, operation: Operation, schema: Mapping[str, Any], name: str) -> Any:
        schema = _resolved(operation, schema)
        if name and self.knows(operation, name):
            return self.value(operation, name)
        for several in ("oneOf", "anyOf"):
            if several in schema:
                return self._example(operation, next(s for s in schema[several] if s.get("type") != "null"), name)
        if "enum" in schema:
            return schema["enum"][0]
        if "const" in schema:
            return schema["const"]
        kind = schema.get("type")
        kind = next(k for k in kind if k != "null") if isinstance(kind, list) else kind
        match kind:
            case "object":
                properties = schema.get("properties", {})
                wanted = schema.get("required") or list(properties)[:1]
                return {of: self._example(operation, properties[of], of) for of in wanted}
            case "array":
                return [self._example(operation, schema.get("items", {}), name.removesuffix("s"))]
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return False
            case "string" if schema.get("format") in _MOMENTS:
                return _MOMENTS[schema["format"]]
            case "string":
                return str(uuid4()) if schema.get("format") == "uuid" else "x" * max(1, schema.get("minLength", 1))
        raise CannotFill(f"{CannotFill.__doc__} ({operation}: {name}: {schema})")


def _resolved(operation: Operation, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = operation.schemas[schema["$ref"].rpartition("/")[2]]
    return schema


def another(value: str) -> str:
    """Another value of the same shape."""
    try:
        UUID(value)
    except ValueError:
        return "".join(str((int(sign) + 3) % 10) if sign.isdigit() else sign for sign in value)
    return str(uuid4())
