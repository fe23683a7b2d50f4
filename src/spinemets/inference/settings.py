"""Settings of inference that decide results."""

from dataclasses import dataclass
from enum import StrEnum

from spinemets.errors import ConfigurationError


class Arithmetic(StrEnum):
    """What the networks compute in.

    ``auto`` is bf16 on a GPU that has it and fp32 on a CPU: trying bf16 out for the shape of one study costs
    more than it saves. ``probe`` tries it out on a CPU as well, once for each shape and machine.
    """

    AUTO = "auto"
    PROBE = "probe"
    FP32 = "fp32"


@dataclass(frozen=True, slots=True)
class SegmentingSettings:
    """How the segmenter is run; see ``configs/infer.yaml`` for the values and their reasons.

    Args:
        arithmetic: See ``Arithmetic``.
        most_voxels: Stacks of up to this many voxels go through the network in one pass.
        overlap: Of windows, for larger ones, 0 to below 1.
        flips: Whether the mean with the stack flipped left to right is taken.
        lesion_threshold: Calibrated probability from which a voxel is lesion, 0 to 1.
        least_lesion_ml: Smaller lesions are left out.

    Raises:
        ConfigurationError: If a value is out of range.
    """

    arithmetic: Arithmetic
    most_voxels: int
    overlap: float
    flips: bool
    lesion_threshold: float
    least_lesion_ml: float

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "arithmetic", Arithmetic(self.arithmetic))
        except ValueError:
            known = ", ".join(Arithmetic)
            raise ConfigurationError(
                f"is {self.arithmetic!r}", field="arithmetic", remedy=f"allowed: {known}"
            ) from None
        if not 0.0 < self.lesion_threshold < 1.0:
            raise ConfigurationError(
                f"is {self.lesion_threshold}", field="lesion_threshold", remedy="allowed: between 0 and 1"
            )
        if not 0.0 <= self.overlap < 1.0:
            raise ConfigurationError(f"is {self.overlap}", field="overlap", remedy="allowed: 0 to below 1")
        if self.least_lesion_ml < 0.0 or self.most_voxels < 1:
            raise ConfigurationError(
                "is too small", field="least_lesion_ml, most_voxels", remedy="give 0 mL, 1 voxel or more"
            )


@dataclass(frozen=True, slots=True)
class GradingSettings:
    """How axial slices are graded.

    Args:
        coverage: Of conformal sets; one of those that the weights were calibrated for.
        reach_mm: Slices whose centre on the canal lies within so many mm of a level's own stretch count
            as slices of that level.
        neighbours: The worst slice is the one with the highest mean severity over itself and so many
            neighbours on either side: one noisy slice does not decide.

    Raises:
        ConfigurationError: If a value is out of range.
    """

    coverage: float
    reach_mm: float
    neighbours: int

    def __post_init__(self) -> None:
        if not 0.0 < self.coverage < 1.0:
            raise ConfigurationError(
                f"is {self.coverage}", field="coverage", remedy="allowed: between 0 and 1"
            )
        if self.reach_mm < 0.0 or self.neighbours < 0:
            raise ConfigurationError("is below 0", field="reach_mm, neighbours", remedy="give 0 or more")


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """What counts as a change against an earlier study; see ``configs/infer.yaml`` for the values.

    Args:
        small_ml: Lesions below this volume, in both studies, are small.
        limit_small_percent: Growth of a small lesion from which it has grown; one that would have to grow
            so much to be what it was has shrunk.
        limit_large_percent: The same of all others.
        place_mm: Centres of one lesion in two studies lie no further apart, the difference of its radii
            apart.

    Raises:
        ConfigurationError: If a value is not above 0.
    """

    small_ml: float
    limit_small_percent: float
    limit_large_percent: float
    place_mm: float

    def __post_init__(self) -> None:
        for name in ("small_ml", "limit_small_percent", "limit_large_percent", "place_mm"):
            if not getattr(self, name) > 0.0:
                raise ConfigurationError(
                    f"is {getattr(self, name)}", field=name, remedy="give a number above 0"
                )

    def limit_percent(self, volume_ml: float) -> float:
        """Growth that counts for a lesion whose larger volume this is."""
        return self.limit_small_percent if volume_ml < self.small_ml else self.limit_large_percent
