"""What follows a sheet's rows (merged cells, checks, conditional formats), moved along with them."""

from shared.workbook.markup import local_name
from shared.workbook.returning.markup_out import Node
from shared.workbook.returning.plan import SheetPlan
from shared.workbook.returning.ranges import first_row, move_formula, move_range, move_ranges, names_rows_below

_CHECKS = ("dataValidation", "conditionalFormatting", "ignoredError", "protectedRange")
_FORMULAS = ("formula", "formula1", "formula2", "f")
_LEFT_OUT = ("sparklineGroups", "slicerList", "timelineRefs")


def move_trailing(node: Node, plan: SheetPlan) -> Node | None:
    """An element behind the rows with its ranges moved; None when nothing of it is left."""
    local = local_name(node.tag)
    if local == "mergeCells":
        return _moved_merges(node, plan)
    if local in _CHECKS:
        return _moved_check(node, plan)
    if local in _LEFT_OUT:
        return None
    children: list[Node | str] = []
    for child in node.children:
        if isinstance(child, str):
            children.append(child)
        elif (moved := move_trailing(child, plan)) is not None:
            children.append(moved)
    was_filled = any(isinstance(child, Node) for child in node.children)
    if was_filled and not any(isinstance(child, Node) for child in children):
        return None
    node.children = children
    if "count" in node.attributes:
        node.attributes["count"] = str(sum(isinstance(child, Node) for child in children))
    return node


def _moved_merges(node: Node, plan: SheetPlan) -> Node | None:
    kept: list[Node | str] = []
    for child in node.children:
        if not isinstance(child, Node):
            continue
        reference = child.attributes.get("ref", "")
        first, _, last = reference.partition(":")
        top, bottom = first_row(first), first_row(last)
        # Within the table a merged cell's text has been written into each row instead.
        if bottom > plan.header_last and top != bottom:
            if top > plan.header_last:
                continue
            reference = f"{first}:{last.rstrip('0123456789')}{plan.header_last}"
        if moved := move_range(reference, plan):
            child.attributes["ref"] = moved
            kept.append(child)
    if not kept:
        return None
    node.children = kept
    node.attributes["count"] = str(len(kept))
    return node


def _moved_check(node: Node, plan: SheetPlan) -> Node | None:
    place = _nodes(node, "sqref")
    before = node.attributes.get("sqref") or (_content(place[0]) if place else "")
    after = move_ranges(before, plan)
    if not after:
        return None
    formulas = [found for name in _FORMULAS for found in _nodes(node, name)]
    if node.attributes.get("type") == "list" and any(names_rows_below(_content(found), plan) for found in formulas):
        return None
    down = first_row(after) - first_row(before)
    for found in formulas:
        if not any(isinstance(child, Node) for child in found.children):
            found.children = [move_formula(_content(found), plan, down)]
    if place:
        place[0].children = [after]
    else:
        node.attributes["sqref"] = after
    return node


def _nodes(node: Node, local: str) -> list[Node]:
    found = [node] if local_name(node.tag) == local else []
    for child in node.children:
        if isinstance(child, Node):
            found += _nodes(child, local)
    return found


def _content(node: Node) -> str:
    return "".join(child for child in node.children if isinstance(child, str))
