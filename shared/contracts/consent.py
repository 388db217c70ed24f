"""Facts about guardians: their consent, the links they register by, what they sent.

Names and ID numbers are masked; signatures, phones and the links' tokens do not appear.
"""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from shared.contracts.fact import Fact

How: TypeAlias = Literal["paper", "phone"]
ConsentMode: TypeAlias = Literal["warn", "refuse"]


class _Consent(Fact, frozen=True, kw_only=True):
    """The aggregate is one signed authorization of one reader: version 1 recorded, 2 withdrawn.

    `consent_version` counts what was said about the reader's consent, over all authorizations: the higher is the newer
    word, whichever comes first. 0 in messages from before it was there: older than any other, by their time.
    """

    ENTITY = "consent"
    reader_id: UUID
    masked_name: str
    masked_id_number: str
    consent_version: int = 0


class ConsentRecorded(_Consent, frozen=True, kw_only=True):
    """`how`: collected on paper by the school, or signed on a phone. `text_version` is the district's.

    Said again, with the same versions, when a card was issued to a reader whose guardian had withdrawn before.
    """

    FACT = "recorded"
    how: How
    relation: str
    text_version: int


class ConsentWithdrawn(_Consent, frozen=True, kw_only=True):
    """From now on the reader may have no card that works.

    `mistake`: there never was a consent, somebody ticked the wrong name; the card stays as it is, unless
    `earlier_withdrawal` says that the tick had covered a withdrawal, which counts again. Said again, with the same
    versions, when a card was being issued in the moment of the withdrawal.
    """

    FACT = "withdrawn"
    reason: str = ""
    mistake: bool = False
    earlier_withdrawal: bool = False


class ConsentTextPublished(Fact, frozen=True, kw_only=True):
    """A district has a new text for guardians to sign; `version` is the text's."""

    ENTITY = "consent_text"
    FACT = "published"


class ConsentSettingChanged(Fact, frozen=True, kw_only=True):
    """Whether approval without consent is refused in this district."""

    ENTITY = "consent_setting"
    FACT = "changed"
    mode: ConsentMode


class _Link(Fact, frozen=True, kw_only=True):
    """The aggregate is a school's link for guardians; `class_id` when it is one class's."""

    ENTITY = "registration"
    link_id: UUID
    class_id: UUID | None = None


class RegistrationOpened(_Link, frozen=True, kw_only=True):
    FACT = "opened"
    expires_at: datetime


class RegistrationRevoked(_Link, frozen=True, kw_only=True):
    FACT = "revoked"


class _Registration(Fact, frozen=True, kw_only=True):
    """The aggregate is one child's registration as a guardian sent it."""

    ENTITY = "registration"
    registration_id: UUID
    link_id: UUID
    masked_name: str
    masked_id_number: str
    class_id: UUID | None = None


class RegistrationSubmitted(_Registration, frozen=True, kw_only=True):
    FACT = "submitted"


class RegistrationCorrected(_Registration, frozen=True, kw_only=True):
    """`fields` names what changed, never the values."""

    FACT = "corrected"
    fields: tuple[str, ...] = ()


class RegistrationMerged(_Registration, frozen=True, kw_only=True):
    """It became the reader, or part of one who was there; `taken` names the fields that came from the guardian."""

    FACT = "merged"
    reader_id: UUID
    is_new: bool
    taken: tuple[str, ...] = ()


class RegistrationWithdrawn(_Registration, frozen=True, kw_only=True):
    """By the guardian; a consent that came of it is withdrawn with a fact of its own."""

    FACT = "withdrawn"


class RegistrationRevealed(_Registration, frozen=True, kw_only=True):
    """Somebody of the school was shown the ID number and phones in full as the guardian sent them."""

    FACT = "revealed"


class RegistrationRejected(_Registration, frozen=True, kw_only=True):
    FACT = "rejected"
    reason: str
