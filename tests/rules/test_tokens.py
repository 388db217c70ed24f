"""Access tokens: ours are taken, everything else is not."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from shared.secrets import Secrets, generate_missing
from shared.tenancy import CITY, WORKER, Actor, Scope
from shared.tokens import LEEWAY, LONGEST, Principal, Signer, TokenInvalid, Verifier

ACTOR = Actor(UUID(int=1), "teacher-a")
SESSION = UUID(int=2)
SCHOOL = Scope("school", "500103", UUID(int=3))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    return generate_missing(tmp_path_factory.mktemp("keys") / "secrets")


@pytest.fixture(scope="module")
def verifier(keys: Secrets) -> Verifier:
    return Verifier(keys)


def signed(keys: Secrets, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token with the real key, claims changed; None takes one away."""
    now = int(time.time())
    claims = {"iss": "schoolcard", "aud": "schoolcard", "iat": now, "exp": now + 60, "sub": str(ACTOR.id)}
    claims |= {"name": ACTOR.name, "sid": str(SESSION), "scope": "city"}
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    kid = json.loads(keys.read("jwt-public.json"))["keys"][0]["kid"]
    return jwt.encode(claims, keys.read("jwt-private.pem"), algorithm="EdDSA", headers={"kid": kid} | (headers or {}))


@pytest.mark.parametrize("scope", [SCHOOL, Scope("district", "500103"), CITY], ids=["school", "district", "city"])
def test_a_token_says_who_and_what(keys: Secrets, verifier: Verifier, scope: Scope) -> None:
    signer = Signer(keys, 600)
    principal = verifier.verify(signer.sign(ACTOR, scope, SESSION))
    assert principal == Principal(ACTOR, scope, SESSION, principal.expires_at)
    limited = verifier.verify(signer.sign(ACTOR, scope, SESSION, must_change_password=True))
    assert (principal.must_change_password, limited.must_change_password) == (False, True)
    assert 590 <= principal.expires_at - time.time() <= 601


def test_a_token_ends_with_what_was_kept_of_it_however_late_it_is_signed(keys: Secrets, verifier: Verifier) -> None:
    kept_at = datetime.now(UTC) - timedelta(seconds=20)
    principal = verifier.verify(Signer(keys, 600).sign(ACTOR, CITY, SESSION, issued_at=kept_at))
    assert principal.expires_at == int(kept_at.timestamp()) + 600


def test_the_helper_of_these_tests_makes_good_tokens(keys: Secrets, verifier: Verifier) -> None:
    assert verifier.verify(signed(keys)).scope == CITY


@pytest.mark.parametrize("claim", ["exp", "iat", "sub", "sid", "scope", "aud", "iss", "name"])
def test_no_claim_may_be_missing(keys: Secrets, verifier: Verifier, claim: str) -> None:
    with pytest.raises(TokenInvalid):
        verifier.verify(signed(keys, **{claim: None}))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"exp": "never"},
        {"iat": 9_999_999_999},
        {"nbf": 9_999_999_999},
        {"aud": "another"},
        {"iss": "another"},
        {"sub": "nobody"},
        {"sid": "none"},
        {"scope": "worker"},
        {"scope": "root"},
        {"scope": "school"},
        {"scope": "school", "district": "500103"},
        {"scope": "school", "school_id": str(SCHOOL.school_id)},
        {"scope": "school", "district": "500103", "school_id": "'; drop table"},
        {"scope": "district"},
        {"scope": "district", "district": "'; set role postgres; --"},
        {"scope": "district", "district": "５００１０３"},
        {"scope": "district", "district": 500103},
        {"scope": "city", "district": "500103"},
        {"scope": ["city"]},
        {"scope": {"kind": "city"}},
    ],
    ids=str,
)
def test_claims_that_do_not_fit_are_refused(keys: Secrets, verifier: Verifier, changes: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalid):
        verifier.verify(signed(keys, **changes))


def test_a_clock_a_little_off_is_forgiven(keys: Secrets, verifier: Verifier) -> None:
    now = int(time.time())
    assert verifier.verify(signed(keys, exp=now - LEEWAY + 10))
    with pytest.raises(TokenInvalid):
        verifier.verify(signed(keys, exp=now - LEEWAY - 10))


def test_a_remembered_token_expires_all_the_same(keys: Secrets) -> None:
    verifier = Verifier(keys)
    expired = int(time.time()) - LEEWAY - 1
    token = signed(keys, exp=expired)
    verifier._seen[token] = Principal(ACTOR, CITY, SESSION, expired)
    with pytest.raises(TokenInvalid):
        verifier.verify(token)


def test_what_is_remembered_has_a_bound(keys: Secrets) -> None:
    verifier = Verifier(keys)
    verifier.cache_size = 3
    signer = Signer(keys, 60)
    for number in range(10):
        verifier.verify(signer.sign(ACTOR, CITY, UUID(int=number)))
    assert len(verifier._seen) <= 3


def test_without_a_signature_nothing_is_believed(keys: Secrets, verifier: Verifier) -> None:
    head, body, _ = signed(keys).split(".")
    for algorithm in ("none", "None", "NONE"):
        header = json.loads(base64.urlsafe_b64decode(head + "==")) | {"alg": algorithm}
        forged = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
        for signature in ("", "AAAA"):
            with pytest.raises(TokenInvalid):
                verifier.verify(f"{forged}.{body}.{signature}")


@pytest.mark.filterwarnings("ignore:The HMAC key")
def test_the_public_key_is_no_shared_secret(keys: Secrets, verifier: Verifier) -> None:
    jwk = json.loads(keys.read("jwt-public.json"))["keys"][0]
    claims = jwt.decode(signed(keys), options={"verify_signature": False})
    for secret in (jwk["x"], base64.urlsafe_b64decode(jwk["x"] + "==")):
        with pytest.raises(TokenInvalid):
            verifier.verify(jwt.encode(claims, secret, algorithm="HS256", headers={"kid": jwk["kid"]}))


@pytest.mark.parametrize("headers", [{"kid": "unknown"}, {"kid": ""}, {"kid": "../../etc/passwd"}])
def test_an_unknown_key_is_refused(keys: Secrets, verifier: Verifier, headers: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalid):
        verifier.verify(signed(keys, headers))


def test_another_key_under_our_name_is_refused(keys: Secrets, verifier: Verifier) -> None:
    private = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    claims = jwt.decode(signed(keys), options={"verify_signature": False})
    kid = json.loads(keys.read("jwt-public.json"))["keys"][0]["kid"]
    with pytest.raises(TokenInvalid):
        verifier.verify(jwt.encode(claims, private, algorithm="EdDSA", headers={"kid": kid}))


def test_a_token_with_one_claim_edited_is_refused(keys: Secrets, verifier: Verifier) -> None:
    head, body, signature = Signer(keys, 600).sign(ACTOR, SCHOOL, SESSION).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "==")) | {"school_id": str(uuid4())}
    edited = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    with pytest.raises(TokenInvalid):
        verifier.verify(f"{head}.{edited}.{signature}")


@given(st.text(max_size=300))
def test_any_text_is_refused_and_nothing_else(text: str) -> None:
    with pytest.raises(TokenInvalid):
        _VERIFIER.verify(text)


@pytest.mark.parametrize(
    "header", ["[" * 2500, '{"kid": ' + "[" * 2000 + "]" * 2000 + "}", '{"kid": ["a"]}', "1", "null"]
)
def test_odd_headers_are_refused(verifier: Verifier, header: str) -> None:
    encoded = base64.urlsafe_b64encode(header.encode()).rstrip(b"=").decode()
    with pytest.raises(TokenInvalid):
        verifier.verify(f"{encoded}.e30.AAAA")


def test_a_token_that_is_too_long_is_not_even_looked_at(keys: Secrets, verifier: Verifier) -> None:
    token = signed(keys, name="x" * LONGEST)
    assert len(token) > LONGEST
    with pytest.raises(TokenInvalid):
        verifier.verify(token)


def test_services_other_than_identity_cannot_sign(keys: Secrets, tmp_path: Path) -> None:
    (tmp_path / "jwt-public.json").write_bytes(keys.read("jwt-public.json"))
    Verifier(Secrets(tmp_path))
    with pytest.raises(Exception, match="jwt-private"):
        Signer(Secrets(tmp_path), 60)


def test_a_worker_never_gets_a_token_that_is_taken(keys: Secrets, verifier: Verifier) -> None:
    with pytest.raises(TokenInvalid):
        verifier.verify(Signer(keys, 60).sign(ACTOR, WORKER, SESSION))


@pytest.fixture(scope="module", autouse=True)
def _make_verifier(verifier: Verifier) -> None:
    global _VERIFIER
    _VERIFIER = verifier


_VERIFIER: Verifier
