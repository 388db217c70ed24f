"""Lending: the source document's sentences as a table of examples, and what holds for any loans."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cards.lending_rules import Item, Loan, Obstacle, borrow, renew, room_left
from shared.contracts.card import Privileges

ON = date(2026, 9, 1)
USUAL = Privileges()

loans = st.lists(
    st.builds(
        Loan,
        item_id=st.uuids().map(str),
        due_on=st.dates(ON - timedelta(days=60), ON + timedelta(days=60)),
        foreign=st.booleans(),
        renewals=st.integers(0, 2),
        reserved=st.booleans(),
    ),
    max_size=12,
)
items = st.lists(st.builds(Item, item_id=st.uuids().map(str), foreign=st.booleans()), max_size=12)


def have(count: int, foreign: int = 0) -> list[Loan]:
    return [Loan(item_id=f"h{number}", due_on=ON, foreign=number < foreign) for number in range(count)]


def take(chinese: int, foreign: int = 0) -> list[Item]:
    return [Item(item_id=f"t{number}", foreign=number >= chinese) for number in range(chinese + foreign)]


@pytest.mark.parametrize(
    ("sentence", "at_home", "wanted", "lent"),
    [
        ("可外借中外文书刊共8册", have(0), take(8), 8),
        ("可外借中外文书刊共8册", have(0), take(9), 8),
        ("可外借中外文书刊共8册", have(7), take(2), 1),
        ("可外借中外文书刊共8册", have(8), take(1), 0),
        ("其中外文书刊不超过3册", have(0), take(0, 3), 3),
        ("其中外文书刊不超过3册", have(0), take(0, 4), 3),
        ("其中外文书刊不超过3册", have(3, 3), take(5, 1), 5),
        ("其中外文书刊不超过3册", have(2, 2), take(1, 2), 2),
        ("外文书刊计入8册", have(6), take(1, 3), 2),
    ],
)
def test_borrowing_as_the_source_document_says(
    sentence: str, at_home: list[Loan], wanted: list[Item], lent: int
) -> None:
    decisions = borrow(USUAL, at_home, wanted, ON)
    assert sum(not decision.obstacles for decision in decisions) == lent, sentence
    # 所借文献借期为30天
    assert {decision.due_on for decision in decisions if not decision.obstacles} <= {date(2026, 10, 1)}


@pytest.mark.parametrize(
    ("sentence", "loan", "in_violation", "due_on", "codes"),
    [
        ("续借期从续借当日开始计算，续借期为30天", {"due_on": date(2026, 9, 20)}, False, date(2026, 10, 1), []),
        ("到期当日仍可续借", {"due_on": ON}, False, date(2026, 10, 1), []),
        ("借阅期间只可续借一次", {"due_on": ON, "renewals": 1}, False, None, ["renewals_used_up"]),
        ("超期文献不可续借", {"due_on": date(2026, 8, 31)}, False, None, ["overdue"]),
        ("已预约文献不可续借", {"due_on": ON, "reserved": True}, False, None, ["reserved"]),
        ("有违约及违规行为借阅卡不可续借", {"due_on": ON}, True, None, ["card_in_violation"]),
        (
            "所有原因一并说明",
            {"due_on": date(2026, 8, 1), "renewals": 1, "reserved": True},
            True,
            None,
            ["card_in_violation", "renewals_used_up", "overdue", "reserved"],
        ),
    ],
)
def test_renewing_as_the_source_document_says(
    sentence: str, loan: dict[str, object], in_violation: bool, due_on: date | None, codes: list[str]
) -> None:
    (decision,) = renew(USUAL, [Loan(item_id="a", **loan)], ON, in_violation=in_violation)  # type: ignore[arg-type]
    assert decision.due_on == due_on, sentence
    assert [obstacle.code for obstacle in decision.obstacles] == codes, sentence


@pytest.mark.parametrize(
    ("asked", "answers"),
    [
        (None, [("h0", []), ("h1", [])]),
        (["h1"], [("h1", [])]),
        (["x"], [("x", ["not_lent"])]),
        (["x", "h1", "x", "y"], [("h1", []), ("x", ["not_lent"]), ("y", ["not_lent"])]),
        ([], []),
    ],
)
def test_what_is_not_at_home_is_not_renewed(asked: list[str] | None, answers: list[tuple[str, list[str]]]) -> None:
    decisions = renew(USUAL, have(2), ON, item_ids=asked)
    told = [(decision.item_id, [obstacle.code for obstacle in decision.obstacles]) for decision in decisions]
    assert told == answers
    assert all((decision.due_on is None) == bool(decision.obstacles) for decision in decisions)


@given(at_home=loans, wanted=items, most=st.integers(0, 10), foreign=st.integers(0, 10))
def test_nobody_gets_beyond_the_limits(at_home: list[Loan], wanted: list[Item], most: int, foreign: int) -> None:
    privileges = Privileges(items=most, foreign_items=foreign)
    decisions = borrow(privileges, at_home, wanted, ON)
    lent = [item for item, decision in zip(wanted, decisions, strict=True) if not decision.obstacles]
    assert len(at_home) + len(lent) <= max(most, len(at_home))
    foreign_home = sum(loan.foreign for loan in at_home)
    assert foreign_home + sum(item.foreign for item in lent) <= max(foreign, foreign_home)
    left, foreign_left = room_left(privileges, at_home)
    assert len(lent) <= left and sum(item.foreign for item in lent) <= foreign_left
    # Nothing is held back: an obstacle of number means that the room is used up.
    if len(lent) < min(left, len(wanted)):
        assert sum(item.foreign for item in lent) == foreign_left


@given(at_home=loans, in_violation=st.booleans())
def test_a_renewal_counts_from_its_day(at_home: list[Loan], in_violation: bool) -> None:
    for loan, decision in zip(at_home, renew(USUAL, at_home, ON, in_violation=in_violation), strict=True):
        may = not in_violation and loan.renewals == 0 and loan.due_on >= ON and not loan.reserved
        assert (decision.due_on == ON + timedelta(days=30)) == may
        assert (decision.obstacles == ()) == may


@given(at_home=loans, wanted=items)
def test_a_bad_card_gets_nothing(at_home: list[Loan], wanted: list[Item]) -> None:
    lost = Obstacle("card_lost", "该读者证已挂失。")
    for decision in [*borrow(USUAL, at_home, wanted, ON, [lost]), *renew(USUAL, at_home, ON, [lost])]:
        assert lost in decision.obstacles and decision.due_on is None
    (unknown,) = renew(USUAL, at_home, ON, [lost], item_ids=["nobody's"])
    assert [obstacle.code for obstacle in unknown.obstacles] == ["card_lost", "not_lent"]


def test_materials_branches_and_what_is_at_home() -> None:
    def codes(privileges: Privileges, item: Item, branch: str | None = None) -> list[str]:
        (decision,) = borrow(privileges, [Loan(item_id="h", due_on=ON)], [item], ON, branch=branch)
        return [obstacle.code for obstacle in decision.obstacles]

    assert codes(USUAL, Item(item_id="a", material="rare_book")) == ["material_not_lent"]
    assert codes(USUAL, Item(item_id="h")) == ["already_lent"]
    assert codes(USUAL, Item(item_id="a"), "城东分馆") == []
    assert codes(Privileges(branches=("城西分馆",)), Item(item_id="a"), "城东分馆") == ["branch_not_in_circulation"]
    assert codes(Privileges(one_card_circulation=False), Item(item_id="a"), "城东分馆") == ["no_circulation"]
    assert codes(Privileges(one_card_circulation=False), Item(item_id="a")) == []
