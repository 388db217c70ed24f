"""Named queries: all SQL of a service stands in its `queries.sql`, each statement under `-- name: verb_noun`."""

import re
from functools import cached_property
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


class NamedQueries:
    """The statements of one file, read at the first use. Raises KeyError for a name the file does not have."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __getitem__(self, name: str) -> str:
        return self._statements[name]

    def names(self) -> frozenset[str]:
        return frozenset(self._statements)

    @cached_property
    def _statements(self) -> dict[str, str]:
        _, *pieces = _NAME.split(self._path.read_text(encoding="utf-8"))
        return {name: text.strip() for name, text in zip(pieces[::2], pieces[1::2], strict=True)}


def beside(module_file: str, filename: str = "queries.sql") -> NamedQueries:
    """The queries kept beside a module: `beside(__file__)`."""
    return NamedQueries(Path(module_file).with_name(filename))
