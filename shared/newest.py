"""Facts that replace each other: of a thing told about several times, the last word alone is applied."""

from collections.abc import Sequence
from typing import TypeVar

from shared.contracts.fact import Fact
from shared.envelope import Event

F = TypeVar("F", bound=Fact)


def newest(events: Sequence[Event], kind: type[F]) -> list[tuple[Event, F]]:
    """Of each subject the event of the highest version, whatever the order, with its fact. Raises MalformedEvent.

    `kind` stands for all facts that have its shape.
    """
    found: dict[str, tuple[Event, F]] = {}
    for event in events:
        fact = event.decode(kind)
        known = found.get(event.subject_id)
        if known is None or known[1].version < fact.version:
            found[event.subject_id] = (event, fact)
    return list(found.values())
