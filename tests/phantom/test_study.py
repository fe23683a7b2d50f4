"""Whole phantom studies: drawn from a seed, imaged, and true."""

from dataclasses import replace

import numpy as np
import pytest

from spinemets.anatomy import Anatomy
from spinemets.phantom.build import GridSettings
from spinemets.phantom.disease_priors import DiseasePriors
from spinemets.phantom.protocol import Station
from spinemets.phantom.protocol_ranges import PresenceRanges, ProtocolRanges, StackRanges
from spinemets.phantom.study import StudyRequest, make_stations, plan_study
from spinemets.study.records import Plane, Weighting

_ALWAYS = PresenceRanges(
    t1=1.0,
    t2=1.0,
    fat_suppressed_t2=1.0,
    stir_among_fat_suppressed=1.0,
    contrast_agent=0.0,
    dixon=0.0,
    axial_t2=1.0,
)
_FEW_SLICES = StackRanges((180.0, 200.0), (5, 6), (4.0, 4.0), (0.1, 0.1), (128,), (0.8, 0.8), (128,))


def small_ranges(presence):
    """Protocols of a few small slices."""
    stacks = dict.fromkeys(Station, _FEW_SLICES)
    return ProtocolRanges(presence=presence, sagittal=stacks, axial=stacks)


COARSE = StudyRequest(
    seed=5,
    stations=(Station.LUMBAR,),
    priors=DiseasePriors(lesion_free_chance=0.0, epidural_chance=1.0),
    ranges=small_ranges(_ALWAYS),
    grid=GridSettings(near_spacing_mm=1.6, far_spacing_mm=4.0),
)


@pytest.fixture(scope="module")
def station():
    (station,) = make_stations(plan_study(COARSE), COARSE)
    return station


def test_the_asked_sequences_are_there(station):
    found = {(series.protocol.plane, series.protocol.weighting) for series in station.series}
    assert {(Plane.SAGITTAL, w) for w in (Weighting.T1, Weighting.T2, Weighting.STIR)} <= found
    assert (Plane.AXIAL, Weighting.T2) in found


def test_every_truth_map_lies_on_its_series_grid(station):
    for series in station.series:
        for mask in series.truth.values():
            assert mask.has_grid_of(series.image)


def test_lesions_of_the_truth_are_in_the_masks(station):
    assert station.truth.lesions
    masks = np.concatenate([series.truth["lesion"].array.ravel() for series in station.series])
    assert {lesion.code for lesion in station.truth.lesions} & set(np.unique(masks).tolist())


def test_axial_slices_have_grades_and_sagittal_ones_none(station):
    for series in station.series:
        expected = series.image.shape[0] if series.protocol.plane is Plane.AXIAL else 0
        assert len(series.escc_by_slice) == expected


def test_cord_and_sac_are_brighter_than_bone_on_t2(station):
    series = next(
        each
        for each in station.series
        if (each.protocol.plane, each.protocol.weighting) == (Plane.SAGITTAL, Weighting.T2)
    )
    anatomy, image = series.truth["anatomy"].array, series.image.array
    medians = [np.median(image[anatomy == code]) for code in (Anatomy.THECAL_SAC, Anatomy.VERTEBRAL_BODY)]
    assert medians[0] > 1.5 * medians[1]


def test_the_same_request_gives_the_same_voxels(station):
    (again,) = make_stations(plan_study(COARSE), COARSE)
    for first, second in zip(station.series, again.series, strict=True):
        assert np.array_equal(first.image.array, second.image.array)
        assert first.escc_by_slice == second.escc_by_slice


def test_other_numbers_and_seeds_are_other_people():
    specs = [plan_study(replace(COARSE, seed=s, number=n)).spec for s, n in ((5, 1), (5, 2), (6, 1))]
    assert len({spec.vertebrae for spec in specs}) == 3


def test_one_scanner_images_a_whole_study():
    request = replace(COARSE, stations=(), station_choices=((Station.LUMBAR, Station.CERVICAL),))
    ranges = plan_study(request).ranges
    assert len(ranges.vendor_shares) == 1
    assert ranges.three_tesla_share in (0.0, 1.0)


def test_a_patient_without_disease_still_has_axial_slices():
    request = replace(COARSE, priors=DiseasePriors(lesion_free_chance=1.0, lookalike_chance=0.0))
    (station,) = make_stations(plan_study(request), request)
    assert station.truth.lesions == ()
    grades = [g for series in station.series for g in series.escc_by_slice if g is not None]
    assert grades
    assert set(grades) == {"0"}
