"""The errors that SpineMets raises on purpose: each names what is wrong, where, and what to do."""

from pathlib import Path


class SpineMetsError(Exception):
    """Base of every error raised on purpose, so that callers can tell bad input from a bug."""


class InputError(SpineMetsError):
    """A file, row or value that cannot be used.

    The message reads ``WHERE: FIELD: what was found; REMEDY`` with the parts that are known.

    Args:
        problem: What was found, in plain words.
        file: The file that holds it.
        field: The field, column, header element or row that holds it.
        remedy: What the user can do about it.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: Path | str | None = None,
        field: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.problem = problem
        self.file = None if file is None else Path(file)
        self.field = field
        self.remedy = remedy
        where = ": ".join(str(part) for part in (file, field) if part is not None)
        message = f"{where}: {problem}" if where else problem
        super().__init__(f"{message}; {remedy}" if remedy else message)

    def __reduce__(self) -> tuple[object, ...]:
        # The default rebuilds from the formatted message alone, which would lose the parts on the
        # way back from a worker process.
        return (_rebuild, (type(self), self.problem, self.file, self.field, self.remedy))


def _rebuild(
    kind: type[InputError], problem: str, file: Path | None, field: str | None, remedy: str | None
) -> InputError:
    return kind(problem, file=file, field=field, remedy=remedy)


class UnreadableFileError(InputError):
    """A file that is missing, truncated, forbidden or not of the format that its place implies."""


class GeometryError(InputError):
    """Positions, orientations or spacings that describe no usable grid."""


class PixelDataError(InputError):
    """Pixel data that is absent, too short, too large or cannot be decoded."""


class StudyError(InputError):
    """A study as a whole that cannot be used, for example without any sagittal series."""


class ConfigurationError(InputError):
    """A setting that is unknown, missing or out of range."""
