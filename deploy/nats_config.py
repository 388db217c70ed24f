"""The configuration of nats-server, the same for `make run`, tests and containers: users, permissions, storage."""

import json
from pathlib import Path

from shared.secrets import Secrets
from shared.subscribers import Subscriber, known
from shared.topology import SERVICES, SMALL_EVENTS, WATCH, Permissions, permissions, sized

ADMIN = "admin"
ACCOUNT = "schoolcard"
"""The account of the services, which alone has streams."""

_LEAST_STORE = 4 << 30
_BY_HAND = 1 << 30


def store_for(events_bytes: int) -> int:
    """`max_file_store` in bytes: what the streams reserve, and something for what is made by hand.

    It is a promise, and nothing is allocated: nats-server takes any size, whatever the disk holds. So it must be below
    the disk: at its limit the server says so, on a full disk it does not.
    """
    return max(_LEAST_STORE, sum(stream.max_bytes for stream in sized(events_bytes)) + _BY_HAND)


def render(
    secrets: Secrets,
    *,
    host: str,
    port: int,
    store: Path,
    store_bytes: int = store_for(SMALL_EVENTS),
    pid_file: Path | None = None,
) -> str:
    """The text of a configuration file. It holds passwords: keep it readable by its owner alone."""
    subscribers = known(secrets)
    users = [f"{{ user: {ADMIN}, password: {_quote(secrets.password('nats-admin'))} }}"]
    users += [_user(WATCH, secrets.password(f"nats-{WATCH}"), permissions(WATCH))]
    users += [_user(service, secrets.password(f"nats-{service}"), permissions(service)) for service in SERVICES]
    lines = [
        "server_name: schoolcard",
        f"listen: {_quote(f'{host}:{port}')}",
        *([f"pid_file: {_quote(str(pid_file))}"] if pid_file else []),
        "max_payload: 1MB",
        "max_connections: 2000",
        f"jetstream {{ store_dir: {_quote(str(store))}, max_memory_store: 64MB, max_file_store: {store_bytes} }}",
        "accounts {",
        f"  {ACCOUNT} {{",
        "    jetstream: enabled",
        "    users: [",
        *(f"      {user}" for user in users),
        "    ]",
        "    exports: [",
        *(f"      {export}" for subscriber in subscribers for export in _exports(subscriber)),
        "    ]",
        "  }",
        *(line for subscriber in subscribers for line in _account(subscriber, secrets.password(subscriber.secret))),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _exports(subscriber: Subscriber) -> list[str]:
    """What this subscriber's account alone may import; a request for messages has as many answers as messages."""
    return [
        f"{{ service: {_quote(subject)}, accounts: [{subscriber.user}]"
        f"{', response_type: stream' if '.MSG.NEXT.' in subject else ''} }}"
        for subject in subscriber.reaches
    ]


def _account(subscriber: Subscriber, password: str) -> list[str]:
    imports = [
        f"{{ service: {{ account: {ACCOUNT}, subject: {_quote(theirs)} }}, to: {_quote(ours)} }}"
        for theirs, ours in subscriber.reaches.items()
    ]
    return [
        f"  {subscriber.user} {{",
        f"    users: [{_user(subscriber.user, password, subscriber.permissions)}]",
        f"    imports: [{', '.join(imports)}]",
        "  }",
    ]


def _user(name: str, password: str, allowed: Permissions) -> str:
    publish = ", ".join(_quote(subject) for subject in allowed.publish)
    subscribe = ", ".join(_quote(subject) for subject in allowed.subscribe)
    return (
        f"{{ user: {name}, password: {_quote(password)}, permissions: {{"
        f" publish: {{ allow: [{publish}] }}, subscribe: {{ allow: [{subscribe}] }} }} }}"
    )


def _quote(text: str) -> str:
    return json.dumps(text)
