"""SHA-256 of what files hold, for the keys of caches."""

import hashlib
from pathlib import Path

from spinemets.errors import UnreadableFileError


def content_sha256(path: Path) -> bytes:
    """Of a file, or of all files of a folder in the order of their names.

    Raises:
        UnreadableFileError: If it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if not file.is_dir():
                with file.open("rb") as stream:
                    digest.update(hashlib.file_digest(stream, "sha256").digest())
    except OSError as error:
        raise UnreadableFileError(
            f"cannot be read ({error.strerror})", file=path, remedy="check the manifest"
        ) from None
    return digest.digest()
