"""Later visits of a patient: the same person and spine, disease that has gone on, and a record of it."""

import json
from dataclasses import replace

import numpy as np
import pydicom
import pytest

from phantom.test_study import COARSE, small_ranges
from spinemets.anatomy import Level
from spinemets.phantom.collection import make_studies
from spinemets.phantom.disease import body_volume_ml, draw_disease
from spinemets.phantom.disease_priors import DiseasePriors
from spinemets.phantom.followup import Fate, FollowUpPriors, draw_followup
from spinemets.phantom.healthy import draw_healthy_spec
from spinemets.phantom.protocol_ranges import PresenceRanges
from spinemets.phantom.study import ImageFormat, plan_study
from spinemets.study.archive import ArchiveSettings
from spinemets.study.discovery import read_studies
from spinemets.study.pseudonym import PseudonymKey
from spinemets.study.visits import earlier_visits

_ILL = DiseasePriors(lesion_free_chance=0.0, epidural_chance=0.6, mean_lesion_count=4.0)
_LEVELS = tuple(Level)
_HEALTHY = draw_healthy_spec(np.random.default_rng(1))
_FEW = PresenceRanges(t1=0.0, t2=1.0, fat_suppressed_t2=0.0, contrast_agent=0.0, dixon=0.0, axial_t2=0.0)
_ARCHIVE = ArchiveSettings(PseudonymKey.from_text("a secret of tests"), 2**28, 64, 1)
_SMALL = replace(COARSE, ranges=small_ranges(_FEW), followups=1, seed=11)


def _visits(seed, priors=None):
    rng = np.random.default_rng(seed)
    first = draw_disease(_HEALTHY, rng, _ILL, _LEVELS)
    return first, draw_followup(first, rng, priors or FollowUpPriors(), _ILL, _LEVELS)


@pytest.mark.parametrize("seed", range(12))
def test_every_lesion_of_both_visits_has_one_fate(seed):
    first, later = _visits(seed)
    then, now = ({one.seed: one for one in spec.lesions} for spec in (first, later.spec))
    fates = {one.seed: one.fate for one in later.fates}
    assert set(fates) == set(then) | set(now)
    assert {seed for seed, fate in fates.items() if fate is Fate.NEW} == set(now) - set(then)
    assert {seed for seed, fate in fates.items() if fate is Fate.GONE} == set(then) - set(now)


@pytest.mark.parametrize("seed", range(12))
def test_volumes_follow_the_fate(seed):
    first, later = _visits(seed)
    then, now = ({one.seed: one for one in spec.lesions} for spec in (first, later.spec))
    bodies = {one.level: body_volume_ml(one) for one in first.vertebrae}
    for one in later.fates:
        if one.seed in then and one.seed in now:
            ratio = now[one.seed].volume_ml / then[one.seed].volume_ml
            full = now[one.seed].volume_ml >= 0.9 * bodies[one.level]
            expected = {
                Fate.GROWN: ratio > 1.7 or full,
                Fate.STABLE: ratio == 1.0,
                Fate.SHRUNK: ratio <= 0.5,
            }
            assert expected[one.fate]
            assert now[one.seed].centre_body == then[one.seed].centre_body


@pytest.mark.parametrize("seed", range(12))
def test_the_spine_stays_but_for_bodies_that_break(seed):
    first, later = _visits(seed)
    assert (later.spec.discs, later.spec.curve, later.spec.lookalikes) == (
        first.discs,
        first.curve,
        first.lookalikes,
    )
    for before, after in zip(first.vertebrae, later.spec.vertebrae, strict=True):
        assert replace(after, collapse=before.collapse, slip_mm=before.slip_mm) == before
        assert before.collapse is None or after.collapse == before.collapse


@pytest.mark.parametrize("seed", range(12))
def test_epidural_tumour_follows_its_lesion(seed):
    first, later = _visits(seed, FollowUpPriors(mean_new_count=0.0))
    grades = {one.level: one.grade.rank for one in later.spec.epidurals}
    fates = {one.level: one.fate for one in later.fates}
    for one in first.epidurals:
        step = {Fate.GROWN: 1, Fate.STABLE: 0, Fate.SHRUNK: -1}.get(fates[one.level])
        expected = None if step is None else min(max(one.grade.rank + step, 0), 5)
        assert grades.get(one.level) == expected


def test_new_lesions_keep_clear_of_what_is_there():
    for seed in range(20):
        first, later = _visits(seed, FollowUpPriors(mean_new_count=4.0))
        taken = {one.level for one in (*first.lesions, *first.lookalikes)}
        assert not taken & {one.level for one in later.fates if one.fate is Fate.NEW}


@pytest.mark.parametrize(
    "wrong",
    [
        {"grown_weight": -1.0},
        {"growth": (0.5, 2.0)},
        {"shrinkage": (0.5, 1.5)},
        {"days": (0.0, 3.0)},
        {"mean_new_count": -0.1},
    ],
)
def test_impossible_priors_are_refused(wrong):
    with pytest.raises(ValueError, match=r"must|factors"):
        FollowUpPriors(**wrong)


def test_the_first_visit_is_what_it_is_without_a_second():
    alone = plan_study(replace(_SMALL, followups=0))
    assert plan_study(_SMALL).spec == alone.spec
    later = plan_study(replace(_SMALL, visit=3))
    assert len(later.followups) == 2
    assert later.days == sum(one.days for one in later.followups) >= 80
    assert plan_study(replace(_SMALL, visit=2)).followups == later.followups[:1]


@pytest.fixture(scope="module", params=[ImageFormat.DICOM, ImageFormat.NIFTI])
def made(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("visits")
    outcomes = list(make_studies(replace(_SMALL, image_format=request.param), 1, folder))
    assert [one.key for one in outcomes] == ["phantom-000001", "phantom-000001-visit-2"]
    return folder


def test_the_manifest_says_what_has_become_of_each_lesion(made):
    first, second = json.loads((made / "manifest.json").read_text())["training"]
    assert "changes" not in first
    assert (second["earlier"], second["patient"]) == (first["study"], first["patient"])
    assert second["days_since"] == second["days"] > 0
    kept = {one["lesion"]: one["volume_ml"] for one in first["lesions"]}
    for one in second["changes"]:
        assert one["volume_then_ml"] == kept.get(one["lesion"], 0.0)
        assert (one["volume_then_ml"] == 0.0) == (one["fate"] == "new")
        assert (one["volume_now_ml"] == 0.0) == (one["fate"] == "gone")


def test_readers_find_two_visits_of_one_patient_in_order(made):
    studies = [one for one in read_studies(made, _ARCHIVE) if one.series]
    assert len(studies) == 2
    assert len({one.patient_key for one in studies}) == 1
    days = json.loads((made / "manifest.json").read_text())["training"][1]["days"]
    (found,) = earlier_visits(studies).values()
    assert [visit.days for visit in found.visits] == [days]


@pytest.mark.parametrize("made", [ImageFormat.DICOM], indirect=True)
def test_visits_share_the_patient_and_nothing_of_the_scanner(made):
    headers = [
        pydicom.dcmread(next((made / key / "images").rglob("*.dcm")), stop_before_pixels=True)
        for key in ("phantom-000001", "phantom-000001-visit-2")
    ]
    assert len({str(one.PatientID) for one in headers}) == 1
    for keyword in ("StudyInstanceUID", "FrameOfReferenceUID", "StudyDate"):
        assert len({str(one[keyword].value) for one in headers}) == 2
