"""One channel of a real study, and how a lesion is blended into it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.errors import GeometryError
from spinemets.phantom.grid_box import Affine, FloatArray, GridBox, Index3, box_around
from spinemets.phantom.insertion_signal import ReferenceSignal, fine_detail, measure_reference
from spinemets.phantom.insertion_sites import Sites
from spinemets.phantom.lesion_shape import Mask
from spinemets.volume.record import Volume

FWHM_PER_SIGMA = 2.3548
_CORTEX_MM = 2.0
# Trabeculae and vessels are replaced by tumour: this share of their contrast stays.
_MARROW_DETAIL_KEPT = 0.2
# Fine detail beyond this many standard deviations is an edge, not noise, and is cut to it.
_NOISE_LIMIT = 2.5
# Below this weight a voxel belongs to the surroundings and keeps its value.
_LEAST_WEIGHT = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Blur:
    """Resolution of an acquisition: in-plane width of a point and thickness of the acquired slice."""

    in_plane_fwhm_mm: float
    slice_thickness_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """The part of an image around the spine.

    Args:
        index: Slices that cut it from the image.
        affine_ras: Of the part.
        signal: Original signal, float32.
        reference: What marrow, disc and CSF look like in it.
    """

    index: Index3
    affine_ras: Affine
    signal: FloatArray
    reference: ReferenceSignal

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between voxel centres along each axis."""
        i, j, k = np.linalg.norm(self.affine_ras[:3, :3], axis=0)
        return float(i), float(j), float(k)


def prepare_channel(image: Volume, sites: Sites) -> Channel:
    """Cuts the surroundings of the spine from an image and measures its tissue.

    Raises:
        GeometryError: If the image does not hold the bodies of the mask.
    """
    low, high = _world_extent(sites.affine_ras, sites.bodies.shape)
    box = box_around(low, high, image.affine_ras, image.shape)
    if box is None:
        raise GeometryError(
            "the image and the mask of vertebrae lie in different places",
            field="affine",
            remedy="give a mask in the same scanner coordinates",
        )
    signal = np.asarray(image.array)[box.index].astype(np.float32)
    depth = ndimage.distance_transform_edt(sites.bodies > 0, sampling=_spacing(sites.affine_ras))
    marrow = _mask_on(depth > _CORTEX_MM, sites.affine_ras, box)
    if not marrow.any():
        raise GeometryError("the image holds no vertebral body of the mask", field="affine")
    disc, canal = (_mask_on(mask, sites.affine_ras, box) for mask in (sites.disc, sites.canal))
    spacing = _spacing(box.affine_ras)
    return Channel(box.index, box.affine_ras, signal, measure_reference(signal, marrow, disc, canal, spacing))


def blend(
    channel: Channel,
    painted: FloatArray,
    shape_box: GridBox,
    lesion: FloatArray,
    ratio: FloatArray,
    blur: Blur,
) -> None:
    """Replaces marrow by tumour in ``painted``, in place.

    The lesion's signal is a ratio to the local marrow, so that it follows the bias field; the image's
    own fine detail is kept as the noise; the edge is as sharp as the acquisition resolves.

    Args:
        channel: The image.
        painted: Signal with the lesions so far, same shape as ``channel.signal``.
        shape_box: Where the lesion lies.
        lesion: Share of tumour, 0 to 1, on that box.
        ratio: Signal over that of marrow, on that box.
        blur: Resolution of the acquisition.
    """
    margin = 2.0 * max(blur.slice_thickness_mm, blur.in_plane_fwhm_mm)
    low, high = _world_extent(shape_box.affine_ras, shape_box.shape)
    box = box_around(low - margin, high + margin, channel.affine_ras, channel.signal.shape)
    if box is None:
        return
    weight = _sample(lesion, shape_box.affine_ras, box, 0.0)
    weighted_ratio = _sample((ratio * lesion).astype(np.float32), shape_box.affine_ras, box, 0.0)
    sigma = _sigma_voxels(box, blur)
    weight = ndimage.gaussian_filter(weight, sigma, truncate=3.0)
    weighted_ratio = ndimage.gaussian_filter(weighted_ratio, sigma, truncate=3.0)
    weight[weight < _LEAST_WEIGHT] = 0.0
    local_ratio = (weighted_ratio / np.maximum(weight, _LEAST_WEIGHT)).astype(np.float32)
    before = painted[box.index]
    tumour = _tumour_signal(channel, box, local_ratio)
    painted[box.index] = np.where(weight > 0, before + weight * (tumour - before), before)


def _tumour_signal(channel: Channel, box: GridBox, ratio: FloatArray) -> FloatArray:
    """Signal of pure tumour: local marrow times the ratio, the image's noise, a trace of its structure."""
    original = channel.signal[box.index]
    marrow = channel.reference.marrow[box.index]
    fine = fine_detail(original, channel.spacing_mm)
    limit = _NOISE_LIMIT * channel.reference.noise
    noise = np.clip(fine, -limit, limit)
    structure = np.clip(original - fine - marrow, -0.3 * marrow, 0.3 * marrow)
    tumour: FloatArray = ratio * (marrow + _MARROW_DETAIL_KEPT * structure) + noise * np.clip(ratio, 0.6, 1.4)
    return np.maximum(tumour, 0.0)


def _sigma_voxels(box: GridBox, blur: Blur) -> npt.NDArray[np.float64]:
    """Kernel per axis; slices of sagittal series are stacked along the axis nearest to right-left."""
    directions = box.affine_ras[:3, :3] / box.spacing_mm
    slice_axis = int(np.argmax(np.abs(directions[0])))
    fwhm = np.full(3, blur.in_plane_fwhm_mm)
    fwhm[slice_axis] = blur.slice_thickness_mm
    return np.asarray(fwhm / FWHM_PER_SIGMA / box.spacing_mm)


def _mask_on(mask: Mask, affine_ras: Affine, box: GridBox) -> Mask:
    return np.asarray(_sample(mask.astype(np.float32), affine_ras, box, 0.0) > 0.5)


def _sample(array: FloatArray, affine_ras: Affine, box: GridBox, outside: float) -> FloatArray:
    """Linear interpolation of an array at the voxel centres of a box."""
    to_array = np.linalg.inv(affine_ras) @ box.affine_ras
    if array.shape == box.shape and np.allclose(to_array, np.eye(4), atol=1e-4):
        return array
    sampled: FloatArray = ndimage.affine_transform(
        array, to_array[:3, :3], to_array[:3, 3], output_shape=box.shape, order=1, cval=outside
    )
    return sampled


def _world_extent(affine_ras: Affine, shape: tuple[int, ...]) -> tuple[Affine, Affine]:
    corners = np.array(np.meshgrid(*([0, count - 1] for count in shape), indexing="ij")).reshape(3, -1)
    world = affine_ras[:3, :3] @ corners + affine_ras[:3, 3:]
    return world.min(axis=1), world.max(axis=1)


def _spacing(affine_ras: Affine) -> tuple[float, float, float]:
    i, j, k = np.linalg.norm(affine_ras[:3, :3], axis=0)
    return float(i), float(j), float(k)
