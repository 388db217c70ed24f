"""Where a process finds its servers, its secrets and its room on disk.

Everything comes from `SC_*` environment variables; nothing else in the code reads the environment.
"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

from shared.topology import CITY_EVENTS


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one process.

    `database_url` is an administrator's URL; a service replaces its user and password by its own role's
    (`service_database_url`). Times are seconds, sizes bytes.

    `events_bytes` is how large the event stream may become. A pupil's way to a card is about 2,600 bytes in it, and it
    keeps 30 days: the default holds the 5 million pupils of a city, all in one month, with room to spare.
    `public_url` is where people reach the pages (for printed QR codes); empty: where the request came to.
    `trusted_proxies` are networks, separated by commas, whose `X-Forwarded-For` is believed; empty: nobody's.
    """

    database_url: str
    nats_url: str
    var: Path = Path("var")
    secrets: Path = Path("var/secrets")
    host: str = "127.0.0.1"
    port: int = 8000
    pool_size: int = 6
    database_timeout: float = 20.0
    pool_timeout: float = 5.0
    access_token_lifetime: int = 600
    session_lifetime: int = 12 * 3600
    upload_limit: int = 15 * 1024 * 1024
    secure_cookies: bool = False
    events_bytes: int = CITY_EVENTS
    public_url: str = ""
    trusted_proxies: str = ""

    def service_database_url(self, service: str, password: str) -> str:
        """The same server and database as `database_url`, logging in as `sc_<service>`."""
        parts = urlsplit(self.database_url)
        address = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"sc_{service}:{quote(password, safe='')}@{address}"))


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Read `SC_*` variables.

    Raises KeyError when `SC_DATABASE_URL` or `SC_NATS_URL` is missing, `msgspec.ValidationError` for a bad value.
    """
    values = {
        field: environ[f"SC_{field.upper()}"]
        for field in Settings.__struct_fields__
        if f"SC_{field.upper()}" in environ
    }
    for needed in ("database_url", "nats_url"):
        if needed not in values:
            raise KeyError(f"SC_{needed.upper()}")
    if "var" in values:
        values.setdefault("secrets", f"{values['var']}/secrets")
    return msgspec.convert(values, Settings, strict=False, dec_hook=_decode_path)


def _decode_path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(kind)
