"""Which server did not answer: a driver's own error says neither its name nor who told where it is."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

import nats.errors
from nats.aio.client import Client

from shared.broker import connect
from shared.secrets import Secrets
from shared.settings import Settings

_SILENT: Final = (ConnectionError, socket.gaierror, nats.errors.NoServersError)


class ServerAway(Exception):
    """does not answer"""

    def __init__(self, server: str, url: str, variable: str, why: str) -> None:
        # Only the address: what stands before it is a password.
        where = urlsplit(url).netloc.rpartition("@")[2] or "its usual place"
        super().__init__(f"{server} {ServerAway.__doc__} at {where} ({variable}): {why}")


@contextmanager
def reaching_postgres(settings: Settings) -> Iterator[None]:
    """Raises ServerAway for a PostgreSQL that is not there."""
    with _reaching("PostgreSQL", settings.database_url, "SC_DATABASE_URL", "no answer in time"):
        yield


@contextmanager
def reaching_nats(settings: Settings) -> Iterator[None]:
    """Raises ServerAway for a nats-server that is not there, or does not let our users in."""
    # The client goes on knocking, whether nobody is there or somebody does not let it in.
    with _reaching("NATS", settings.nats_url, "SC_NATS_URL", "nobody is there, or it has other passwords (SC_SECRETS)"):
        yield


async def nats_administrator(settings: Settings) -> Client:
    """A connection that may do everything; the caller closes it. Raises ServerAway, SecretMissing."""
    password = Secrets(settings.secrets).password("nats-admin")
    with reaching_nats(settings):
        return await connect(settings.nats_url, "admin", password, "_INBOX_admin")


@contextmanager
def _reaching(server: str, url: str, variable: str, in_vain: str) -> Iterator[None]:
    """`in_vain`: what it means to have waited."""
    try:
        yield
    except TimeoutError as exc:
        raise ServerAway(server, url, variable, in_vain) from exc
    except _SILENT as exc:
        raise ServerAway(server, url, variable, str(exc) or type(exc).__name__) from exc
