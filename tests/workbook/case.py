"""A case: a workbook somebody could upload, what must come of it, and why."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from shared.workbook.roster import Format, RefusalCode, Roster, SkippedKind

Build = Callable[[Path], Path]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """`build` writes the file into a folder and says where.

    Either `refusal` is the code of the whole file's refusal, with `says` in its sentence, or `rows` are all rows by
    their label with their codes, `skipped` all others by label with their kind, in order. `values` and `changes` are
    looked at where given: field → text, field → kinds of cleaning. `columns` are header letters by field.
    """

    name: str
    why: str
    build: Build
    refusal: RefusalCode | None = None
    says: str = ""
    rows: Mapping[str, Sequence[str]] = {}
    skipped: Sequence[tuple[str, SkippedKind]] = ()
    values: Mapping[str, Mapping[str, str]] = {}
    changes: Mapping[str, Mapping[str, Sequence[str]]] = {}
    warnings: Mapping[str, Sequence[str]] = {}
    columns: Mapping[str, str] = {}
    format: Format | None = None
    encoding: str | None = None


def clean(*labels: str | int) -> dict[str, tuple[str, ...]]:
    """Rows without errors."""
    return {str(label): () for label in labels}


def compare(case: Case, roster: Roster) -> None:
    """Fail unless the roster is what the case says."""
    assert {row.row: tuple(error.code for error in row.errors) for row in roster.rows} == {
        label: tuple(codes) for label, codes in case.rows.items()
    }
    assert [(skipped.row, skipped.kind) for skipped in roster.skipped] == list(case.skipped)
    rows = {row.row: row for row in roster.rows}
    assert len(rows) == len(roster.rows)
    for label, expected in case.values.items():
        values = msgspec.to_builtins(rows[label].values)
        assert {field: values[field] for field in expected} == dict(expected)
    for label, expected_changes in case.changes.items():
        changes = {change.field: change.how for change in rows[label].changes}
        assert changes == {field: tuple(how) for field, how in expected_changes.items()}
    for label, expected_warnings in case.warnings.items():
        assert [warning.code for warning in rows[label].warnings] == list(expected_warnings)
    if case.columns:
        assert roster.sheets[0].columns == dict(case.columns)
    if case.format is not None:
        assert roster.format == case.format
    if case.encoding is not None:
        assert roster.encoding == case.encoding
