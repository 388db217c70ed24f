"""What may happen to a card: every state, every step, the reasons."""

from datetime import date, timedelta
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.cards.lifecycle_rules import (
    REASONS,
    STARTS,
    Order,
    Refusal,
    Standing,
    Step,
    decide,
    is_told,
    shown_reason,
    why_not_good,
)

TODAY = date(2026, 9, 1)
STEPS = get_args(Step)

physical_states = st.sampled_from([None, "wanted", "printed", "handed_out", "lost"])


def _standing(
    status: str, physical: str | None, made: int, held: bool, withdrawn: bool, until: date | None
) -> Standing:
    """As the database lets it be: who holds the card decides whether it is active."""
    if status == "living":
        status = "suspended" if held or withdrawn else "active"
    held = held or status in ("closed", "replaced")
    return msgspec.convert(
        {
            "status": status,
            "physical": physical,
            "physical_made": made,
            "reason_code": "overdue" if held else None,
            "reason": "图书逾期未还" if held else None,
            "suspended_until": until if held and status == "suspended" else None,
            "consent_withdrawn": withdrawn,
        },
        Standing,
    )


standings = st.builds(
    _standing,
    st.sampled_from(["living", "living", "closed", "replaced"]),
    physical_states,
    st.integers(0, 3),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, TODAY, TODAY + timedelta(days=9)]),
)
orders = st.builds(
    Order,
    step=st.sampled_from(STEPS),
    reason_code=st.sampled_from([None, "other", "overdue"]),
    cause=st.sampled_from(["library", "consent", "time"]),
)


OVERDUE: dict[str, object] = {"status": "suspended", "reason_code": "overdue", "reason": "图书逾期未还"}
WITHDRAWN: dict[str, object] = {"status": "suspended", "consent_withdrawn": True}


@given(standing=standings, order=orders, fee=st.integers(0, 5000))
def test_a_step_starts_where_it_may_and_nowhere_else(standing: Standing, order: Order, fee: int) -> None:
    after = decide(standing, order, TODAY, fee)
    statuses, states = STARTS[order.step]
    if isinstance(after, Refusal):
        assert after.code and after.detail.endswith("。")
    else:
        assert standing.status in ("active", "suspended")
        assert standing.physical in states
        assert standing.status in statuses


@given(standing=standings, steps=st.lists(orders, max_size=12))
def test_dead_cards_stay_dead_and_counts_only_grow(standing: Standing, steps: list[Order]) -> None:
    for order in steps:
        after = decide(standing, order, TODAY, 500)
        if isinstance(after, Refusal):
            continue
        assert standing.status not in ("closed", "replaced")
        assert after.physical_made >= standing.physical_made
        # The first physical card is free, later ones are not.
        if order.step == "make_physical":
            assert after.fee_fen == (500 if standing.physical_made else 0)
        standing = after


@given(standing=standings)
def test_a_good_card_is_active_and_not_lost(standing: Standing) -> None:
    good = not why_not_good(standing, TODAY)
    assert good == (standing.status == "active" and standing.physical != "lost")


def test_a_suspension_ends_the_day_after_its_last() -> None:
    standing = msgspec.convert(OVERDUE | {"physical": None, "suspended_until": TODAY}, Standing)
    (reason,) = why_not_good(standing, TODAY)
    assert reason == Refusal("card_suspended", "该读者证已停用（图书逾期未还，至2026-09-01）。")
    assert why_not_good(standing, TODAY + timedelta(days=1)) == []


def test_the_whole_life_of_a_physical_card() -> None:
    card = Standing(status="active", physical=None)
    for step, physical, made in (
        ("make_physical", "wanted", 0),
        ("print", "printed", 1),
        ("hand_out", "handed_out", 1),
        ("report_lost", "lost", 1),
        ("report_found", "handed_out", 1),
        ("report_lost", "lost", 1),
        ("replace", "wanted", 1),
    ):
        after = decide(card, Order(step=step), TODAY, 1000)  # type: ignore[arg-type]
        assert isinstance(after, Standing), (step, after)
        assert (after.physical, after.physical_made) == (physical, made)
        card = after
    assert card.fee_fen == 1000 and not card.was_handed_out


@pytest.mark.parametrize(
    ("standing", "order", "code"),
    [
        ({"status": "closed"}, {"step": "resume"}, "card_closed"),
        ({"status": "replaced"}, {"step": "suspend"}, "card_replaced"),
        (OVERDUE | {"physical": "wanted"}, {"step": "print"}, "card_suspended"),
        (OVERDUE, {"step": "suspend"}, "card_suspended"),
        (OVERDUE, {"step": "resume", "cause": "consent"}, "card_not_suspended"),
        (WITHDRAWN, {"step": "suspend", "cause": "consent"}, "card_suspended"),
        (WITHDRAWN, {"step": "resume", "cause": "time"}, "card_not_suspended"),
        (WITHDRAWN, {"step": "resume"}, "consent_withdrawn"),
        (WITHDRAWN | OVERDUE, {"step": "resume"}, "consent_withdrawn"),
        (WITHDRAWN, {"step": "make_physical"}, "card_suspended"),
        ({"status": "active"}, {"step": "resume"}, "card_not_suspended"),
        ({"physical": None}, {"step": "print"}, "physical_not_wanted"),
        ({"physical": "wanted"}, {"step": "make_physical"}, "physical_wanted"),
        ({"physical": "wanted"}, {"step": "hand_out"}, "physical_wanted"),
        ({"physical": "printed"}, {"step": "print"}, "physical_printed"),
        ({"physical": "handed_out"}, {"step": "make_physical"}, "physical_handed_out"),
        ({"physical": "lost"}, {"step": "hand_out"}, "physical_lost"),
        ({"physical": None}, {"step": "report_lost"}, "physical_not_wanted"),
        ({}, {"step": "suspend", "until": TODAY - timedelta(days=1)}, "until_past"),
    ],
)
def test_refusals_say_why(standing: dict[str, object], order: dict[str, object], code: str) -> None:
    card = msgspec.convert({"status": "active", "physical": None, "reason": "x"} | standing, Standing)
    refusal = decide(card, msgspec.convert(order, Order), TODAY, 0)
    assert isinstance(refusal, Refusal) and refusal.code == code


def test_what_holds_a_card_is_shown() -> None:
    both = msgspec.convert(WITHDRAWN | OVERDUE | {"physical": None, "suspended_until": TODAY}, Standing)
    assert shown_reason(both) == ("consent_withdrawn", "监护人撤回授权；图书逾期未还")
    assert [reason.code for reason in why_not_good(both, TODAY)] == ["consent_withdrawn", "card_suspended"]
    # The library's suspension runs out; what no guardian wants stays.
    assert [reason.code for reason in why_not_good(both, TODAY + timedelta(days=1))] == ["consent_withdrawn"]
    alone = msgspec.convert(WITHDRAWN | {"physical": None}, Standing)
    assert shown_reason(alone) == ("consent_withdrawn", REASONS["consent_withdrawn"])
    assert shown_reason(msgspec.convert(OVERDUE | {"physical": None}, Standing)) == ("overdue", "图书逾期未还")


@given(standing=standings.filter(lambda standing: standing.status in ("active", "suspended")), steps=st.lists(orders))
def test_a_card_is_active_when_neither_library_nor_guardian_holds_it(standing: Standing, steps: list[Order]) -> None:
    for order in steps:
        after = decide(standing, order, TODAY, 0)
        if isinstance(after, Refusal) or after.status == "closed":
            continue
        assert (after.status == "suspended") == (after.reason_code is not None or after.consent_withdrawn)
        # Each changes its own hold alone.
        if order.cause == "consent" and order.step in ("suspend", "resume"):
            assert after.consent_withdrawn == (order.step == "suspend")
            assert (after.reason_code, after.suspended_until) == (standing.reason_code, standing.suspended_until)
        else:
            assert after.consent_withdrawn == standing.consent_withdrawn
        # Whoever follows the facts alone knows at any time whether the card is active.
        if (after.status == "active") != (standing.status == "active"):
            assert is_told(order, after)
        if order.step == "resume" and is_told(order, after):
            assert after.status == "active"
        standing = after


LIBRARY = (
    Order(step="suspend", reason_code="overdue", until=TODAY),
    Order(step="resume", cause="time"),
    Order(step="suspend", reason_code="uncivil"),
)
CONSENT = (
    Order(step="suspend", cause="consent"),
    Order(step="resume", cause="consent"),
    Order(step="suspend", cause="consent"),
    Order(step="resume", cause="consent"),
)


@settings(max_examples=60)
@given(
    turns=st.permutations([True] * len(LIBRARY) + [False] * len(CONSENT)),
    library=st.integers(0, len(LIBRARY)),
    consent=st.integers(0, len(CONSENT)),
)
def test_library_and_guardian_in_any_order_end_the_same(turns: list[bool], library: int, consent: int) -> None:
    """However the library's steps fall between the guardian's words, the end is that of each by itself."""

    def after(steps: list[Order]) -> Standing:
        card = Standing(status="active", physical=None)
        for order in steps:
            decided = decide(card, order, TODAY, 0)
            assert isinstance(decided, Standing), (order, card)
            card = decided
        return card

    hers, theirs = list(LIBRARY[:library]), list(CONSENT[:consent])
    apart = after(hers + theirs)
    mixed = [steps.pop(0) for turn in turns if (steps := hers if turn else theirs)]
    assert after(mixed) == apart == after(list(CONSENT[:consent]) + list(LIBRARY[:library]))
