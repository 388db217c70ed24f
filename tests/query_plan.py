"""What PostgreSQL would do for a statement, under a scope's own role and policies."""

from collections.abc import Iterator
from typing import Any, Final, Literal, TypeAlias, get_args

import asyncpg
import msgspec

from shared.database import Transaction

Planned: TypeAlias = Literal["first", "repeated", "general"]
"""How often the statement was carried out before. PostgreSQL plans a prepared one five times for its values; from then
on it keeps to a plan for any values if that seems no dearer than those did on average. So a pool's connection, which
prepares a statement once, has the `first` plan, then that of a statement `repeated` with these values, or at the worst
the `general` one: after dearer searches by the same statement."""
PLANNED: Final[tuple[Planned, ...]] = get_args(Planned)
_CUSTOM_PLANS: Final = 5


async def explain(
    tx: Transaction, statement: str, *values: object, planned: Planned = "first", run: bool = False
) -> dict[str, Any]:
    """The plan as PostgreSQL's JSON; `run`: with what carrying it out was like."""
    prepared = await tx.connection.prepare(statement)
    texts = [f"quote_nullable(${place}::{kind.name})" for place, kind in enumerate(prepared.get_parameters(), 1)]
    literals = await tx.connection.fetchval(f"select array[{', '.join(texts)}]::text[]", *values)
    execute = f"execute {prepared.get_name()}" + (f" ({', '.join(literals)})" if literals else "")
    mode = "force_generic_plan" if planned == "general" else "auto"
    await tx.connection.execute(f"set local plan_cache_mode = {mode}")
    if planned == "repeated":
        for _ in range(_CUSTOM_PLANS):
            # Plans it, and counts, as carrying it out would.
            await tx.connection.execute(f"explain {execute}")
    plan: dict[str, Any] = msgspec.json.decode(
        await tx.connection.fetchval(f"explain (format json, analyze {run}, buffers {run}) {execute}")
    )[0]["Plan"]
    return plan


def scanned(plan: dict[str, Any]) -> set[str]:
    """Tables that would be read from their first row to their last."""
    return {node["Relation Name"] for node in _nodes(plan) if node["Node Type"] == "Seq Scan"}


def indexes(plan: dict[str, Any]) -> set[str]:
    return {node["Index Name"] for node in _nodes(plan) if "Index Name" in node}


def reads(plan: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    """Each reading of a table in a plan that was carried out: table, how, by which index, and how many rows were
    fetched, also those that a filter threw away."""
    return [
        (
            node["Relation Name"],
            node["Node Type"],
            node.get("Index Name", ""),
            round(node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))),
        )
        for node in _nodes(plan)
        if "Relation Name" in node
    ]


def pages(plan: dict[str, Any]) -> int:
    """How many pages of 8 KiB a plan that was carried out has looked at, also those of an index that it walked along
    from end to end for a row: `reads` tells of rows alone."""
    hit, read = plan["Shared Hit Blocks"], plan["Shared Read Blocks"]
    assert isinstance(hit, int) and isinstance(read, int)
    return hit + read


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def index_conditions(plan: dict[str, Any]) -> dict[str, str]:
    """Index → what it is entered by, of indexes that tables' rows are read through."""
    return {
        node["Index Name"]: node.get("Index Cond", "")
        for node in _nodes(plan)
        if node["Node Type"] in ("Index Scan", "Index Only Scan")
    }


async def fill(database_url: str, *statements: str) -> None:
    """Run statements as the administrator, who is not bound by policies, then gather statistics."""
    administrator = await asyncpg.connect(database_url)
    try:
        for statement in statements:
            await administrator.execute(statement)
        await administrator.execute("analyze")
    finally:
        await administrator.close()
