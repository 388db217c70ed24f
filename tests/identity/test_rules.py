"""Pure decisions of identity."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity import rules
from services.identity.errors import RefreshTokenInvalid
from services.identity.refresh_token import new_refresh_token, parse_refresh_token
from shared import plain_name


@pytest.mark.parametrize(
    "password",
    ["blaue-Berge-77", "correct horse battery", "山高水长风景如画真美", "x9#Lq2!vTz", "schoolcard-demo-2"],
)
def test_good_passwords(password: str) -> None:
    assert not rules.check_password(password, "teacher-a")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("x9#Lq2!vT", "password_length"),
        ("x" * 129, "password_length"),
        ("x9#Lq2\x00vTz", "password_format"),
        ("my-Teacher-A-1", "password_has_username"),
        ("1234567890", "password_weak"),
        ("0987654321", "password_weak"),
        ("qwertyuiop", "password_weak"),
        ("Password1234", "password_weak"),
        ("ababababab", "password_weak"),
        ("Schoolcard-Demo", "password_weak"),
        ("woaini1234", "password_weak"),
    ],
)
def test_bad_passwords(password: str, code: str) -> None:
    assert [error.code for error in rules.check_password(password, "teacher-a")] == [code]


@pytest.mark.parametrize("key", ["abc", "teacher-a", "a.b_c-1", "x" * 32])
def test_good_usernames(key: str) -> None:
    assert not rules.check_username(key)


@pytest.mark.parametrize("key", ["", "ab", "1abc", "13800138000", "x" * 33, "王老师", "a b c", "abc\n", "Abc", "a;b"])
def test_bad_usernames(key: str) -> None:
    assert [error.code for error in rules.check_username(key)] == ["username_format"]


@given(st.text())
def test_username_keys_are_stable(text: str) -> None:
    key = rules.username_key(text)
    if not rules.check_username(key):
        assert rules.username_key(key) == key
        assert rules.username_key(f" {key.upper()} ") == key


@given(st.text())
def test_school_names_compare_without_blanks(text: str) -> None:
    assert rules.name_key(f" {plain_name.clean(text)} ") == rules.name_key(text)


def test_who_manages_whom() -> None:
    managed = {
        (manager, scope)
        for manager in ("school", "district", "city", "worker")
        for scope in ("school", "district", "city")
        if rules.may_manage(manager, scope)
    }
    assert managed == {("district", "school"), ("city", "school"), ("city", "district"), ("city", "city")}


@pytest.mark.parametrize(("seconds", "minutes"), [(0.1, 1), (59, 1), (60, 1), (61, 2), (900, 15)])
def test_locked_minutes(seconds: float, minutes: int) -> None:
    assert rules.locked_minutes(timedelta(seconds=seconds)) == minutes


@given(st.uuids(), st.uuids())
def test_refresh_tokens_come_back(school_id: UUID, session_id: UUID) -> None:
    token = new_refresh_token(school_id, session_id)
    assert parse_refresh_token(token.encode()) == token
    assert token.secret not in token.digest


@given(st.text(max_size=120))
def test_other_texts_are_no_refresh_tokens(text: str) -> None:
    with pytest.raises(RefreshTokenInvalid):
        parse_refresh_token(text)
