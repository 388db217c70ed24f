"""Secrets for containers: one folder a process, holding what that process needs and nothing else."""

import re
import secrets as random
from pathlib import Path

from deploy.nats_config import render, store_for
from shared.secrets import Secrets, generate_missing, write_secret
from shared.subscribers import copy_names
from shared.topology import CITY_EVENTS, SERVICES, WATCH

_OF_EVERY_SERVICE = ("data-key", "digest-key", "jwt-public.json")


def hand_out(folder: Path, *, database_host: str, nats_store: Path, events_bytes: int = CITY_EVENTS) -> list[Path]:
    """Generate what is missing in `folder/all` and copy to `folder/<process>` what each process may know.

    Safe to repeat: what exists is kept. `folder/migrate/pgpass` holds the administrator's password of PostgreSQL in
    libpq's form, `folder/nats/nats.conf` the users of NATS and room for `events_bytes` of events. Returns the folders.
    """
    secrets = generate_missing(folder / "all")
    admin = folder / "all" / "postgres-admin"
    if not admin.exists():
        write_secret(admin, random.token_urlsafe(24).encode())
    for service in SERVICES:
        private = ("jwt-private.pem", f"nats-{WATCH}") if service == "identity" else ()
        _copy(secrets, folder / service, (f"postgres-{service}", f"nats-{service}", *_OF_EVERY_SERVICE, *private))
    _copy(secrets, folder / "postgres", ("postgres-admin",))
    _copy(secrets, folder / "migrate", (*(f"postgres-{service}" for service in SERVICES), "nats-admin"))
    copy_names(secrets, Secrets(folder / "migrate"))
    password = secrets.password("postgres-admin")
    write_secret(folder / "migrate" / "pgpass", f"{database_host}:*:*:postgres:{password}\n".encode())
    (folder / "nats").mkdir(exist_ok=True)
    configured = folder / "nats" / "nats.conf"
    configuration = render(
        secrets,
        host="0.0.0.0",
        port=4222,
        store=nats_store,
        store_bytes=max(store_for(events_bytes), _promised(configured)),
    )
    write_secret(configured, configuration.encode())
    return [folder / name for name in ("postgres", "nats", "migrate", *SERVICES)]


def _promised(configuration: Path) -> int:
    """The store's size in an earlier configuration: with less nats-server would leave out the streams it has made."""
    try:
        found = re.search(r"max_file_store: (\d+)", configuration.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return 0
    return int(found[1]) if found else 0


def _copy(secrets: Secrets, folder: Path, names: tuple[str, ...]) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        write_secret(folder / name, secrets.read(name))
