"""The MRI scanner: one series of a digital spine, and the truth on the series' own grid."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import SimpleITK

from spinemets.phantom import sampling
from spinemets.phantom.coil import BodySurface, body_surface, correction, received_sensitivity
from spinemets.phantom.contrast import ContrastTable, contrast_table
from spinemets.phantom.digital import DigitalSpine
from spinemets.phantom.metal import metal_distortion
from spinemets.phantom.protocol import RigidShift, SeriesProtocol, Vendor
from spinemets.phantom.receive import Slices, fine_geometry, ghosts, receive, shift_fat
from spinemets.phantom.relaxation import tissue_parameters
from spinemets.phantom.sampling import SliceGrid
from spinemets.phantom.texture import Texture, texture_of
from spinemets.phantom.timing_draw import DIXON_WEIGHTINGS
from spinemets.study.records import Weighting
from spinemets.volume import Volume

Floats = npt.NDArray[np.float32]
Truth = Literal["tissue", "anatomy", "level", "element", "lesion"]

# The near grid fades into the far one over this many of its voxels.
_FADE_VOXELS = 3
# Slices worked on at a time: bounds memory.
_CHUNK = 8
# Brightest stored value: the 99.9th percentile of a series, as vendors scale (12 bits hold 4095).
_STORED_BRIGHT = {Vendor.SIEMENS: 900.0, Vendor.GE: 2200.0, Vendor.PHILIPS: 1600.0, Vendor.CANON: 3000.0}
_STORED_MAXIMUM = 4095
# Keeps an image without any signal from being divided by zero.
_DARKEST = 1e-6
# Keeps a person's relaxation apart from other draws of the same seed.
_PERSON_STREAM = 0x9E11


@dataclass(frozen=True, slots=True, eq=False)
class _Sources:
    """Signal of one component on both grids, as images ready to sample."""

    near: SimpleITK.Image
    far: SimpleITK.Image


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """All that a series is sampled from."""

    water: _Sources
    fat: _Sources
    moving: _Sources | None
    inside: SimpleITK.Image
    near_corners_ras_mm: npt.NDArray[np.float64]
    surface: BodySurface


def acquire(
    spine: DigitalSpine,
    protocol: SeriesProtocol,
    rng: np.random.Generator,
    texture: Texture | None = None,
    accidents: np.random.Generator | None = None,
) -> Volume:
    """The image of a spine that a series gives.

    Each slice is averaged over its profile, weighted by the coil's sensitivity, cut in k-space to the
    acquired matrix, given noise and ghosts, interpolated to the reconstructed matrix and scaled.

    Args:
        spine: What is imaged.
        protocol: How.
        rng: Noise and other accidents of this acquisition; its state decides every one of them.
        texture: ``texture_of(spine)``, where the caller keeps it for several series.
        accidents: Of shading and ghosts, where several images come from one acquisition; ``rng``'s if None.

    Returns:
        uint16, 0 to 4095, (slice, row, column), with the protocol's affine.
    """
    texture = texture_of(spine) if texture is None else texture
    scene = _scene(spine, protocol, texture)
    own_accidents, noise_rng = rng.spawn(2)
    seed = int((own_accidents if accidents is None else accidents).integers(2**63))
    image = np.empty(protocol.geometry.shape, dtype=np.float32)
    for slices in _chunks(protocol):
        # The same accidents in every chunk: shading and ghosts belong to the series.
        image[slices] = _acquire_slices(scene, protocol, slices, np.random.default_rng(seed), noise_rng)
    bright = _bright_of_set(spine, protocol, texture) if protocol.weighting in DIXON_WEIGHTINGS else image
    return Volume(_stored(image, bright, protocol.vendor), protocol.geometry.affine_ras)


def acquire_labels(spine: DigitalSpine, protocol: SeriesProtocol, what: Truth) -> Volume:
    """A truth map on a series' own grid: what most of the slice thickness holds at each pixel's centre.

    Args:
        spine: What is imaged.
        protocol: The series; its patient's movement moves the truth with the anatomy.
        what: Which map.

    Returns:
        uint8, (slice, row, column), with the protocol's affine.
    """
    geometry = protocol.geometry
    affine = sampling.moved_affine(geometry.affine_ras, protocol.shift, geometry.centre_ras_mm)
    grid = SliceGrid(geometry.shape, affine, geometry.thickness_mm)
    labels = np.zeros(grid.shape, dtype=np.uint8)
    box = sampling.index_box(grid, _corners(spine))
    if box is not None:
        source = sampling.as_image(getattr(spine, what), spine.near_affine_ras)
        labels[:, box[0], box[1]] = sampling.sample_majority(source, sampling.part_of(grid, *box))
    return Volume(labels, geometry.affine_ras)


def _scene(spine: DigitalSpine, protocol: SeriesProtocol, texture: Texture) -> _Scene:
    person = np.random.default_rng([spine.spec.seed, _PERSON_STREAM])
    parameters = tissue_parameters(protocol.field_strength_t, spine.spec.habitus, person)
    table = contrast_table(parameters, protocol)
    metal = metal_distortion(spine.tissue, spine.near_affine_ras, protocol)

    def sources(mean: Floats, sway: Floats) -> _Sources:
        near = mean[spine.tissue] + sway[spine.tissue] * texture.near
        far = mean[spine.far_tissue] + sway[spine.far_tissue] * texture.far
        if metal is not None:
            near[metal.box] = metal.applied(near[metal.box])
        return _Sources(
            sampling.as_image(near, spine.near_affine_ras), sampling.as_image(far, spine.far_affine_ras)
        )

    return _Scene(
        water=sources(table.water, table.water_sway),
        fat=sources(table.fat, table.fat_sway),
        moving=sources(*_moving(table)) if protocol.imperfections.ghosting > 0 else None,
        inside=_inside_image(spine),
        near_corners_ras_mm=_corners(spine),
        surface=body_surface(spine),
    )


def _moving(table: ContrastTable) -> tuple[Floats, Floats]:
    mean = (table.water + table.fat) * table.moving_share
    return mean, np.zeros_like(mean)


def _corners(spine: DigitalSpine) -> npt.NDArray[np.float64]:
    last = np.asarray(spine.tissue.shape) - 1
    index = np.array(np.meshgrid(*[(0, end) for end in last], indexing="ij")).reshape(3, 8)
    corners: npt.NDArray[np.float64] = (
        spine.near_affine_ras[:3, :3] @ index + spine.near_affine_ras[:3, 3:]
    ).T
    return corners


def _inside_image(spine: DigitalSpine) -> SimpleITK.Image:
    """Weight of the near grid: 1 well inside, fading to 0 at its faces."""
    ramps = [
        np.clip(np.minimum(np.arange(count), np.arange(count)[::-1]) / _FADE_VOXELS, 0.0, 1.0)
        for count in spine.tissue.shape
    ]
    weight = (ramps[0][:, None, None] * ramps[1][None, :, None] * ramps[2][None, None, :]).astype(np.float32)
    return sampling.as_image(weight, spine.near_affine_ras)


def _chunks(protocol: SeriesProtocol) -> Iterator[slice]:
    count = protocol.geometry.slice_count
    for start in range(0, count, _CHUNK):
        yield slice(start, min(start + _CHUNK, count))


def _acquire_slices(
    scene: _Scene,
    protocol: SeriesProtocol,
    slices: slice,
    rng: np.random.Generator,
    noise_rng: np.random.Generator,
) -> Floats:
    flaws = protocol.imperfections
    fine = fine_geometry(protocol, slices)
    coil = received_sensitivity(fine.grid, scene.surface, flaws, _slab_edge_mm(protocol), rng)
    ideal = _sampled(scene.water, scene, fine.grid)
    fat = _sampled(scene.fat, scene, fine.grid)
    ideal += shift_fat(fat, protocol, fine) if flaws.chemical_shift else fat
    ideal *= coil
    if scene.moving is not None:
        moving = _sampled(scene.moving, scene, fine.grid, profile=False) * coil
        ideal += ghosts(moving, protocol, fine, rng)
    image = receive(Slices(ideal, fine), protocol, noise_rng)
    return image / correction(_reconstructed_grid(protocol, slices), scene.surface, flaws)


def _bright_of_set(spine: DigitalSpine, protocol: SeriesProtocol, texture: Texture) -> Floats:
    """The middle slice with water and fat undecayed, by which all images of a Dixon set are scaled.

    It is the same for all four, and brighter than each: their ratios are those of the signal.
    """
    calm = replace(
        protocol.imperfections,
        noise_sd=0.0,
        shading=0.0,
        ghosting=0.0,
        wrap=False,
        anterior_saturation_mm=None,
    )
    undecayed = replace(protocol.timing, echo_time_ms=0.0)
    whole = replace(
        protocol, weighting=Weighting.DIXON_IN, timing=undecayed, imperfections=calm, shift=RigidShift()
    )
    middle = protocol.geometry.slice_count // 2
    rng = np.random.default_rng(0)
    return _acquire_slices(_scene(spine, whole, texture), whole, slice(middle, middle + 1), rng, rng)


def _slab_edge_mm(protocol: SeriesProtocol) -> float | None:
    distance_mm = protocol.imperfections.anterior_saturation_mm
    return None if distance_mm is None else float(protocol.geometry.centre_ras_mm[1]) + distance_mm


def _reconstructed_grid(protocol: SeriesProtocol, slices: slice) -> SliceGrid:
    geometry = protocol.geometry
    whole = SliceGrid(geometry.shape, geometry.affine_ras, geometry.thickness_mm)
    return sampling.slices_of(whole, slices)


def _sampled(sources: _Sources, scene: _Scene, grid: SliceGrid, profile: bool = True) -> Floats:
    """Signal on a grid: the near one where it reaches, over the slice profile, else the far one."""
    signal = np.asarray(sampling.sample(sources.far, grid, 0.0), dtype=np.float32)
    box = sampling.index_box(grid, scene.near_corners_ras_mm)
    if box is None:
        return signal
    part = sampling.part_of(grid, *box)
    take = sampling.sample_profile if profile else sampling.sample_middle
    near = take(sources.near, part)
    weight = take(scene.inside, part)
    region = signal[:, box[0], box[1]]
    # What the near grid's edge lacks was sampled as 0, so its average is already weighted by what is inside.
    region += weight * (near - region)
    return signal


def _stored(image: Floats, scaled_by: Floats, vendor: Vendor) -> npt.NDArray[np.uint16]:
    bright = max(float(np.percentile(scaled_by, 99.9)), _DARKEST)
    scaled = np.rint(image * np.float32(_STORED_BRIGHT[vendor] / bright))
    return np.asarray(np.clip(scaled, 0, _STORED_MAXIMUM), dtype=np.uint16)
