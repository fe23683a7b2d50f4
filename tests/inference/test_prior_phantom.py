"""Two visits of a phantom patient, outlined without error: what has become of every lesion is found again."""

from dataclasses import replace

import numpy as np

from inference.visits import SETTINGS, sure
from phantom.test_study import COARSE
from spinemets.anatomy import Anatomy, Level
from spinemets.findings.maps import StationMaps
from spinemets.findings.station import find
from spinemets.inference.prior_lesions import compare_lesions
from spinemets.inference.prior_records import LesionChangeKind
from spinemets.inference.prior_vertebrae import lay_beside
from spinemets.inference.records import Grid, StationResult
from spinemets.phantom.disease_priors import DiseasePriors
from spinemets.phantom.followup import Fate, FollowUpPriors
from spinemets.phantom.protocol_ranges import PresenceRanges, ProtocolRanges, StackRanges
from spinemets.phantom.study import make_stations, plan_study
from spinemets.study.selection import Channel
from spinemets.volume import Volume, reorient

_T2_ONLY = PresenceRanges(t1=0.0, t2=1.0, fat_suppressed_t2=0.0, contrast_agent=0.0, dixon=0.0, axial_t2=0.0)
_SLICES = StackRanges((240.0, 260.0), (15, 18), (3.5, 4.5), (0.1, 0.1), (128,), (0.9, 0.9), (192,))
_REQUEST = replace(
    COARSE,
    priors=DiseasePriors(lesion_free_chance=0.0, mean_lesion_count=4.0, epidural_chance=0.0),
    followup=FollowUpPriors(mean_new_count=1.0),
    ranges=ProtocolRanges(presence=_T2_ONLY, sagittal=dict.fromkeys(ProtocolRanges().sagittal, _SLICES)),
)


def _visit(request):
    """The station as if it had been outlined without error, and the seed of each of its lesions."""
    plan = plan_study(request)
    (station,) = make_stations(plan, request)
    (series,) = station.series
    masks = {what: reorient(volume, "LIP") for what, volume in series.truth.items()}
    grid = masks["anatomy"]
    vertebrae, levels = _numbered(masks["level"].array, masks["anatomy"].array)
    lesions = masks["lesion"].array.astype(np.uint16)
    maps = StationMaps(
        anatomy=grid,
        vertebrae=Volume(vertebrae, grid.affine_ras),
        lesions=Volume(lesions, grid.affine_ras),
        lesion_probability=Volume((lesions > 0).astype(np.float32), grid.affine_ras),
        images={Channel.T2: reorient(series.image, "LIP")},
        series={Channel.T2: "T2"},
        reference_series="T2",
    )
    whole = _whole(vertebrae)
    findings = find(maps, tuple(map(sure, levels)), whole, {len(levels): levels[-1] is Level.S1})
    rows = tuple(tuple(row) for row in grid.affine_ras[:3].tolist())
    result = StationResult("lumbar", "T2", {"T2": "T2"}, (), findings, grid=Grid(grid.shape, rows))
    return result, {number: lesion.seed for number, lesion in enumerate(plan.spec.lesions, start=1)}, plan


def _numbered(level, anatomy):
    """Numbers of vertebrae from head to feet; the sacrum is one."""
    codes = np.where(anatomy == Anatomy.SACRUM, Level.S1.code, level)
    found = sorted(
        (Level.from_code(int(code)) for code in np.unique(codes[codes > 0])), key=lambda each: each.coordinate
    )
    kept = [each for each in found if (codes == each.code).sum() > 200]
    numbers = np.zeros(level.shape, np.uint8)
    for number, each in enumerate(kept, start=1):
        numbers[codes == each.code] = number
    return numbers, kept


def _whole(vertebrae):
    rows = vertebrae.shape[1]
    spans = {n: np.flatnonzero((vertebrae == n).any(axis=(0, 2))) for n in range(1, vertebrae.max() + 1)}
    return {n: bool(span[0] > 0 and span[-1] < rows - 1) for n, span in spans.items()}


def compared(number):
    """Changes by the seeds of their lesions, and the fates that were drawn."""
    then, names_then, _ = _visit(replace(_REQUEST, number=number))
    now, names_now, plan = _visit(replace(_REQUEST, number=number, visit=2))
    changes = compare_lesions(lay_beside([now], [then]), SETTINGS)
    named = [
        (
            {names_then[ref.number] for ref in one.then} | {names_now[ref.number] for ref in one.now},
            one,
        )
        for one in changes
    ]
    return named, {one.seed: one.fate for one in plan.followups[-1].fates}


_AGREES = {
    Fate.NEW: {LesionChangeKind.NEW},
    Fate.GONE: {LesionChangeKind.GONE},
    Fate.GROWN: {LesionChangeKind.GROWN, LesionChangeKind.STABLE},
    Fate.SHRUNK: {LesionChangeKind.SHRUNK},
    Fate.STABLE: {LesionChangeKind.STABLE},
}


def test_lesions_of_two_visits_are_found_again():
    named, fates = compared(5)
    assert len(named) == 6
    for seeds, change in named:
        if change.kind is not LesionChangeKind.NOT_COMPARABLE:
            (seed,) = seeds
            assert change.kind in _AGREES[fates[seed]], (change, fates[seed])
