"""The streams, the durable consumers and who may touch what on NATS: one truth for `make run`, tests and deployments.

Subjects: `sc.v1.<district>.<school_id>.<entity>.<fact>` on EVENTS (`_` for a missing district or school) and
`sc.work.<service>.<kind>.<district>.<school_id>` on WORK.

Each durable has one filter subject (nats-server before 2.10 silently ignores several), so a consumer that wants some
facts of an entity, and not all, follows several durables: what is not wanted is not sent. Retention is by limits, never
by interest or work queue: a forgotten deduplication window must not lose or double anything, the inbox decides.
"""

from typing import Final

import msgspec

SERVICES: Final = ("identity", "params", "readers", "cards", "batches", "audit")

EVENTS: Final = "EVENTS"
WORK: Final = "WORK"

_DAY: Final = 24 * 3600
_GIB: Final = 1 << 30

CITY_EVENTS: Final = 20 * _GIB
SMALL_EVENTS: Final = _GIB
"""Bytes of EVENTS for a city, and on a machine where somebody tries things out."""

WATCH: Final = "watch"
"""The NATS user who may ask how full the streams are, and nothing else (`shared.stream_watch`)."""


class Stream(msgspec.Struct, frozen=True):
    """Ages in seconds, sizes in bytes. A full stream refuses (`discard=new`): the outbox keeps what is not taken.

    `max_bytes` is reserved: nats-server makes no stream for which its `max_file_store` has no room, and at its start
    leaves out one that it made before.
    """

    name: str
    subjects: tuple[str, ...]
    max_age: int
    max_bytes: int
    duplicate_window: int = 120


class Durable(msgspec.Struct, frozen=True):
    """A durable pull consumer. Unlimited deliveries, since poison is parked by the consumer.

    `ack_wait`, in seconds, is how long what a killed process had taken lies still; longer work reports
    (`shared.holding`).
    `follower` is the noun of the loop that pulls from it, where one loop pulls from several.
    """

    service: str
    noun: str
    stream: str
    filter_subject: str
    ack_wait: int = 5
    max_ack_pending: int = 4000
    follower: str | None = None

    @property
    def name(self) -> str:
        return f"{self.service}-{self.noun}"


STREAMS: Final = (
    Stream(EVENTS, ("sc.v1.>",), max_age=30 * _DAY, max_bytes=SMALL_EVENTS),
    Stream(WORK, ("sc.work.>",), max_age=7 * _DAY, max_bytes=_GIB // 4),
)
"""As on a small machine; elsewhere EVENTS is larger (`sized`)."""


def sized(events_bytes: int) -> tuple[Stream, ...]:
    """The streams, with so much room for events."""
    return tuple(
        msgspec.structs.replace(stream, max_bytes=events_bytes) if stream.name == EVENTS else stream
        for stream in STREAMS
    )


def _facts(service: str, entity: str, fact: str = "*") -> Durable:
    return Durable(service, entity if fact == "*" else f"{entity}-{fact}", EVENTS, f"sc.v1.*.*.{entity}.{fact}")


def _some(service: str, entity: str, *facts: str, follower: str | None = None) -> tuple[Durable, ...]:
    """One follower of these facts of an entity."""
    name = follower or entity
    return tuple(msgspec.structs.replace(_facts(service, entity, fact), follower=name) for fact in facts)


DURABLES: Final = (
    *_some("params", "reader", "created", "changed", "deleted"),
    _facts("readers", "grade"),
    _facts("readers", "class"),
    *_some("readers", "cards", "issued", follower="card"),
    *_some("readers", "card", "refused", "replaced", "closed"),
    _facts("readers", "school"),
    _facts("cards", "readers", "approved"),
    _facts("cards", "reader", "changed"),
    _facts("cards", "grade"),
    _facts("cards", "class"),
    _facts("cards", "consent", "withdrawn"),
    _facts("cards", "consent", "recorded"),
    _facts("batches", "batch"),
    *_some("batches", "cards", "issued", follower="card"),
    *_some("batches", "card", "refused"),
    Durable("audit", "everything", EVENTS, "sc.v1.>"),
    Durable("readers", "importing", WORK, "sc.work.readers.importing.>"),
    Durable("readers", "approving", WORK, "sc.work.readers.approving.>"),
    *(_facts(service, "session", "revoked") for service in SERVICES),
)

_PUBLISHES: Final[dict[str, tuple[str, ...]]] = {
    "identity": tuple(f"sc.v1.*.*.{entity}.*" for entity in ("district", "school", "user", "session")),
    "params": ("sc.v1.*.*.grade.*", "sc.v1.*.*.class.*"),
    "readers": (
        *(f"sc.v1.*.*.{entity}.*" for entity in ("reader", "readers", "registration")),
        *(f"sc.v1.*.*.{entity}.*" for entity in ("consent", "consent_text", "consent_setting")),
        *(f"sc.v1.*.*.batch.{fact}" for fact in ("opened", "confirmed", "cancelled", "undone")),
        *(f"sc.v1.*.*.batch.item_{fact}" for fact in ("failed", "skipped", "unchanged")),
        "sc.v1.*.*.batch.items_imported",
        "sc.work.readers.>",
    ),
    "cards": ("sc.v1.*.*.card.*", "sc.v1.*.*.cards.*"),
    "batches": ("sc.v1.*.*.batch.completed",),
    "audit": (),
}


def durable(service: str, noun: str) -> Durable:
    """Raises KeyError for a consumer nobody declared."""
    for declared in DURABLES:
        if (declared.service, declared.noun) == (service, noun):
            return declared
    raise KeyError(f"{service}-{noun}")


def durables(service: str, follower: str) -> tuple[Durable, ...]:
    """All that one loop pulls from. Raises KeyError for a loop nobody declared."""
    found = tuple(d for d in DURABLES if d.service == service and (d.follower or d.noun) == follower)
    if not found:
        raise KeyError(f"{service}-{follower}")
    return found


def inbox_prefix(service: str) -> str:
    """Private to the service: nobody else may subscribe to where its answers arrive."""
    return f"_INBOX_{service}"


class Permissions(msgspec.Struct, frozen=True):
    """Subjects one NATS user may publish and subscribe to."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def permissions(service: str) -> Permissions:
    """What a service needs and no more.

    `$JS.API.>` is never granted: its holder could create a consumer over any district's events.
    """
    if service == WATCH:
        return Permissions(
            tuple(f"$JS.API.STREAM.INFO.{stream.name}" for stream in STREAMS), (f"{inbox_prefix(WATCH)}.>",)
        )
    own = [declared for declared in DURABLES if declared.service == service]
    publish = [*_PUBLISHES[service]]
    for declared in own:
        publish.append(f"$JS.API.CONSUMER.MSG.NEXT.{declared.stream}.{declared.name}")
        publish.append(f"$JS.API.CONSUMER.INFO.{declared.stream}.{declared.name}")
        publish.append(f"$JS.ACK.{declared.stream}.{declared.name}.>")
    return Permissions(tuple(publish), (f"{inbox_prefix(service)}.>", "sc.v1.*.*.session.revoked"))
