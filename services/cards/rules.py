"""Pure decisions about who gets a card."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec

from services.cards import card_number
from shared.district import is_anothers

RefusalCode: TypeAlias = Literal[
    "already_has_card", "card_no_taken", "card_no_format", "card_no_district", "serials_exhausted"
]

REFUSALS: Final[Mapping[RefusalCode, str]] = {
    # Says nothing of where: not to a school, not to a guardian.
    "already_has_card": "该身份证号已办理读者证，或正在办理中。每位读者只能办理一张读者证。",
    "card_no_taken": "预设的读者证号已被使用，请更换，或留空由系统分配。",
    "card_no_format": "预设的读者证号应为15位数字，且不能全为0，请更正，或留空由系统分配。",
    "card_no_district": "预设的读者证号的前6位是其他区县的代码，请更正，或留空由系统分配。",
    "serials_exhausted": "本区县今年的读者证号已经用完，请联系市级管理员。",
}


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """A reader's approval, as far as a card needs it."""

    school_id: UUID
    district: str
    reader_id: UUID
    version: int
    id_digest: bytes
    wanted_card_no: str | None
    masked_name: str
    class_id: UUID | None
    batch_no: str | None
    item_no: int | None
    traceparent: str | None = None

    @property
    def reader(self) -> tuple[UUID, UUID]:
        return self.school_id, self.reader_id


class KnownCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card some applicant's ID number has, or had."""

    school_id: UUID
    reader_id: UUID
    card_id: UUID
    card_no: str
    id_digest: bytes
    status: str
    kind: Literal["online", "physical"]
    version: int
    reader_version: int
    physical_made: int
    masked_name: str
    issued_at: datetime

    @property
    def is_living(self) -> bool:
        return self.status in ("active", "suspended")


class Sorted(msgspec.Struct, frozen=True, kw_only=True):
    """Applications by what they need, as places in their list.

    `held`: the reader has this card already. `refused`: decided without asking for a number. `candidates`: to be
    given a card, at most one a person. `same_as`: the reader's newer approval is in the list, at that place.
    Approvals that were answered before are in none of them.
    """

    held: dict[int, KnownCard]
    refused: dict[int, RefusalCode]
    candidates: list[int]
    same_as: dict[int, int]


def sort(applications: Sequence[Application], known: Sequence[KnownCard]) -> Sorted:
    """Applications in the order in which they came; `known` has every card of their ID numbers."""
    readers = [application.reader for application in applications]
    newest: dict[tuple[UUID, UUID], int] = {}
    for place, (reader, application) in enumerate(zip(readers, applications, strict=True)):
        kept = newest.setdefault(reader, place)
        if applications[kept].version < application.version:
            newest[reader] = place
    living = {card.id_digest: card for card in known if card.is_living}
    answered = {((card.school_id, card.reader_id), card.reader_version) for card in known}
    outcome = Sorted(held={}, refused={}, candidates=[], same_as={})
    taken: set[bytes] = set()
    for place, (reader, application) in enumerate(zip(readers, applications, strict=True)):
        card = living.get(application.id_digest)
        if answered and (reader, application.version) in answered:
            continue
        latest = newest[reader]
        if latest != place:
            if application.version != applications[latest].version:
                outcome.same_as[place] = latest
        elif card is not None and (card.school_id, card.reader_id) == reader:
            outcome.held[place] = card
        elif card is not None or application.id_digest in taken:
            outcome.refused[place] = "already_has_card"
        elif (unfit := _unfit(application)) is not None:
            outcome.refused[place] = unfit
        else:
            taken.add(application.id_digest)
            outcome.candidates.append(place)
    return outcome


def _unfit(application: Application) -> RefusalCode | None:
    """Why the wanted number can be no card's of that district. Its check digit is not asked for: it may be older."""
    wanted = application.wanted_card_no
    if wanted is None:
        return None
    if not card_number.may_be_assigned(wanted):
        return "card_no_format"
    return "card_no_district" if is_anothers(wanted[:6], application.district) else None


def first_wanting(applications: Sequence[Application], places: Sequence[int]) -> dict[str, int]:
    """Each wanted number and the first of the applications at these places that wants it."""
    wanted: dict[str, int] = {}
    for place in places:
        number = applications[place].wanted_card_no
        if number is not None:
            wanted.setdefault(number, place)
    return wanted


def numbers_after(district: str, year: int, last_serial: int, count: int) -> list[str]:
    """The next `count` numbers, fewer when the year's serials end."""
    stop = min(last_serial + count, card_number.LAST_SERIAL)
    return card_number.compose_many(district, year, last_serial + 1, stop - last_serial)
