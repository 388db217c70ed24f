"""The house rules that no linter knows: file names, sizes, SQL in its place, nothing of one machine."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.topology import SERVICES
from tests.servers import PROJECT
from tests.syntax import parsed

MODULES = sorted(path for root in ("shared", "services", "deploy") for path in (PROJECT / root).rglob("*.py"))
MODULES = [path for path in MODULES if "node_modules" not in path.parts]

# Whoever knows one service knows all. What a service does not need it leaves out.
ROOMS = {"__init__.py", "app.py", "api.py", "schemas.py", "service.py", "rules.py", "queries.py", "queries.sql"}
ROOMS |= {"consumer.py", "errors.py"}
EVERY_SERVICE_HAS = ROOMS - {"consumer.py"}

MAX_LINES = 400
# Generated, or a list of what cannot be told in fewer lines.
GENERATED = ("services/console/pages/src/api/types/", "requirements/", "docs/events/", "shared/data/")

# These make statements from the names of roles and schemas, which no parameter can carry.
STATEMENTS_FROM_NAMES = {"shared/database.py", "shared/migrate.py"}

# Conditions that a search builds from constants, their values apart (services/audit/queries.py).
PIECES = {"where"}

_SQL = re.compile(
    r"\s*(select\s.*\sfrom\s|select\s+\S+\(|insert\s+into\s|update\s+\S*\s*set\s|delete\s+from\s|truncate\s|"
    r"(create|alter|drop)\s+(table|role|index|policy)|set\s+local\s)",
    re.DOTALL,
)
_STAR = re.compile(r"\b(select|returning)\s+\*", re.IGNORECASE)


def _name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def _committed(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=PROJECT, capture_output=True, check=True, text=True
    ).stdout
    return [PROJECT / name for name in listed.split("\0") if name and (PROJECT / name).is_file()]


def _text(path: Path) -> str:
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode("utf-8", "replace")


def _functions(tree: ast.AST) -> Iterator[ast.AST]:
    return (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_rooms(service: str) -> None:
    folder = PROJECT / "services" / service
    present = {path.name for path in folder.iterdir() if path.is_file()}
    assert present >= EVERY_SERVICE_HAS
    assert (folder / "migrations" / "0001_init.sql").is_file()
    assert not {name for name in present if re.match(r"(utils?|helpers?|common|misc|base|models)\.py", name)}


def test_the_modules_were_found() -> None:
    assert len(MODULES) > 80


def test_imports_stand_at_the_top() -> None:
    inner = [
        f"{_name(path)}:{node.lineno}"
        for path in MODULES
        for function in _functions(parsed(path.read_text(encoding="utf-8")))
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    assert inner == []


def test_rules_are_pure() -> None:
    """No I/O, no await, no clock: they take values and return decisions."""
    impure = re.compile(r"\basync def\b|\bawait\b|\.now\(|\.today\(|\btime\.|\bopen\(|asyncpg|shared\.database")
    found = [_name(p) for p in MODULES if p.name == "rules.py" and impure.search(p.read_text(encoding="utf-8"))]
    assert found == []


def test_no_file_is_longer_than_one_can_hold_in_mind() -> None:
    long = {
        _name(path): lines
        for path in _committed("*.py", "*.sql", "*.ts", "*.vue", "*.css")
        if not _name(path).startswith(GENERATED) and (lines := _text(path).count("\n")) > MAX_LINES
    }
    assert long == {}


def test_columns_are_listed() -> None:
    starred = [
        f"{_name(path)}: {found[0]}"
        for path in [*MODULES, *(PROJECT / "services").rglob("*.sql"), *(PROJECT / "shared").rglob("*.sql")]
        if "node_modules" not in path.parts
        for found in _STAR.finditer(path.read_text(encoding="utf-8"))
    ]
    assert starred == []


def test_no_statement_is_put_together_from_values() -> None:
    """Named pieces and the conditions built of them may be joined; a value is always a parameter."""
    found = [
        f"{_name(path)}:{node.lineno}: {ast.unparse(part.value)}"
        for path in MODULES
        if _name(path) not in STATEMENTS_FROM_NAMES
        for node in ast.walk(parsed(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr) and _SQL.match(_joined(node))
        for before, part in zip([None, *node.values], node.values, strict=False)
        if isinstance(part, ast.FormattedValue) and not _is_a_named_piece(part.value) and not _is_a_dollar(before)
    ]
    assert found == []


def _joined(node: ast.JoinedStr) -> str:
    # What is put in between stands as one word, so that `select a from {x}` is seen to be a statement.
    return "".join(str(part.value) if isinstance(part, ast.Constant) else " x from " for part in node.values)


def _is_a_dollar(node: ast.expr | None) -> bool:
    # `limit ${len(values) + 1}` is the number of a parameter.
    return isinstance(node, ast.Constant) and str(node.value).endswith("$")


def _is_a_named_piece(node: ast.expr) -> bool:
    if isinstance(node, ast.Subscript):
        # SQL["by_time"], or a choice among a module's constants.
        return isinstance(node.value, ast.Name) and node.value.id.isupper()
    return isinstance(node, ast.Attribute) and node.attr in PIECES


def test_no_statement_is_added_up() -> None:
    found = [
        f"{_name(path)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(parsed(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("fetch", "fetchrow", "fetchval", "execute", "executemany", "cursor")
        and node.args
        and (isinstance(node.args[0], ast.BinOp) or ast.unparse(node.args[0]).endswith((".format()", ".replace()")))
    ]
    assert found == []


def test_services_keep_their_sql_with_their_queries() -> None:
    found = [
        f"{_name(path)}:{node.lineno}"
        for path in MODULES
        if "services" in path.parts and not path.name.endswith("queries.py")
        for node in ast.walk(parsed(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.match(node.value)
    ]
    assert found == []


_HOSTS = (r"pypi\.o" r"rg", r"pythonh" r"osted", r"npmjs\.", r"npmmir" r"ror", r"deb\.deb" r"ian", r"docker\.i" r"o/")
_FOLDERS = (r"(?<![\w.])/wo" r"rk/", r"(?<![\w.])/ro" r"ot/", r"(?<![\w.])/ho" r"me/\w", r"\.\./sha" r"red\b")


def test_nothing_names_a_registry_or_one_machines_folders() -> None:
    forbidden = re.compile("|".join(_HOSTS + _FOLDERS))
    found = [
        f"{_name(path)}: {match[0]}" for path in _committed() for match in [forbidden.search(_text(path))] if match
    ]
    assert found == []


def test_one_command_checks_everything() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    recipe = makefile.partition("\ncheck:")[2].partition("\n\n")[0]
    for tool in ("ruff check", "ruff format --check", "mypy", "lint-imports"):
        assert tool in recipe
    run = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make check" in run and "make test" in run
