"""Other systems that read events (a library's system, kiosks, data platforms): who they are and what each may read.

The truth is in the folder of secrets: `subscribers/<name>` holds the one subject that a subscriber reads, the secret
`nats-subscriber-<name>` its password. The configuration of NATS and the durables are made from it.

Each subscriber is a NATS account of its own, which reaches three subjects of the services' account by import: messages
and state of its own durable, and its acknowledgements. Permissions of a user among the services would not do: a
request names the subject that the server answers to, and the server does not ask whether the asker may publish there.
Whoever may fetch could so have its messages delivered into another district's subjects, or into WORK (seen with
nats-server 2.9.10). In an account of its own that subject leads nowhere.

A durable's name holds a digest of its filter: what a name is allowed to fetch can never be what somebody else of the
same name was subscribed to before.
"""

import hashlib
import re
import secrets as random
from typing import Final

import msgspec

from shared.district import by_code
from shared.secrets import Secrets, write_secret
from shared.topology import EVENTS, Durable, Permissions

DOMAIN: Final = "schoolcard"
"""The JetStream domain by which a subscriber's client asks: `$JS.schoolcard.API.…`."""

_SERVICE: Final = "subscriber"
_FOLDER: Final = "subscribers"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TOKEN = re.compile(r"[A-Za-z0-9_-]+|\*")
_TOKENS: Final = 6
_LONGEST: Final = 40


class BadSubscription(ValueError):
    """Not something that can be subscribed to."""


class SubscriberExists(Exception):
    """There is a subscriber of this name: remove it first, or choose another name."""


class NoSuchSubscriber(Exception):
    """There is no subscriber of this name."""


class Subscriber(msgspec.Struct, frozen=True):
    """`subject` is the one filter: `sc.v1.500103.>`, `sc.v1.*.*.card.issued`, …"""

    name: str
    subject: str

    @property
    def user(self) -> str:
        """The NATS user, and the NATS account that it is alone in."""
        return f"{_SERVICE}-{self.name}"

    @property
    def secret(self) -> str:
        return f"nats-{self.user}"

    @property
    def inbox(self) -> str:
        return f"_INBOX_{self.user}"

    @property
    def durable(self) -> Durable:
        digest = hashlib.sha256(self.subject.encode()).hexdigest()[:8]
        return Durable(_SERVICE, f"{self.name}-{digest}", EVENTS, self.subject, ack_wait=60, max_ack_pending=1000)

    @property
    def reaches(self) -> dict[str, str]:
        """Subjects of the services' account, and what they are called in the subscriber's."""
        stream, name = self.durable.stream, self.durable.name
        asked = (f"CONSUMER.MSG.NEXT.{stream}.{name}", f"CONSUMER.INFO.{stream}.{name}")
        acknowledged = f"$JS.ACK.{stream}.{name}.>"
        return {f"$JS.API.{subject}": f"$JS.{DOMAIN}.API.{subject}" for subject in asked} | {acknowledged: acknowledged}

    @property
    def permissions(self) -> Permissions:
        return Permissions(tuple(self.reaches.values()), (f"{self.inbox}.>",))


def is_subscribers(durable: str) -> bool:
    """Whether a durable of this name is, or was, a subscriber's."""
    return durable.startswith(f"{_SERVICE}-")


def subject_of(district: str | None, subject: str | None) -> str:
    """The filter for what was asked: a district, a narrower subject, both, or neither, which is the whole city.

    Raises BadSubscription for no district of the city, no subject of events, or one outside of the district.
    """
    if district is not None and by_code(district) is None:
        raise BadSubscription(f"{district} is no district of this city: give its six-digit code, for example 500103")
    if subject is None:
        return f"sc.v1.{district}.>" if district else "sc.v1.>"
    tokens = subject.split(".")
    *before, last = tokens
    plain = before if last == ">" else tokens
    if tokens[:2] != ["sc", "v1"] or len(tokens) < 3 or not all(_TOKEN.fullmatch(token) for token in plain):
        raise BadSubscription(
            f"{subject!r} is no subject of events: sc.v1.DISTRICT.SCHOOL_ID.ENTITY.FACT, with * and >"
        )
    if len(tokens) > _TOKENS or (last != ">" and len(tokens) < _TOKENS):
        raise BadSubscription(f"{subject!r} matches no event: subjects of events have {_TOKENS} parts")
    if district is not None and tokens[2] != district:
        raise BadSubscription(f"{subject!r} reaches beyond district {district}: begin it with sc.v1.{district}.")
    return subject


def known(secrets: Secrets) -> list[Subscriber]:
    """All subscribers, by name."""
    folder = secrets.folder / _FOLDER
    if not folder.is_dir():
        return []
    names = sorted(path.name for path in folder.iterdir() if _NAME.fullmatch(path.name))
    return [Subscriber(name, (folder / name).read_text(encoding="utf-8").strip()) for name in names]


def find(secrets: Secrets, name: str) -> Subscriber:
    """Raises NoSuchSubscriber."""
    for subscriber in known(secrets):
        if subscriber.name == name:
            return subscriber
    raise NoSuchSubscriber(NoSuchSubscriber.__doc__)


def enrol(secrets: Secrets, name: str, subject: str) -> Subscriber:
    """Write a subscriber down with a new password. Raises BadSubscription for a bad name, SubscriberExists."""
    if len(name) > _LONGEST or not _NAME.fullmatch(name):
        raise BadSubscription(f"{name!r} is no name: use small letters, digits and hyphens, {_LONGEST} at most")
    subscriber = Subscriber(name, subject)
    if (secrets.folder / _FOLDER / name).exists():
        raise SubscriberExists(SubscriberExists.__doc__)
    (secrets.folder / _FOLDER).mkdir(parents=True, exist_ok=True, mode=0o700)
    # The password first: who is written down must be able to log in.
    write_secret(secrets.folder / subscriber.secret, random.token_urlsafe(24).encode())
    write_secret(secrets.folder / _FOLDER / name, subject.encode())
    return subscriber


def strike(secrets: Secrets, name: str) -> Subscriber:
    """Forget a subscriber and its password. Raises NoSuchSubscriber."""
    subscriber = find(secrets, name)
    (secrets.folder / _FOLDER / name).unlink(missing_ok=True)
    (secrets.folder / subscriber.secret).unlink(missing_ok=True)
    return subscriber


def copy_names(secrets: Secrets, target: Secrets) -> None:
    """Make `target` know the same subscribers, without their passwords: what making durables needs."""
    here, there = known(secrets), known(target)
    for gone in there:
        if gone not in here:
            (target.folder / _FOLDER / gone.name).unlink(missing_ok=True)
    if here:
        (target.folder / _FOLDER).mkdir(parents=True, exist_ok=True, mode=0o700)
    for subscriber in here:
        write_secret(target.folder / _FOLDER / subscriber.name, subscriber.subject.encode())
