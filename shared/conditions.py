"""A search as SQL: named fragments of a service's `queries.sql`, joined by `and`, and their values."""

from typing import Self

from shared.sql import NamedQueries


class Conditions:
    """Each fragment has a `$?` for each of its values; they are numbered as they come."""

    def __init__(self, queries: NamedQueries) -> None:
        self._queries = queries
        self._parts: list[str] = []
        self.values: list[object] = []

    def add(self, fragment: str, *values: object) -> None:
        """Left out when the first value is None: nobody asked for it. One of no values always stands."""
        if values and values[0] is None:
            return
        text = self._queries[fragment]
        for value in values:
            self.values.append(value)
            text = text.replace("$?", f"${len(self.values)}", 1)
        self._parts.append(text)

    def copy(self) -> Self:
        twin = type(self)(self._queries)
        twin._parts, twin.values = [*self._parts], [*self.values]
        return twin

    @property
    def where(self) -> str:
        return "where " + " and ".join(self._parts) if self._parts else ""
