"""Pseudonyms are stable under one key, different under another, and cannot be read."""

import hashlib
import hmac
import stat
from base64 import b32encode

import pytest

from spinemets.errors import ConfigurationError, UnreadableFileError
from spinemets.study.pseudonym import OriginalIdentifiers, PseudonymKey, choose_identifiers, stored_key

KEY = PseudonymKey.from_text("correct horse battery staple")


def test_a_name_is_the_keyed_hash_of_the_identifier():
    message = b"patient\0MRN 7"
    digest = hmac.new(b"correct horse battery staple", message, hashlib.sha256).digest()
    assert KEY.patient_key("MRN 7") == f"patient-{b32encode(digest).decode().lower()[:16]}"


def test_names_differ_between_keys_patients_and_studies():
    other = PseudonymKey.from_text("another long enough secret")
    names = {
        KEY.patient_key("a"),
        KEY.patient_key("b"),
        other.patient_key("a"),
        KEY.study_key("a", "1"),
        KEY.study_key("a", "2"),
        KEY.study_key("b", "1"),
        KEY.reference_key("1"),
    }
    assert len(names) == 7


def test_no_frame_of_reference_stays_none():
    assert KEY.reference_key("") == ""


def test_a_key_is_never_shown():
    assert "horse" not in repr(KEY)


@pytest.mark.parametrize("text", ["", "   ", "short"])
def test_a_key_that_can_be_guessed_is_refused(text):
    with pytest.raises(ConfigurationError, match="pseudonym key"):
        PseudonymKey.from_text(text)


def test_a_stored_key_is_made_once_for_its_owner_alone(tmp_path):
    path = tmp_path / "new" / "pseudonym.key"
    first = stored_key(path)
    assert stored_key(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["pseudonym.key"]


def test_generated_keys_differ(tmp_path):
    assert stored_key(tmp_path / "a") != stored_key(tmp_path / "b")


def test_a_key_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(UnreadableFileError, match=str(tmp_path)):
        stored_key(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe" * 20)
    with pytest.raises(UnreadableFileError, match="holds no text"):
        stored_key(tmp_path / "binary")


def test_the_users_own_key_is_taken_where_no_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert choose_identifiers("pseudonym") == stored_key(tmp_path / "spinemets" / "pseudonym.key")


def test_the_mode_decides(tmp_path):
    assert choose_identifiers("keep") == OriginalIdentifiers()
    assert isinstance(choose_identifiers("pseudonym", str(tmp_path / "key")), PseudonymKey)
    with pytest.raises(ConfigurationError, match="allowed: pseudonym, keep"):
        choose_identifiers("none")


def test_kept_identifiers_are_safe_as_file_names():
    kept = OriginalIdentifiers()
    assert kept.patient_key("../A B/7") == "A_B_7"
    assert kept.patient_key("///") == "unnamed"
    assert kept.study_key("x", "1.2.3") == "1.2.3"
