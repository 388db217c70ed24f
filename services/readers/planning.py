"""What an import would do: each row of a roster held against the school's classes and readers. Pure."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg
import msgspec

from services.readers import rules
from services.readers.importing_queries import PlannedRow
from services.readers.rules import Person
from services.readers.schemas import RowChange, RowOutcome, RowProblem
from services.readers.sealing import Sealer
from services.readers.service import person_of
from shared import resident_id
from shared.district import by_code
from shared.school_class import CatalogueClass, ClassMatch, match
from shared.workbook.roster import FIELD_TITLES, SIGNED, Change, Field, RosterRow, RosterValues, RowError

_SEPARATOR = "\x1f"
_ROUNDED = "#"

CONSENT_WITHDRAWN = (
    "家长已撤回授权，不能凭名单再登记为已签，请清空这一格后重新上传。家长重新签署的，请在“授权书”页面登记。"
)


class StoredRow(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What is sealed of a previewed row: values as cleaned, the district's code, what to show and what is wrong.

    `own` are the errors of the file itself; `errors` add what only the school's data can tell.
    `is_class_rounded`: the class was a number with a point, where 3.1 may have been 3.10.
    Tuples, and nothing for the garbage collector: it would stop the process while it looks at 50,000 rows.
    """

    values: RosterValues
    district: str
    changes: tuple[RowChange, ...]
    own: tuple[RowProblem, ...]
    errors: tuple[RowProblem, ...]
    warnings: tuple[RowProblem, ...]
    is_class_rounded: bool = False

    def person(self) -> Person:
        return Person(
            id_number=self.values.id_number,
            name=self.values.name,
            phone=self.values.phone,
            guardian_name=self.values.guardian_name,
            guardian_phone=self.values.guardian_phone,
            home_district=self.district,
        )

    @property
    def is_signed(self) -> bool:
        """The school says that it has the guardian's signed form."""
        return self.values.consent == SIGNED

    @property
    def class_key(self) -> str:
        return class_key(self.values.school_class, self.values.grade, self.is_class_rounded)


class NumberedRow(msgspec.Struct, frozen=True, gc=False):
    """A row to be decided. `digest` is None when its ID number cannot be used; `row` is as the program shows it."""

    item_no: int
    row: str
    stored: StoredRow
    digest: bytes | None


class _Decision(msgspec.Struct, frozen=True, gc=False):
    outcome: RowOutcome
    class_id: UUID | None
    asked: bool
    known: asyncpg.Record | None
    stored: StoredRow


_decode_stored = msgspec.msgpack.Decoder(StoredRow).decode


def open_row(sealer: Sealer, batch_no: str, item_no: int, sealed: bytes) -> StoredRow:
    return _decode_stored(sealer.open_object(_purpose(batch_no, item_no), sealed))


def class_key(text: str, grade_text: str, is_rounded: bool = False) -> str:
    """How one wording of a class is remembered: grade and class as written, but no ID number of a shifted column.

    What a number cell shows is a wording of its own, which may mean more than the same text.
    """
    key = resident_id.hide(f"{grade_text}{_SEPARATOR}{text}")
    return f"{key}{_SEPARATOR}{_ROUNDED}" if is_rounded else key


def split_class_key(key: str) -> tuple[str, str, bool]:
    """(class text, grade text, whether a number cell may have lost a zero)."""
    grade_text, _, rest = key.partition(_SEPARATOR)
    text, _, mark = rest.partition(_SEPARATOR)
    return text, grade_text, mark == _ROUNDED


class Classes:
    """Finds the class a row means; each wording is worked out once."""

    def __init__(self, catalogue: Sequence[CatalogueClass], aliases: Mapping[str, UUID]) -> None:
        self._catalogue = catalogue
        self._aliases = aliases
        self._found: dict[tuple[str, str, bool], UUID | None] = {}

    def find(self, text: str, grade_text: str, is_rounded: bool = False) -> UUID | None:
        """None: the school has no such class, or more than one fits."""
        written = (text, grade_text, is_rounded)
        if written not in self._found:
            self._found[written] = self._aliases.get(class_key(*written)) or self._match(*written)
        return self._found[written]

    def candidates(self, text: str, grade_text: str, is_rounded: bool = False) -> list[UUID]:
        answer = match(text, grade_text or None, self._catalogue, from_number=is_rounded)
        if isinstance(answer, ClassMatch):
            return [answer.class_id]
        return [candidate.class_id for candidate in answer.candidates]

    def _match(self, text: str, grade_text: str, is_rounded: bool) -> UUID | None:
        answer = match(text, grade_text or None, self._catalogue, from_number=is_rounded)
        return answer.class_id if isinstance(answer, ClassMatch) else None


class Planner:
    """Decides every row of one import."""

    def __init__(
        self, sealer: Sealer, batch_no: str, classes: Classes, existing: Mapping[bytes, asyncpg.Record]
    ) -> None:
        self._sealer = sealer
        self._batch_no = batch_no
        self._classes = classes
        self._existing = existing

    def plan(self, rows: Sequence[NumberedRow]) -> list[PlannedRow]:
        """A few hundred at most: the event loop waits for them."""
        decisions = [self._decide(row) for row in rows]
        purposes = (_purpose(self._batch_no, row.item_no) for row in rows)
        stored = (decision.stored for decision in decisions)
        sealed = self._sealer.seal_objects(list(zip(purposes, stored, strict=True)))
        return [_planned(*each) for each in zip(rows, decisions, sealed, strict=True)]

    def _decide(self, row: NumberedRow) -> _Decision:
        stored = row.stored
        errors = [*stored.own]
        class_id, asked = self._class_of(stored, errors)
        known = self._existing.get(row.digest) if row.digest is not None and not errors else None
        outcome: RowOutcome = "new"
        changes = [change for change in stored.changes if change.why == "cleaned"]
        if known is not None:
            outcome = self._compare(known, stored, class_id, changes, errors)
        if errors:
            outcome = "rejected"
        if errors or changes or stored.errors or stored.changes:
            stored = msgspec.structs.replace(stored, errors=tuple(errors), changes=tuple(changes))
        return _Decision(outcome, class_id, asked, known, stored)

    def _class_of(self, stored: StoredRow, errors: list[RowProblem]) -> tuple[UUID | None, bool]:
        text, grade_text = stored.values.school_class, stored.values.grade
        if not text and not grade_text:
            return None, False
        class_id = self._classes.find(text, grade_text, stored.is_class_rounded)
        if class_id is not None:
            return class_id, False
        written = f"{grade_text}{text}"
        errors.append(RowProblem("class", "class_unknown", f"本校没有与“{written}”对应的班级，请指定或新建。"))
        return None, True

    def _compare(
        self,
        known: asyncpg.Record,
        stored: StoredRow,
        class_id: UUID | None,
        changes: list[RowChange],
        errors: list[RowProblem],
    ) -> RowOutcome:
        before = person_of(known, self._sealer)
        after = rules.merge(before, stored.person())
        fields = list(rules.changed_fields(before, after))
        if class_id is not None and class_id != known["class_id"]:
            fields.append("class_id")
        signs = stored.is_signed and known["consent"] == "none"
        if stored.is_signed and known["consent"] == "withdrawn":
            # The guardian has said no since the form was signed; whether there is a new one is not for a list to say.
            errors.append(RowProblem("consent", "consent_withdrawn", CONSENT_WITHDRAWN))
        if not fields and not signs:
            return "unchanged"
        # A form handed in says nothing of the reader, and is taken in any state.
        if fields and known["status"] == "approved":
            errors.append(RowProblem("id_number", "reader_being_carded", "该读者已审核，正在办证，暂不能修改。"))
        elif fields and not rules.may_change(known["status"], fields):
            locked = "、".join(FIELD_TITLES[field] for field in ("name",) if field in fields)
            errors.append(RowProblem("name", "reader_locked", f"该读者已办证，{locked}不能再修改。"))
        changes += [_change(field, before, after) for field in fields if field != "class_id"]
        if "class_id" in fields:
            changes.append(RowChange("class", "", stored.values.school_class, "changed"))
        if signs:
            changes.append(RowChange("consent", "无", SIGNED, "changed"))
        return "changed"


def _planned(row: NumberedRow, decision: _Decision, sealed: bytes) -> PlannedRow:
    known = decision.known
    return PlannedRow(
        item_no=row.item_no,
        row=row.row,
        outcome=decision.outcome,
        id_digest=None if decision.outcome == "rejected" else row.digest,
        class_id=decision.class_id,
        class_key=decision.stored.class_key if decision.asked else None,
        reader_id=None if known is None else known["id"],
        reader_version=None if known is None else known["version"],
        sealed=sealed,
    )


def stored_row(row: RosterRow) -> StoredRow:
    """A read row as it is kept."""
    return StoredRow(
        values=row.values,
        district=row.district,
        changes=_cleanings(row.changes),
        own=_problems(row.errors),
        errors=(),
        warnings=_problems(row.warnings),
        is_class_rounded="." in row.values.school_class and _is_number(row.changes, "class"),
    )


def number_row(sealer: Sealer, item_no: int, row: str, stored: StoredRow) -> NumberedRow:
    """With the digest by which its reader is found."""
    number = stored.values.id_number
    usable = number and not (stored.own and any(error.field == "id_number" for error in stored.own))
    return NumberedRow(item_no, row, stored, sealer.digest(number) if usable else None)


def _is_number(changes: Sequence[Change], field: Field) -> bool:
    return any(change.field == field and "number" in change.how for change in changes)


def _problems(errors: Sequence[RowError]) -> tuple[RowProblem, ...]:
    if not errors:
        return ()
    return tuple(RowProblem(error.field, error.code, error.detail) for error in errors)


def _cleanings(changes: Sequence[Change]) -> tuple[RowChange, ...]:
    if not changes:
        return ()
    return tuple(RowChange(change.field, change.before, change.after, "cleaned") for change in changes)


def _change(field: str, before: Person, after: Person) -> RowChange:
    old, new = getattr(before, field), getattr(after, field)
    if field == "home_district":
        old, new = (home.name if (home := by_code(code)) else code for code in (old, new))
    return RowChange(field, old, new, "changed")


def _purpose(batch_no: str, item_no: int) -> str:
    return f"import-row{batch_no}/{item_no}"
