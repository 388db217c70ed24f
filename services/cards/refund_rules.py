"""Pure decisions about deposits of former cards (appendix 2, five, (5)).

若原读者卡已收取押金，原办卡馆凭读者原借阅卡、有效证件原件退回押金。
代退押金者，需携带被代理人借阅卡和有效证件并出示本人有效证件。

open → documents_checked → paid_out
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

Status: TypeAlias = Literal["open", "documents_checked", "paid_out"]
Collector: TypeAlias = Literal["holder", "proxy"]
Document: TypeAlias = Literal["former_card", "holder_id", "proxy_id"]

DOCUMENTS: Final[Mapping[Document, str]] = {
    "former_card": "原借阅卡",
    "holder_id": "持卡人有效证件原件",
    "proxy_id": "代退人有效证件",
}
NEEDED: Final[Mapping[Collector, tuple[Document, ...]]] = {
    "holder": ("former_card", "holder_id"),
    "proxy": ("former_card", "holder_id", "proxy_id"),
}


def missing(collector: Collector, seen: Iterable[Document]) -> list[Document]:
    """Documents that were not seen and have to be."""
    shown = set(seen)
    return [document for document in NEEDED[collector] if document not in shown]


def why_not_checked(status: Status) -> str | None:
    """Documents are checked while the case is open, or again before the money is paid out."""
    return "押金已退还，不能再核对证件。" if status == "paid_out" else None


def why_not_paid_out(status: Status) -> str | None:
    if status == "open":
        return "请先核对证件，再退还押金。"
    return "押金已退还。" if status == "paid_out" else None
