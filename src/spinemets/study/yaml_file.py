"""YAML files of the user: reading them, and saying what is wrong with them."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from spinemets.errors import UnreadableFileError


def read_yaml(path: Path) -> object:
    """The content of a YAML file.

    Raises:
        UnreadableFileError: If the file cannot be read or is not YAML.
    """
    try:
        with path.open(encoding="utf-8") as file:
            content: object = yaml.safe_load(file)
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFileError(f"cannot be read ({error})", file=path) from None
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise UnreadableFileError(
            f"is not YAML ({problem})", file=path, remedy="check the indentation"
        ) from None
    except ValueError as error:
        # The parser builds dates, and has no error of its own for one that does not exist.
        raise UnreadableFileError(f"holds a date that does not exist ({error})", file=path) from None
    return content


def first_problem(error: ValidationError) -> tuple[str, str]:
    """The field and the problem of the first thing that is wrong, in plain words."""
    first = error.errors(include_url=False)[0]
    field = ""
    for part in first["loc"]:
        field += f"[{part}]" if isinstance(part, int) else f".{part}" if field else str(part)
    found = first["input"]
    shown = f", found {found!r}" if isinstance(found, str | int | float | bool) else ""
    return field, f"{first['msg'].removeprefix('Value error, ')}{shown}"
