"""Who a transaction works for: the scope that row-level security enforces, and the actor that the log names."""

from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

NO_SCHOOL = UUID(int=0)
"""Stands where a row belongs to a district or the city and a primary key needs a school."""

NO_DISTRICT = "000000"

ScopeKind: TypeAlias = Literal["school", "district", "city", "worker", "guardian"]


class Scope(msgspec.Struct, frozen=True):
    """What may be seen and changed: one school, one district, the city, or (consumers only) the facts of many schools.

    `school_id` is set for a school and a guardian alone, `district` (GB/T 2260, six digits) for these and a district.
    A guardian is somebody without an account at one school's door: a service that has no door gives the scope nothing.
    """

    kind: ScopeKind
    district: str | None = None
    school_id: UUID | None = None

    def __post_init__(self) -> None:
        if (self.kind in ("school", "guardian")) != (self.school_id is not None):
            raise ValueError("school and guardian scopes, and no others, name their school")
        if (self.kind in ("school", "guardian", "district")) != (self.district is not None):
            raise ValueError("school, guardian and district scopes, and no others, name their district")
        if self.district is not None and not (
            len(self.district) == 6 and self.district.isascii() and self.district.isdigit()
        ):
            raise ValueError("a district is six digits")

    @property
    def row_school_id(self) -> UUID:
        """The school of rows this scope writes; `NO_SCHOOL` above a school."""
        return self.school_id or NO_SCHOOL

    @property
    def row_district(self) -> str:
        return self.district or NO_DISTRICT


WORKER = Scope("worker")
CITY = Scope("city")


class Actor(msgspec.Struct, frozen=True):
    """Who did it: a user (`id`, log-in name), or a service acting by itself (`kind` "system")."""

    id: UUID
    name: str
    kind: Literal["user", "guardian", "system"] = "user"


def system_actor(service: str) -> Actor:
    return Actor(NO_SCHOOL, service, "system")


class Caller(msgspec.Struct, frozen=True):
    """One request's (or one chunk's) identity: scope, actor and the marks that tie its effects together."""

    scope: Scope
    actor: Actor
    request_id: str = ""
    traceparent: str | None = None
    session_id: UUID | None = None
    idempotency_key: str | None = None
    fingerprint: bytes = b""
