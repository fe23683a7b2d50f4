"""The user's word on series: a file that names what they show and what they serve for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from spinemets.errors import ConfigurationError
from spinemets.study.plane import display_order, in_display_order
from spinemets.study.records import DicomSource, Evidence, Plane, Series, Study, Weighting, WeightingJudgement
from spinemets.study.yaml_file import first_problem, read_yaml

FILE_NAME = "series.yaml"


class Use(StrEnum):
    """What the user wants a series to serve for."""

    CHANNEL = "channel"
    AXIAL = "axial"
    EXTRA = "extra"
    EXCLUDE = "exclude"


class SeriesOverride(BaseModel):
    """One entry of an override file; exactly one of ``key``, ``number`` and ``description`` names the series.

    Args:
        study: Key of the only study that the entry is for; None for every study.
        key: Key of the series; ``*`` and ``?`` stand for letters.
        number: Series Number.
        description: Series description, in any case; ``*`` and ``?`` stand for letters.
        weighting: What the contrast shows.
        plane: Orientation of the slices.
        use: ``channel``, ``axial``, ``extra`` or ``exclude``.
        optional: No error in a study that has no such series.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    study: str | None = None
    key: str | None = None
    number: int | None = None
    description: str | None = None
    weighting: Weighting | None = None
    plane: Plane | None = None
    use: Use | None = None
    optional: bool = False

    @model_validator(mode="after")
    def _names_one_series_and_says_something(self) -> "SeriesOverride":
        if sum(name is not None for name in (self.key, self.number, self.description)) != 1:
            raise ValueError("name the series by exactly one of key, number, description")
        if self.weighting is None and self.plane is None and self.use is None:
            raise ValueError("say at least one of weighting, plane, use")
        return self

    def names(self, series: Series) -> bool:
        """Whether the entry is about this series."""
        if self.key is not None:
            return fnmatchcase(series.key, self.key)
        if self.number is not None:
            return series.number == self.number
        description = series.parameters.series_description.casefold().strip()
        return fnmatchcase(description, (self.description or "").casefold().strip())

    @property
    def name(self) -> str:
        """How the entry names the series, for messages."""
        kind = "key" if self.key is not None else "number" if self.number is not None else "description"
        return f"{kind} {getattr(self, kind)!r}"


class _OverrideFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    series: tuple[SeriesOverride, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Override:
    """An override file that was read."""

    path: Path
    entries: tuple[SeriesOverride, ...]


_ENTRY_HELP = (
    "an entry has one of key, number, description, then weighting, plane or use, and may have study, optional"
)


def read_override(path: Path) -> Override:
    """Read an override file.

    Raises:
        UnreadableFileError: If the file cannot be read or is not YAML.
        ConfigurationError: If an entry is not as ``SeriesOverride`` describes.
    """
    content = read_yaml(path)
    try:
        return Override(path, _OverrideFile.model_validate(content).series)
    except ValidationError as error:
        field, problem = first_problem(error)
        raise ConfigurationError(problem, file=path, field=field, remedy=_ENTRY_HELP) from None


def find_override(study: Study, archive: Path) -> Path | None:
    """The override file of a study: ``series.yaml`` in its folder or the nearest folder above it.

    Args:
        study: The study.
        archive: Where the search ends; files above it are not looked at.
    """
    root = (archive if archive.is_dir() else archive.parent).absolute()
    folder = root if study.folder is None else study.folder.absolute()
    chain = [folder, *folder.parents]
    within = chain[: chain.index(root) + 1] if root in chain else [folder]
    return next((file for place in within if (file := place / FILE_NAME).is_file()), None)


def apply_override(study: Study, override: Override) -> tuple[Study, dict[str, Use]]:
    """The study with the user's weightings and planes, and the uses asked for, by series key.

    Raises:
        ConfigurationError: If an entry for this study names no series of it, or two entries name the same.
    """
    entry_of = _entries_by_key(study, override)
    series = tuple(
        _overridden(one, entry_of[one.key], override.path) if one.key in entry_of else one
        for one in study.series
    )
    uses = {key: entry.use for key, entry in entry_of.items() if entry.use is not None}
    return replace(study, series=series), uses


def _entries_by_key(study: Study, override: Override) -> dict[str, SeriesOverride]:
    entry_of: dict[str, SeriesOverride] = {}
    for index, entry in enumerate(override.entries):
        if entry.study not in (None, study.key):
            continue
        named = [one.key for one in study.series if entry.names(one)]
        field = f"series[{index}]"
        if not named and not entry.optional:
            raise ConfigurationError(
                f"study {study.key} has no series of {entry.name}",
                file=override.path,
                field=field,
                remedy=f"its series are: {_listed(study.series)}; or say optional: true",
            )
        if twice := sorted(set(named) & set(entry_of)):
            raise ConfigurationError(
                f"series {twice[0]} is named by two entries",
                file=override.path,
                field=field,
                remedy="keep one entry for each series",
            )
        entry_of |= dict.fromkeys(named, entry)
    return entry_of


def _listed(series: Sequence[Series]) -> str:
    return (
        ", ".join(one.key if one.number is None else f"{one.key} (number {one.number})" for one in series)
        or "none"
    )


def _overridden(series: Series, entry: SeriesOverride, path: Path) -> Series:
    judgement = series.weighting
    if entry.weighting is not None:
        reason = f"{path.name} says so; without it: {judgement.weighting}. {judgement.reason}"
        judgement = WeightingJudgement(entry.weighting, Evidence.OVERRIDE, reason)
    changed = replace(series, weighting=judgement)
    return changed if entry.plane is None else _seen_as(changed, entry.plane)


def _seen_as(series: Series, plane: Plane) -> Series:
    """The series with the plane that the user names; a file, whose slice axis is a guess, is reordered."""
    if isinstance(series.source, DicomSource):
        return replace(series, plane=plane)
    order = display_order(series.affine_ras, series.shape, plane)
    i, j, k = (series.shape[axis] for axis in order)
    affine_ras = in_display_order(series.affine_ras, order)
    return replace(series, plane=plane, shape=(i, j, k), affine_ras=affine_ras)
