"""How often and how far samples are changed: a record for each kind of change."""

from dataclasses import dataclass, fields

import numpy as np

from spinemets.errors import ConfigurationError

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class SpatialSettings:
    """Pose and shape of the patient. All channels and targets move together.

    Args:
        flip_chance: Of swapping left and right.
        affine_chance: Of rotating, scaling and shifting.
        in_plane_rotation_deg: Largest rotation within the slices, either way.
        out_of_plane_rotation_deg: Largest tilt out of the slices about each of their axes.
        in_plane_scale: Smallest and largest magnification within the slices.
        slice_scale: The same across slices.
        shift_mm: Largest shift within the slices along each axis.
        elastic_chance: Of bending.
        elastic_spacing_mm: Distance of the control points that move independently.
        elastic_in_plane_mm: Farthest that a control point moves along each axis within the slices.
        elastic_slice_mm: The same across slices.

    Raises:
        ConfigurationError: If a value is out of range.
    """

    flip_chance: float
    affine_chance: float
    in_plane_rotation_deg: float
    out_of_plane_rotation_deg: float
    in_plane_scale: Range
    slice_scale: Range
    shift_mm: float
    elastic_chance: float
    elastic_spacing_mm: float
    elastic_in_plane_mm: float
    elastic_slice_mm: float

    def __post_init__(self) -> None:
        _check(self)
        for name in ("in_plane_scale", "slice_scale"):
            if getattr(self, name)[0] == 0:
                raise ConfigurationError("begins at 0", field=name, remedy="give magnifications above 0")
        if self.elastic_spacing_mm <= 2 * max(self.elastic_in_plane_mm, self.elastic_slice_mm):
            raise ConfigurationError(
                "is less than twice the farthest movement, so that tissue could fold over",
                field="elastic_spacing_mm",
                remedy="widen it, or lower elastic_in_plane_mm and elastic_slice_mm",
            )


@dataclass(frozen=True, slots=True)
class SequenceSettings:
    """Which series a station has, and how they fit together.

    Args:
        drop_chance: Of leaving out channels, where there are more than one; every number of them that
            leaves one is as likely.
        shift_chance: Of a patient who moved before one of the other series.
        shift_mm: Largest movement along each axis.
        shift_deg: Largest rotation about each axis.
        blank_chance: Of one of the other series covering fewer slices than the reference.
        blank_slices: Most slices that it lacks, at one end.
        mislabel_chance: Of one series serving in another's place, in exchange where both are there.

    Raises:
        ConfigurationError: If a value is out of range.
    """

    drop_chance: float
    shift_chance: float
    shift_mm: float
    shift_deg: float
    blank_chance: float
    blank_slices: int
    mislabel_chance: float

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True, slots=True)
class IntensitySettings:
    """Signal of one channel. Chances are those of each channel.

    Args:
        bias_chance: Of uneven coil sensitivity.
        bias_strength: Largest coefficient of its logarithm, of polynomials that reach from -1 to 1.
        gamma_chance: Of another curve of grey values.
        gamma: Smallest and largest exponent.
        inversion_chance: Of turning tissue contrast over.
        blur_chance: Of blurring within the slices.
        blur_mm: Smallest and largest standard deviation, drawn for each axis.
        coarse_chance: Of lower resolution along one axis within the slices.
        coarse: Smallest and largest factor.
        thick_chance: Of thicker slices.
        thick: Smallest and largest factor.
        noise_chance: Of noise; half of it is Rician, as in magnitude images of one coil.
        noise: Smallest and largest standard deviation, in those of tissue.
        scaling_chance: Of another mean and spread, as when much of a field of view is diseased or metal.
        contrast: Smallest and largest factor.
        brightness: Largest offset either way, in standard deviations of tissue.

    Raises:
        ConfigurationError: If a value is out of range.
    """

    bias_chance: float
    bias_strength: float
    gamma_chance: float
    gamma: Range
    inversion_chance: float
    blur_chance: float
    blur_mm: Range
    coarse_chance: float
    coarse: Range
    thick_chance: float
    thick: Range
    noise_chance: float
    noise: Range
    scaling_chance: float
    contrast: Range
    brightness: float

    def __post_init__(self) -> None:
        _check(self)
        for name in ("coarse", "thick"):
            if getattr(self, name)[0] < 1:
                raise ConfigurationError("begins below 1", field=name, remedy="give factors from 1 on")


@dataclass(frozen=True, slots=True)
class ArtefactSettings:
    """What goes wrong while one channel is acquired. Chances are those of each channel.

    Args:
        ghost_chance: Of ghosts along the phase direction, from pulsation and breathing.
        ghost_strength: Smallest and largest share of the signal that a ghost has.
        ghost_count: Smallest and largest number of periods in the field of view.
        motion_chance: Of movements between phase-encoding lines.
        motion_mm: Farthest position along the phase direction.
        motion_moves: Most movements.
        ringing_chance: Of phase-encoding lines left out, which rings at edges.
        ringing_kept: Smallest and largest share of lines that is kept.
        spike_chance: Of a spike in k-space, a pattern of stripes over a slice.
        spike_strength: Smallest and largest height of the stripes, in standard deviations of tissue.

    Raises:
        ConfigurationError: If a value is out of range.
    """

    ghost_chance: float
    ghost_strength: Range
    ghost_count: tuple[int, int]
    motion_chance: float
    motion_mm: float
    motion_moves: int
    ringing_chance: float
    ringing_kept: Range
    spike_chance: float
    spike_strength: Range

    def __post_init__(self) -> None:
        _check(self)
        if self.ringing_kept[0] == 0 or self.ringing_kept[1] > 1:
            raise ConfigurationError("leaves 0 to 1", field="ringing_kept", remedy="give shares above 0")
        if self.ghost_count[0] < 1 or self.motion_moves < 1:
            raise ConfigurationError(
                "are below 1", field="ghost_count, motion_moves", remedy="give 1 or more"
            )


def happens(rng: np.random.Generator, chance: float) -> bool:
    """Whether something of this chance happens; never at 0, always at 1."""
    return float(rng.uniform()) < chance


def either_way(rng: np.random.Generator, largest: float) -> float:
    """A number from minus to plus the largest."""
    return float(rng.uniform(-largest, largest))


def factor(rng: np.random.Generator, limits: Range) -> float:
    """A factor within limits, evenly on a logarithmic scale."""
    low, high = np.log(limits)
    return float(np.exp(rng.uniform(low, high)))


def _check(settings: object) -> None:
    """Turn lists, as YAML has them, into tuples, and refuse what no setting may be."""
    for field in fields(settings):  # type: ignore[arg-type]
        value = getattr(settings, field.name)
        if not isinstance(value, int | float):
            object.__setattr__(settings, field.name, value := tuple(value))
        values = value if isinstance(value, tuple) else (value,)
        if isinstance(value, tuple) and (len(value) != 2 or value[0] > value[1]):
            raise ConfigurationError(
                f"is {list(value)}", field=field.name, remedy="give the smallest, then the largest value"
            )
        if min(values) < 0 or (field.name.endswith("_chance") and max(values) > 1):
            allowed = "a chance from 0 to 1" if field.name.endswith("_chance") else "no negative number"
            raise ConfigurationError(f"is {value}", field=field.name, remedy=f"give {allowed}")
