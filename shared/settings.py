"""Where a process finds its servers, its secrets and its room on disk.

Everything comes from `SC_*` environment variables; nothing else in the code reads the environment.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeAlias
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec
from msgspec import Meta

from shared.topology import CITY_EVENTS

_Count: TypeAlias = Annotated[int, Meta(ge=1)]
_Seconds: TypeAlias = Annotated[float, Meta(gt=0)]

_AT = " - at `$."


class SettingInvalid(Exception):
    """A variable has a value that means nothing."""

    def __init__(self, exc: msgspec.ValidationError) -> None:
        # The value itself stays out: it may be a password.
        wrong, _, field = str(exc).partition(_AT)
        super().__init__(f"SC_{field.rstrip('`').upper()}: {wrong[:1].lower()}{wrong[1:]}")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one process.

    `database_url` is an administrator's URL; a service replaces its user and password by its own role's
    (`service_database_url`). Times are seconds, sizes bytes.

    `events_bytes` is how large the event stream may become. A pupil's way to a card is about 2,600 bytes in it, and it
    keeps 30 days: the default holds the 5 million pupils of a city, all in one month, with room to spare.
    `public_url` is where people reach the pages (for printed QR codes); empty: where the request came to.
    `trusted_proxies` are networks, separated by commas, whose `X-Forwarded-For` is believed; empty: nobody's.
    """

    database_url: Annotated[str, Meta(pattern="^postgres(ql)?://")]
    nats_url: Annotated[str, Meta(pattern="^(nats|tls|ws|wss)://")]
    var: Path = Path("var")
    secrets: Path = Path("var/secrets")
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535)] = 8000
    pool_size: _Count = 6
    database_timeout: _Seconds = 20.0
    pool_timeout: _Seconds = 5.0
    access_token_lifetime: _Count = 600
    session_lifetime: _Count = 12 * 3600
    upload_limit: _Count = 15 * 1024 * 1024
    secure_cookies: bool = False
    events_bytes: _Count = CITY_EVENTS
    public_url: str = ""
    trusted_proxies: str = ""

    def service_database_url(self, service: str, password: str) -> str:
        """The same server and database as `database_url`, logging in as `sc_<service>`."""
        parts = urlsplit(self.database_url)
        address = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"sc_{service}:{quote(password, safe='')}@{address}"))


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Read `SC_*` variables; an empty one is none.

    Raises KeyError when `SC_DATABASE_URL` or `SC_NATS_URL` is missing, SettingInvalid for a bad value.
    """
    named = {field: environ.get(f"SC_{field.upper()}", "") for field in Settings.__struct_fields__}
    values = {field: value for field, value in named.items() if value}
    for needed in ("database_url", "nats_url"):
        if needed not in values:
            raise KeyError(f"SC_{needed.upper()}")
    if "var" in values:
        values.setdefault("secrets", f"{values['var']}/secrets")
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=_decode_path)
    except msgspec.ValidationError as exc:
        raise SettingInvalid(exc) from exc


def _decode_path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(kind)
