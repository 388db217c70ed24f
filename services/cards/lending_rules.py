"""Pure decisions about lending (appendix 2, five, (2), (3), (6), (7), (8)).

    (二) 可外借中外文书刊共8册，其中外文书刊不超过3册。
    (三) 文献类型包含可开架借阅的文献类型。
    (七) 借期为30天，借阅期间只可续借一次，续借期从续借当日开始计算，续借期为30天。
    (八) 超期文献、已预约文献、有违约及违规行为借阅卡不可续借。

The numbers are the district's privileges. A loan may be returned, and renewed, on its due day; it is overdue after it.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from shared.contracts.card import Privileges


class Loan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something the reader has at home, as the library's system knows it."""

    item_id: str
    due_on: date
    foreign: bool = False
    renewals: int = 0
    reserved: bool = False


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something the reader would borrow."""

    item_id: str
    foreign: bool = False
    material: str = "open_shelf"


class Obstacle(msgspec.Struct, frozen=True):
    """Why not: a stable code and a Chinese sentence."""

    code: str
    detail: str


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Of one item: every obstacle; without any, the day until which it is lent."""

    item_id: str
    obstacles: tuple[Obstacle, ...]
    due_on: date | None


_NOT_LENT: Final = Obstacle("not_lent", "该文献不在本读者的在借文献中，不可续借。")


def borrow(
    privileges: Privileges,
    loans: Sequence[Loan],
    items: Sequence[Item],
    on: date,
    card: Sequence[Obstacle] = (),
    branch: str | None = None,
) -> list[Decision]:
    """Item by item in their order: an item that may be lent takes its place from those after it.

    `card`: why nothing is lent on the card at all. `branch`: where, when it is not the card's own library.
    """
    general = [*card, *_at_branch(privileges, branch)]
    total, foreign = len(loans), sum(loan.foreign for loan in loans)
    at_home = {loan.item_id for loan in loans}
    decisions = []
    for item in items:
        obstacles = list(general)
        if item.item_id in at_home:
            obstacles.append(Obstacle("already_lent", "该文献已由本读者借出。"))
        if item.material not in privileges.materials:
            obstacles.append(Obstacle("material_not_lent", "该类型的文献不外借。"))
        if total >= privileges.items:
            obstacles.append(Obstacle("items_used_up", f"最多可借{privileges.items}册，已达到上限。"))
        if item.foreign and foreign >= privileges.foreign_items:
            obstacles.append(
                Obstacle("foreign_items_used_up", f"外文书刊最多可借{privileges.foreign_items}册，已达到上限。")
            )
        if not obstacles:
            total, foreign = total + 1, foreign + item.foreign
            at_home.add(item.item_id)
        due_on = None if obstacles else on + timedelta(days=privileges.loan_days)
        decisions.append(Decision(item_id=item.item_id, obstacles=tuple(obstacles), due_on=due_on))
    return decisions


def renew(
    privileges: Privileges,
    loans: Sequence[Loan],
    on: date,
    card: Sequence[Obstacle] = (),
    in_violation: bool = False,
    item_ids: Sequence[str] | None = None,
) -> list[Decision]:
    """Loan by loan. The new term counts from the day of renewal, not from the old due day.

    `item_ids`: those to renew, and after the loans among them those that are no loans; None: all loans.
    """
    general = list(card)
    if in_violation:
        general.append(Obstacle("card_in_violation", "借阅卡有违约或违规行为，不可续借。"))
    asked = None if item_ids is None else dict.fromkeys(item_ids)
    decisions = []
    for loan in loans:
        if asked is not None and loan.item_id not in asked:
            continue
        obstacles = [*general, *_against_renewal(privileges, loan, on)]
        due_on = None if obstacles else on + timedelta(days=privileges.renewal_days)
        decisions.append(Decision(item_id=loan.item_id, obstacles=tuple(obstacles), due_on=due_on))
    at_home = {loan.item_id for loan in loans}
    for item_id in asked or ():
        if item_id not in at_home:
            decisions.append(Decision(item_id=item_id, obstacles=(*general, _NOT_LENT), due_on=None))
    return decisions


def is_near(on: date, today: date) -> bool:
    """Whether a day is one that a library asks about: within a year of today."""
    return abs((on - today).days) <= 366


def room_left(privileges: Privileges, loans: Sequence[Loan]) -> tuple[int, int]:
    """How many items, and how many foreign ones among them, may still be borrowed."""
    items = max(privileges.items - len(loans), 0)
    foreign = max(privileges.foreign_items - sum(loan.foreign for loan in loans), 0)
    return items, min(items, foreign)


def _against_renewal(privileges: Privileges, loan: Loan, on: date) -> list[Obstacle]:
    obstacles = []
    if loan.renewals >= privileges.renewals:
        obstacles.append(Obstacle("renewals_used_up", f"借阅期间只可续借{privileges.renewals}次。"))
    if loan.due_on < on:
        obstacles.append(Obstacle("overdue", "文献已超期，不可续借。"))
    if loan.reserved:
        obstacles.append(Obstacle("reserved", "文献已被其他读者预约，不可续借。"))
    return obstacles


def _at_branch(privileges: Privileges, branch: str | None) -> list[Obstacle]:
    if branch is None:
        return []
    if not privileges.one_card_circulation:
        return [Obstacle("no_circulation", "该读者证没有“一卡通”通借通还权限。")]
    if privileges.branches and branch not in privileges.branches:
        return [Obstacle("branch_not_in_circulation", "该馆不在“一卡通”通借通还范围内。")]
    return []
