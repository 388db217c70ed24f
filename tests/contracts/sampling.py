"""Samples of published facts: `python -m tests.contracts.sampling` writes those of facts that have none yet.

A sample that exists is never written again: it stands for the messages that are in streams and archives out there.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import inspect

from shared.contracts.fact import Fact
from shared.contracts.registry import published

FOLDER: Final = Path(__file__).with_name("samples")

_VALUES: Final[dict[type[inspect.Type], Callable[[str], Any]]] = {
    inspect.StrType: lambda name: f"{name} 三年级",
    inspect.IntType: lambda name: 7,
    inspect.FloatType: lambda name: 0.5,
    inspect.BoolType: lambda name: True,
    inspect.UUIDType: lambda name: UUID("018f0000-0000-7000-8000-000000000001"),
    inspect.DateTimeType: lambda name: datetime(2026, 9, 1, 1, 2, 3, 456789, UTC),
    inspect.DateType: lambda name: date(2026, 9, 1),
}


class Sample(msgspec.Struct, frozen=True):
    """The bytes of a fact with nothing but what it must have, and with everything it may have."""

    least: msgspec.Raw
    whole: msgspec.Raw


def make(kind: type[Fact]) -> Sample:
    return Sample(
        msgspec.Raw(msgspec.json.encode(_fill(inspect.type_info(kind), required_only=True))),
        msgspec.Raw(msgspec.json.encode(_fill(inspect.type_info(kind), required_only=False))),
    )


def read(ce_type: str) -> Sample:
    """Raises FileNotFoundError."""
    return msgspec.json.decode((FOLDER / f"{ce_type}.json").read_bytes(), type=Sample)


def _fill(kind: inspect.Type, required_only: bool) -> Any:
    assert isinstance(kind, inspect.StructType)
    fields = [field for field in kind.fields if field.required or not required_only]
    return kind.cls(**{field.name: _value(field.name, field.type, required_only) for field in fields})


def _value(name: str, kind: inspect.Type, required_only: bool) -> Any:
    match kind:
        case inspect.UnionType():
            present = next(part for part in kind.types if not isinstance(part, inspect.NoneType))
            return _value(name, present, required_only)
        case inspect.LiteralType():
            return kind.values[-1]
        case inspect.StructType():
            return _fill(kind, required_only)
        case inspect.VarTupleType() | inspect.ListType():
            item = _value(name, kind.item_type, required_only)
            return (item,) if isinstance(kind, inspect.VarTupleType) else [item]
        case _:
            return _VALUES[type(kind)](name)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for ce_type, kind in published().items():
        path = FOLDER / f"{ce_type}.json"
        if not path.exists():
            path.write_bytes(msgspec.json.encode(make(kind)) + b"\n")


if __name__ == "__main__":
    main()
