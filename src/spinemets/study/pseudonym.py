"""Names for patients and studies that tell nothing of who they are, and stay the same over runs."""

import base64
import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from spinemets.errors import ConfigurationError, UnreadableFileError

# HMAC with SHA-256 (RFC 2104) wants a key no longer than a block; 32 bytes is its full strength. A key
# that a person typed is accepted from 16 characters, so that it cannot be guessed by trying.
_GENERATED_BYTES = 32
_SHORTEST_SECRET = 16
# 16 characters of base 32 are 80 bits: 100,000 studies collide with a chance below 1e-14.
_NAME_LENGTH = 16


class Identifiers(Protocol):
    """How patients, studies and frames of reference are named in what SpineMets writes."""

    def study_key(self, patient_id: str, study_uid: str) -> str:
        """Name of a study, safe as a file name."""

    def patient_key(self, patient_id: str) -> str:
        """Name of a patient, safe as a file name."""

    def reference_key(self, uid: str) -> str:
        """Name of a frame of reference; "" for ""."""


@dataclass(frozen=True, slots=True)
class PseudonymKey:
    """A secret that turns identifiers into pseudonyms: the first 80 bits of HMAC-SHA256, in base 32.

    The same key gives the same names over runs and over parts of an archive. Without the key the names
    can neither be undone nor tested against a list of known patients.

    Args:
        secret: The key, at least 16 bytes.

    Raises:
        ConfigurationError: If the key is too short to be one.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < _SHORTEST_SECRET:
            raise ConfigurationError(
                f"has {len(self.secret)} bytes, which can be guessed",
                field="pseudonym key",
                remedy=f"use at least {_SHORTEST_SECRET}, or let one be generated",
            )

    @classmethod
    def from_text(cls, text: str) -> "PseudonymKey":
        """The key that a setting spells out; white space around it does not count."""
        return cls(text.strip().encode())

    @classmethod
    def generate(cls) -> "PseudonymKey":
        """A new random key."""
        return cls(secrets.token_hex(_GENERATED_BYTES).encode())

    def study_key(self, patient_id: str, study_uid: str) -> str:
        """``study-`` and 16 characters; two patients under one Study Instance UID get two names."""
        return f"study-{self._digest('study', patient_id, study_uid)}"

    def patient_key(self, patient_id: str) -> str:
        """``patient-`` and 16 characters."""
        return f"patient-{self._digest('patient', patient_id)}"

    def reference_key(self, uid: str) -> str:
        """16 characters; "" for ""."""
        return self._digest("frame of reference", uid) if uid else ""

    def _digest(self, *parts: str) -> str:
        message = "\0".join(parts).encode()
        code = base64.b32encode(hmac.new(self.secret, message, hashlib.sha256).digest())
        return code.decode().lower()[:_NAME_LENGTH]


def stored_key(path: Path) -> PseudonymKey:
    """The key in a file; a new one, readable by its owner alone, where there is no such file.

    Raises:
        UnreadableFileError: If the file can be neither read nor made.
        ConfigurationError: If it holds no usable key.
    """
    try:
        if not path.exists():
            _write_new_key(path)
        text = path.read_text(encoding="utf-8")
    except FileExistsError:
        # Another process made it between the look and the writing.
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it holds no text"
        raise UnreadableFileError(f"the pseudonym key cannot be read or made: {reason}", file=path) from None
    return PseudonymKey.from_text(text)


def _write_new_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written whole under another name, then linked: no reader ever sees half a key.
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(PseudonymKey.generate().secret + b"\n")
    try:
        os.link(part, path)
    finally:
        part.unlink()


@dataclass(frozen=True, slots=True)
class OriginalIdentifiers:
    """Keeps the identifiers of the header, for those who ask for it: names then tell who the patient is."""

    def study_key(self, patient_id: str, study_uid: str) -> str:
        """The Study Instance UID."""
        return _file_name(study_uid)

    def patient_key(self, patient_id: str) -> str:
        """The Patient ID."""
        return _file_name(patient_id)

    def reference_key(self, uid: str) -> str:
        """The Frame of Reference UID."""
        return uid


def _file_name(text: str) -> str:
    return re.sub(r"[^\w.-]+", "_", text).strip("._") or "unnamed"


def choose_identifiers(mode: str, key_file: str | None = None) -> Identifiers:
    """The identifiers that the settings ask for.

    Args:
        mode: ``pseudonym`` or ``keep``.
        key_file: Where the secret lies, made at first use; None takes ``pseudonym.key`` in the user's
            own settings (``$XDG_CONFIG_HOME/spinemets``, else ``~/.config/spinemets``), so that the names
            are the same in every run of one user.

    Raises:
        ConfigurationError: If the mode is none of these.
        UnreadableFileError: If the key can be neither read nor made.
    """
    if mode == "keep":
        return OriginalIdentifiers()
    if mode != "pseudonym":
        raise ConfigurationError(f"is {mode!r}", field="identifiers.mode", remedy="allowed: pseudonym, keep")
    return stored_key(_user_key_file() if key_file is None else Path(key_file).expanduser())


def _user_key_file() -> Path:
    settings = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(settings) / "spinemets" / "pseudonym.key"
