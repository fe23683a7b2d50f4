"""What studies give to the figures: found, missed, missing, unusable, and what is never told."""

import numpy as np
import pytest

from evaluation.small_reference import (
    label_map,
    lesions,
    levels,
    rewritten,
    write_masks,
    write_nnunet,
    write_perfect,
    write_reference,
    write_table,
)
from manifest_files import AXIAL_RAS, series_row, study_row, write_nifti
from spinemets.anatomy import EsccGrade, Level
from spinemets.errors import InputError
from spinemets.evaluation.case_images import Grids
from spinemets.evaluation.grade_pairs import slice_grade_pairs
from spinemets.evaluation.image_evidence import ALL_LESIONS, ImageSettings
from spinemets.evaluation.mask_score import BothEmpty, MaskSettings, OneEmpty
from spinemets.evaluation.predicted import Grading, PredictedSlice
from spinemets.evaluation.prediction_folder import read_predictions
from spinemets.evaluation.reading import gather_evidence
from spinemets.evaluation.study_evidence import EvidenceSettings, LevelsBy, Missing, Status
from spinemets.scoring.sins import SinsClass
from spinemets.study.pseudonym import OriginalIdentifiers
from spinemets.study.records import DicomSource, Plane
from spinemets.training.manifest_image import image_series
from study.dicom.conftest import AXIAL, SeriesPlan, write_series

_NNUNET = {"background": 0, "vertebra": 1, "disc": 2, "spinal canal": 3, "lesion": 4}


@pytest.fixture
def reference(tmp_path):
    return write_reference(tmp_path / "reference")


@pytest.fixture
def perfect(tmp_path):
    return write_perfect(tmp_path / "perfect")


def _gather(
    reference, folder, missing=Missing.MISS, grids=Grids.STRICT, labels=None, levels_by=LevelsBy.PLACE
):
    masks = MaskSettings(1.0, BothEmpty.LEFT_OUT, OneEmpty.UNDEFINED)
    settings = EvidenceSettings(ImageSettings(masks, 0.0, 0.0), grids, missing, levels_by)
    predictions = read_predictions(folder, labels or {})
    return gather_evidence(reference, predictions, OriginalIdentifiers(), {}, settings)


def _by_name(evidence):
    return {one.case.study: one for one in evidence.studies}


def _dice(study):
    return {row.structure: row.score.dice for row in study.images[0].masks}


def test_perfect_predictions_find_everything(reference, perfect):
    evidence = _gather(reference, perfect)
    assert {one.case.status for one in evidence.studies} == {Status.COMPARED}
    assert {dice for one in evidence.studies for dice in _dice(one).values()} == {1.0, None}
    anna = _by_name(evidence)["anna"]
    (image,) = anna.images
    assert np.all(image.lesions.overlap.shared == np.diag(image.lesions.overlap.reference))
    assert [lesion.strata["level"] for lesion in image.lesions.lesions] == ["L1", "L3"]
    assert {lesion.strata["type"] for lesion in image.lesions.lesions} == {"lytic"}
    assert [(one.name, one.truth, one.predicted) for one in image.vertebrae] == [
        ("L1", True, True),
        ("L2", False, False),
        ("L3", True, True),
        ("L4", False, False),
    ]
    assert [(one.reference, one.most_likely, one.distance_mm) for one in image.levels] == [
        (level, level, 0.0) for level in (Level.L1, Level.L2, Level.L3, Level.L4)
    ]
    assert all(pair.reference is pair.predicted for pair in (*anna.slices, *anna.levels))
    assert [(pair.reference_total, pair.minimum, pair.classes) for pair in anna.sins] == [
        (5, 5, (SinsClass.STABLE,)),
        (4, 4, (SinsClass.STABLE,)),
    ]


def test_a_missing_prediction_misses_everything(reference, perfect):
    for path in sorted((perfect / "anna").iterdir()):
        path.unlink()
    (perfect / "anna").rmdir()
    for name in ("escc.csv", "sins.csv"):
        rows = (perfect / name).read_text().splitlines()
        (perfect / name).write_text("\n".join(row for row in rows if not row.startswith("anna")))
    anna = _by_name(_gather(reference, perfect))["anna"]
    assert (anna.case.status, anna.case.counted) == (Status.MISSING, True)
    assert anna.images[0].lesions.overlap.shared.shape == (0, 2)
    assert set(_dice(anna).values()) == {0.0, None}
    assert [pair.most_likely for pair in anna.images[0].levels] == [None] * 4
    assert [pair.predicted for pair in anna.levels] == [None, None]
    assert [pair.classes for pair in anna.sins] == [(), ()]


def test_a_missing_prediction_may_be_left_out(reference, tmp_path):
    write_masks(tmp_path / "some" / "berta", {"lesions": lesions(Level.L2)})
    evidence = _gather(reference, tmp_path / "some", Missing.LEFT_OUT)
    assert [one.case.study for one in evidence.counted] == ["berta"]
    assert len(evidence.studies) == 3


def test_a_wrong_grid_makes_a_study_a_miss_that_says_why(reference, perfect):
    write_nifti(perfect / "anna" / "anatomy.nii.gz", np.zeros((6, 40, 32), np.uint8))
    anna = _by_name(_gather(reference, perfect))["anna"]
    assert anna.case.status is Status.UNUSABLE
    assert "6 x 40 x 32" in anna.case.reason
    assert anna.images[0].lesions.overlap.shared.shape == (0, 2)


def test_a_reference_that_cannot_be_read_counts_for_nothing(reference, perfect):
    (reference.path.parent / "anna" / "truth" / "lesions.nii.gz").write_bytes(b"")
    evidence = _gather(reference, perfect)
    assert _by_name(evidence)["anna"].case.status is Status.NO_REFERENCE
    assert len(evidence.counted) == 2


def test_what_predictions_never_tell_is_not_missed(reference, tmp_path):
    folder = tmp_path / "grades"
    write_table(folder / "escc.csv", ("case", "level", "grade"), ("anna", "L1", "2"))
    evidence = _gather(reference, folder)
    assert not any(one.images or one.sins or one.slices for one in evidence.studies)
    assert [pair.predicted for one in evidence.studies for pair in one.levels] == [EsccGrade.G2, None, None]


def test_nnunet_output_against_our_classes(reference, tmp_path):
    cases = {"anna": label_map(Level.L1), "berta": label_map(), "carl": label_map(Level.L4)}
    labels = {"lesion": ["lesion", "vertebral body"]}
    folder = write_nnunet(tmp_path / "nnunet", cases, _NNUNET)
    found = _by_name(_gather(reference, folder, labels=labels))
    assert found["anna"].images[0].lesions.overlap.shared.tolist() == [[8, 0]]
    assert found["carl"].images[0].lesions.overlap.shared.shape == (1, 0)
    assert _dice(found["berta"])["vertebral body or posterior elements"] == 1.0
    assert _dice(found["anna"])["disc"] == 1.0
    assert found["berta"].images[0].levels == ()


def test_shifted_masks_have_the_dice_that_can_be_counted(reference, perfect):
    rewritten(perfect / "anna" / "lesions.nii.gz", lambda array: np.roll(array, 1, axis=1))
    # Lesions of 2 x 2 x 2 voxels, moved by one: half of each is shared.
    assert _dice(_by_name(_gather(reference, perfect))["anna"])[ALL_LESIONS] == 0.5


def test_levels_one_off(reference, perfect):
    rewritten(perfect / "anna" / "levels.nii.gz", lambda array: np.where(array > 0, array + 1, 0))
    pairs = _by_name(_gather(reference, perfect))["anna"].images[0].levels
    assert [pair.most_likely for pair in pairs] == [Level.L2, Level.L3, Level.L4, Level.L5]
    assert pairs[0].distance_mm is None
    assert pairs[1].distance_mm == 4.0


@pytest.mark.parametrize("levels_by", list(LevelsBy))
def test_grades_of_vertebrae_with_a_wrong_name(reference, perfect, levels_by):
    """All names are one too low, and grades and scores are filed under them."""
    rewritten(perfect / "anna" / "levels.nii.gz", lambda array: np.where(array > 0, array + 1, 0))
    wrong = {"anna,L1": "anna,L2", "anna,L3": "anna,L4"}
    for name in ("escc.csv", "sins.csv"):
        text = (perfect / name).read_text()
        for true, named in wrong.items():
            text = text.replace(true, named)
        (perfect / name).write_text(text)
    anna = _by_name(_gather(reference, perfect, levels_by=levels_by))["anna"]
    by_place = levels_by is LevelsBy.PLACE
    assert [pair.predicted is pair.reference for pair in anna.levels] == [by_place] * 2
    assert [bool(pair.classes) for pair in anna.sins] == [by_place] * 2


def test_vertebrae_that_the_image_cuts_are_not_asked_for(reference, perfect):
    truth = reference.path.parent / "anna" / "truth" / "levels.nii.gz"
    rewritten(truth, lambda array: np.roll(array, -2, axis=1))
    pairs = _by_name(_gather(reference, perfect))["anna"].images[0].levels
    assert [pair.reference for pair in pairs] == [Level.L2, Level.L3, Level.L4]


def test_predictions_of_other_studies_alone_are_refused(reference, tmp_path):
    write_masks(tmp_path / "others" / "dora", {"levels": levels()})
    with pytest.raises(InputError, match=r"dora.*anna.*cases=FILE"):
        _gather(reference, tmp_path / "others")


def test_subgroups_come_from_the_manifest(reference, perfect):
    case = _by_name(_gather(reference, perfect))["anna"].case
    assert case.subgroups == {"site": "north", "sequences": "T2", "sex": "F"}


def test_slices_are_found_by_their_dicom_instance(tmp_path):
    folder = tmp_path / "axial"
    folder.mkdir()
    write_series(folder, SeriesPlan(slices=3, directions=AXIAL))
    series = image_series(folder)
    assert isinstance(series.source, DicomSource)
    graded = tuple(map(EsccGrade, ("0", "1a", "2")))
    row = series_row(folder, name="ax", plane=Plane.AXIAL, escc_by_slice=graded)
    uids = [frame.sop_instance_uid for frame in series.source.frames]
    predicted = [PredictedSlice("003-axial-T2", 99, uids[place], Grading(EsccGrade.G2)) for place in (2, 1)]
    pairs, unseen = slice_grade_pairs(study_row("anna", [row]), predicted)
    assert [(pair.place, pair.reference) for pair in pairs] == [
        ("ax:1", EsccGrade.G1A),
        ("ax:2", EsccGrade.G2),
    ]
    assert unseen == 1


@pytest.mark.parametrize(
    ("name", "pairs"), [("ax_t2", 2), ("anna_ax_t2", 2), ("t2", 2), ("", 0), ("sag_t2", 0)]
)
def test_slices_of_files_are_found_by_the_series_name(tmp_path, name, pairs):
    graded = (EsccGrade.G0, EsccGrade.G3)
    series = [
        series_row(
            write_nifti(tmp_path / f"anna_ax_{one}.nii.gz", affine=AXIAL_RAS),
            name=f"ax_{one}",
            plane=Plane.AXIAL,
            escc_by_slice=graded,
        )
        for one in ("t2", "other")
    ]
    predicted = [PredictedSlice(name, index, "", Grading(EsccGrade.G3)) for index in (0, 1)]
    found, _ = slice_grade_pairs(study_row("anna", series), predicted)
    assert len(found) == pairs
