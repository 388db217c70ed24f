"""Every case workbook, as it would be uploaded."""

from pathlib import Path

import pytest

from shared.workbook.parsing import parse_roster
from shared.workbook.roster import WorkbookRefused
from tests.workbook import (
    cases_cells,
    cases_consent,
    cases_csv,
    cases_files,
    cases_header,
    cases_kinds,
    cases_mistaken,
    cases_packages,
    cases_refused,
    cases_rows,
    cases_sections,
    cases_sheets,
    cases_tables,
    cases_titles,
    cases_xlsx,
)
from tests.workbook.case import Case, compare
from tests.workbook.ooxml import package, parts, row_xml, rows_xml, sheet_xml
from tests.workbook.people import RULES, TITLES, pupil

CASES = (
    *cases_header.CASES,
    *cases_titles.CASES,
    *cases_rows.CASES,
    *cases_sections.CASES,
    *cases_sheets.CASES,
    *cases_tables.CASES,
    *cases_mistaken.CASES,
    *cases_kinds.CASES,
    *cases_cells.CASES,
    *cases_consent.CASES,
    *cases_xlsx.CASES,
    *cases_packages.CASES,
    *cases_csv.CASES,
    *cases_files.CASES,
    *cases_refused.CASES,
)


def test_cases_have_names_of_their_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(case.why for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case, tmp_path: Path) -> None:
    path = case.build(tmp_path)
    if case.refusal is not None:
        with pytest.raises(WorkbookRefused) as refused:
            parse_roster(path, path.name, RULES)
        assert (refused.value.refusal, refused.value.detail.endswith("。")) == (case.refusal, True)
        assert case.says in refused.value.detail
        return
    roster = parse_roster(path, path.name, RULES)
    compare(case, roster)


def test_a_row_written_twice_is_a_duplicate(tmp_path: Path) -> None:
    """Both are row 2: no program that people use writes such a file, but others do."""
    rows = rows_xml([TITLES, pupil(0)]) + row_xml(2, pupil(0)) + row_xml(2, pupil(1))
    path = package(parts(sheet_xml(rows)))(tmp_path)
    roster = parse_roster(path, path.name, RULES)
    assert [(row.row, [error.code for error in row.errors]) for row in roster.rows] == [
        ("2", []),
        ("2", ["id_duplicate"]),
        ("2", []),
    ]
