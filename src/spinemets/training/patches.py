"""Patches of prepared cases: where they lie and what they hold."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.errors import ConfigurationError
from spinemets.training.case_store import PreparedCase
from spinemets.training.label_sets import NOT_ANNOTATED


@dataclass(frozen=True, slots=True)
class PatchSettings:
    """How patches are cut.

    Args:
        size: Voxels (slice, row, column).
        lesion_share: Share of patches centred on a lesion, where the case has one, 0 to 1.
        anatomy_share: Share centred on an annotated structure; the rest lies anywhere.
        jitter: Largest shift of the centre, as a share of the patch's size.

    Raises:
        ConfigurationError: If a value is out of range.
    """

    size: tuple[int, int, int]
    lesion_share: float
    anatomy_share: float
    jitter: float

    def __post_init__(self) -> None:
        if min(self.size) < 1:
            raise ConfigurationError(
                f"is {self.size}", field="patch_size", remedy="give at least 1 voxel each"
            )
        if min(self.lesion_share, self.anatomy_share) < 0 or self.lesion_share + self.anatomy_share > 1:
            raise ConfigurationError(
                f"are {self.lesion_share} and {self.anatomy_share}",
                field="lesion_share, anatomy_share",
                remedy="give shares from 0 that sum up to at most 1",
            )


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A patch of a case.

    Args:
        image: (4, slice, row, column) float32; zeros for missing channels and beyond the case.
        targets: (3, slice, row, column) uint8; not annotated beyond the case.
    """

    image: npt.NDArray[np.float32]
    targets: npt.NDArray[np.uint8]


def draw_patch(case: PreparedCase, settings: PatchSettings, rng: np.random.Generator) -> Patch:
    """A patch centred on a lesion, a structure or anywhere, as the settings' shares have it."""
    return cut_patch(case, _draw_start(case, settings, rng), settings.size)


def cut_patch(case: PreparedCase, start: npt.NDArray[np.int64], size: tuple[int, int, int]) -> Patch:
    """The patch that begins at a voxel, which may lie outside the case."""
    image = np.zeros((len(case.presence), *size), dtype=np.float32)
    targets = np.empty((3, *size), dtype=np.uint8)
    targets[...] = np.reshape(NOT_ANNOTATED, (3, 1, 1, 1))
    low = np.maximum(start, 0)
    high = np.minimum(start + np.asarray(size), case.shape)
    slices, rows, columns = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    i, j, k = (slice(int(a), int(b)) for a, b in zip(low - start, high - start, strict=True))
    for stored, channel in enumerate(np.flatnonzero(case.presence)):
        image[channel, i, j, k] = case.image[stored, slices, rows, columns]
    targets[:, i, j, k] = case.targets[:, slices, rows, columns]
    return Patch(image, targets)


def _draw_start(
    case: PreparedCase, settings: PatchSettings, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    size, shape = np.asarray(settings.size), np.asarray(case.shape)
    centre = _draw_centre(case, settings, rng)
    jitter = rng.uniform(-settings.jitter, settings.jitter, size=3) * size
    start = np.round(centre + jitter - size / 2).astype(np.int64)
    # Inside the case where it is large enough, else the case lies in the middle of the patch.
    room = shape - size
    return np.asarray(np.where(room >= 0, np.clip(start, 0, np.maximum(room, 0)), room // 2))


def _draw_centre(
    case: PreparedCase, settings: PatchSettings, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    kind = rng.uniform()
    site = None
    if kind < settings.lesion_share and case.sites.lesion_count:
        site = case.sites.draw_lesion(rng)
    elif kind < settings.lesion_share + settings.anatomy_share:
        site = case.sites.draw_anatomy(rng)
    if site is None:
        return np.asarray(rng.uniform(size=3) * np.asarray(case.shape))
    return site.astype(np.float64)
