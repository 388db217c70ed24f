"""References to cells, moved along with the rows and columns they mean."""

import re

from shared.workbook.cells import LAST_COLUMN, LAST_ROW, column_index, column_letters
from shared.workbook.returning.plan import SheetPlan

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_COLUMN = re.compile(r"\$?([A-Za-z]{1,3})")
_ROW = re.compile(r"\$?([0-9]{1,7})")
_REFERENCE = r"(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7})(?![\w(.!])"
# Texts, references to a named sheet, whole columns, cells: in this order, as the first that fits counts.
_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"]|"")*")|(?P<sheet>'(?:[^']|'')+'|[^\W\d][\w.]*)!(?P<other>[$\w]+(?::[$\w]+)?)"""
    r"""|(?<![\w.$])(?P<from>\$?[A-Za-z]{1,3}):(?P<to>\$?[A-Za-z]{1,3})(?![\w(.!$])"""
    rf"""|(?<![\w.$]){_REFERENCE}"""
)


def move_range(reference: str, plan: SheetPlan) -> str | None:
    """`A2:A100`, `A5`, `A:C` or `2:9` where it is now; None when nothing of it is left."""
    first, _, last = reference.strip().partition(":")
    last = last or first
    if (top := _CELL.fullmatch(first)) and (bottom := _CELL.fullmatch(last)):
        rows = plan.rows(int(top[2]), int(bottom[2]))
        if rows is None:
            return None
        left, right = (column_letters(plan.column(column_index(found[1]))) for found in (top, bottom))
        whole = f"{left}{rows[0]}:{right}{rows[1]}"
        return whole if whole != f"{left}{rows[0]}:{left}{rows[0]}" else f"{left}{rows[0]}"
    if (start := _COLUMN.fullmatch(first)) and (end := _COLUMN.fullmatch(last)):
        return ":".join(column_letters(plan.column(column_index(found[1]))) for found in (start, end))
    if (start := _ROW.fullmatch(first)) and (end := _ROW.fullmatch(last)):
        rows = plan.rows(int(start[1]), int(end[1]))
        return f"{rows[0]}:{rows[1]}" if rows else None
    return None


def move_ranges(references: str, plan: SheetPlan) -> str:
    """A list of ranges as in `sqref`; "" when nothing is left."""
    return " ".join(moved for reference in references.split() if (moved := move_range(reference, plan)))


def first_row(references: str) -> int:
    """The row of the cell a list of ranges begins with, from which its formulas count."""
    found = _CELL.match(references.split()[0]) if references.split() else None
    return int(found[2]) if found else 1


def move_formula(formula: str, plan: SheetPlan, down: int) -> str:
    """A check's formula after its range has moved: columns one to the right, relative rows `down` further."""

    def moved(found: re.Match[str]) -> str:
        if found["text"]:
            return found[0]
        if found["sheet"]:
            own = found["sheet"].strip("'").replace("''", "'") == plan.name
            return f"{found['sheet']}!{move_formula(found['other'], plan, down)}" if own else found[0]
        if found["from"]:
            return f"{_letters(found['from'], plan)}:{_letters(found['to'], plan)}"
        fixed_column, letters, fixed_row, digits = found.groups()[-4:]
        if column_index(letters) >= LAST_COLUMN:
            return found[0]
        row = int(digits) if fixed_row else min(max(int(digits) + down, 1), LAST_ROW)
        return f"{fixed_column}{_letters(letters, plan)}{fixed_row}{row}"

    return _TOKEN.sub(moved, formula)


def names_rows_below(formula: str, plan: SheetPlan) -> bool:
    """Whether a formula names fixed cells of its own sheet in the table, most of which are gone."""
    for found in _TOKEN.finditer(formula):
        if found["sheet"] and found["sheet"].strip("'").replace("''", "'") == plan.name:
            return names_rows_below(found["other"], plan)
        *_, fixed_row, digits = found.groups()
        if fixed_row and digits and int(digits) > plan.header_last:
            return True
    return False


def _letters(written: str, plan: SheetPlan) -> str:
    dollar = "$" if written.startswith("$") else ""
    return dollar + column_letters(plan.column(column_index(written.removeprefix("$"))))
