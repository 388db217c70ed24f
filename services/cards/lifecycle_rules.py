"""Pure decisions about what may happen to a card, and what becomes of it.

    status     active → suspended → active;  both → replaced (its successor goes on) or closed; neither comes back
    physical   none → wanted → printed → handed_out → lost → handed_out;  a replaced card's successor is wanted again

Losing is no suspension: a card suspended for one reason and lost for another needs both mended to be good again.

Two hold a card, and it is active when neither does: the library, which suspends it for a reason and perhaps until a
day, and the guardian who has withdrawn consent. Each lets go of its own hold alone; while consent is withdrawn the
library cannot resume, for that would promise what does not come, but its suspension runs out all the same.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal, TypeAlias, get_args

import msgspec

Status: TypeAlias = Literal["active", "suspended", "closed", "replaced"]
Kind: TypeAlias = Literal["online", "physical"]
PhysicalState: TypeAlias = Literal["wanted", "printed", "handed_out", "lost"]
Step: TypeAlias = Literal[
    "make_physical", "print", "hand_out", "report_lost", "report_found", "replace", "suspend", "resume", "close"
]
Cause: TypeAlias = Literal["library", "consent", "time"]
SuspensionReason: TypeAlias = Literal["uncivil", "overdue", "other"]
ReplacementReason: TypeAlias = Literal["lost", "damaged", "other"]
ClosingReason: TypeAlias = Literal["left_school", "consent_withdrawn", "duplicate", "other"]

REASONS: Final[Mapping[str, str]] = {
    "uncivil": "不文明借阅",
    "overdue": "图书逾期未还",
    "consent_withdrawn": "监护人撤回授权",
    "left_school": "毕业、转学或离校",
    "duplicate": "重复办证",
    "lost": "遗失",
    "damaged": "损坏",
    "until_over": "停用期满",
    "consent_given": "监护人重新授权",
    "replaced": "补办换号",
    "other": "其他原因",
}

_REASONS_OF: Final[Mapping[Step, tuple[str, ...]]] = {
    "suspend": get_args(SuspensionReason),
    "replace": get_args(ReplacementReason),
    "close": get_args(ClosingReason),
}


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a card stands: the part of it that steps change. Fees in fen (1/100 yuan).

    `reason_code`, `reason` and `suspended_until` are the library's; a withdrawn consent needs no others.
    """

    status: Status
    physical: PhysicalState | None
    fee_fen: int = 0
    physical_made: int = 0
    reason_code: str | None = None
    reason: str | None = None
    suspended_until: date | None = None
    was_handed_out: bool = False
    consent_withdrawn: bool = False


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done: the library wants it, a guardian's consent or its withdrawal, or time brings it about."""

    step: Step
    reason_code: str | None = None
    reason: str = ""
    until: date | None = None
    cause: Cause = "library"

    @property
    def told_reason(self) -> str:
        """The words given, else the code's own."""
        return self.reason or (REASONS.get(self.reason_code, self.reason_code) if self.reason_code else "")


class Refusal(msgspec.Struct, frozen=True):
    """Why a step is not possible: a stable code and a Chinese sentence."""

    code: str
    detail: str


_NO_PHYSICAL: Final = Refusal("physical_not_wanted", "该读者证没有申请实体证。")
_STATUS: Final[Mapping[str, Refusal]] = {
    "closed": Refusal("card_closed", "该读者证已注销，不能再办理业务。"),
    "replaced": Refusal("card_replaced", "该读者证号已补办换号，旧号作废。"),
    "suspended": Refusal("card_suspended", "该读者证已停用，恢复后才能办理。"),
    "active": Refusal("card_not_suspended", "该读者证没有停用，不需要恢复。"),
}
_PHYSICAL: Final[Mapping[PhysicalState | None, Refusal]] = {
    None: _NO_PHYSICAL,
    "wanted": Refusal("physical_wanted", "实体证已经申请，还没有制作。"),
    "printed": Refusal("physical_printed", "实体证已经制作，还没有发放。"),
    "handed_out": Refusal("physical_handed_out", "实体证已经发放；如已遗失，请先挂失再补办。"),
    "lost": Refusal("physical_lost", "实体证已挂失，请解除挂失或补办。"),
}

_LIVING: Final[tuple[Status, ...]] = ("active", "suspended")
_ANY_PHYSICAL: Final[tuple[PhysicalState | None, ...]] = (None, "wanted", "printed", "handed_out", "lost")
# From which status and from which state of the physical card each step starts.
STARTS: Final[Mapping[Step, tuple[tuple[Status, ...], tuple[PhysicalState | None, ...]]]] = {
    "make_physical": (("active",), (None,)),
    "print": (("active",), ("wanted",)),
    "hand_out": (("active",), ("printed",)),
    "report_lost": (_LIVING, ("printed", "handed_out")),
    "report_found": (_LIVING, ("lost",)),
    "replace": (_LIVING, _ANY_PHYSICAL),
    "suspend": (_LIVING, _ANY_PHYSICAL),
    "resume": (("suspended",), _ANY_PHYSICAL),
    "close": (_LIVING, _ANY_PHYSICAL),
}


def decide(standing: Standing, order: Order, today: date, later_fee_fen: int) -> Standing | Refusal:
    """How the card stands after the step (for `replace`: how its successor stands), or why it is not possible.

    `today` is the day it is in China, `later_fee_fen` what a physical card costs after the first.
    """
    refusal = _refusal(standing, order, today)
    if refusal is not None:
        return refusal
    change = msgspec.structs.replace
    fee = later_fee_fen if standing.physical_made else 0
    match order.step:
        case "make_physical":
            return change(standing, physical="wanted", fee_fen=fee)
        case "print":
            return change(standing, physical="printed", physical_made=standing.physical_made + 1)
        case "hand_out":
            return change(standing, physical="handed_out", was_handed_out=True)
        case "report_lost":
            return change(standing, physical="lost")
        case "report_found":
            return change(standing, physical="handed_out" if standing.was_handed_out else "printed")
        case "replace":
            if standing.physical is None:
                return change(standing, fee_fen=0)
            return change(standing, physical="wanted", fee_fen=fee, was_handed_out=False)
        case "suspend" if order.cause == "consent":
            return change(standing, status="suspended", consent_withdrawn=True)
        case "suspend":
            return change(
                standing,
                status="suspended",
                reason_code=order.reason_code or "other",
                reason=order.told_reason or REASONS["other"],
                suspended_until=order.until,
            )
        case "resume" if order.cause == "consent":
            status: Status = "active" if standing.reason_code is None else "suspended"
            return change(standing, status=status, consent_withdrawn=False)
        case "resume":
            status = "suspended" if standing.consent_withdrawn else "active"
            return change(standing, status=status, reason_code=None, reason=None, suspended_until=None)
        case "close":
            return change(
                standing,
                status="closed",
                reason_code=order.reason_code or "other",
                reason=order.told_reason or REASONS["other"],
                suspended_until=None,
            )


def _refusal(standing: Standing, order: Order, today: date) -> Refusal | None:
    statuses, states = STARTS[order.step]
    if standing.status not in statuses:
        return _STATUS[standing.status]
    if standing.physical not in states:
        return _PHYSICAL[standing.physical]
    if order.step == "suspend":
        return _suspend_refusal(standing, order, today)
    if order.step == "resume":
        return _resume_refusal(standing, order)
    return None


def _suspend_refusal(standing: Standing, order: Order, today: date) -> Refusal | None:
    if standing.consent_withdrawn if order.cause == "consent" else standing.reason_code is not None:
        return Refusal("card_suspended", "该读者证已经停用。")
    if order.until is not None and order.until < today:
        return Refusal("until_past", "停用的截止日期不能早于今天。")
    return None


def _resume_refusal(standing: Standing, order: Order) -> Refusal | None:
    if order.cause == "library" and standing.consent_withdrawn:
        return Refusal("consent_withdrawn", "监护人已撤回授权，不能恢复；重新授权后才能使用。")
    if not (standing.consent_withdrawn if order.cause == "consent" else standing.reason_code is not None):
        return _STATUS["active"]
    return None


def fits(order: Order) -> bool:
    """Whether the step has a reason where it needs one, none where it has none, and a day only where it may end."""
    reasons = _REASONS_OF.get(order.step, (None,))
    return order.reason_code in reasons and (order.until is None or order.step == "suspend")


def is_told(order: Order, after: Standing) -> bool:
    """Whether others hear of a step. A hold that ends while the other lasts changes nothing for them.

    A second hold is told, though the card stays suspended: the log says who suspended it and why, and whoever hears it
    twice does nothing twice.
    """
    return order.step != "resume" or after.status == "active"


def shown_reason(standing: Standing) -> tuple[str | None, str | None]:
    """Code and words for people. While consent is withdrawn the code says so, the words say all that holds the card."""
    if standing.status != "suspended" or not standing.consent_withdrawn:
        return standing.reason_code, standing.reason
    words = [REASONS["consent_withdrawn"], standing.reason]
    return "consent_withdrawn", "；".join(word for word in words if word)


def is_over(suspended_until: date | None, on: date) -> bool:
    """Whether a suspension's last day is past on that day."""
    return suspended_until is not None and suspended_until < on


def why_not_good(standing: Standing, on: date) -> list[Refusal]:
    """Every reason why nothing is lent on the card on that day, as it stands now; none: it is good."""
    reasons = []
    if standing.status == "closed":
        reasons.append(Refusal("card_closed", "该读者证已注销。"))
    elif standing.status == "replaced":
        reasons.append(Refusal("card_replaced", "该读者证号已补办换号，旧号作废。"))
    elif standing.consent_withdrawn:
        reasons.append(Refusal("consent_withdrawn", "监护人已撤回授权，该读者证停用。"))
    is_held = standing.status == "suspended" and standing.reason_code is not None
    if is_held and not is_over(standing.suspended_until, on):
        until = f"，至{standing.suspended_until}" if standing.suspended_until else ""
        reasons.append(Refusal("card_suspended", f"该读者证已停用（{standing.reason}{until}）。"))
    if standing.physical == "lost" and standing.status in _LIVING:
        reasons.append(Refusal("card_lost", "该读者证已挂失。"))
    return reasons
