"""Metastases put into real lesion-free MRI, with the image's own contrast, noise and blur."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.anatomy import BoneLesionType
from spinemets.phantom.disease_priors import LesionPriors
from spinemets.phantom.grid_box import FloatArray, GridBox, box_around
from spinemets.phantom.insertion_channel import FWHM_PER_SIGMA, Blur, blend, prepare_channel
from spinemets.phantom.insertion_signal import ReferenceSignal, bounded_ratio, draw_ratios, halo_ratio
from spinemets.phantom.insertion_sites import BodySite, Sites, VertebraMask, find_sites
from spinemets.phantom.lesion_draw import LesionTraits, draw_traits
from spinemets.phantom.lesion_shape import (
    Mask,
    correlated_noise,
    grow_to_volume,
    half_axes_for_volume,
    irregular_radius,
)
from spinemets.study.records import Weighting
from spinemets.volume.record import Volume

Ratios = Mapping[BoneLesionType, Mapping[Weighting, float]]

_CORTEX_MM = 1.0
_BREACH_REACH_MM = 6.0
_HALO_MM = 1.8
_HALO_SCALE_MM = 3.0
# Signal of tumour varies by these shares around its mean (our choice, by eye), on this scale.
_TEXTURE_SHARE = {BoneLesionType.LYTIC: 0.07, BoneLesionType.MIXED: 0.08, BoneLesionType.BLASTIC: 0.10}
_TEXTURE_MM = 1.6
# Mixed lesions alternate between lytic and blastic on this scale.
_MIXED_MM = 2.2
# Width of the transition to normal marrow, narrow to infiltrative, as a share of the lesion's radius at most.
_DIFFUSE_RAGGEDNESS = 2.0
_EDGE_FWHM_MM = (0.6, 3.5)
_EDGE_OVER_RADIUS = 0.5


@dataclass(frozen=True, slots=True)
class InsertionSettings:
    """What to insert, and how the image was acquired.

    Args:
        mask_kind: What the values of the mask of vertebrae mean.
        slice_thickness_mm: Of the acquired slices, also where the image was resampled to thinner ones.
        in_plane_fwhm_mm: In-plane resolution as acquired.
        fewest_lesions, most_lesions: Lesions in the image, each in another body.
        priors: How a lesion is drawn.
    """

    mask_kind: VertebraMask
    slice_thickness_mm: float
    in_plane_fwhm_mm: float = 1.2
    fewest_lesions: int = 1
    most_lesions: int = 4
    priors: LesionPriors = field(default_factory=LesionPriors)

    def __post_init__(self) -> None:
        if not 0 < self.in_plane_fwhm_mm < 10 or not 0 < self.slice_thickness_mm < 15:
            raise ValueError("in_plane_fwhm_mm must lie in (0, 10) and slice_thickness_mm in (0, 15)")
        if not 0 <= self.fewest_lesions <= self.most_lesions:
            raise ValueError("0 <= fewest_lesions <= most_lesions is needed")


@dataclass(frozen=True, slots=True)
class InsertedLesion:
    """A lesion that was inserted, measured on the mask.

    Args:
        code: Its value in the mask of lesions.
        body_place: Place of its body among those of the image, head to feet from 0.
        traits: What was drawn.
        volume_ml: Measured.
        body_involved_percent: Of the body as far as it is imaged.
        centre_ras_mm: Centre of mass.
        signal_over_marrow: By weighting; of the lytic part of a mixed lesion.
    """

    code: int
    body_place: int
    traits: LesionTraits
    volume_ml: float
    body_involved_percent: float
    centre_ras_mm: tuple[float, float, float]
    signal_over_marrow: dict[Weighting, float]


@dataclass(frozen=True, slots=True, eq=False)
class InsertedLesions:
    """The result of an insertion.

    Args:
        images: As given, same grids and types, with lesions.
        lesion_mask: 0 or the code of a lesion, on the grid of the mask of vertebrae.
        lesions: In order of code.
    """

    images: dict[Weighting, Volume]
    lesion_mask: Volume
    lesions: tuple[InsertedLesion, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Grown:
    """A lesion's voxels and its inner structure on a box of the sites' grid."""

    place: int
    traits: LesionTraits
    box: GridBox
    mask: Mask
    weight: FloatArray
    halo: FloatArray
    lytic_share: FloatArray
    texture: FloatArray


def insert_lesions(
    images: Mapping[Weighting, Volume],
    vertebrae: Volume,
    settings: InsertionSettings,
    rng: np.random.Generator,
    requested: Sequence[tuple[int, LesionTraits]] | None = None,
) -> InsertedLesions:
    """Puts metastases into one study's images, the same ones into every channel.

    Args:
        images: Channels that share scanner coordinates; their grids may differ.
        vertebrae: Mask of vertebrae that covers them.
        settings: What to insert.
        rng: Source of randomness.
        requested: Lesions to insert instead of drawn ones: place of the body, head to feet from 0,
            and traits.

    Raises:
        InputError: If the mask holds no body.
        ConfigurationError: If the signal of metastases is not known for a weighting.
        GeometryError: If an image does not meet the mask.
    """
    sites = find_sites(vertebrae, settings.mask_kind)
    chosen = _draw_lesions(sites, settings, rng) if requested is None else requested
    mask = np.zeros(vertebrae.shape, dtype=np.uint8)
    part = mask[sites.index]
    grown = []
    for code, (place, traits) in enumerate(chosen, start=1):
        grown.append(_grow(sites, place, traits, part > 0, rng))
        part[grown[-1].box.index][grown[-1].mask] = code
    types = (BoneLesionType.LYTIC, BoneLesionType.BLASTIC)
    ratios = {bone_type: draw_ratios(bone_type, tuple(images), rng) for bone_type in types}
    blur = Blur(settings.in_plane_fwhm_mm, settings.slice_thickness_mm)
    painted, signals = {}, []
    for weighting, image in images.items():
        painted[weighting], signal = _paint(image, weighting, sites, grown, ratios, blur)
        signals.append(signal)
    lesions = tuple(
        _describe(
            code, sites, lesion, dict(zip(images, (signal[code - 1] for signal in signals), strict=True))
        )
        for code, lesion in enumerate(grown, start=1)
    )
    return InsertedLesions(painted, Volume(mask, vertebrae.affine_ras), lesions)


def _draw_lesions(
    sites: Sites, settings: InsertionSettings, rng: np.random.Generator
) -> list[tuple[int, LesionTraits]]:
    most = min(settings.most_lesions, len(sites.sites))
    count = int(rng.integers(min(settings.fewest_lesions, most), most + 1))
    main_type = None
    chosen = []
    for place in sorted(rng.permutation(len(sites.sites))[:count].tolist()):
        traits = draw_traits(settings.priors, sites.sites[place].volume_ml, main_type, rng)
        main_type = main_type or traits.bone_type
        chosen.append((place, traits))
    return chosen


def _grow(sites: Sites, place: int, traits: LesionTraits, taken: Mask, rng: np.random.Generator) -> _Grown:
    site = sites.sites[place]
    box = _box_of(sites, site)
    coordinates = box.coordinates_mm(site.origin_ras_mm, site.axes_ras)
    right, anterior, superior = (
        share * half for share, half in zip(traits.centre_body, site.half_size_mm, strict=True)
    )
    elongation = site.half_size_mm if traits.diffuse else traits.elongation
    half_axes = half_axes_for_volume(traits.volume_ml, elongation)
    centre = (right, anterior, superior)
    raggedness = _DIFFUSE_RAGGEDNESS if traits.diffuse else 1.0
    radius = irregular_radius(coordinates, box.spacing_mm, centre, half_axes, rng, raggedness)
    allowed = _allowed(sites, site, box, traits.breaches_cortex) & ~taken[box.index]
    mask = grow_to_volume(radius, allowed, round(traits.volume_ml / box.voxel_ml))
    weight = _soften(mask, allowed, box, traits.volume_ml, rng)
    depth = ndimage.distance_transform_edt(mask, sampling=box.spacing_mm)
    thickness_mm = _HALO_MM * (1.0 + 0.6 * correlated_noise(box.shape, box.spacing_mm, _HALO_SCALE_MM, rng))
    halo = np.clip(thickness_mm - depth + 0.5, 0.0, 1.0) * traits.halo
    texture = correlated_noise(box.shape, box.spacing_mm, _TEXTURE_MM, rng)
    texture *= np.float32(_TEXTURE_SHARE[traits.bone_type])
    return _Grown(
        place,
        traits,
        box,
        mask,
        weight,
        halo.astype(np.float32),
        _lytic_share(traits.bone_type, box, rng),
        texture,
    )


def _soften(
    mask: Mask, allowed: Mask, box: GridBox, volume_ml: float, rng: np.random.Generator
) -> FloatArray:
    """The lesion with its transition to normal marrow, which stays within what may hold it."""
    radius_mm = max(half_axes_for_volume(volume_ml, (1.0, 1.0, 1.0)))
    fwhm_mm = min(float(rng.uniform(*_EDGE_FWHM_MM)), _EDGE_OVER_RADIUS * radius_mm)
    soft = ndimage.gaussian_filter(mask.astype(np.float32), fwhm_mm / FWHM_PER_SIGMA / box.spacing_mm)
    return np.where(allowed, soft, 0.0).astype(np.float32)


def _box_of(sites: Sites, site: BodySite) -> GridBox:
    reach = np.abs(site.axes_ras) @ np.array(site.half_size_mm) + 2.0 * _BREACH_REACH_MM
    low, high = site.origin_ras_mm - reach, site.origin_ras_mm + reach
    box = box_around(low, high, sites.affine_ras, sites.bodies.shape)
    assert box is not None, "a body lies within its own mask"
    return box


def _allowed(sites: Sites, site: BodySite, box: GridBox, breaches_cortex: bool) -> Mask:
    """Marrow of the body; with a breach also what lies close outside, but never disc or another bone."""
    bodies = sites.bodies[box.index]
    own = bodies == site.label
    if not breaches_cortex:
        return np.asarray(ndimage.distance_transform_edt(own, sampling=box.spacing_mm) > _CORTEX_MM)
    outside = ndimage.distance_transform_edt(~own, sampling=box.spacing_mm)
    free = (bodies == 0) & ~sites.disc[box.index] & (sites.posterior[box.index] == 0)
    height_mm = np.abs(box.coordinates_mm(site.origin_ras_mm, site.axes_ras)[2])
    beside = height_mm < site.half_size_mm[2] - 1.0
    return np.asarray((own & beside) | (free & beside & (outside <= _BREACH_REACH_MM)))


def _lytic_share(bone_type: BoneLesionType, box: GridBox, rng: np.random.Generator) -> FloatArray:
    """1 where tumour is lytic, 0 where it is blastic; patchy in mixed lesions."""
    patches = correlated_noise(box.shape, box.spacing_mm, _MIXED_MM, rng)
    if bone_type is BoneLesionType.MIXED:
        share: FloatArray = np.clip(0.5 + 0.4 * patches, 0.0, 1.0).astype(np.float32)
        return share
    return np.full(box.shape, bone_type is BoneLesionType.LYTIC, dtype=np.float32)


def _paint(
    image: Volume, weighting: Weighting, sites: Sites, grown: Sequence[_Grown], ratios: Ratios, blur: Blur
) -> tuple[Volume, list[float]]:
    """One channel with all lesions, and each lesion's signal over that of marrow."""
    channel = prepare_channel(image, sites)
    painted = channel.signal.copy()
    signals = []
    for lesion in grown:
        ratio, main = _ratio_map(lesion, weighting, ratios, channel.reference)
        blend(channel, painted, lesion.box, lesion.weight, ratio, blur)
        signals.append(main)
    whole = np.array(image.array)
    part = whole[channel.index]
    changed = painted != channel.signal
    part[changed] = _as_type(painted[changed], whole.dtype)
    return Volume(whole, image.affine_ras), signals


def _ratio_map(
    lesion: _Grown, weighting: Weighting, ratios: Ratios, reference: ReferenceSignal
) -> tuple[FloatArray, float]:
    lytic, blastic = (
        bounded_ratio(ratios[bone_type][weighting], weighting, reference)
        for bone_type in (BoneLesionType.LYTIC, BoneLesionType.BLASTIC)
    )
    ratio = blastic + (lytic - blastic) * lesion.lytic_share
    ratio += (halo_ratio(lytic, weighting, reference) - ratio) * lesion.halo
    main = blastic if lesion.traits.bone_type is BoneLesionType.BLASTIC else lytic
    return (ratio * (1.0 + lesion.texture)).astype(np.float32), main


def _as_type(values: FloatArray, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        return np.clip(np.rint(values), limits.min, limits.max).astype(dtype)
    return values.astype(dtype)


def _describe(code: int, sites: Sites, lesion: _Grown, signal: dict[Weighting, float]) -> InsertedLesion:
    site = sites.sites[lesion.place]
    index = np.argwhere(lesion.mask).mean(axis=0)
    right, anterior, superior = (
        lesion.box.affine_ras[:3, :3] @ index + lesion.box.affine_ras[:3, 3]
    ).tolist()
    in_body = lesion.mask & (sites.bodies[lesion.box.index] == site.label)
    involved = 100.0 * np.count_nonzero(in_body) * lesion.box.voxel_ml / site.volume_ml
    return InsertedLesion(
        code=code,
        body_place=lesion.place,
        traits=lesion.traits,
        volume_ml=float(np.count_nonzero(lesion.mask)) * lesion.box.voxel_ml,
        body_involved_percent=float(involved),
        centre_ras_mm=(right, anterior, superior),
        signal_over_marrow=signal,
    )
