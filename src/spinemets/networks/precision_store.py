"""Verdicts on bf16 arithmetic on disk, so that each network and shape is tried once on a machine."""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from spinemets.networks.precision_trial import Verdict


def user_cache_folder() -> Path:
    """``spinemets`` in the user's folder for caches (XDG Base Directory Specification 0.8)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "spinemets"


def kept_verdict(folder: Path, key: Mapping[str, Any], decide: Callable[[], Verdict]) -> Verdict:
    """The verdict on disk, else the one that is decided now and kept if it lasts.

    Of several processes that ask at once, one decides and the others wait for it. A file that is damaged or
    of another key is ignored; in a folder that cannot be written, nothing is kept.

    Args:
        folder: Of the verdicts; made where it is missing.
        key: All that the verdict depends on, as JSON has it.
        decide: Comes to a verdict; may take minutes.
    """
    text = json.dumps(key, sort_keys=True)
    path = folder / f"bf16-{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
    with _alone(path.with_suffix(".lock")):
        verdict = _read(path, text)
        if verdict is None:
            verdict = decide()
            if verdict.lasting:
                _write(path, text, verdict)
    return verdict


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("w")
    except OSError:  # A read-only folder: every process decides for itself.
        yield
        return
    with file:  # Closing gives the lock back, as does the end of a killed process.
        with suppress(OSError):  # Some file systems have no locks.
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _read(path: Path, key: str) -> Verdict | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Verdict(**kept["verdict"]) if kept["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, key: str, verdict: Verdict) -> None:
    partial = path.with_suffix(f".partial-{os.getpid()}")
    try:
        partial.write_text(json.dumps({"key": key, "verdict": asdict(verdict)}, indent=1), encoding="utf-8")
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink()
