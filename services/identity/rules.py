"""Pure decisions about names, passwords, lock-outs and who may manage whom."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from services.identity.schemas import Stage
from shared.contracts.identity import UserScope
from shared.errors import FieldError
from shared.tenancy import ScopeKind

STAGE_NAMES: Final[Mapping[Stage, str]] = {
    "kindergarten": "幼儿园",
    "primary": "小学",
    "junior": "初中",
    "senior": "高中",
    "nine_year": "九年一贯制学校",
    "secondary": "完全中学",
    "twelve_year": "十二年一贯制学校",
    "vocational": "中等职业学校",
    "special": "特殊教育学校",
}

DEMO_PASSWORD: Final = "schoolcard-demo"

MOST_FAILURES: Final = 5
"""So many wrong passwords in a row, each within `LOCKED_FOR` of the one before, lock a username."""

LOCKED_FOR: Final = timedelta(minutes=15)

_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,31}")

_SHORTEST_PASSWORD: Final = 10
_LONGEST_PASSWORD: Final = 128
_FEWEST_SIGNS: Final = 5
# What guessing lists start with; repeated and counted strings are found by rule.
_COMMON = ("password", "passw0rd", "qwerty", "asdfgh", "zxcvbn", "1q2w3e", "iloveyou", "woaini", "admin", "letmein")
_RUNS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_RUN_LENGTH: Final = 4


def username_key(text: str) -> str:
    """The username as it is stored and looked up: half width, small letters, no blanks at the ends."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def name_key(text: str) -> str:
    """A school's name as it is compared: without blanks, full and half width the same."""
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()


def check_username(key: str) -> list[FieldError]:
    """For a `username_key`. A letter first: phone and ID numbers are no usernames, as usernames stand in the log."""
    if _USERNAME.fullmatch(key):
        return []
    detail = "用户名应为3至32个字符，以字母开头，只含小写字母、数字、点、下划线和连字符。"
    return [FieldError("username_format", detail, "username")]


def check_password(password: str, username: str, field: str = "password") -> list[FieldError]:
    """Long enough and not among the first a guesser tries; no rules about kinds of characters (NIST SP 800-63B)."""
    return [FieldError(code, detail, field) for code, detail in _weaknesses(password, username)]


def _weaknesses(password: str, username: str) -> Iterator[tuple[str, str]]:
    if not _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        yield "password_length", f"密码应为{_SHORTEST_PASSWORD}至{_LONGEST_PASSWORD}个字符。"
        return
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in password):
        yield "password_format", "密码中有不能使用的字符。"
    text = password.lower()
    if username in text:
        yield "password_has_username", "密码不能包含用户名。"
    if text == DEMO_PASSWORD or _is_guessable(text):
        yield "password_weak", "密码太容易被猜到，请换一个。"


def _is_guessable(text: str) -> bool:
    if len(set(text)) < _FEWEST_SIGNS:
        return True
    for known in _COMMON:
        text = text.replace(known, "")
    for run in (*_RUNS, *(run[::-1] for run in _RUNS)):
        for start in range(len(run) - _RUN_LENGTH + 1):
            text = text.replace(run[start : start + _RUN_LENGTH], "")
    return len(text) < _SHORTEST_PASSWORD // 2


def may_manage(manager: ScopeKind, scope: UserScope) -> bool:
    """The city manages all users, a district those of its schools, a school none."""
    return manager == "city" or (manager == "district" and scope == "school")


def locked_minutes(left: timedelta) -> int:
    """Whole minutes to tell a locked-out user, at least one."""
    return max(1, -int(-left.total_seconds() // 60))
