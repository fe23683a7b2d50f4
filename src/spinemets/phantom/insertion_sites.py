"""Where in a real image lesions may be put: each vertebral body as an instance with a frame."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.errors import InputError
from spinemets.phantom.grid_box import Index3, box_around, box_of_mask
from spinemets.phantom.lesion_shape import Mask
from spinemets.volume.record import AffineRas, Volume

Labels = npt.NDArray[np.uint8]

_SMALLEST_BODY_ML = 3.0
_MARGIN_MM = 20.0


class VertebraMask(StrEnum):
    """What the values of a mask of vertebrae stand for."""

    BODIES = "bodies"
    """Each value above 0 is one vertebral body."""
    SPIDER = "spider"
    """1 vertebra with its posterior elements, all levels alike; 2 disc; 3 spinal canal."""


@dataclass(frozen=True, slots=True, eq=False)
class BodySite:
    """One vertebral body of a real image.

    Args:
        label: Its value in ``Sites.bodies``.
        origin_ras_mm: Centre of the body, (3,).
        axes_ras: Columns are the vertebra's right, anterior and superior unit vectors, (3, 3).
        half_size_mm: Half width (as far as it is imaged), half depth and half height.
        volume_ml: Of the body as far as it is imaged.
    """

    label: int
    origin_ras_mm: npt.NDArray[np.float64]
    axes_ras: npt.NDArray[np.float64]
    half_size_mm: tuple[float, float, float]
    volume_ml: float


@dataclass(frozen=True, slots=True, eq=False)
class Sites:
    """Bone of a real image, on the part of its mask's grid that holds the spine.

    Args:
        index: Slices that cut this part from the mask's grid.
        affine_ras: Of the part.
        bodies: 0 or the label of a body.
        posterior: 0 or the label of the body that the posterior bone belongs to.
        disc: Discs, or the gaps between bodies where discs are not annotated.
        canal: Spinal canal, or the band behind the bodies where it is not annotated.
        sites: Head to feet.
    """

    index: Index3
    affine_ras: AffineRas
    bodies: Labels
    posterior: Labels
    disc: Mask
    canal: Mask
    sites: tuple[BodySite, ...]


def find_sites(vertebrae: Volume, kind: VertebraMask) -> Sites:
    """Vertebral bodies, their frames, and the bone behind them.

    Args:
        vertebrae: Mask of vertebrae.
        kind: What its values mean.

    Raises:
        InputError: If the mask holds no body of at least 3 mL.
    """
    box = box_of_mask(np.asarray(vertebrae.array) > 0, vertebrae.affine_ras, _MARGIN_MM)
    if box is None:
        raise InputError("the mask is empty", field="vertebrae", remedy="give a mask of vertebral bodies")
    vertebrae = Volume(np.asarray(vertebrae.array)[box.index], box.affine_ras)
    if kind is VertebraMask.BODIES:
        bodies = np.asarray(vertebrae.array).astype(np.uint8)
        posterior, canal = np.zeros_like(bodies), np.zeros(bodies.shape, dtype=bool)
        disc = np.zeros(bodies.shape, dtype=bool)
    else:
        bodies, posterior, disc, canal = _split_spider(vertebrae)
    bodies, sites = _frames(bodies, vertebrae)
    if not sites:
        raise InputError(
            "the mask holds no vertebral body of 3 mL or more",
            field="vertebrae",
            remedy="give the mask that belongs to the image, and the right kind of mask",
        )
    if kind is VertebraMask.BODIES:
        disc = _gaps_between_bodies(bodies, vertebrae.spacing_mm)
        canal = _bands_behind(sites, vertebrae)
    return Sites(box.index, box.affine_ras, bodies, posterior, disc, canal, sites)


def _split_spider(vertebrae: Volume) -> tuple[Labels, Labels, Mask, Mask]:
    """Bodies lie in front of the canal, one connected piece each once the discs are cut away."""
    values = np.asarray(vertebrae.array)
    bone, disc, canal = values == 1, values == 2, values == 3
    in_front = _in_front_of_canal(canal, vertebrae.affine_ras)
    # Bodies of narrowed discs touch at their rims: a core is found first, then grown back.
    depth = ndimage.distance_transform_edt(bone & in_front, sampling=vertebrae.spacing_mm)
    cores, _ = ndimage.label(depth > 4.0)
    smallest = _SMALLEST_BODY_ML * 0.1 / vertebrae.voxel_volume_ml
    sizes = np.bincount(cores.ravel())
    kept = [label for label in range(1, len(sizes)) if sizes[label] >= smallest]
    markers = np.zeros(values.shape, dtype=np.uint8)
    for number, label in enumerate(kept, start=1):
        markers[cores == label] = number
    bodies = _nearest_label(bone & in_front, markers, vertebrae)
    posterior = _nearest_label(bone & ~in_front, bodies, vertebrae)
    return bodies, posterior, disc, canal


def _in_front_of_canal(canal: Mask, affine_ras: AffineRas) -> Mask:
    """Voxels in front of the canal's front, judged along the anterior axis at each height.

    The front is taken over all slices and carried to heights where no canal is annotated.
    """
    axis, sign = _axis_towards(affine_ras, 1)
    height_axis, _ = _axis_towards(affine_ras, 2)
    side_axis = 3 - axis - height_axis
    seen = np.asarray(canal.any(axis=side_axis))
    profile = seen if height_axis < axis else seen.T
    order = profile if sign > 0 else profile[:, ::-1]
    filled = np.asarray(order.any(axis=1))
    last = order.shape[1] - 1 - np.argmax(order[:, ::-1], axis=1)
    heights = np.arange(len(filled))
    if not filled.any():
        return np.ones_like(canal)
    front = np.interp(heights, heights[filled], last[filled])
    ahead = np.arange(order.shape[1])[None, :] > front[:, None]
    ahead = ahead if sign > 0 else ahead[:, ::-1]
    in_plane = ahead if height_axis < axis else ahead.T
    return np.broadcast_to(np.expand_dims(in_plane, side_axis), canal.shape)


def _axis_towards(affine_ras: AffineRas, world_axis: int) -> tuple[int, int]:
    """The array axis nearest to a world axis, and the sign of its direction."""
    directions = affine_ras[:3, :3] / np.linalg.norm(affine_ras[:3, :3], axis=0)
    axis = int(np.argmax(np.abs(directions[world_axis])))
    return axis, 1 if directions[world_axis, axis] > 0 else -1


def _nearest_label(bone: Mask, labels: Labels, vertebrae: Volume) -> Labels:
    """Gives every voxel of bone the label nearest to it."""
    assigned = np.zeros_like(labels)
    if bone.any() and labels.any():
        nearest = ndimage.distance_transform_edt(
            labels == 0, sampling=vertebrae.spacing_mm, return_distances=False, return_indices=True
        )
        assigned[bone] = labels[tuple(nearest[:, bone])]
    return assigned


def _frames(bodies: Labels, vertebrae: Volume) -> tuple[Labels, tuple[BodySite, ...]]:
    boxes = ndimage.find_objects(bodies)
    points = {
        label: _world_points(bodies, box, label, vertebrae.affine_ras)
        for label, box in enumerate(boxes, start=1)
        if box is not None
    }
    large = {
        label: cloud
        for label, cloud in points.items()
        if len(cloud) * vertebrae.voxel_volume_ml >= _SMALLEST_BODY_ML
    }
    order = sorted(large, key=lambda label: -float(large[label][:, 2].mean()))
    centres = np.array([large[label].mean(axis=0) for label in order]).reshape(-1, 3)
    sites = []
    for place, label in enumerate(order):
        up = centres[max(place - 1, 0)] - centres[min(place + 1, len(order) - 1)]
        axes = _axes(up if np.linalg.norm(up) > 0 else np.array([0.0, 0.0, 1.0]))
        local = (large[label] - centres[place]) @ axes
        low, high = np.percentile(local, [1.0, 99.0], axis=0)
        origin = centres[place] + axes @ ((low + high) / 2)
        right, anterior, superior = ((high - low) / 2).tolist()
        volume_ml = len(large[label]) * vertebrae.voxel_volume_ml
        sites.append(BodySite(label, origin, axes, (right, anterior, superior), volume_ml))
    kept = np.isin(bodies, order)
    return np.where(kept, bodies, 0).astype(np.uint8), tuple(sites)


def _world_points(
    bodies: Labels, box: tuple[slice, ...], label: int, affine_ras: AffineRas
) -> npt.NDArray[np.float64]:
    index = np.argwhere(bodies[box] == label) + [part.start for part in box]
    return np.asarray(index @ affine_ras[:3, :3].T + affine_ras[:3, 3])


def _axes(up: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Right, anterior and superior unit vectors of a vertebra whose neighbours lie along ``up``."""
    superior = up / np.linalg.norm(up)
    anterior = np.array([0.0, 1.0, 0.0]) - superior[1] * superior
    anterior /= np.linalg.norm(anterior)
    return np.stack([np.cross(anterior, superior), anterior, superior], axis=1)


def _gaps_between_bodies(bodies: Labels, spacing_mm: tuple[float, float, float]) -> Mask:
    """Space that closing the row of bodies by up to 6 mm fills: the discs and little else."""
    filled = bodies > 0
    outside = ndimage.distance_transform_edt(~filled, sampling=spacing_mm)
    closed = ndimage.distance_transform_edt(outside <= 6.0, sampling=spacing_mm) > 6.0
    gaps: Mask = closed & ~filled
    return gaps


def _bands_behind(sites: tuple[BodySite, ...], vertebrae: Volume) -> Mask:
    """3 to 15 mm behind the middle of each body, where the sac lies."""
    band = np.zeros(vertebrae.shape, dtype=bool)
    for site in sites:
        reach = np.abs(site.axes_ras) @ (np.array(site.half_size_mm) + _MARGIN_MM)
        low, high = site.origin_ras_mm - reach, site.origin_ras_mm + reach
        box = box_around(low, high, vertebrae.affine_ras, vertebrae.shape)
        if box is not None:
            right, anterior, superior = box.coordinates_mm(site.origin_ras_mm, site.axes_ras)
            behind = -anterior - site.half_size_mm[1]
            near = (np.abs(right) < 7.0) & (np.abs(superior) < site.half_size_mm[2])
            band[box.index] |= near & (behind > 3.0) & (behind < 15.0)
    return band
