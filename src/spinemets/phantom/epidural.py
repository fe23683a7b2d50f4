"""Epidural tumour painted so that its worst section has the asked ESCC grade."""

import logging
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from spinemets.anatomy import Anatomy, EsccGrade
from spinemets.phantom.canal_curve import CanalCurve, Floats, Integers
from spinemets.phantom.compression import (
    DORSAL,
    LEFT,
    RIGHT,
    VENTRAL,
    DeformedCord,
    Direction,
    Pressure,
    deform_cord,
    pressure_for,
)
from spinemets.phantom.escc_measure import measure_along_canal, nearest_codes
from spinemets.phantom.grid_box import FloatArray, GridBox
from spinemets.phantom.lesion_shape import Mask, correlated_noise
from spinemets.phantom.spec import EpiduralSide, EpiduralSpec
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue

_LOG = logging.getLogger(__name__)

_DIRECTIONS: Mapping[EpiduralSide, tuple[Direction, ...]] = {
    EpiduralSide.VENTRAL: (VENTRAL,),
    EpiduralSide.LEFT: (LEFT,),
    EpiduralSide.RIGHT: (RIGHT,),
    EpiduralSide.DORSAL: (DORSAL,),
    EpiduralSide.CIRCUMFERENTIAL: (VENTRAL, DORSAL, LEFT, RIGHT),
}
_BOX_MARGIN_MM = 16.0
# The worst sections make a plateau; the tumour tapers off beyond.
_PLATEAU_SHARE = 0.25
# CSF is gone where the pressure has at least this share of its full strength.
_WORST_FROM_TAPER = 0.97
# In the epidural space tumour spreads this far round the sac, as a share of its half axis.
_CRESCENT_SHARE = 0.7
_RAGGEDNESS_MM = 0.25
_RAGGEDNESS_SCALE_MM = 2.5
# The cord yields to tumour only past this overlap, so that contact alone does not change it.
_CORD_RESISTS_MM = 0.7
# The intrusion falls by this share from the middle of the tumour's front to the border of the sac.
_FRONT_CURVATURE = 0.75
_RING_CURVATURE = 0.35
# Draped curtain: the midline ligament holds tumour back by this share over this half width.
_CURTAIN_SHARE = 0.8
_CURTAIN_HALF_WIDTH_MM = 1.8
# So the cord meets it beside the midline: at this share of the intrusion, less what its curve recedes there.
_CURTAIN_REACH_SHARE = 0.83
_CURTAIN_RECEDES_MM = 0.8
_ATTEMPTS = 12
_ADJUSTMENT_MM = 0.35
_CORD_TISSUE = (Tissue.CORD_WHITE_MATTER, Tissue.CORD_GREY_MATTER)
_WITHIN_SAC = (*_CORD_TISSUE, Tissue.CEREBROSPINAL_FLUID, Tissue.NERVE_ROOT)
_CANAL = (Anatomy.EPIDURAL_SPACE, Anatomy.THECAL_SAC, Anatomy.CORD)


def paint_epidural(maps: SpineMaps, curve: CanalCurve, spec: EpiduralSpec, lesion_code: int) -> None:
    """Adds epidural tumour, measures the grade on the voxels, and corrects the pressure until it is right.

    Args:
        maps: Painted on in place; the canal at that level is free of tumour before.
        curve: The undeformed canal.
        spec: What is asked; grade 0 adds nothing.
        lesion_code: Value of the tumour in the map of lesions.

    Raises:
        KeyError: If the level's canal does not meet the maps.
    """
    if spec.grade is EsccGrade.G0:
        return
    middle = curve.middle_of(spec.level)
    box = _box(maps, curve, middle, spec.extent_mm)
    place, before = _Place(curve, middle, box), maps.cut(box)
    directions = _DIRECTIONS[spec.side]
    pressure = pressure_for(spec.grade, directions, curve.sac_half_mm[middle], curve.cord_half_mm[middle])
    best, least_error = before, len(EsccGrade)
    for _ in range(_ATTEMPTS):
        painted = before.copy()
        _paint(painted, place, spec, pressure, lesion_code)
        error = _worst_rank(painted, place) - spec.grade.rank
        if abs(error) < least_error:
            best, least_error = painted, abs(error)
        if error == 0:
            break
        pressure = _corrected(pressure, error, spec.grade)
    else:
        _LOG.warning("epidural tumour at %s does not reach grade %s here", spec.level, spec.grade)
    before.paste(best)


class _Place:
    """The box around a stretch of canal, with coordinates of its voxels; shared by all attempts."""

    def __init__(self, curve: CanalCurve, middle: int, box: GridBox) -> None:
        self.curve, self.middle, self.box = curve, middle, box
        axes = box.coordinates_mm(np.zeros(3), np.eye(3))
        index, right, anterior, along = curve.locate(np.stack(axes, axis=-1).astype(np.float64))
        self.index: Integers = index
        self.across: tuple[FloatArray, FloatArray] = (right.astype(np.float32), anterior.astype(np.float32))
        self.on_curve: Mask = np.abs(along) < 2.0 * curve.step_mm

    def of_sections(self, values: Floats) -> FloatArray:
        """Values by section, carried to the voxels."""
        return values.astype(np.float32)[self.index]

    def ellipse(self, centre_mm: Floats, half_mm: Floats) -> FloatArray:
        """Squared distance from the centre over the half axis: 1 on the border of the section's ellipse."""
        squares = [
            ((self.across[axis] - self.of_sections(centre_mm[:, axis])) / self.of_sections(half_mm[:, axis]))
            ** 2
            for axis in (0, 1)
        ]
        total: FloatArray = squares[0] + squares[1]
        return total


def _box(maps: SpineMaps, curve: CanalCurve, middle: int, extent_mm: float) -> GridBox:
    count = int(np.ceil(extent_mm / 2.0 / curve.step_mm)) + 2
    stretch = curve.centre_ras_mm[max(middle - count, 0) : middle + count + 1]
    margin = np.array([_BOX_MARGIN_MM, _BOX_MARGIN_MM, 2.0])
    box = maps.box(stretch.min(axis=0) - margin, stretch.max(axis=0) + margin)
    if box is None:
        raise KeyError(curve.levels[middle])
    return box


def _worst_rank(painted: SpineMaps, place: _Place) -> int:
    seen = np.unique(place.index[place.on_curve])
    return max(measure.grade.rank for measure in measure_along_canal(painted, place.curve, seen))


def _corrected(pressure: Pressure, error: int, grade: EsccGrade) -> Pressure:
    if error > 0 and grade is EsccGrade.G2:
        pressure = replace(pressure, reserve_mm=pressure.reserve_mm + 0.4)
    return pressure.adjusted(-_ADJUSTMENT_MM if error > 0 else _ADJUSTMENT_MM)


def _paint(part: SpineMaps, place: _Place, spec: EpiduralSpec, pressure: Pressure, lesion_code: int) -> None:
    taper = _taper(place, spec.extent_mm)
    in_canal = np.isin(part.anatomy, _CANAL) & place.on_curve
    tumour, deep = _tumour(place, part, spec, pressure, taper, in_canal)
    cord = deform_cord(place.curve, _felt_by_cord(pressure, spec.curtain), taper)
    changed = in_canal & (place.of_sections(taper) > 0)
    in_cord = changed & (place.ellipse(cord.centre_mm, cord.half_mm) <= 1.0) & ~deep
    worst = place.of_sections(taper) > _WORST_FROM_TAPER
    _redraw_cord(part, place, cord, in_cord, changed, crowded=worst & pressure.obliterates)
    tumour &= ~in_cord
    if pressure.obliterates:
        tumour |= changed & worst & (part.anatomy == Anatomy.THECAL_SAC) & ~in_cord
    part.tissue[tumour] = Tissue.SOFT_TISSUE_TUMOUR
    part.anatomy[tumour] = Anatomy.EPIDURAL_SPACE
    part.lesion[tumour] = lesion_code


def _felt_by_cord(pressure: Pressure, curtain: bool) -> Pressure:
    if not curtain or VENTRAL not in pressure.intrusion_mm:
        return pressure
    depth_mm = _CURTAIN_REACH_SHARE * pressure.intrusion_mm[VENTRAL] - _CURTAIN_RECEDES_MM
    return replace(pressure, intrusion_mm={**pressure.intrusion_mm, VENTRAL: max(depth_mm, 0.0)})


def _taper(place: _Place, extent_mm: float) -> Floats:
    """Share of the pressure along the canal: 1 around the middle, 0 from half the extent on."""
    distance = np.abs(np.arange(len(place.curve.levels)) - place.middle) * place.curve.step_mm
    plateau = _PLATEAU_SHARE * extent_mm / 2.0
    way = np.clip((distance - plateau) / (extent_mm / 2.0 - plateau), 0.0, 1.0)
    return np.asarray(0.5 * (1.0 + np.cos(np.pi * way)))


def _tumour(
    place: _Place,
    part: SpineMaps,
    spec: EpiduralSpec,
    pressure: Pressure,
    taper: Floats,
    in_canal: Mask,
) -> tuple[Mask, Mask]:
    """Where tumour is, and where it is so deep that even the cord gives way."""
    rng = np.random.default_rng(spec.seed)
    share = place.of_sections(taper)
    ragged = _RAGGEDNESS_MM * correlated_noise(
        place.box.shape, place.box.spacing_mm, _RAGGEDNESS_SCALE_MM, rng
    )
    outside_sac = part.anatomy == Anatomy.EPIDURAL_SPACE
    tumour, deep = np.zeros_like(in_canal), np.zeros_like(in_canal)
    curvature = _RING_CURVATURE if len(pressure.intrusion_mm) > 1 else _FRONT_CURVATURE
    for (axis, sign), intrusion_mm in pressure.intrusion_mm.items():
        half, other_half = (place.of_sections(place.curve.sac_half_mm[:, each]) for each in (axis, 1 - axis))
        towards, beside = sign * place.across[axis], place.across[1 - axis]
        profile = np.clip(1.0 - curvature * (beside / other_half) ** 2, 0.0, 1.0)
        if spec.curtain and (axis, sign) == VENTRAL:
            profile *= 1.0 - _CURTAIN_SHARE * np.exp(-((beside / _CURTAIN_HALF_WIDTH_MM) ** 2))
        front = half - intrusion_mm * share * profile
        around_sac = outside_sac & (towards > (1.0 - _CRESCENT_SHARE * share) * half)
        beyond = (towards > front + ragged * np.float32(intrusion_mm > 0)) & (share > 0)
        tumour |= in_canal & (around_sac | (beyond if intrusion_mm > 0 else False))
        deep |= in_canal & (towards > front + _CORD_RESISTS_MM) & (intrusion_mm > 0)
    return tumour, deep


def _redraw_cord(
    part: SpineMaps, place: _Place, cord: DeformedCord, in_cord: Mask, changed: Mask, crowded: Mask
) -> None:
    """Moves the cord (or the cauda equina) to its deformed ellipse, its grey matter with it.

    Each voxel takes the tissue of the place that it came from in the undeformed cord.
    """
    with_cord = place.curve.has_cord[place.index]
    was_cord = changed & (part.anatomy == Anatomy.CORD)
    index = place.index[in_cord]
    right, anterior = (
        (place.across[axis][in_cord] - cord.centre_mm[index, axis])
        * (place.curve.cord_half_mm[index, axis] / cord.half_mm[index, axis])
        for axis in (0, 1)
    )
    came_from = place.curve.point(index, right, anterior)
    (tissue,) = nearest_codes(came_from, part.affine_ras, (part.tissue,))
    tissue[with_cord[in_cord] & ~np.isin(tissue, _CORD_TISSUE)] = Tissue.CORD_WHITE_MATTER
    tissue[~with_cord[in_cord] & ~np.isin(tissue, _WITHIN_SAC)] = Tissue.CEREBROSPINAL_FLUID
    tissue[~with_cord[in_cord] & crowded[in_cord]] = Tissue.NERVE_ROOT
    part.tissue[was_cord] = Tissue.CEREBROSPINAL_FLUID
    part.anatomy[was_cord] = Anatomy.THECAL_SAC
    part.tissue[in_cord] = tissue
    part.anatomy[in_cord] = np.where(np.isin(tissue, _CORD_TISSUE), Anatomy.CORD, Anatomy.THECAL_SAC)
