"""Writing below the folder of prepared data: what is there is whole, and what cannot be written is said."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spinemets.training.errors import TrainingError


@contextmanager
def writing_into(folder: Path) -> Iterator[None]:
    """The folder exists within it.

    Raises:
        TrainingError: If the folder, or what is written into it, cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise TrainingError(
            f"{folder}: cannot be written ({error.strerror or error}); set data.cache, or SPINEMETS_CACHE, "
            "to another folder"
        ) from error
