"""The way around the XML parser gives what the parser gives, for every row."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.workbook.cells import SheetRow
from shared.workbook.roster import Limits
from shared.workbook.xlsx import read_xlsx
from tests.workbook.ooxml import package, parts, shared_strings, sheet_xml

_STRINGS = ["王小明", "500103", " ", "a>b", "三年级1班"]
# A comment at the beginning leaves everything behind it to the parser.
_TO_THE_PARSER = "<!-- -->"

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="<&\r", exclude_categories=("Cc", "Cs")), max_size=6)
_STYLE = st.sampled_from(["", ' s="0"', ' s="1"', ' s="12"'])
_CONTENT = st.one_of(
    st.sampled_from(range(len(_STRINGS))).map(lambda at: ("s", f"<v>{at}</v>")),
    st.integers(-5, 10**11).map(lambda number: ("n", f"<v>{number}</v>")),
    st.floats(0, 10**6).map(lambda number: (None, f"<v>{number}</v>")),
    _TEXT.map(lambda text: ("str", f"<v>{text}</v>")),
    _TEXT.map(lambda text: ("inlineStr", f"<is><t>{text}</t></is>")),
    _TEXT.map(lambda text: ("inlineStr", f'<is><t xml:space="preserve">{text}</t></is>')),
    st.sampled_from([("s", ""), (None, ""), ("n", "<is><t>5</t></is>"), ("inlineStr", "<v>1</v>"), ("str", "<v></v>")]),
)
_FORMS = st.lists(st.tuples(_STYLE, st.booleans()), min_size=1, max_size=5)
_ATTRIBUTES = st.sampled_from(["", ' spans="1:5"', ' hidden="1"', ' ht="0" customHeight="1"', ' ht="15.6"'])


@st.composite
def rows(draw: st.DrawFn) -> str:
    """Up to forty rows of few forms, so that most of them have the form of an earlier one."""
    few = draw(st.lists(_FORMS, min_size=1, max_size=9))
    written = []
    for number in range(1, draw(st.integers(1, 40)) + 1):
        cells = []
        for column, (style, blank) in enumerate(draw(st.sampled_from(few))):
            reference = f'r="{"ABCDE"[column]}{number}"'
            kind, content = (None, "") if blank else draw(_CONTENT)
            attributes = reference + style + (f' t="{kind}"' if kind else "")
            cells.append(f"<c {attributes}>{content}</c>" if content or draw(st.booleans()) else f"<c {attributes}/>")
        written.append(f'<row r="{number}"{draw(_ATTRIBUTES)}>{"".join(cells)}</row>')
    return "".join(written)


def read(sheet: str, before: str = "") -> list[SheetRow]:
    shared = shared_strings([f"<t>{text}</t>" for text in _STRINGS])
    with tempfile.TemporaryDirectory() as folder:
        path = package(parts(sheet_xml(sheet, before=before), shared=shared))(Path(folder))
        return read_xlsx(path, Limits()).sheets[0].rows


@given(rows())
@settings(max_examples=200, suppress_health_check=list(HealthCheck), deadline=None)
def test_rows_of_few_forms(sheet: str) -> None:
    assert read(sheet) == read(sheet, _TO_THE_PARSER)


def test_a_form_is_known_by_all_of_it() -> None:
    """Texts that hold a `>`, more forms than are kept, and rows that differ from the one above in one sign."""
    cells = [
        '<c r="A{0}" t="s"><v>3</v></c><c r="B{0}" t="str"><v>x>y</v></c>',
        '<c r="A{0}" t="s"><v>1</v></c><c r="B{0}" t="str"><v>z</v></c>',
        '<c r="A{0}" s="1" t="s"><v>1</v></c><c r="B{0}" t="str"><v>z</v></c>',
        *(f'<c r="{letter}{{0}}"><v>7</v></c>' for letter in "CDEFGHIJ"),
        '<c r="A{0}" t="s"><v>4</v></c><c r="B{0}" t="str"><v/></c>',
    ]
    sheet = "".join(f'<row r="{at}">{cells[at % len(cells)].format(at)}</row>' for at in range(1, 60))
    found = read(sheet)
    assert found == read(sheet, _TO_THE_PARSER)
    assert found[11].cells == {0: "a>b", 1: "x>y"}
