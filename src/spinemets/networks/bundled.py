"""Weights that come with the package."""

from pathlib import Path

from spinemets.errors import UnreadableFileError

BUNDLED = "bundled"
_FOLDER = Path(__file__).resolve().parent.parent / "weights"


def weights_file(name: str, task: str) -> Path:
    """The file that a setting names: ``bundled``, or a path.

    Args:
        name: Of the setting.
        task: ``segmentation`` or ``escc``.

    Raises:
        UnreadableFileError: If the package lacks its weights.
    """
    if name != BUNDLED:
        return Path(name).absolute()
    path = _FOLDER / f"{task}.safetensors"
    if not path.is_file():
        raise UnreadableFileError(
            "is missing from the package", file=path, remedy="install spinemets again, or name a weights file"
        )
    return path
