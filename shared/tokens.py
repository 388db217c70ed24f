"""Access tokens: short JWTs (RFC 7519) signed with Ed25519 (RFC 8037).

Only `EdDSA` with a known `kid`, our issuer and audience, and all of exp, iat, sub, sid, scope are accepted.
A token of somebody whose password was set by somebody else says so (`password`: "initial").
"""

import json
import time
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import jwt
import msgspec
from jwt.algorithms import OKPAlgorithm

from shared.errors import Unauthenticated
from shared.ids import parse_id
from shared.secrets import Secrets
from shared.tenancy import Actor, Scope, ScopeKind

ISSUER = "schoolcard"
AUDIENCE = "schoolcard"
LONGEST = 4096
LEEWAY = 30

_INITIAL = "initial"
_REQUIRED = ["exp", "iat", "sub", "sid", "scope", "aud", "iss", "name"]


class TokenInvalid(Unauthenticated):
    """登录已失效，请重新登录。"""

    code = "token_invalid"


class Principal(msgspec.Struct, frozen=True):
    """Whose token it is. `expires_at` in Unix seconds. `must_change_password`: good for choosing one, and no more."""

    actor: Actor
    scope: Scope
    session_id: UUID
    expires_at: int
    must_change_password: bool = False


class Verifier:
    """Checks tokens with the public keys alone. A verified token is remembered until it expires."""

    cache_size = 10_000

    def __init__(self, secrets: Secrets) -> None:
        keys = json.loads(secrets.read("jwt-public.json"))["keys"]
        self._keys = {key["kid"]: OKPAlgorithm.from_jwk(key) for key in keys}
        self._seen: dict[str, Principal] = {}

    def verify(self, token: str) -> Principal:
        """Raises TokenInvalid. Whether the session has been ended is asked elsewhere (`shared.sessions`)."""
        known = self._seen.get(token)
        if known is not None and known.expires_at + LEEWAY > time.time():
            return known
        if len(token) > LONGEST:
            raise TokenInvalid
        try:
            key = self._keys[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(
                token,
                cast(Any, key),
                algorithms=["EdDSA"],
                audience=AUDIENCE,
                issuer=ISSUER,
                leeway=LEEWAY,
                options={"require": _REQUIRED},
            )
            principal = _principal(claims)
        except (jwt.PyJWTError, KeyError, ValueError, TypeError) as exc:
            raise TokenInvalid from exc
        if len(self._seen) >= self.cache_size:
            self._seen.clear()
        self._seen[token] = principal
        return principal


class Signer:
    """Makes tokens; identity alone has the private key."""

    def __init__(self, secrets: Secrets, lifetime: int) -> None:
        self._private = secrets.read("jwt-private.pem")
        self._key_id = json.loads(secrets.read("jwt-public.json"))["keys"][0]["kid"]
        self.lifetime = lifetime

    def sign(
        self,
        actor: Actor,
        scope: Scope,
        session_id: UUID,
        *,
        must_change_password: bool = False,
        issued_at: datetime | None = None,
    ) -> str:
        """`issued_at` is the moment that was kept of it, which its end counts from; without it, now."""
        now = int(time.time() if issued_at is None else issued_at.timestamp())
        claims: dict[str, object] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + self.lifetime,
            "sub": str(actor.id),
            "name": actor.name,
            "sid": str(session_id),
            "scope": scope.kind,
        }
        if scope.district is not None:
            claims["district"] = scope.district
        if scope.school_id is not None:
            claims["school_id"] = str(scope.school_id)
        if must_change_password:
            claims["password"] = _INITIAL
        return jwt.encode(claims, self._private, algorithm="EdDSA", headers={"kid": self._key_id})


def _principal(claims: dict[str, Any]) -> Principal:
    kind = claims["scope"]
    if kind not in ("school", "district", "city"):
        raise ValueError("no such scope")
    school_id = claims.get("school_id")
    scope = Scope(cast(ScopeKind, kind), claims.get("district"), parse_id(school_id) if school_id else None)
    actor = Actor(parse_id(claims["sub"]), str(claims["name"]))
    is_initial = claims.get("password") == _INITIAL
    return Principal(actor, scope, parse_id(claims["sid"]), int(claims["exp"]), is_initial)
