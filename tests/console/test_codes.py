"""Whoever chose English reads no Chinese: every code a service can send has its English sentence.

Codes are found in the services' own text, not in a list: classes of errors with their `code`, `…Code = Literal[…]`,
`FieldError("code", …)` and its like, and wherever a code stands right before its Chinese sentence.
"""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from services.cards.refund_rules import DOCUMENTS
from services.console.build import PAGES
from shared.workbook.roster import SkippedKind
from tests.syntax import parsed

ROOT = Path(__file__).parents[2]
MESSAGES = PAGES / "src" / "i18n"

NOT_SENT = {
    # Why a class is asked for is not said in words: its rows carry `class_unknown`.
    "shared/school_class.py",
    # What a workbook's own validation says, in the workbook.
    "shared/workbook/template.py",
}
PUT_TOGETHER = {"services/cards/refunds.py": {f"{document}_missing" for document in DOCUMENTS}}
"""Where codes are made at run time, and which."""

_CODE_AT = {"FieldError": 0, "Refusal": 0, "Obstacle": 0, "StepRefused": 0, "WorkbookRefused": 0, "RowProblem": 1}
_CODE = re.compile(r"[a-z]+(?:_[a-z]+)*")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def test_every_code_has_an_english_sentence() -> None:
    found: dict[str, set[str]] = {}
    for path in _sources():
        name = path.relative_to(ROOT).as_posix()
        codes, made = _codes(parsed(path.read_text(encoding="utf-8")))
        assert not made or name in PUT_TOGETHER, f"{name} puts codes together: name them in PUT_TOGETHER"
        for code in codes | PUT_TOGETHER.get(name, set()):
            found.setdefault(code, set()).add(name)
    assert len(found) > 150, "the search itself has gone blind"
    said = _keys("en/codes.ts", "codes")
    missing = {code: sorted(names) for code, names in sorted(found.items()) if code not in said}
    assert missing == {}, "say these in pages/src/i18n/en/codes.ts"
    assert said - set(found) == set(), "no service sends these any more"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_kind_of_skipped_row_has_a_name(language: str) -> None:
    assert _keys(f"{language}/importing.ts", "skippedKinds") == set(get_args(SkippedKind))


@pytest.mark.parametrize(
    "source",
    [
        "class Lost(NotFound):\n    code = 'is_lost'",
        "LostCode = Literal['is_lost']",
        "FieldError('is_lost', detail, 'field')",
        "RowProblem('field', 'is_lost', detail)",
        "SAID = {'is_lost': '丢了。'}",
        "SAID = {None: ('is_lost', '丢了。')}",
        "yield 'is_lost', f'丢了{count}个。'",
    ],
)
def test_a_code_is_found_however_it_is_written(source: str) -> None:
    assert _codes(parsed(source)) == ({"is_lost"}, False)


def test_codes_put_together_are_noticed() -> None:
    assert _codes(parsed("FieldError(f'{what}_lost', detail)")) == (set(), True)


def _sources() -> list[Path]:
    found = [path for part in ("services", "shared") for path in (ROOT / part).rglob("*.py")]
    outside = [path for path in found if "node_modules" in path.parts]
    return sorted({*found} - {*outside} - {ROOT / name for name in NOT_SENT})


def _codes(tree: ast.AST) -> tuple[set[str], bool]:
    """All codes, and whether some are put together at run time."""
    written = [code for node in ast.walk(tree) for code in _written(node)]
    codes = {code.value for code in written if isinstance(code, ast.Constant) and isinstance(code.value, str)}
    return {code for code in codes if _CODE.fullmatch(code)}, any(isinstance(code, ast.JoinedStr) for code in written)


def _written(node: ast.AST) -> Iterator[ast.expr | None]:
    match node:
        case ast.ClassDef():
            yield from (value for target, value in map(_assigned, node.body) if target == "code")
        case ast.Assign() | ast.AnnAssign():
            target, value = _assigned(node)
            if target.endswith("Code") and isinstance(value, ast.Subscript):
                yield from (part for part in ast.walk(value) if isinstance(part, ast.Constant))
        case ast.Call(func=ast.Name(id=name)) if len(node.args) > _CODE_AT.get(name, len(node.args)):
            yield node.args[_CODE_AT[name]]
    yield from (code for code, said in _neighbours(node) if _is_sentence(said))


def _assigned(node: ast.AST) -> tuple[str, ast.expr | None]:
    """A simple assignment's name and value; "" for anything else."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            return name, value
        case _:
            return "", None


def _neighbours(node: ast.AST) -> Iterator[tuple[ast.expr | None, ast.expr]]:
    match node:
        case ast.Dict():
            yield from zip(node.keys, node.values, strict=True)
        case ast.Tuple():
            yield from pairwise(node.elts)
        case ast.Call():
            yield from pairwise(node.args)


def _is_sentence(node: ast.expr) -> bool:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    text = "".join(part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))
    return text.endswith("。") and _HAN.search(text) is not None


def _keys(file: str, group: str) -> set[str]:
    """The names in a group of messages: `group: { name: 'text', … }`."""
    text = (MESSAGES / file).read_text(encoding="utf-8")
    block = re.search(rf"^( +){group}: \{{\n(.*?)^\1\}},", text, re.MULTILINE | re.DOTALL)
    assert block is not None, f"no {group} in {file}"
    return set(re.findall(r"^ +(\w+): ['\"]", block[2], re.MULTILINE))
