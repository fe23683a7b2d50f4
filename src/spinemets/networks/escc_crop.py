"""Canal-centred crops of axial slices, the ESCC grader's input; training and inference cut them alike."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.errors import GeometryError
from spinemets.volume import ImageKind, Volume, resample_to_grid
from spinemets.volume.framing import crop as cut_box

Points = npt.NDArray[np.float64]

# Intensities beyond these percentiles of the crop are clipped: vessels, fat near the coil, metal.
_CLIP_PERCENTILES = (0.5, 99.5)
# Slices lean up to 45 degrees, along the disc of L5-S1; beyond 60 they show no cross-section of the canal.
_LEAST_COSINE = 0.5
# Interpolation, and the Gaussian before it, reach no further than so many pixels of the series.
_REACH_PIXELS = 6
# The canal runs on, nearly along the slices' normal, for so many slices beyond those that show it.
_MOST_SLICES_AWAY = 2
# Of the usual number of the canal's voxels; a slice with less does not show its middle.
_LEAST_SECTION = 0.6


@dataclass(frozen=True, slots=True)
class CropSettings:
    """The size of a crop.

    Args:
        slices: Neighbouring slices; odd, the middle one is the one that is graded.
        size: Pixels along rows and along columns.
        spacing_mm: Of these pixels.
        margin: Further pixels on every side, from which training cuts shifted and turned crops.
    """

    slices: int
    size: int
    spacing_mm: float
    margin: int = 0


def canal_crop(volume: Volume, centre_ras_mm: npt.ArrayLike, settings: CropSettings) -> Volume:
    """The crop around a point of the canal.

    Slices run from head to feet, rows from front to back, columns from the patient's right to left, within
    the plane of the acquired slices however it leans. Slices that the series lacks repeat its outermost one.
    Intensities are clipped and have mean 0 and standard deviation 1 over the crop without its margin.

    Args:
        volume: Axial slices (slice, row, column), of any direction and rotation.
        centre_ras_mm: (3,) the point; the slice nearest to it is the middle one.
        settings: The crop's size.

    Returns:
        float32 (slices, size + 2 margin, size + 2 margin), zeros where the image is flat.

    Raises:
        GeometryError: If the slices are not axial, or the point lies outside them.
    """
    axes = _axes(volume)
    step_mm = float(axes[:, 0] @ volume.affine_ras[:3, 0])
    index = float(volume.world_to_voxel(centre_ras_mm)[0])
    middle = round(index)
    if not 0 <= middle < volume.shape[0]:
        raise GeometryError("the point lies above or below the slices", field="centre_ras_mm")
    centre = np.asarray(centre_ras_mm, dtype=np.float64) + axes[:, 0] * (middle - index) * step_mm
    affine = _grid(centre, axes, abs(step_mm), settings)
    towards_feet = 1 if step_mm > 0 else -1
    wanted = middle + towards_feet * (np.arange(settings.slices) - settings.slices // 2)
    there = np.flatnonzero((wanted >= 0) & (wanted < volume.shape[0]))
    array = _sampled(volume, affine, wanted[there], int(there[0]), settings.size + 2 * settings.margin)
    repeated = np.pad(array, ((there[0], settings.slices - 1 - there[-1]), (0, 0), (0, 0)), mode="edge")
    return Volume(_standardised(repeated, settings.margin), affine)


def canal_centres(canal_ras_mm: Points, volume: Volume) -> Points:
    """The canal's centre in each slice.

    Args:
        canal_ras_mm: (points, 3) voxels of the canal, from a mask of these slices or of any other series.
        volume: Axial slices.

    Returns:
        (slices, 3) RAS mm in the slices' planes. Slices up to two away from one that shows the whole canal
        take over its place; further ones are NaN.
    """
    voxels = volume.world_to_voxel(canal_ras_mm.reshape(-1, 3))
    slices = volume.shape[0]
    nearest = np.rint(voxels[:, 0]).astype(np.int64)
    inside = (nearest >= 0) & (nearest < slices)
    counts = np.bincount(nearest[inside], minlength=slices)
    if not counts.any():
        return np.full((slices, 3), np.nan)
    # Where the masks end within an oblique slice, it shows a sliver at one side of the canal.
    shown = np.flatnonzero(counts >= _LEAST_SECTION * np.median(counts[counts > 0]))
    sums = [np.bincount(nearest[inside], voxels[inside, axis], minlength=slices) for axis in (1, 2)]
    every = np.arange(slices)
    source = shown[np.abs(every[:, None] - shown).argmin(axis=1)]
    rows, columns = (one[source] / counts[source] for one in sums)
    centres = volume.voxel_to_world(np.stack([every, rows, columns], axis=1))
    centres[np.abs(every - source) > _MOST_SLICES_AWAY] = np.nan
    return centres


def _axes(volume: Volume) -> npt.NDArray[np.float64]:
    """(3, 3), columns: unit vectors to the feet across the slices, and to the back and left in them."""
    across = np.cross(volume.affine_ras[:3, 1], volume.affine_ras[:3, 2])
    down = across / np.linalg.norm(across)
    down = down if down[2] < 0 else -down
    if -down[2] < _LEAST_COSINE:
        raise GeometryError("the slices are not axial", remedy="grade axial slices")
    left = np.array([-1.0, 0.0, 0.0])
    left -= down * (down @ left)
    left /= np.linalg.norm(left)
    back = np.cross(left, down)
    return np.stack([down, back if back[1] < 0 else -back, left], axis=1)


def _grid(
    centre: Points, axes: npt.NDArray[np.float64], step_mm: float, settings: CropSettings
) -> npt.NDArray[np.float64]:
    size = settings.size + 2 * settings.margin
    affine = np.eye(4)
    affine[:3, :3] = axes * (step_mm, settings.spacing_mm, settings.spacing_mm)
    affine[:3, 3] = centre - affine[:3, :3] @ (np.array([settings.slices, size, size]) - 1) * 0.5
    return affine


def _sampled(
    volume: Volume, affine: npt.NDArray[np.float64], slices: npt.NDArray[np.int64], first: int, size: int
) -> npt.NDArray[np.float32]:
    """The given slices of the volume, the first of which is slice ``first`` of the grid."""
    onto = affine.copy()
    onto[:3, 3] += affine[:3, 0] * first
    shape = (len(slices), size, size)
    corners = np.array(np.meshgrid(*((0, count - 1) for count in shape))).reshape(3, -1).T
    reached = volume.world_to_voxel(corners @ onto[:3, :3].T + onto[:3, 3])
    low = np.clip(np.floor(reached.min(axis=0)) - _REACH_PIXELS, 0, None).astype(int)
    high = np.minimum(np.ceil(reached.max(axis=0)) + 1 + _REACH_PIXELS, volume.shape).astype(int)
    low[0], high[0] = slices.min(), slices.max() + 1
    if (low >= high).any():
        raise GeometryError("the point lies beside the slices", field="centre_ras_mm")
    (i, j, k), (i_end, j_end, k_end) = low.tolist(), high.tolist()
    near = cut_box(volume, (i, j, k), (i_end, j_end, k_end))
    return np.asarray(resample_to_grid(near, onto, shape, ImageKind.IMAGE).array, dtype=np.float32)


def _standardised(array: npt.NDArray[np.float32], margin: int) -> npt.NDArray[np.float32]:
    finite = np.nan_to_num(array)
    inner = finite[:, margin : finite.shape[1] - margin, margin : finite.shape[2] - margin]
    low, high = np.percentile(inner, _CLIP_PERCENTILES)
    clipped = np.clip(inner, low, high)
    if (spread := float(clipped.std())) == 0.0:
        return np.zeros_like(finite)
    return np.asarray((np.clip(finite, low, high) - clipped.mean()) / spread, dtype=np.float32)
