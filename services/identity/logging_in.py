"""Logging in, refreshing, logging out, changing one's own password.

These come before any scope is known, or are about the session and not about a tenant's data, so their transactions
run as the worker role, whose rights in this schema are only what is needed here. Protocol of a log-in:

1. a place among those who hash (else 429 at once, before the database is asked), of which an address has its share;
2. the account and the lock are read, the connection goes back;
3. the password is checked in a thread, for an unknown username against nobody's hash;
4. wrong: the failure is counted, the same for unknown usernames; after some in a row the username is locked, for
   strangers; a browser in which its owner has logged in before, and an open session, are counted by themselves;
5. right: the account is locked and read again (it may have been disabled meanwhile), the session opened.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import msgspec

from services.identity import known_browser, queries, rules
from services.identity.errors import (
    CurrentPasswordWrong,
    LoginLocked,
    PasswordInvalid,
    RefreshSuperseded,
    RefreshTokenInvalid,
    RefreshTokenReused,
    SchoolIsDisabled,
    SessionExpired,
    UserIsDisabled,
    WrongCredentials,
)
from services.identity.passwords import NOBODYS_HASH, Passwords
from services.identity.presenting import account_scope, user_of
from services.identity.queries import Account, EndReason
from services.identity.refresh_token import RefreshToken, new_refresh_token
from services.identity.schemas import User
from services.identity.session_ending import Ended, end_session, end_sessions_of_user, remember
from services.identity.users import check_new_password
from shared import outbox
from shared.authentication import SessionEnded
from shared.contracts import identity as facts
from shared.database import Transaction
from shared.errors import FieldError, SchoolcardError
from shared.ids import new_id
from shared.kernel import Kernel
from shared.tenancy import WORKER, Actor, Caller, system_actor
from shared.tokens import Principal, Signer

_PASSWORD_KEPT = FieldError("password_kept", "新密码不能与当前密码相同。", "new_password")
_WRONG_CURRENT = FieldError("current_password_wrong", "当前密码不正确。", "current_password")


class Session(msgspec.Struct, frozen=True):
    """An open session as its owner gets it; `seconds_left` until it must be opened anew.

    `known_browser` is the proof that the user has logged in here, where this was a log-in.
    """

    user: User
    access_token: str
    refresh_token: str
    lifetime: int
    seconds_left: int
    known_browser: str | None = None


Counter: TypeAlias = Callable[[Account | None], bytes]
"""Under which digest wrong passwords for an account are counted; for None, those for an unknown username."""


class _Opened(msgspec.Struct, frozen=True):
    """`opened_at` is what the kept end of the access token counts from; `expires_at` is the session's end."""

    account: Account
    token: RefreshToken
    opened_at: datetime
    expires_at: datetime
    ended: tuple[Ended, ...] = ()


class _Refused(msgspec.Struct, frozen=True):
    """A refusal that leaves something behind, and so commits before it is raised."""

    error: type[SchoolcardError]
    ended: tuple[Ended, ...] = ()


class FrontDoor:
    """Opens, prolongs and ends sessions. One per process."""

    def __init__(self, kernel: Kernel, passwords: Passwords) -> None:
        self._kernel = kernel
        self._database = kernel.database
        self._passwords = passwords
        self._signer = Signer(kernel.secrets, kernel.settings.access_token_lifetime)
        self._session_lifetime = timedelta(seconds=kernel.settings.session_lifetime)
        self._token_lifetime = timedelta(seconds=kernel.settings.access_token_lifetime)

    async def log_in(
        self, caller: Caller, address: str, username: str, password: str, proof: str | None = None
    ) -> Session:
        """`address` is where the request comes from, `proof` what an earlier log-in left in this browser.

        Raises LoginBusy, LoginLocked, WrongCredentials, UserIsDisabled, SchoolIsDisabled.
        """
        key, digester = rules.username_key(username), self._kernel.digester

        def counter(account: Account | None) -> bytes:
            nonce = known_browser.nonce_of(digester, account, proof)
            return self.digest(key if nonce is None else f"{key} {nonce.hex()}")

        with self._passwords.admitted(address):
            account = await self._check(caller, key, password, counter)
        if account is None:
            raise WrongCredentials
        session = await self._finish(
            await self._database.run(as_user(caller, account), self._open, account, counter(account))
        )
        nonce = known_browser.nonce_of(digester, account, proof)
        return msgspec.structs.replace(session, known_browser=known_browser.prove(digester, account, nonce))

    async def change_password(self, caller: Caller, me: Principal, current: str, new: str) -> Session:
        """Ends all sessions of the user, this one too, and opens a new one.

        Raises LoginBusy, LoginLocked, PasswordInvalid, CurrentPasswordWrong, WrongCredentials.
        """
        check_new_password(new, me.actor.name, "new_password")
        if new == current:
            # Else the password that somebody else has set, and knows, could be kept.
            raise PasswordInvalid(errors=[_PASSWORD_KEPT])
        digest = self.digest(f"{me.actor.name} {me.session_id}")
        with self._passwords.admitted(str(me.actor.id)):
            account = await self._check(caller, me.actor.name, current, lambda _: digest)
            if account is None or account.id != me.actor.id:
                raise CurrentPasswordWrong(errors=[_WRONG_CURRENT])
            password_hash = await self._passwords.hash(new)
        session = await self._finish(
            await self._database.run(as_user(caller, account), self._replace_password, account, password_hash)
        )
        account = msgspec.structs.replace(account, password_hash=password_hash)
        return msgspec.structs.replace(session, known_browser=known_browser.prove(self._kernel.digester, account))

    async def refresh(self, caller: Caller, presented: RefreshToken) -> Session:
        """Raises RefreshTokenInvalid, SessionEnded, SessionExpired, RefreshTokenReused, RefreshSuperseded,
        UserIsDisabled, SchoolIsDisabled."""
        return await self._finish(await self._database.run(caller, self._rotate, presented))

    async def log_out(self, caller: Caller, school_id: UUID, session_id: UUID) -> bool:
        """False when the session had ended before."""
        ended = await self._database.run(caller, end_session, school_id, session_id, "logged_out")
        remember(self._kernel.ended_sessions, ended)
        return bool(ended)

    async def log_out_by(self, caller: Caller, presented: RefreshToken) -> bool:
        """False when there is no such token, or its session had ended before."""
        account = await self._database.run(caller, _find_owner, presented)
        if account is None:
            return False
        return await self.log_out(as_user(caller, account), presented.school_id, presented.session_id)

    def digest(self, username_key: str) -> bytes:
        """Under which strangers' wrong passwords for this username are counted."""
        return self._kernel.digester.digest(username_key, b"login")

    async def _check(self, caller: Caller, username_key: str, password: str, counter: Counter) -> Account | None:
        account = await self._database.run(caller, _look_up, username_key, counter)
        expected = NOBODYS_HASH if account is None else account.password_hash
        if await self._passwords.matches(password, expected) and account is not None:
            return account
        await self._database.run(caller, _count_failure, account, counter(account))
        return None

    async def _open(self, tx: Transaction, checked: Account, counted_under: bytes) -> _Opened:
        account = await _lock_unchanged(tx, checked)
        _refuse_disabled(account)
        await queries.forget_failures(tx.connection, counted_under)
        await queries.note_login(tx.connection, account.school_id, account.id, tx.now)
        return await self._insert_session(tx, account)

    async def _replace_password(self, tx: Transaction, checked: Account, password_hash: str) -> _Opened:
        account = await _lock_unchanged(tx, checked)
        _refuse_disabled(account)
        await queries.forget_failures(tx.connection, self.digest(account.username))
        version = await queries.update_own_password(tx.connection, account.school_id, account.id, password_hash, tx.now)
        account = msgspec.structs.replace(account, version=version, must_change_password=False)
        ended = await end_sessions_of_user(tx, account.school_id, account.id, "password_changed")
        await _publish(tx, account, facts.UserPasswordChanged(actor=tx.actor, version=version, **_who(account)))
        opened = await self._insert_session(tx, account)
        return msgspec.structs.replace(opened, ended=tuple(ended))

    async def _insert_session(self, tx: Transaction, account: Account) -> _Opened:
        token = new_refresh_token(account.school_id, new_id())
        end = tx.now + self._session_lifetime
        await queries.insert_session(tx.connection, account, token, tx.now, tx.now + self._token_lifetime, end)
        await _publish(tx, account, facts.UserLoggedIn(actor=tx.actor, version=account.version, **_who(account)))
        return _Opened(account, token, tx.now, end)

    async def _rotate(self, tx: Transaction, presented: RefreshToken) -> _Opened | _Refused:
        session = await queries.lock_session(tx.connection, presented.school_id, presented.session_id)
        known = None if session is None else await queries.find_refresh_token(tx.connection, presented)
        if session is None or known is None:
            return _Refused(RefreshTokenInvalid)
        if session["ended_at"] is not None:
            return _Refused(SessionEnded)
        if session["expires_at"] <= tx.now:
            return _Refused(SessionExpired)
        if known["overlaps"]:
            return _Refused(RefreshSuperseded)
        if known["spent_at"] is not None:
            # Two have it: the owner and somebody else, and no way to tell which of them this is.
            return await _end(tx, presented, RefreshTokenReused, "reused")
        account = await queries.fetch_account(tx.connection, presented.school_id, session["user_id"])
        if account is None:
            return _Refused(RefreshTokenInvalid)
        if account.disabled or account.school_disabled:
            error = UserIsDisabled if account.disabled else SchoolIsDisabled
            return await _end(tx, presented, error, "disabled")
        token = new_refresh_token(presented.school_id, presented.session_id)
        await queries.spend_refresh_token(tx.connection, presented)
        await queries.insert_refresh_token(tx.connection, account.district, token)
        await queries.prolong_session(tx.connection, token, tx.now + self._token_lifetime)
        return _Opened(account, token, tx.now, session["expires_at"])

    async def _finish(self, outcome: _Opened | _Refused) -> Session:
        remember(self._kernel.ended_sessions, outcome.ended)
        if isinstance(outcome, _Refused):
            raise outcome.error
        account = outcome.account
        access_token = self._signer.sign(
            Actor(account.id, account.username),
            account_scope(account),
            outcome.token.session_id,
            must_change_password=account.must_change_password,
            issued_at=outcome.opened_at,
        )
        left = outcome.expires_at - datetime.now(outcome.expires_at.tzinfo)
        return Session(
            user=user_of(msgspec.structs.asdict(account)),
            access_token=access_token,
            refresh_token=outcome.token.encode(),
            lifetime=self._signer.lifetime,
            seconds_left=max(0, math.ceil(left.total_seconds())),
        )


def at_the_door(request_id: str, traceparent: str | None) -> Caller:
    """Who has not said yet who he is."""
    return Caller(WORKER, system_actor("identity"), request_id, traceparent)


def as_user(caller: Caller, account: Account) -> Caller:
    """What happens at the door is the user's own doing."""
    return msgspec.structs.replace(caller, scope=WORKER, actor=Actor(account.id, account.username))


async def _look_up(tx: Transaction, username_key: str, counter: Counter) -> Account | None:
    account = await queries.find_account(tx.connection, username_key)
    locked_until = await queries.find_lock(tx.connection, counter(account), tx.now)
    if locked_until is not None:
        raise _locked(tx, locked_until)
    return account


async def _count_failure(tx: Transaction, account: Account | None, digest: bytes) -> None:
    locked_until = await queries.count_failure(tx.connection, digest, tx.now, rules.LOCKED_FOR, rules.MOST_FAILURES)
    if account is not None:
        fact = facts.UserLoginFailed(
            actor=tx.actor, version=account.version, locked=locked_until is not None, **_who(account)
        )
        await _publish(tx, account, fact)


async def _lock_unchanged(tx: Transaction, checked: Account) -> Account:
    """The account as it is now, if the password that was checked is still its password."""
    account = await queries.lock_account(tx.connection, checked.school_id, checked.id)
    if account is None or account.password_hash != checked.password_hash:
        raise WrongCredentials
    return account


async def _find_owner(tx: Transaction, presented: RefreshToken) -> Account | None:
    session = await queries.lock_session(tx.connection, presented.school_id, presented.session_id)
    if session is None or await queries.find_refresh_token(tx.connection, presented) is None:
        return None
    return await queries.fetch_account(tx.connection, presented.school_id, session["user_id"])


async def _end(tx: Transaction, presented: RefreshToken, error: type[SchoolcardError], reason: EndReason) -> _Refused:
    return _Refused(error, tuple(await end_session(tx, presented.school_id, presented.session_id, reason)))


async def _publish(
    tx: Transaction, account: Account, fact: facts.UserLoggedIn | facts.UserLoginFailed | facts.UserPasswordChanged
) -> None:
    await outbox.publish(tx, [(account.id, fact)], account_scope(account))


def _refuse_disabled(account: Account) -> None:
    if account.disabled:
        raise UserIsDisabled
    if account.school_disabled:
        raise SchoolIsDisabled


def _who(account: Account) -> dict[str, Any]:
    return {"user_id": account.id, "username": account.username}


def _locked(tx: Transaction, until: datetime) -> LoginLocked:
    minutes = rules.locked_minutes(until - tx.now)
    return LoginLocked(f"密码错误次数过多，该用户名已暂时锁定，请{minutes}分钟后再试，或请管理员重置密码。")
