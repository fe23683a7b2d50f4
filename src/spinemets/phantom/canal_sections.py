"""The canal of a specification as sections: bony canal, thecal sac and cord along their centre line."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.ndimage import gaussian_filter1d

from spinemets.anatomy import Level, Region
from spinemets.phantom import dimensions
from spinemets.phantom.body_shape import posterior_wall_mm
from spinemets.phantom.digital import CanalSection, VertebraFrame
from spinemets.phantom.spec import SpineSpec, VertebraSpec

Floats = npt.NDArray[np.float64]

_STEP_MM = 1.0
_SMOOTHING_MM = 5.0
# Ventral epidural space between the posterior wall and the sac: thin, but for the fat behind L5 and S1.
_VENTRAL_GAP_MM = {Region.CERVICAL: 1.2, Region.THORACIC: 1.0, Region.LUMBAR: 1.0, Region.SACRAL: 2.5}
_VENTRAL_GAP_AT = {Level.L5: 2.6, Level.L6: 2.6, Level.S1: 4.0}
# What is left free between the sac and bone at least, sideways and dorsally.
_LEAST_GAP_MM = 0.8
# Fluid in front of and behind the cord of a healthy canal, at least (Kato et al. 2012: sac less cord is
# 4 to 6 mm).
_LEAST_FLUID_MM = 2.4
# The conus ends between the lower third of T12 and the upper third of L2 in most; the mean is the lower
# third of
# L1 (Saifuddin et al. 1998, Spine 23:1452). Levels below the middle of T12: mean, SD, limits.
_CONUS_BELOW_T12 = (1.25, 0.45)
_CONUS_LIMITS = (0.2, 2.3)
_CONUS_TAPER_LEVELS = 1.15
# The sac ends at the middle of S2, from S1 to S3 (Macdonald et al. 1999, Clin Anat): levels below the
# middle of S1.
_SAC_END_BELOW_S1 = (1.0, 0.35)
_SAC_LIMITS = (0.3, 1.6)
_SAC_TAPER_LEVELS = 0.9
_STREAM = 0xCA7A1


def canal_sections(spec: SpineSpec, frames: Mapping[Level, VertebraFrame]) -> tuple[CanalSection, ...]:
    """Sections about 1 mm apart from above C1 to the end of the sacral canal, head to feet.

    The centre line is that of the sac; the canal's ellipse has the same centre, and the half depth that
    reaches the posterior wall of the bodies. Dorsal fat beyond it belongs to the epidural space as well.

    Args:
        spec: The spine.
        frames: From ``frames_of(spec)``.
    """
    rng = np.random.default_rng([spec.seed, _STREAM])
    vertebrae = [each for each in spec.vertebrae if each.level in frames]
    sizes = _sizes(vertebrae, rng)
    centres, rights, places = _nodes(vertebrae, frames, sizes)
    line, place, right = _resampled(centres, rights, places)
    tangent = -np.gradient(line, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    right -= np.sum(right * tangent, axis=1, keepdims=True) * tangent
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    anterior = np.cross(tangent, right)
    half = _half_axes(spec, vertebrae, sizes, place, rng)
    levels = [vertebrae[index].level for index in np.clip(np.rint(place), 0, len(vertebrae) - 1).astype(int)]
    return tuple(
        CanalSection(level, line[i], right[i], anterior[i], tangent[i], *half[i].tolist())
        for i, level in enumerate(levels)
    )


def _sizes(vertebrae: list[VertebraSpec], rng: np.random.Generator) -> Floats:
    """Width and depth of sac and cord, and the ventral gap, at each vertebra's middle; (vertebrae, 5)."""
    sac = float(np.clip(rng.normal(1.0, dimensions.SAC_SD), 0.88, 1.12))
    cord = float(np.clip(rng.normal(1.0, dimensions.SAC_SD), 0.88, 1.12))
    rows = []
    for vertebra in vertebrae:
        level = vertebra.level
        gap = _VENTRAL_GAP_AT.get(level, _VENTRAL_GAP_MM[level.region])
        row = dimensions.SACS.get(level) or dimensions.sac_row_of(
            level if level.region is not Region.SACRAL else Level.S2
        )
        most_wide = vertebra.canal_width_mm - 2.0 * _LEAST_GAP_MM
        most_deep = vertebra.canal_depth_mm - gap - _LEAST_GAP_MM
        width, depth = min(row.sac_width_mm * sac, most_wide), min(row.sac_depth_mm * sac, most_deep)
        thickest = depth - 2.0 * _LEAST_FLUID_MM
        rows.append(
            (
                width,
                depth,
                min(row.cord_width_mm * cord, width - 2.0 * _LEAST_FLUID_MM),
                min(row.cord_depth_mm * cord, thickest),
                gap,
            )
        )
    return np.array(rows)


def _nodes(
    vertebrae: list[VertebraSpec], frames: Mapping[Level, VertebraFrame], sizes: Floats
) -> tuple[Floats, Floats, Floats]:
    """Places that the centre line goes through: behind both end plates of each body."""
    centres, rights, places = [], [], []
    for index, vertebra in enumerate(vertebrae):
        frame, (_, sac_depth, _, _, gap) = frames[vertebra.level], sizes[index]
        y = posterior_wall_mm(vertebra) - gap - sac_depth / 2.0
        reach = 0.55 * frame.half_size_mm[2]
        ends = (reach + 14.0, -reach) if index == 0 else (reach, -reach)
        for z, share in zip(ends, (-0.25, 0.25), strict=True):
            centres.append(frame.to_world_mm(np.array([0.0, y, z])))
            rights.append(frame.axes_ras[:, 0])
            places.append(index + share)
    return np.array(centres), np.array(rights), np.array(places)


def _resampled(centres: Floats, rights: Floats, places: Floats) -> tuple[Floats, Floats, Floats]:
    """The line every millimetre of its length, with its place among the vertebrae and its right axis."""
    chord = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(centres, axis=0), axis=1))])
    fine = np.linspace(0.0, chord[-1], int(chord[-1] / 0.25))
    line = gaussian_filter1d(CubicSpline(chord, centres)(fine), _SMOOTHING_MM / 0.25, axis=0, mode="nearest")
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    even = np.arange(0.0, length[-1], _STEP_MM)
    at = np.interp(even, length, fine)
    spots = np.column_stack([np.interp(even, length, line[:, axis]) for axis in range(3)])
    right = np.column_stack([np.interp(at, chord, rights[:, axis]) for axis in range(3)])
    return spots, np.interp(at, chord, places), right


def _half_axes(
    spec: SpineSpec, vertebrae: list[VertebraSpec], sizes: Floats, place: Floats, rng: np.random.Generator
) -> Floats:
    """Half width and depth of canal, sac and cord at each section; (sections, 6)."""
    levels = [each.level for each in vertebrae]
    at = np.arange(len(vertebrae), dtype=float)
    inside = np.clip(place, 0, len(vertebrae) - 1)
    sac_width, sac_depth, _, _, gap = PchipInterpolator(at, sizes)(inside).T
    cord_width, cord_depth = _cord(vertebrae, sizes, inside, _conus_place(spec, levels, rng))
    canal_width = PchipInterpolator(at, [each.canal_width_mm for each in vertebrae])(inside)
    sac = _sac_end(levels, place, rng)
    canal_depth = sac_depth + 2.0 * gap
    columns = (canal_width, canal_depth, sac_width * sac, sac_depth * sac, cord_width, cord_depth)
    return np.column_stack(columns) / 2.0


def _conus_place(spec: SpineSpec, levels: list[Level], rng: np.random.Generator) -> float:
    mean, sd = _CONUS_BELOW_T12
    # Counted from the sacrum, so that a person with a missing or an extra vertebra has the conus where
    # others do.
    last = levels.index(Level.S1)
    return last - 6.0 + float(np.clip(rng.normal(mean, sd), *_CONUS_LIMITS))


def _cord(vertebrae: list[VertebraSpec], sizes: Floats, place: Floats, conus: float) -> tuple[Floats, Floats]:
    """Width and depth of the cord: the table's stretched so that its end lies at the conus."""
    at = np.arange(len(vertebrae), dtype=float)
    above = max(int(np.floor(conus - _CONUS_TAPER_LEVELS)), 1)
    left = np.clip((conus - place) / _CONUS_TAPER_LEVELS, 0.0, 1.0)
    taper = np.where(left >= 1.0, 1.0, np.sqrt(np.clip(left, 0.0, 1.0)) * (0.25 + 0.75 * left))
    known = at <= max(above, 1)
    width, depth = (
        PchipInterpolator(at[known], sizes[known, column])(np.clip(place, 0, at[known][-1]))
        for column in (2, 3)
    )
    width, depth = width * taper, depth * (0.25 + 0.75 * taper) * (left > 0)
    gone = width < 1.2
    return np.where(gone, 0.0, width), np.where(gone, 0.0, depth)


def _sac_end(levels: list[Level], place: Floats, rng: np.random.Generator) -> Floats:
    """Share of the sac's size that is left towards its end."""
    mean, sd = _SAC_END_BELOW_S1
    end = levels.index(Level.S1) + float(np.clip(rng.normal(mean, sd), *_SAC_LIMITS))
    left = np.clip((end - place) / _SAC_TAPER_LEVELS, 0.0, 1.0)
    return np.asarray(np.sqrt(left) * (0.4 + 0.6 * left))
