"""Keys: what is encrypted for one purpose opens for no other, and nothing is ever made anew over something."""

import stat
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from shared.secrets import Cipher, Digester, SecretMissing, Secrets, generate_missing

KEY = bytes(range(32))
CIPHER = Cipher(KEY)
DIGESTER = Digester(KEY)


@given(st.text(), st.binary(min_size=1, max_size=20))
def test_what_was_encrypted_is_decrypted(text: str, purpose: bytes) -> None:
    encodable = text.encode("utf-8", "ignore").decode()
    assert CIPHER.decrypt(CIPHER.encrypt(encodable, purpose), purpose) == encodable


@given(st.binary(min_size=1, max_size=20), st.binary(min_size=1, max_size=20))
def test_a_value_cannot_be_moved_to_another_purpose(one: bytes, other: bytes) -> None:
    blob = CIPHER.encrypt("500101201601011234", one)
    if one == other:
        assert CIPHER.decrypt(blob, other)
    else:
        with pytest.raises(InvalidTag):
            CIPHER.decrypt(blob, other)


@given(st.integers(1, 60), st.integers(0, 7))
def test_one_changed_bit_is_found(position: int, bit: int) -> None:
    blob = bytearray(CIPHER.encrypt("500101201601011234", b"id-number"))
    blob[position % (len(blob) - 1) + 1] ^= 1 << bit
    with pytest.raises(InvalidTag):
        CIPHER.decrypt(bytes(blob), b"id-number")


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\x01" + bytes(12), b"\x01" + bytes(27)])
def test_a_blob_cut_short_is_refused(blob: bytes) -> None:
    with pytest.raises((InvalidTag, ValueError)):
        CIPHER.decrypt(blob, b"id-number")


def test_equal_texts_are_not_seen_to_be_equal() -> None:
    assert len({CIPHER.encrypt("13800138000", b"phone") for _ in range(100)}) == 100


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(InvalidTag):
        Cipher(bytes(32)).decrypt(CIPHER.encrypt("x", b"phone"), b"phone")


@given(st.lists(st.tuples(st.binary(max_size=50), st.binary(min_size=1, max_size=20))))
def test_many_are_encrypted_as_one_is(values: list[tuple[bytes, bytes]]) -> None:
    sealed = CIPHER.encrypt_all(values)
    assert [CIPHER.decrypt_bytes(blob, purpose) for blob, (_, purpose) in zip(sealed, values, strict=True)] == [
        data for data, _ in values
    ]
    assert len({blob[1:13] for blob in sealed}) == len(values), "a nonce was used twice"


def test_the_digest_of_an_id_number_is_the_one_everywhere() -> None:
    assert DIGESTER.id_number("50010120160101123x") == DIGESTER.digest("50010120160101123X", b"id-number")
    assert DIGESTER.id_number("500101201601011234") != DIGESTER.id_number("500101201601011235")


@given(st.text(max_size=30), st.text(max_size=30))
def test_digests_tell_texts_apart_and_find_equal_ones(one: str, other: str) -> None:
    first, second = (DIGESTER.digest(t.encode("utf-8", "ignore").decode(), b"phone") for t in (one, other))
    assert len(first) == 32
    assert (first == second) == (one.encode("utf-8", "ignore") == other.encode("utf-8", "ignore"))


def test_a_digest_belongs_to_its_purpose_and_key() -> None:
    made = {
        DIGESTER.digest("13800138000", b"phone"),
        DIGESTER.digest("13800138000", b"guardian-phone"),
        Digester(bytes(32)).digest("13800138000", b"phone"),
    }
    assert len(made) == 3


def test_purpose_and_text_cannot_be_shifted_into_each_other() -> None:
    assert DIGESTER.digest("bc", b"a") != DIGESTER.digest("c", b"ab")


def test_an_id_number_is_one_person_in_either_case() -> None:
    assert DIGESTER.id_number("11010519491231002x") == DIGESTER.id_number("11010519491231002X")


def test_a_folder_is_made_once_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    generate_missing(folder)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    generate_missing(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_run_that_was_killed_midway_is_finished_by_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    kept = generate_missing(folder).read("data-key")
    (folder / "jwt-private.pem").unlink()
    (folder / "nats-admin").unlink()
    (folder / "digest-key.part").write_bytes(b"half")
    again = generate_missing(folder)
    assert again.read("data-key") == kept
    assert again.password("nats-admin")
    assert again.read("jwt-private.pem")


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretMissing, match="data-key"):
        Secrets(tmp_path).cipher()
