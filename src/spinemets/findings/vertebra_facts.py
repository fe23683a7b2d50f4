"""What is known of one vertebra from its voxels: place, size, level coordinate, whether the image cuts it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from spinemets.anatomy import Anatomy
from spinemets.findings.records import Point
from spinemets.volume import Volume

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# A body with more voxels than this on the border of rows or columns is cut by it.
_BORDER_VOXELS = 3
# The first or last slice of the image cuts the middle of a body, or may, if it shows this share of the body's
# largest section. Many stacks are narrow and cut its sides, which does no harm.
_MIDDLE_CUT_SHARE = 0.75
# Standard deviation of a normal distribution over half its interquartile range.
_HALF_QUARTILES_TO_SD = 1.4826
# The share of voxels that counts as touching: single voxels that bridge a disc do not.
_NEAREST_PERCENT = 5.0
_ENOUGH_POINTS = 4000


@dataclass(frozen=True, slots=True, eq=False)
class VertebraFacts:
    """One vertebra, or the sacrum.

    Args:
        points_ras_mm: (point, 3) of the body, or of the sacrum.
        is_sacrum: Whether it is the sacrum.
        whole: See ``VertebraInstances``.
        coordinate, spread: Of the level map.
        volume_ml: Of all its voxels.
    """

    points_ras_mm: Floats
    is_sacrum: bool
    whole: bool
    coordinate: float
    spread: float
    volume_ml: float

    @property
    def centre(self) -> Point:
        """RAS mm."""
        right, anterior, superior = self.points_ras_mm.mean(axis=0).tolist()
        return right, anterior, superior


def vertebra_facts(labels: Volume, anatomy: Volume, level: Volume) -> tuple[VertebraFacts, ...]:
    """Facts of every number of the labels.

    Args:
        labels: Numbers from 1 without gaps.
        anatomy: uint8, codes of ``Anatomy``.
        level: float32, coordinate along the spine.
    """
    facts = []
    for number, box in enumerate(ndimage.find_objects(labels.array), start=1):
        own = labels.array[box] == number
        body = own & (anatomy.array[box] != Anatomy.POSTERIOR_ELEMENTS)
        corner = np.array([index.start for index in box])
        values = level.array[box][body].astype(np.float64)
        coordinate, spread = _median_and_spread(values[np.isfinite(values)])
        is_sacrum = bool((anatomy.array[box][body] == Anatomy.SACRUM).any())
        facts.append(
            VertebraFacts(
                points_ras_mm=anatomy.voxel_to_world(np.argwhere(body) + corner),
                is_sacrum=is_sacrum,
                whole=not is_sacrum and not _is_cut(body, corner, labels.shape),
                coordinate=coordinate,
                spread=spread,
                volume_ml=float(np.count_nonzero(own)) * labels.voxel_volume_ml,
            )
        )
    return tuple(facts)


def _median_and_spread(values: Floats) -> tuple[float, float]:
    if not len(values):
        return float("nan"), float("nan")
    low, median, high = np.percentile(values, (25, 50, 75)).tolist()
    return median, (high - low) / 2.0 * _HALF_QUARTILES_TO_SD


def _is_cut(body: Mask, corner: npt.NDArray[np.intp], shape: tuple[int, int, int]) -> bool:
    """Whether the border of the image's rows or columns cuts a body, or an outer slice its middle."""
    voxels = np.argwhere(body)[:, 1:] + corner[1:]
    border = (voxels == 0) | (voxels == np.array(shape[1:]) - 1)
    return int(np.count_nonzero(border.any(axis=1))) > _BORDER_VOXELS or is_cut_aside(
        body, int(corner[0]), shape[0]
    )


def is_cut_aside(body: Mask, first_slice: int, slices: int) -> bool:
    """Whether so much of a body lies beyond the image's outer slices that its middle may be among it.

    Args:
        body: (slice, row, column), of a part of the image.
        first_slice: Where in the image that part begins.
        slices: Of the image.
    """
    area = body.sum(axis=(1, 2))
    outer = [area[0]] * (first_slice == 0) + [area[-1]] * (first_slice + len(area) == slices)
    return bool(max(outer, default=0) >= _MIDDLE_CUT_SHARE * max(int(area.max()), 1))


def gaps_mm(facts: tuple[VertebraFacts, ...]) -> tuple[float, ...]:
    """Space between each vertebra and the one above, 0 for the first: the height of a thin disc, or less."""
    gaps = [0.0] * len(facts)
    for index in range(1, len(facts)):
        above, own = facts[index - 1].points_ras_mm, facts[index].points_ras_mm
        apart = cKDTree(own).query(above[:: max(len(above) // _ENOUGH_POINTS, 1)])[0]
        gaps[index] = float(np.percentile(apart, _NEAREST_PERCENT))
    return tuple(gaps)


def heights_mm(facts: tuple[VertebraFacts, ...], downwards: Floats) -> tuple[float, ...]:
    """Heights of the bodies along the line from the body above to the body below.

    Args:
        facts: Of all vertebrae, head to feet.
        downwards: (3,) unit vector, for a body that has no neighbour.
    """
    heights = []
    for index, own in enumerate(facts):
        near = facts[max(index - 1, 0) : index + 2]
        along = np.subtract(near[-1].centre, near[0].centre)
        length = float(np.linalg.norm(along))
        direction = downwards if length < 1.0 else along / length
        low, high = np.percentile(own.points_ras_mm @ direction, (5, 95)).tolist()
        heights.append((high - low) / 0.9)
    return tuple(heights)
