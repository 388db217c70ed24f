"""Structured logs: one JSON object a line on standard error, without personal data.

Who logs decides what; there is one net below: anything that looks like an ID number is masked.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import asyncpg
import msgspec
import structlog

_LONGEST = 300
_ID_NUMBER = re.compile(r"(?<!\d)[1-9]\d{16}[\dXx](?!\d)")


def configure(level: int = logging.INFO, readable: bool = False) -> None:
    """Once per process. `readable`: coloured lines for a terminal instead of JSON."""
    renderer: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if readable
        else structlog.processors.JSONRenderer(serializer=_dump)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_id_numbers,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _dump(event: MutableMapping[str, Any], **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()


def mask_id_numbers(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _mask(value)
    return event


def describe(exc: BaseException) -> str:
    """An error in one line, for logs and dead letters; of PostgreSQL's, which quote values, the kind alone."""
    if isinstance(exc, asyncpg.PostgresError):
        return f"{type(exc).__name__} {_what_postgres_says(exc)}".strip()
    said = str(exc).partition("\n")[0]
    return _mask(f"{type(exc).__name__}: {said}" if said else type(exc).__name__)[:_LONGEST]


def without_values(exc: BaseException) -> BaseException:
    """The error, and all it came from, for a log with its stack: PostgreSQL's lose the values they quote."""
    found: BaseException | None = exc
    seen: set[int] = set()
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        if isinstance(found, asyncpg.PostgresError):
            found.args = (_what_postgres_says(found),)
            found.detail = found.hint = None
        found = found.__cause__ or found.__context__
    return exc


def _what_postgres_says(exc: asyncpg.PostgresError) -> str:
    known = (getattr(exc, name, None) for name in ("sqlstate", "table_name", "column_name", "constraint_name"))
    return " ".join(str(value) for value in known if value)


def _mask(text: str) -> str:
    return _ID_NUMBER.sub(lambda match: f"{match[0][:4]}**********{match[0][-4:]}", text)
